// L09, curves: sin 2πx from straight pieces, from steps and from smooth steps.
#include <numbers>

#include "lessons/L09_universal.h"
#include "lessons/training.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

Tensor curve(const Tensor& x) { return sin(2 * std::numbers::pi * x); }

/// 0, 1/n, ..., 1 (n + 1), as a column.
Tensor knots(int n) { return linspace(0, 1, n + 1, {.dtype = f64}).unsqueeze(1); }

/// Rises from one value to the next: (n).
Tensor rises(int n) {
  const Tensor y = curve(knots(n)).flatten();
  return y.narrow(0, 1, n) - y.narrow(0, 0, n);
}

/// n ReLU units with a bend at each knot but the last: between knots the slope is that of the
/// chord, and each unit adds what the slope changes by.
OneHiddenLayer straight_pieces(int n) {
  const Tensor slope = rises(n) * n;
  const Tensor before = cat({zeros({1}, {.dtype = f64}), slope.narrow(0, 0, n - 1)});
  return {ones({n, 1}, {.dtype = f64}), -knots(n).narrow(0, 0, n).flatten(),
          (slope - before).unsqueeze(0), 0, relu};
}

/// n units that go from 0 to 1 half-way between knots, where the curve's value at the next knot
/// begins: activation(steepness (x - middle)).
OneHiddenLayer staircase(int n, double steepness, OneHiddenLayer::Activation activation) {
  const Tensor middle = knots(n).narrow(0, 0, n).flatten() + 0.5 / n;
  return {full({n, 1}, steepness, {.dtype = f64}), -steepness * middle, rises(n).unsqueeze(0), 0,
          activation};
}

/// The largest distance from the curve; at 4097 places, so that every jump is one of them.
double largest_error(OneHiddenLayer net) {
  const NoGradGuard no_grad;
  const Tensor x = knots(4096);
  return (net(x) - curve(x)).abs().max().item();
}

plot::Figure three_ways(Language language) {
  const NoGradGuard no_grad;
  const Tensor x = knots(512);
  const std::vector<double> at = x.to_vector<double>(), wanted = curve(x).to_vector<double>();
  const auto panel = [&](const char* title, OneHiddenLayer net) {
    const auto word = [&](const char* zh, const char* en) {
      return Text{.zh = zh, .en = en}.in(language);
    };
    return plot::Panel{.title = title,
                       .x_label = "x",
                       .y_label = "y",
                       .series = {{.name = "sin 2πx", .x = at, .y = wanted, .markers = false},
                                  {.name = word("8 个单元", "8 units"),
                                   .x = at,
                                   .y = net(x).to_vector<double>(),
                                   .markers = false}},
                       .y_range = plot::Range{-1.2, 1.2}};
  };
  return plot::curves({panel("ReLU", straight_pieces(8)), panel("step", staircase(8, 1, step)),
                       panel("sigmoid", staircase(8, 32, sigmoid))},
                      {.columns = 3, .panel_width = 380, .panel_height = 320});
}

void by_construction(Lesson& lesson) {
  lesson.heading({.zh = "拟合曲线", .en = "Curves"});
  lesson.text({.zh = "一个隐含层可以逼近闭区间上的任何连续函数，只要节点够多。以 `[0, 1]` 上的 "
                     "`sin 2πx` 为例：ReLU 单元拼折线，阈值单元拼台阶，S 型单元拼平滑的台阶。",
               .en = "One hidden layer comes as close as wanted to any continuous function on a "
                     "closed interval, given enough units. Take `sin 2πx` on `[0, 1]`: ReLU units "
                     "make straight pieces, threshold units make steps, S-shaped units smooth "
                     "steps."});
  lesson.note({.zh =
                   "课件把这一结果记在 1989 年的 Hecht-Nielsen 名下；同一年 Cybenko，以及 Hornik、"
                   "Stinchcombe 和 White 也证明了它。",
               .en = "The lecture credits this to Hecht-Nielsen, 1989; in the same year it was "
                     "proved by Cybenko, and by Hornik, Stinchcombe and White."});
  lesson.formula(
      "xᵢ = i/n,  mᵢ = (xᵢ + xᵢ₊₁)/2,  dᵢ = f(xᵢ₊₁) - f(xᵢ)\n"
      "ReLU:     y = Σ n (dᵢ - dᵢ₋₁) ReLU(x - xᵢ),  d₋₁ = 0\n"
      "step:     y = Σ dᵢ step(x - mᵢ)\n"
      "sigmoid:  y = Σ dᵢ sigmoid(4n (x - mᵢ))");
  lesson.question({.zh = "8 个 ReLU 的最大误差为 0.0704；16 个时约为多少？",
                   .en = "8 ReLU units miss by 0.0704 at most; by how much do 16?"},
                  largest_error(straight_pieces(16)), 2);
  Column units{.name = "n"};
  Column bent{.name = "relu",
              .title = both("ReLU"),
              .expected = golden({"0.2105", "0.0704", "0.0188", "0.00479", "0.00120"})};
  Column stairs{.name = "step",
                .title = both("step"),
                .expected = golden({"0.7071", "0.383", "0.195", "0.0980", "0.0491"})};
  Column smooth{.name = "sigmoid",
                .title = both("sigmoid"),
                .expected = golden({"0.249120", "0.089505", "0.046429", "0.023727", "0.011928"})};
  for (const int n : {4, 8, 16, 32, 64}) {
    units.values.push_back(n);
    bent.values.push_back(largest_error(straight_pieces(n)));
    stairs.values.push_back(largest_error(staircase(n, 1, step)));
    smooth.values.push_back(largest_error(staircase(n, 4 * n, sigmoid)));
  }
  lesson.table(
      {.name = "errors",
       .title = {.zh = "最大误差，`n` 个隐含单元", .en = "Largest error, `n` hidden units"},
       .columns = {units, bent, stairs, smooth}});
  lesson.text({.zh = "节点数加倍时，折线的误差约降为四分之一，台阶约降为一半。",
               .en =
                   "Twice as many units make the error of straight pieces about a quarter, that of "
                   "steps about a half."});
  lesson.figure("curves",
                {.zh = "8 个隐含单元，三种激活函数", .en = "8 hidden units, three activations"},
                three_ways);
}

void trained(Lesson& lesson) {
  lesson.text({.zh = "再从随机权值训练同样大小的网络（`1-8-1`，均方误差，Adam，3000 步，"
                     "种子 0 到 4）。",
               .en = "Now a network of that size is trained from random weights (`1-8-1`, mean "
                     "square error, Adam, 3000 steps, seeds 0 to 4)."});
  const Tensor x = knots(128), y = curve(x);
  nn::MSELoss loss;
  Column seed{.name = "seed", .title = {.zh = "种子", .en = "seed"}};
  Column bent{
      .name = "relu", .title = {.zh = "ReLU 最大误差", .en = "ReLU, largest error"}, .digits = 2};
  Column smooth{.name = "sigmoid",
                .title = {.zh = "sigmoid 好于 0.0895", .en = "sigmoid better than 0.0895"}};
  int better = 0;
  std::vector<std::pair<std::string, std::vector<double>>> course;  // of seed 0
  const auto error_of = [&](int i, const char* name, OneHiddenLayer::Activation activation) {
    manual_seed(static_cast<std::uint64_t>(i));
    OneHiddenLayer net(1, 8, activation);
    const std::vector<double> losses = fit(net, x, y, loss, {.steps = 3000, .lr = 0.02});
    if (i == 0) course.emplace_back(name, losses);
    return largest_error(net);
  };
  for (int i = 0; i < kSeeds; ++i) {
    seed.values.push_back(i);
    bent.values.push_back(error_of(i, "relu", relu));
    // Its last digits differ between processors, as training makes much of the last bit.
    const bool good = error_of(i, "sigmoid", sigmoid) < 0.0895;
    better += good;
    smooth.words.push_back(good ? Text{.zh = "是", .en = "yes"} : Text{.zh = "否", .en = "no"});
  }
  lesson.table({.name = "trained_curves",
                .title = {.zh = "训练 `1-8-1`", .en = "`1-8-1`, trained"},
                .columns = {seed, bent, smooth}});
  lesson.history(losses_by_step("curve", course));
  lesson.claim(*std::min_element(bent.values.begin(), bent.values.end()) > 0.0704,
               {.zh = "5 次 ReLU 训练都不如构造的 0.0704",
                .en = "None of the 5 trainings with ReLU gets to the 0.0704 of the construction"});
  lesson.claim(better == kSeeds,
               {.zh = "5 次 sigmoid 训练都好于构造的 0.0895",
                .en = "All 5 trainings with sigmoid do better than the 0.0895 of the "
                      "construction"});
  OneHiddenLayer net = straight_pieces(8);
  const std::vector<double> losses = fit(net, x, y, loss, {.steps = 1000, .lr = 0.001});
  lesson.claim(losses.back() < 0.8 * losses.front(),
               {.zh = "从构造的权值开始训练，ReLU 的均方误差还能再降五分之一以上",
                .en = "Training that starts from the constructed weights takes more than a fifth "
                      "off the mean square error of ReLU"});
  lesson.text({.zh = "权值存在，不等于梯度下降找得到：起点很重要。",
               .en = "That weights exist does not mean that gradient descent finds them: where it "
                     "starts matters."});
}

}  // namespace

void curves(Lesson& lesson) {
  by_construction(lesson);
  trained(lesson);
}

}  // namespace percept::lessons
