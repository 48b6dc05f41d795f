// L02 The artificial neuron: a weighted sum, then an activation function.
#include "lessons/lesson.h"
#include "lessons/plane.h"
#include "percept/percept.h"

namespace percept::lessons {
namespace {

/// b + w1 x1 + w2 x2 + ..., added from left to right.
Tensor bias_first(const Tensor& w, const Tensor& x, const Tensor& b) {
  Tensor z = b;
  for (int i = 0; i < x.numel(); ++i) z = z + w[i] * x[i];
  return z;
}

/// The same terms with b as the last one.
Tensor bias_last(const Tensor& w, const Tensor& x, const Tensor& b) {
  Tensor z = w[0] * x[0];
  for (int i = 1; i < x.numel(); ++i) z = z + w[i] * x[i];
  return z + b;
}

/// z = wᵀx of augmented vectors, added from left to right.
Tensor augmented_sum(const Tensor& w, const Tensor& x) {
  return bias_first(w.narrow(0, 1, w.numel() - 1), x.narrow(0, 1, x.numel() - 1), w[0] * x[0]);
}

Tensor augmented(double first, const Tensor& rest) {
  return cat({full({1}, first, {.dtype = rest.dtype()}), rest});
}

}  // namespace

Lesson neuron(const Options&) {
  Lesson lesson;
  lesson.text({.zh = "人工神经元分两步计算：先把输入加权求和，再经过激活函数。",
               .en = "An artificial neuron computes in two steps: a weighted sum of its inputs, "
                     "then an activation function."});
  lesson.formula(
      "z = w₁x₁ + w₂x₂ + … + w_d x_d + b\n"
      "y = f(z)");

  lesson.heading({.zh = "加权求和", .en = "The weighted sum"});
  // The second hidden unit of the lecture's XOR network, at the input (1, 1).
  const Tensor x = tensor({1., 1.}, {.dtype = f64});
  const Tensor w = tensor({0.42, 0.48}, {.dtype = f64});
  const double bias = 0.52;
  lesson.text({.zh = "令 `x₀ = 1`、`w₀ = b`，偏置量就成了增广向量里的一个权值，"
                     "求和变成一个内积 `wᵀx`。下面的权值取自异或网络的第 2 个隐含单元，输入为 "
                     "`(1, 1)`。",
               .en = "With `x₀ = 1` and `w₀ = b` the bias becomes one more weight of an augmented "
                     "vector, and the sum an inner product `wᵀx`. The weights below are those of "
                     "hidden unit 2 of the XOR network, the input is `(1, 1)`."});
  const Tensor xa = augmented(1, x), wa = augmented(bias, w);  // (3): x0 = 1, w0 = b
  lesson.table({.name = "terms",
                .title = {.zh = "增广向量的各项", .en = "The terms of the augmented vectors"},
                .columns = {{.name = "i", .values = {0, 1, 2}},
                            {.name = "x", .values = xa.to_vector<double>(), .digits = 2},
                            {.name = "w", .values = wa.to_vector<double>(), .digits = 2},
                            {.name = "wx", .values = (wa * xa).to_vector<double>(), .digits = 2}}});
  const Tensor z = matmul(wa, xa);
  lesson.question({.zh = "这三项之和 `z` 是多少？", .en = "What is `z`, the sum of these terms?"},
                  z.item(), 2);
  const Tensor b = full({1}, bias, {.dtype = f64});
  lesson.numbers("sum", {.zh = "四种写法，同一个 z", .en = "Four ways to write it, one z"},
                 {{both("w·x + b"), (sum(w * x) + bias).item(), printed("1.42")},
                  {both("wᵀx"), z.item(), printed("1.42")},
                  {both("xᵀw"), matmul(xa, wa).item(), printed("1.42")},
                  {both("linear(x, w, b)"), linear(x, w.unsqueeze(0), b).item(), printed("1.42")}});

  lesson.figure("neuron", {.zh = "输入、权值与偏置量", .en = "Inputs, weights and bias"},
                [x, w, bias, z](Language language) {
                  return plot::network({{.units = 2,
                                         .name = Text{"输入", "inputs"}.in(language),
                                         .labels = {"x₁", "x₂"},
                                         .values = x.to_vector<double>()},
                                        {.units = 1,
                                         .name = Text{"神经元", "neuron"}.in(language),
                                         .labels = {"z"},
                                         .values = {z.item()},
                                         .weights = w.to_vector<double>(),
                                         .biases = {bias}}},
                                       network_words(language));
                });

  lesson.heading({.zh = "激活函数", .en = "The activation function"});
  lesson.text({.zh = "没有 `f`，神经元只是线性函数；`f` 对 `z` 做非线性变换。",
               .en = "Without `f` a neuron is a linear function; `f` makes a non-linear one of "
                     "`z`."});
  lesson.numbers("output", {.zh = "同一个 z，不同的 f", .en = "One z, several f"},
                 {{both("y = z"), z.item(), golden("1.42")},
                  {both("y = ReLU(z)"), relu(z).item(), printed("1.42")},
                  {both("y = sigmoid(z)"), sigmoid(z).item(), golden("0.805338")},
                  {both("y = tanh(z)"), tanh(z).item(), golden("0.889599")}});
  lesson.figure(
      "output", {.zh = "`x₂ = 1` 时，输出随 `x₁` 的变化", .en = "The output over `x₁` at `x₂ = 1`"},
      [w, bias](Language language) {
        const Tensor x1 = linspace(-5, 3, 161, {.dtype = f64});
        const Tensor z = w[0] * x1 + w[1] + bias;
        const std::vector<double> at = x1.to_vector<double>();
        const auto series = [&](const char* name, const Tensor& y) {
          return plot::Series{.name = name, .x = at, .y = y.to_vector<double>(), .markers = false};
        };
        const Text title{.zh = "一个神经元，四种激活函数", .en = "One neuron, four activations"};
        return plot::curves(
            {{.title = title.in(language),
              .x_label = "x₁",
              .y_label = "y",
              .series = {series("z", z), series("ReLU(z)", relu(z)),
                         series("sigmoid(z)", sigmoid(z)), series("tanh(z)", tanh(z))}}});
      });

  lesson.heading({.zh = "加法的顺序", .en = "The order of adding"});
  lesson.text({.zh =
                   "两种写法只有按同一顺序相加才逐位相等：`b` 放在最前与增广向量一致，"
                   "放在最后可能差最后一位。这里 `w = (0.6, -0.4)`、`b = 0.1`、`x = (0.7, 0.2)`。",
               .en = "The two notations agree to the last bit only when added in the same order: "
                     "`b` first is what the augmented vectors do, `b` last may differ in the last "
                     "bit. Here `w = (0.6, -0.4)`, `b = 0.1`, `x = (0.7, 0.2)`."});
  std::vector<double> whole, first, last;
  for (const Dtype type : {f32, f64}) {
    const Tensor x = tensor({0.7, 0.2}, {.dtype = type}), w = tensor({0.6, -0.4}, {.dtype = type});
    const Tensor b = full({}, 0.1, {.dtype = type});
    whole.push_back(augmented_sum(augmented(0.1, w), augmented(1, x)).item());
    first.push_back(bias_first(w, x, b).item());
    last.push_back(bias_last(w, x, b).item());
  }
  lesson.table(
      {.name = "order",
       .title = {.zh = "z 的每一位", .en = "Every digit of z"},
       .columns = {{.name = "type",
                    .title = {.zh = "类型", .en = "type"},
                    .words = {both("float32"), both("float64")}},
                   {.name = "augmented", .title = both("wᵀx"), .values = whole, .digits = 17},
                   {.name = "bias_first",
                    .title = {.zh = "b 在最前", .en = "b first"},
                    .values = first,
                    .digits = 17},
                   {.name = "bias_last",
                    .title = {.zh = "b 在最后", .en = "b last"},
                    .values = last,
                    .digits = 17}}});
  lesson.claim(whole == first, {.zh = "`b` 在最前：与 `wᵀx` 逐位相等",
                                .en = "`b` first: equal to `wᵀx` to the last bit"});
  lesson.claim(whole[0] != last[0] && whole[1] != last[1],
               {.zh = "`b` 在最后：差最后一位", .en = "`b` last: the last bit differs"});
  return lesson;
}

}  // namespace percept::lessons
