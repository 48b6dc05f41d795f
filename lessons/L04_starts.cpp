// L04, part two: the lecture does not say where its training starts; which starts may it have been?
#include "lessons/L04_logistic.h"
#include "lessons/logistic.h"
#include "percept/percept.h"

namespace percept::lessons {

const std::vector<std::vector<Expected>> kPrintedCharacter{
    printed({"0.87", "0.98", "0.98", "0.98", "0.93", "0.97", "0.62", "0.73", "0.89", "0.71", "0.80",
             "0.91"}),
    printed({"0.06", "1.00", "1.00", "1.00", "0.84", "1.00", "0.00", "0.00", "0.04", "0.00", "0.00",
             "0.17"}),
    printed({"0.97", "1.00", "1.00", "1.00", "0.99", "0.98", "0.00", "0.00", "0.01", "0.00", "0.00",
             "0.06"})};
/// The printed probabilities of a stage as numbers, (12).
Tensor printed_column(std::size_t stage) {
  std::vector<double> numbers;
  for (const Expected& e : kPrintedCharacter[stage]) numbers.push_back(std::stod(e.text));
  return from_vector(numbers);
}

Tensor plain_start() { return tensor({0., 1.5, 2.5}, {.dtype = f64}); }

namespace {

/// Of starts (S, 3), those whose probabilities are the printed ones of this stage.
Tensor fitting(const Tensor& starts, std::size_t stage) {
  const Tensor X = cat({ones({12, 1}, {.dtype = f64}), twelve_features()}, 1);     // (12, 3)
  const Tensor gap = abs(sigmoid(matmul(starts, X.t())) - printed_column(stage));  // (S, 12)
  return sum(gap > 0.005, {1}) == 0;
}

/// How many starts of two decimals give the printed first column, and how many of these the others.
std::pair<double, double> count_starts() {
  std::vector<double> candidates;
  for (int b = -5; b <= 5; ++b)
    for (int w1 = 120; w1 <= 190; ++w1)
      for (int w2 = 240; w2 <= 260; ++w2)
        for (const int hundredths : {b, w1, w2}) candidates.push_back(hundredths / 100.0);
  const auto count = static_cast<std::int64_t>(candidates.size() / 3);
  const Tensor all = from_vector(candidates, {count, 3});
  const Tensor starts = all[fitting(all, 0)];  // (S, 3)
  BceWithLogitsOptions summed;
  summed.reduction = Reduction::sum;
  // All of them learn side by side: the sum of their losses has each one's gradient in its row.
  nn::Parameter weights(starts);
  optim::SGD optimizer{{weights}, {.lr = 1, .momentum = 0.9}};
  const Tensor X = cat({ones({12, 1}, {.dtype = f64}), twelve_features()}, 1);
  const Tensor t = twelve_targets();
  Tensor fits = ones({starts.size(0)}, {.dtype = boolean});
  for (int epoch = 1; epoch <= kStages[2]; ++epoch) {
    for (int i = 0; i < 12; ++i) {
      optimizer.zero_grad();
      binary_cross_entropy_with_logits(matmul(weights, X[i]), t[i].expand({starts.size(0)}), summed)
          .backward();
      optimizer.step();
    }
    for (const std::size_t stage : {1U, 2U})
      if (epoch == kStages[stage]) fits = logical_and(fits, fitting(weights.detach(), stage));
  }
  return {static_cast<double>(starts.size(0)), sum(fits).item()};
}

}  // namespace

void tell_starts(Lesson& lesson) {
  lesson.heading({.zh = "起点是哪一个", .en = "Which start it was"});
  const auto [starts, fit] = count_starts();
  lesson.text({.zh = "课件没有给出训练的起点。两位小数的起点中，符合第一列的有 {:.0f} 个，"
                     "其中 {:.0f} 个也符合另外两列：只能说与课件一致，不能说就是它。",
               .en = "The lecture does not say where training starts. Of the starts with two "
                     "decimals {:.0f} agree with the first column, and {:.0f} of these with the "
                     "other two as well: this run is consistent with the lecture, not known to be "
                     "its own."},
              starts, fit);
  lesson.numbers(
      "starts", {.zh = "与课件一致的起点", .en = "Starts that are consistent"},
      {{{.zh = "符合第一列", .en = "agree with the first column"}, starts, golden("301")},
       {{.zh = "三列全符合", .en = "agree with all three"}, fit, golden("202")}});
  lesson.text({.zh = "较整齐的起点 `(0, 1.5, 2.5)` 也符合；它的决策面是 `x₂ = c₀ + c₁x₁`：",
               .en = "The plainer start `(0, 1.5, 2.5)` agrees too; its decision surface is "
                     "`x₂ = c₀ + c₁x₁`:"});
  const Tensor X = twelve_features();
  const std::vector<Tensor> other = learn_online(plain_start(), 100);
  Column c0{.name = "c0", .title = both("c₀"), .expected = golden({"0.0000", "1.0249", "1.2768"})};
  Column c1{.name = "c1", .title = both("c₁"), .expected = golden({"-0.6", "-1.2386", "-4.9102"})};
  bool agrees = true;
  for (std::size_t stage = 0; stage < 3; ++stage) {
    const Tensor w = other[static_cast<std::size_t>(kStages[stage])];
    c0.values.push_back((-w[0] / w[2]).item());
    c1.values.push_back((-w[1] / w[2]).item());
    const std::vector<double> p = sigmoid(logits(w, X)).to_vector<double>();
    for (std::size_t i = 0; i < p.size(); ++i)
      agrees = agrees && judge(p[i], kPrintedCharacter[stage][i]) == Verdict::equal;
  }
  lesson.table(
      {.name = "boundary",
       .title = {.zh = "决策面", .en = "The decision surface"},
       .columns = {
           {.name = "epoch", .title = {.zh = "训练轮数", .en = "epoch"}, .values = {0, 10, 100}},
           c0,
           c1}});
  lesson.claim(agrees, {.zh = "从 `(0, 1.5, 2.5)` 出发，36 个概率也全部相符",
                        .en = "From `(0, 1.5, 2.5)` all 36 probabilities agree as well"});
  const double p = sigmoid(logits(plain_start(), X))[5].item();  // character 6
  lesson.text({.zh = "其中一个只是刚好：起点处字符⑥ 的概率为 {:.4f}，离舍入的界 0.965 很近。",
               .en = "One of them only just: at the start character ⑥ has the probability {:.4f}, "
                     "close to 0.965, where rounding changes."},
              p);
  lesson.numbers("edge", {.zh = "字符⑥ 与舍入的界", .en = "Character ⑥ and the edge of rounding"},
                 {{both("p - 0.965"), p - 0.965, golden("0.0001")}});
}

}  // namespace percept::lessons
