// L03 Activation functions: their values, their derivatives, and what becomes of a gradient.
#include <functional>
#include <limits>

#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

using Activation = std::function<Tensor(const Tensor&)>;

/// f'(z), element by element, by automatic differentiation.
Tensor derivative(const Activation& f, const Tensor& z) {
  const Tensor leaf = z.clone().requires_grad_();
  sum(f(leaf)).backward();
  return leaf.grad();
}

/// d y / d z of n sigmoids one after the other, each at z = 0, where its slope is largest.
double gradient_through(int n) {
  const Tensor z = zeros({}, {.dtype = f64, .requires_grad = true});
  Tensor at = z;
  for (int i = 0; i < n; ++i) at = sigmoid(at) - 0.5;
  at.backward();
  return z.grad().item();
}

/// f and f' over z, as the slide draws them; f' has a gap where f has a kink.
plot::Panel panel_of(const std::string& name, const Activation& f, plot::Range y, bool kink) {
  const Tensor z = arange(-120, 121).to(f64) / 20.;
  const std::vector<double> at = z.to_vector<double>();
  Tensor slope = derivative(f, z);
  if (kink) slope.masked_fill_(z == 0., std::numeric_limits<double>::quiet_NaN());
  return {.title = name,
          .x_label = "z",
          .series = {{.name = "f", .x = at, .y = f(z).to_vector<double>(), .markers = false},
                     {.name = "f'", .x = at, .y = slope.to_vector<double>(), .markers = false}},
          .y_range = y};
}

}  // namespace

Lesson activations(const Options&) {
  Lesson lesson;
  const double slope = 0.25;  // of Leaky ReLU below 0
  const Activation leaky = [slope](const Tensor& z) { return leaky_relu(z, slope); };
  lesson.text({.zh = "激活函数 `f` 逐个元素地变换 `z`；训练时，梯度每经过它一次就乘以 `f'(z)`。",
               .en = "An activation `f` changes `z` element by element; in training a gradient "
                     "that passes it is multiplied by `f'(z)`."});
  lesson.formula(
      "sigmoid     σ = 1 / (1 + e⁻ᶻ)            σ' = σ (1 - σ)\n"
      "tanh        δ = (eᶻ - e⁻ᶻ) / (eᶻ + e⁻ᶻ)  δ' = 1 - δ²\n"
      "ReLU        f = max(0, z)                f' = 1 (z > 0), 0 (z < 0)\n"
      "Leaky ReLU  f = z (z > 0), α z (z ≤ 0)   f' = 1 (z > 0), α (z < 0)");
  lesson.figure(
      "functions",
      {.zh = "四种激活函数 `f` 及其导数 `f'`，`α = 0.25`",
       .en = "Four activations `f` and their derivatives `f'`, `α = 0.25`"},
      [leaky](Language) {
        return plot::curves(
            {panel_of(
                 "sigmoid", [](const Tensor& z) { return sigmoid(z); }, {-0.1, 1.1}, false),
             panel_of(
                 "tanh", [](const Tensor& z) { return tanh(z); }, {-1.1, 1.1}, false),
             panel_of(
                 "ReLU", [](const Tensor& z) { return relu(z); }, {-2, 6}, true),
             panel_of("Leaky ReLU", leaky, {-2, 6}, true)},
            {.panel_width = 420, .panel_height = 320});
      });

  lesson.heading({.zh = "函数值与导数", .en = "Values and derivatives"});
  lesson.text({.zh = "导数不用公式，由自动求导得出。`|z|` 变大时，sigmoid 与 tanh 的导数趋于 "
                     "0：这是饱和区域。",
               .en = "The derivatives come from automatic differentiation, not from the formulas. "
                     "As `|z|` grows those of sigmoid and tanh go to 0: they saturate."});
  lesson.question({.zh = "`z = 0` 时，sigmoid 的导数是多少？",
                   .en = "What is the derivative of sigmoid at `z = 0`?"},
                  gradient_through(1), 2);
  const Tensor z = tensor({-5., -1., 0., 1., 5.}, {.dtype = f64});
  const Activation sigma = [](const Tensor& x) { return sigmoid(x); };
  const Activation hyperbolic = [](const Tensor& x) { return tanh(x); };
  lesson.table(
      {.name = "saturating",
       .title = {.zh = "sigmoid 与 tanh", .en = "sigmoid and tanh"},
       .columns = {{.name = "z", .values = z.to_vector<double>()},
                   {.name = "sigmoid",
                    .title = both("σ(z)"),
                    .values = sigmoid(z).to_vector<double>(),
                    .expected = golden({"", "", "0.5", "0.731059", "0.993307"})},
                   {.name = "sigmoid_slope",
                    .title = both("σ'(z)"),
                    .values = derivative(sigma, z).to_vector<double>(),
                    .expected = golden({"0.006648", "0.196612", "0.25", "0.196612", "0.006648"})},
                   {.name = "tanh",
                    .title = both("δ(z)"),
                    .values = tanh(z).to_vector<double>(),
                    .expected = golden({"", "-0.761594", "0", "0.761594", ""})},
                   {.name = "tanh_slope",
                    .title = both("δ'(z)"),
                    .values = derivative(hyperbolic, z).to_vector<double>(),
                    .expected = golden({"", "0.419974", "1", "0.419974", ""})}}});
  const Tensor many = linspace(-8, 8, 1001, {.dtype = f64});
  const double apart = abs(tanh(many) - (2 * sigmoid(2 * many) - 1)).max().item();
  lesson.claim(apart < 1e-15, {.zh = "`δ(z) = 2σ(2z) - 1`：在 1001 处比较，只有舍入误差",
                               .en = "`δ(z) = 2σ(2z) - 1`: at 1001 places apart by rounding only"});
  lesson.claim(sigmoid(many).min().item() > 0 && tanh(many).min().item() < -0.99,
               {.zh = "sigmoid 的输出全为正，非零中心；tanh 以零为中心",
                .en = "sigmoid's outputs are all positive, not centred at zero; tanh's are"});

  lesson.heading({.zh = "梯度消失", .en = "Vanishing gradients"});
  lesson.text(
      {.zh = "`n` 个 sigmoid 相连，即使每个都处在导数最大的 `z = 0`，梯度也要乘 `n` 次 0.25。",
       .en = "Through `n` sigmoids in a row, even with each at `z = 0` where its slope is "
             "largest, the gradient is multiplied `n` times by 0.25."});
  std::vector<double> left;
  for (const int n : {1, 2, 5, 10}) left.push_back(gradient_through(n));
  lesson.table({.name = "vanishing",
                .title = {.zh = "剩下的梯度", .en = "What is left of the gradient"},
                .columns = {{.name = "n", .values = {1, 2, 5, 10}},
                            {.name = "gradient",
                             .title = {.zh = "梯度", .en = "gradient"},
                             .values = left,
                             .expected = golden({"0.25", "0.0625", "9.77e-4", "9.54e-7"})}}});

  lesson.heading({.zh = "ReLU 的零点与死神经元", .en = "ReLU at zero, and dead neurons"});
  const Tensor zero = zeros({1}, {.dtype = f64});
  lesson.text({.zh = "`z = 0` 处 ReLU 没有导数，要靠约定：0、0.5 或 1。课件的公式没有写这一点。"
                     "percept 与 PyTorch 的 `relu` 取 0，另外两种写法取 0.5 与 1。",
               .en = "At `z = 0` ReLU has no derivative, and a convention decides: 0, 0.5 or 1. "
                     "The lecture's formula leaves it out. `relu` of percept and PyTorch takes 0; "
                     "two other ways to write it take 0.5 and 1."});
  lesson.numbers(
      "relu_at_zero", {.zh = "三种约定", .en = "Three conventions"},
      {{both("relu(z)"), derivative([](const Tensor& x) { return relu(x); }, zero).item(),
        golden("0")},
       {both("maximum(z, 0)"),
        derivative([](const Tensor& x) { return maximum(x, zeros_like(x)); }, zero).item(),
        golden("0.5")},
       {both("clamp(z, 0)"), derivative([](const Tensor& x) { return clamp(x, 0.); }, zero).item(),
        golden("1")}});
  const Tensor x = linspace(-2, 2, 41, {.dtype = f64});  // samples
  std::vector<double> alive;
  for (const double b : {0., -1., -5.}) {
    const Activation unit = [b](const Tensor& x) { return relu(x + b); };
    alive.push_back(sum(derivative(unit, x) != 0.).item());
  }
  lesson.text(
      {.zh = "偏置量为 -5 时，41 个样本都落在负值一侧：没有一个样本的梯度能传过去，神经元“死”了。",
       .en = "With a bias of -5 all 41 samples are on the negative side: no gradient "
             "passes, the neuron is dead."});
  lesson.table({.name = "dead",
                .title = {.zh = "`relu(x + b)`：还有梯度的样本数",
                          .en = "`relu(x + b)`: samples that still have a gradient"},
                .columns = {{.name = "b", .values = {0, -1, -5}},
                            {.name = "samples",
                             .title = {.zh = "样本数", .en = "samples"},
                             .values = alive,
                             .expected = golden({"20", "10", "0"})}}});
  lesson.note({.zh = "ReLU 只在 `z > 0` 时解决梯度消失；`z < 0` 时梯度为 0。",
               .en = "ReLU cures vanishing gradients only for `z > 0`; for `z < 0` its gradient "
                     "is 0."});

  lesson.heading({.zh = "Leaky ReLU 与 PReLU", .en = "Leaky ReLU and PReLU"});
  lesson.text({.zh = "Leaky ReLU 给负值一侧留一个斜率 `α`；PReLU 把 `α` 也当作参数来学习，"
                     "它的梯度是所有负的 `z` 之和。",
               .en = "Leaky ReLU leaves a slope `α` on the negative side; PReLU learns `α` as a "
                     "parameter, whose gradient is the sum of all negative `z`."});
  nn::PReLU prelu(1, slope);
  prelu.to(f64);
  sum(prelu(z)).backward();
  lesson.numbers(
      "prelu",
      {.zh = "`α = 0.25`，`z = -5, -1, 0, 1, 5`", .en = "`α = 0.25`, `z = -5, -1, 0, 1, 5`"},
      {{both("f(-5)"), leaky(z).at<double>(0), golden("-1.25")},
       {both("f'(-5)"), derivative(leaky, z).at<double>(0), golden("0.25")},
       {both("∂Σf/∂α"), prelu.weight.grad().item(), golden("-6")}});
  lesson.note(
      {.zh = "课件中 Leaky ReLU 的 `f` 含 `z ≤ 0`，`f'` 只含 `z < 0`：零点处的导数仍靠约定。",
       .en = "The lecture's Leaky ReLU has `f` for `z ≤ 0` but `f'` only for `z < 0`: at "
             "zero a convention decides again."});
  return lesson;
}

}  // namespace percept::lessons
