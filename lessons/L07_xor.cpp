// L07 XOR: one hidden layer moves four points to where one line separates them.
#include "lessons/lesson.h"
#include "lessons/number_formats.h"
#include "lessons/plane.h"
#include "percept/percept.h"

namespace percept::lessons {
namespace {

/// 2 inputs, 2 hidden units with ReLU, 1 linear output, in f64.
struct XorNet : nn::Module {
  nn::Linear hidden, output;

  XorNet() : hidden(2, 2, {.dtype = f64}), output(2, 1, {.dtype = f64}) {}

  Tensor forward(const Tensor& x) override { return output(relu(hidden(x))); }
  void visit(nn::Visitor& v) override {
    v("hidden", hidden);
    v("output", output);
  }
};

/// The lecture writes a neuron as one vector with its bias first; a Linear keeps the weights
/// (out, in) and the biases (out) apart. `neurons` is (out, 1 + in).
void assign(nn::Linear& layer, const Tensor& neurons) {
  layer.bias = neurons.select(1, 0);
  layer.weight = neurons.narrow(1, 1, neurons.size(1) - 1);
}

constexpr double kThreshold = 0.5;

/// The outputs (N) for X (N, 2) in another type: each product and each sum rounded to it.
Tensor outputs_in(const Format& format, const XorNet& net, const Tensor& X) {
  const auto layer = [&](const nn::Linear& linear, const Tensor& x) {
    const Tensor weight = format.keep(linear.weight.detach());
    Tensor sum = format.keep(linear.bias.detach()).unsqueeze(0);  // (1, out)
    for (std::int64_t i = 0; i < weight.size(1); ++i)
      sum = format.keep(sum + format.keep(x.narrow(1, i, 1) * weight.select(1, i)));
    return sum;
  };
  return layer(net.output, relu(layer(net.hidden, format.keep(X)))).flatten();
}

}  // namespace

Lesson xor_network(const Options&) {
  Lesson lesson;
  lesson.text({.zh = "异或的四个点不是线性可分的。加一层隐含层，把它们搬到一条直线就能分开的地方。",
               .en = "The four points of XOR are not linearly separable. A hidden layer moves them "
                     "to where one does."});
  const Tensor X = tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}}, {.dtype = f64});
  const std::vector<int> target{0, 1, 1, 0};
  const std::vector<Text> corners{both("00"), both("01"), both("10"), both("11")};
  const Column corner{.name = "x1x2", .title = both("x₁x₂"), .words = corners};

  lesson.heading({.zh = "给定的权值", .en = "The given weights"});
  lesson.formula(
      "h = ReLU((W⁽¹⁾)ᵀ x),  x = (1, x₁, x₂)ᵀ\n"
      "z = (w⁽²⁾)ᵀ h,        h = (1, h₁, h₂)ᵀ\n"
      "y = 1 (z > 0.5), 0 (z ≤ 0.5)");
  XorNet net;
  assign(net.hidden, tensor({{-0.78, 0.78, 0.78}, {0.52, 0.42, 0.48}}, {.dtype = f64}));
  assign(net.output, tensor({{0.23, -1.03, 0.51}}, {.dtype = f64}));
  const Tensor weights = cat({cat({net.hidden.bias.unsqueeze(1), net.hidden.weight}, 1),
                              cat({net.output.bias.unsqueeze(1), net.output.weight}, 1)})
                             .detach();  // (3, 3): neurons as rows, bias first
  lesson.table({.name = "weights",
                .title = {.zh = "三个神经元的权值", .en = "The weights of the three neurons"},
                .columns = {{.name = "neuron",
                             .title = {.zh = "神经元", .en = "neuron"},
                             .words = {both("h₁"), both("h₂"), both("z")}},
                            {.name = "bias",
                             .title = {.zh = "偏置量", .en = "bias"},
                             .values = weights.select(1, 0).to_vector<double>(),
                             .digits = 2,
                             .expected = printed({"-0.78", "0.52", "0.23"})},
                            {.name = "first",
                             .title = {.zh = "权值 1", .en = "weight 1"},
                             .values = weights.select(1, 1).to_vector<double>(),
                             .digits = 2,
                             .expected = printed({"0.78", "0.42", "-1.03"})},
                            {.name = "second",
                             .title = {.zh = "权值 2", .en = "weight 2"},
                             .values = weights.select(1, 2).to_vector<double>(),
                             .digits = 2,
                             .expected = printed({"0.78", "0.48", "0.51"})}}});
  lesson.note(
      {.zh = "课件把 `W⁽¹⁾` 写成转置，每个神经元一列、偏置量在最前；"
             "`nn::Linear` 的 `weight` 是 `(out, in)`，`bias` 单独存放。这里每行一个神经元。",
       .en = "The lecture writes `W⁽¹⁾` transposed, one neuron a column and the bias first; "
             "an `nn::Linear` has a `weight` `(out, in)` and a `bias` of its own. Here each "
             "row is a neuron."});

  lesson.figure(
      "network", {.zh = "网络与它的权值", .en = "The network and its weights"},
      [net](Language language) {
        const auto of = [](const Tensor& t) { return t.to_vector<double>(); };
        return plot::network(
            {{.units = 2, .name = Text{"输入层", "inputs"}.in(language), .labels = {"x₁", "x₂"}},
             {.units = 2,
              .name = Text{"隐含层", "hidden layer"}.in(language),
              .labels = {"h₁", "h₂"},
              .weights = of(net.hidden.weight),
              .biases = of(net.hidden.bias)},
             {.units = 1,
              .name = Text{"输出层", "output"}.in(language),
              .labels = {"z"},
              .weights = of(net.output.weight),
              .biases = of(net.output.bias)}},
            network_words(language));
      });

  lesson.heading({.zh = "逐步计算", .en = "Step by step"});
  const NoGradGuard no_grad;
  const Tensor a = net.hidden(X);            // (4, 2) before the activation
  const Tensor h = relu(a);                  // (4, 2)
  const Tensor z = net.output(h).flatten();  // (4)
  const Tensor y = step(z - kThreshold);     // (4)
  lesson.text(
      {.zh = "隐含层先加权求和，再用 `ReLU` 把负值变成 0。",
       .en = "The hidden layer takes its weighted sums, then `ReLU` makes negative ones 0."});
  const auto question = [&](const Text& text, const Tensor& neuron, double answer, int digits) {
    lesson.question(fill(text, neuron.at<double>(0), neuron.at<double>(1), neuron.at<double>(2)),
                    answer, digits);
  };
  question({.zh = "`h₂ = ReLU({} + {} x₁ + {} x₂)`；输入为 `(1, 1)` 时，`h₂` 是多少？",
            .en = "`h₂ = ReLU({} + {} x₁ + {} x₂)`; what is `h₂` at `(1, 1)`?"},
           weights[1], h.at<double>(3, 1), 2);
  lesson.table({.name = "hidden",
                .title = {.zh = "隐含层", .en = "The hidden layer"},
                .columns = {corner,
                            {.name = "a1",
                             .title = both("a₁"),
                             .values = a.select(1, 0).to_vector<double>(),
                             .digits = 2,
                             .expected = golden({"-0.78", "0.00", "0.00", "0.78"})},
                            {.name = "h1",
                             .title = both("h₁"),
                             .values = h.select(1, 0).to_vector<double>(),
                             .digits = 2,
                             .expected = printed({"0", "0", "0", "0.78"})},
                            {.name = "h2",
                             .title = both("h₂"),
                             .values = h.select(1, 1).to_vector<double>(),
                             .digits = 2,
                             .expected = printed({"0.52", "1.0", "0.94", "1.42"})}}});
  lesson.text({.zh = "输出层再加权求和，得到 `z`，与阈值 0.5 比较。",
               .en = "The output layer takes its weighted sum `z` and compares it with the "
                     "threshold 0.5."});
  question({.zh = "`z = {} + ({}) h₁ + {} h₂`；输入为 `(1, 1)` 时，`z` 是多少？",
            .en = "`z = {} + ({}) h₁ + {} h₂`; what is `z` at `(1, 1)`?"},
           weights[2], z.at<double>(3), 4);
  lesson.table({.name = "output",
                .title = {.zh = "输出层与判决", .en = "The output layer and the decision"},
                .columns = {corner,
                            {.name = "z",
                             .values = z.to_vector<double>(),
                             .digits = 4,
                             .expected = printed({"0.4952", "0.74", "0.7094", "0.1508"})},
                            {.name = "y",
                             .values = y.to_vector<double>(),
                             .expected = printed({"0", "1", "1", "0"})}}});

  lesson.heading({.zh = "两个平面", .en = "Two planes"});
  lesson.text({.zh = "在输入平面，两个类别被折线分开；在隐含平面，只用一条直线。"
                     "`(0, 1)` 与 `(1, 0)` 在隐含平面几乎重合。",
               .en = "In the input plane a bent boundary separates the two classes; in the hidden "
                     "plane one straight line does. There `(0, 1)` and `(1, 0)` almost meet."});
  const std::vector<std::string> names{"00", "01", "10", "11"};
  const auto options = [](const Text& title, const char* x, const char* y, Language language) {
    return plot::SurfaceOptions{.title = title.in(language),
                                .x_label = x,
                                .y_label = y,
                                .class_names = {"y = 0", "y = 1"},
                                .boundary_label = "z = 0.5",
                                .levels = {},
                                .size = 520};
  };
  lesson.figure("input-plane", {.zh = "输入平面 `(x₁, x₂)`", .en = "The input plane `(x₁, x₂)`"},
                [net, X, target, names, options](Language language) {
                  XorNet copy = net;
                  return plane(
                      [&](const Tensor& x) { return copy(x); }, X, target, {-0.5, 1.5}, {-0.5, 1.5},
                      options({.zh = "输入平面", .en = "The input plane"}, "x₁", "x₂", language),
                      names);
                });
  lesson.figure(
      "hidden-plane", {.zh = "隐含平面 `(h₁, h₂)`", .en = "The hidden plane `(h₁, h₂)`"},
      [net, h, target, names, options](Language language) {
        nn::Linear output = net.output;
        return plane([&](const Tensor& h) { return output(h); }, h, target, {-0.3, 1.1}, {0.2, 1.6},
                     options({.zh = "隐含平面", .en = "The hidden plane"}, "h₁", "h₂", language),
                     names);
      });

  lesson.heading({.zh = "离出错有多远", .en = "How close to failing"});
  const Tensor ones = stack({z[1], z[2]}), zeros = stack({z[0], z[3]});
  const double low = zeros.max().item(), high = ones.min().item();
  lesson.text({.zh = "阈值在 {:.4f} 与 {:.4f} 之间时，四个点全部判对；0.5 离下界很近。",
               .en = "Every threshold between {:.4f} and {:.4f} decides all four points rightly; "
                     "0.5 is close to the lower end."},
              low, high);
  lesson.numbers(
      "margin", {.zh = "余量", .en = "Margins"},
      {{{.zh = "0.5 - z(00)", .en = "0.5 - z(00)"}, kThreshold - low, golden("0.0048")},
       {{.zh = "区间的中点", .en = "middle of the gap"}, (low + high) / 2, golden("0.6023")}});
  lesson.text({.zh = "类型的精度低一些，`z` 也会动一点：float16 只有 11 个二进制位，"
                     "下面每一次乘法和加法都舍入到这么多位。判决没有改变。",
               .en = "In a type with fewer digits `z` moves a little: float16 has 11 binary ones, "
                     "and below every product and every sum is rounded to them. The decisions stay "
                     "the same."});
  const Tensor half = outputs_in(kFormats[0], net, X);
  lesson.table({.name = "types",
                .title = {.zh = "两种类型的 z", .en = "z in two types"},
                .columns = {corner,
                            {.name = "float64", .values = z.to_vector<double>(), .digits = 4},
                            {.name = "float16",
                             .values = half.to_vector<double>(),
                             .digits = 6,
                             .expected = golden({"0.495", "0.7397", "0.709", "0.1504"})},
                            {.name = "y",
                             .values = step(half - kThreshold).to_vector<double>(),
                             .expected = golden({"0", "1", "1", "0"})}}});

  lesson.heading({.zh = "一个精确的网络", .en = "An exact network"});
  lesson.text({.zh = "异或也可以没有误差：`h₁` 数有几个 1，`h₂` 只在两个都是 1 时为 1。",
               .en = "XOR can be had without error: `h₁` counts the ones, `h₂` is 1 only when both "
                     "are 1."});
  lesson.formula(
      "h₁ = ReLU(x₁ + x₂)\n"
      "h₂ = ReLU(x₁ + x₂ - 1)\n"
      "z  = h₁ - 2 h₂");
  XorNet exact;
  assign(exact.hidden, tensor({{0., 1., 1.}, {-1., 1., 1.}}, {.dtype = f64}));
  assign(exact.output, tensor({{0., 1., -2.}}, {.dtype = f64}));
  lesson.table({.name = "exact",
                .title = {.zh = "z 就是异或", .en = "z is XOR itself"},
                .columns = {corner,
                            {.name = "z",
                             .values = exact(X).to_vector<double>(),
                             .expected = golden({"0", "1", "1", "0"})}}});
  return lesson;
}

}  // namespace percept::lessons
