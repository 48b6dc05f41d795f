// L13 Softmax regression: one output per class, made into probabilities.
#include <array>

#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr int kClasses = 3;
constexpr const char* kProbabilities[kClasses] = {"q₀", "q₁", "q₂"};

Column classes(int count) {
  Column column{.name = "class", .title = {.zh = "类别", .en = "class"}};
  for (int i = 0; i < count; ++i) column.values.push_back(i);
  return column;
}

/// q[:, i] of z (N, 3) over `at` (N), a line for each class.
plot::Figure lines(const Tensor& at, const Tensor& z, plot::Panel panel, Language language) {
  const Tensor q = softmax(z, 1);
  panel.y_label = Text{.zh = "概率", .en = "probability"}.in(language);
  panel.y_range = {{0, 1}};
  for (int i = 0; i < kClasses; ++i)
    panel.series.push_back({.name = kProbabilities[i],
                            .x = at.to_vector<double>(),
                            .y = q.select(1, i).to_vector<double>(),
                            .markers = false});
  return plot::curves({panel});
}

/// The plane coloured by the most probable of three classes.
plot::Figure sectors(nn::Linear layer, Language language) {
  const NoGradGuard no_grad;
  constexpr int kGrid = 121;
  const plot::Range range{-2, 2};
  const Tensor at = linspace(range.low, range.high, kGrid, {.dtype = f64});
  const Tensor x =
      stack({at.unsqueeze(0).expand({kGrid, kGrid}), at.unsqueeze(1).expand({kGrid, kGrid})}, 2);
  const std::vector<double> q = softmax(layer(x), 2).to_vector<double>();
  const Text title{.zh = "三个神经元，三个扇区", .en = "Three neurons, three sectors"};
  const Text names{.zh = "类别 {}", .en = "class {}"};
  const Text boundary{.zh = "决策面", .en = "decision surface"};
  plot::SurfaceOptions options{.title = title.in(language),
                               .x_label = "x₁",
                               .y_label = "x₂",
                               .boundary_label = boundary.in(language),
                               .size = 520};
  for (int i = 0; i < kClasses; ++i) options.class_names.push_back(fill(names, i).in(language));
  return plot::decision_surface(
      {.values = q, .rows = kGrid, .columns = kGrid, .classes = kClasses, .x = range, .y = range},
      {}, options);
}

}  // namespace

Lesson softmax_regression(const Options&) {
  Lesson lesson;
  lesson.text({.zh = "有 C 个类别，输出层就有 C 个节点。它们的输出 `z` 可以是任意实数；Softmax "
                     "函数把 `z` 变成 C 个概率。",
               .en = "For C classes the output layer has C units. Their outputs `z` (logits) may "
                     "be any real numbers; softmax makes C probabilities of them."});
  lesson.formula("qᵢ = softmax(z)ᵢ = exp(zᵢ) / Σⱼ exp(zⱼ),   j = 1 … C");

  lesson.heading({.zh = "类别真值：one-hot 编码", .en = "The true class as a one-hot code"});
  constexpr int kDigits = 10, kNine = 9;
  lesson.text(
      {.zh = "手写数字有 {} 个类别，从 0 数起。真值为 {} 时，向量里只有下标 {} 的元素是 1。",
       .en = "Handwritten digits have {} classes, counted from 0. For the true class {} "
             "only the element at index {} is 1."},
      kDigits, kNine, kNine);
  const Tensor nine = tensor({kNine});
  const Tensor code = one_hot(nine, kDigits)[0];                   // (10)
  const Tensor scattered = scatter(zeros({kDigits}), 0, nine, 1);  // (10)
  lesson.table(
      {.name = "one-hot",
       .title = {.zh = "数字 9 的真值 y*", .en = "The true y* of the digit 9"},
       .columns = {classes(kDigits),
                   {.name = "y*",
                    .values = code.to_vector<double>(),
                    .expected = printed({"0", "0", "0", "0", "0", "0", "0", "0", "0", "1"})}}});
  lesson.note(
      {.zh = "课件 Softmax 一页的向量少写一个 0，只有 9 个元素；交叉熵一页是完整的 10 个。",
       .en =
           "The lecture's page on softmax leaves out one 0: its vector has 9 elements. The page on "
           "cross entropy has all 10."});
  lesson.text({.zh = "课件的 `Lambda` 转换从全零向量出发，在给定的下标处写入 `1`：",
               .en = "The lecture's `Lambda` transform starts from zeros and writes a `1` at the "
                     "index:"});
  lesson.code(
      "Tensor y = scatter(zeros({10}), 0, tensor({9}), 1);\n"
      "Tensor same = one_hot(tensor({9}), 10);");
  lesson.claim(equal(scattered, code.to(f32)),
               {.zh = "两种写法得到同一个向量", .en = "Both give the same vector"});

  lesson.heading({.zh = "从输出到概率", .en = "From outputs to probabilities"});
  lesson.text({.zh = "先取指数，全部变成正数；再除以总和，加起来就是 1。",
               .en = "The exponential makes every number positive; dividing by their sum makes "
                     "them add up to 1."});
  const Tensor z = tensor({1., 2., 3.}, {.dtype = f64});
  const Tensor positive = exp(z), q = softmax(z, 0);
  lesson.question({.zh = "`z = (1, 2, 3)` 时，最大的概率是多少？",
                   .en = "What is the largest probability for `z = (1, 2, 3)`?"},
                  q.at<double>(2), 2);
  lesson.table({.name = "softmax",
                .title = {.zh = "三个类别", .en = "Three classes"},
                .columns = {classes(kClasses),
                            {.name = "z", .values = z.to_vector<double>()},
                            {.name = "exp",
                             .title = both("exp(z)"),
                             .values = positive.to_vector<double>(),
                             .digits = 6,
                             .expected = golden({"2.718282", "7.389056", "20.085537"})},
                            {.name = "q",
                             .title = both("q = softmax(z)"),
                             .values = q.to_vector<double>(),
                             .digits = 6,
                             .expected = golden({"0.090031", "0.244728", "0.665241"})}}});
  lesson.numbers("sums", {.zh = "总和", .en = "Sums"},
                 {{both("Σ exp(z)"), sum(positive).item(), golden("30.192875")},
                  {both("Σ q"), sum(q).item(), golden("1.000000")}});
  lesson.figure("logit",
                {.zh = "`z₀ = 1`、`z₁ = 2` 不动，只改变 `z₂`：一个概率升，其余都降",
                 .en = "`z₀ = 1` and `z₁ = 2` stay, `z₂` moves: one probability rises, all others "
                       "fall"},
                [](Language language) {
                  const Tensor z2 = linspace(-3, 7, 201, {.dtype = f64});
                  const Tensor z = stack({ones_like(z2), full_like(z2, 2), z2}, 1);  // (201, 3)
                  const Text title{.zh = "改变一个输出", .en = "Moving one output"};
                  return lines(z2, z, {.title = title.in(language), .x_label = "z₂"}, language);
                });

  lesson.heading({.zh = "只看差值", .en = "Only differences count"});
  lesson.text({.zh =
                   "所有输出加上同一个数，概率不变：分子分母同乘 `exp(c)`。两个类别时只剩一个差值，"
                   "Softmax 就是 Sigmoid，即逻辑回归。",
               .en = "Adding one number to all outputs leaves the probabilities as they are: "
                     "numerator and denominator both gain the factor `exp(c)`. Of two classes one "
                     "difference remains, and softmax is the sigmoid: logistic regression."});
  lesson.formula(
      "softmax(z + c) = softmax(z)\n"
      "softmax((0, z))₁ = exp(z) / (1 + exp(z)) = sigmoid(z)");
  const Tensor one = tensor({0., 1.}, {.dtype = f64});
  lesson.numbers(
      "differences", {.zh = "检验", .en = "A check"},
      {{both("softmax(101, 102, 103)₂"), softmax(z + 100, 0)[2].item(), golden("0.665241")},
       {both("softmax(0, 1)₁"), softmax(one, 0)[1].item(), golden("0.731059")},
       {both("sigmoid(1)"), sigmoid(one[1]).item(), golden("0.731059")}});

  lesson.heading({.zh = "温度", .en = "Temperature"});
  lesson.text({.zh = "先把 `z` 除以温度 `T`。`T` 小，概率集中到最大的一个，趋近 one-hot；`T` 大，"
                     "趋近均匀分布。哪一个最大始终不变。",
               .en = "Divide `z` by a temperature `T` first. A small `T` gathers the probability "
                     "on the largest output, towards one-hot; a large `T` spreads it evenly. "
                     "Which one is the largest never changes."});
  lesson.formula("q = softmax(z / T)");
  const std::array<double, 4> temperatures{0.5, 1, 2, 10};
  Table table{
      .name = "temperature",
      .title = {.zh = "z = (1, 2, 3) 的概率", .en = "Probabilities of z = (1, 2, 3)"},
      .columns = {
          {.name = "T", .values = {temperatures.begin(), temperatures.end()}, .digits = 1}}};
  const std::array<std::vector<Expected>, kClasses> all{
      golden({"0.015876", "0.090031", "0.186324", "0.300610"}),
      golden({"0.117310", "0.244728", "0.307196", "0.332225"}),
      golden({"0.866813", "0.665241", "0.506480", "0.367165"})};
  for (int i = 0; const std::vector<Expected>& expected : all) {
    Column column{.name = fmt::format("q{}", i),
                  .title = both(kProbabilities[i]),
                  .digits = 6,
                  .expected = expected};
    for (const double T : temperatures) column.values.push_back(softmax(z / T, 0)[i].item());
    table.columns.push_back(column);
    ++i;
  }
  lesson.table(table);
  lesson.figure(
      "temperature", {.zh = "从 one-hot 到均匀分布", .en = "From one-hot to even"},
      [z](Language language) {
        const Tensor T = pow(10., linspace(-1, 2, 201, {.dtype = f64}));
        const Text title{.zh = "z = (1, 2, 3) 的温度", .en = "The temperature of z = (1, 2, 3)"};
        return lines(T, z / T.unsqueeze(1),
                     {.title = title.in(language), .x_label = "T", .log_x = true}, language);
      });

  lesson.heading({.zh = "Softmax 回归", .en = "Softmax regression"});
  lesson.text({.zh =
                   "一个线性层加 Softmax，每个类别一个神经元，就是 Softmax 回归。两个类别的分界是 "
                   "`zᵢ = zⱼ`，仍是直线。",
               .en = "A linear layer with softmax, one neuron a class, is softmax regression. Two "
                     "classes meet where `zᵢ = zⱼ`, which is a straight line still."});
  nn::Linear layer(2, kClasses, {.dtype = f64});
  layer.weight = tensor({{0., 2.}, {-2., -1.}, {2., -1.}}, {.dtype = f64});
  layer.bias = zeros({kClasses}, {.dtype = f64});
  lesson.code(
      "nn::Linear layer(2, 3);\n"
      "Tensor q = softmax(layer(x), 1);  // (N, 3)\n"
      "Tensor predicted = argmax(q, 1);  // (N)");
  const NoGradGuard no_grad;
  const Tensor places = tensor({{0., 0.}, {0., 1.}, {-1., 0.}, {1., 0.}}, {.dtype = f64});
  const Tensor outputs = layer(places);  // (4, 3)
  const Tensor shares = softmax(outputs, 1);
  lesson.table(
      {.name = "regression",
       .title = {.zh = "权值为 (0, 2)、(-2, -1)、(2, -1)，偏置量为 0",
                 .en = "Weights (0, 2), (-2, -1), (2, -1), biases 0"},
       .columns = {{.name = "x",
                    .words = {both("(0, 0)"), both("(0, 1)"), both("(-1, 0)"), both("(1, 0)")}},
                   {.name = "q0",
                    .title = both(kProbabilities[0]),
                    .values = shares.select(1, 0).to_vector<double>(),
                    .digits = 4},
                   {.name = "q1",
                    .title = both(kProbabilities[1]),
                    .values = shares.select(1, 1).to_vector<double>(),
                    .digits = 4},
                   {.name = "q2",
                    .title = both(kProbabilities[2]),
                    .values = shares.select(1, 2).to_vector<double>(),
                    .digits = 4},
                   {.name = "predicted",
                    .title = {.zh = "预测值", .en = "predicted"},
                    .values = argmax(shares, 1).to_vector<double>(),
                    .expected = {{}, golden("0"), golden("1"), golden("2")}}}});
  lesson.claim(equal(argmax(outputs, 1), argmax(shares, 1)),
               {.zh = "概率最大的类别，就是 `z` 最大的类别",
                .en = "The most probable class is the one with the largest `z`"});
  lesson.figure("sectors", {.zh = "直线把平面分成扇区", .en = "Straight lines cut sectors"},
                [layer](Language language) { return sectors(layer, language); });
  return lesson;
}

}  // namespace percept::lessons
