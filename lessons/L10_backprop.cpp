// L10 Back-propagation: the gradients of one sample, number by number, each beside a difference.
#include <cmath>

#include "lessons/L10_own_network.h"
#include "lessons/lesson.h"
#include "lessons/trace.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr double kRate = 0.1;

/// The network of the XOR lesson: a = W x + b, h = ReLU(a), z = w h + c.
nn::Sequential xor_net() {
  nn::Sequential net{{"hidden", nn::Linear(2, 2, {.dtype = f64})},
                     {"relu", nn::ReLU()},
                     {"output", nn::Linear(2, 1, {.dtype = f64})}};
  net.load_state_dict({{"hidden.weight", tensor({{0.78, 0.78}, {0.42, 0.48}}, {.dtype = f64})},
                       {"hidden.bias", tensor({-0.78, 0.52}, {.dtype = f64})},
                       {"output.weight", tensor({{-1.03, 0.51}}, {.dtype = f64})},
                       {"output.bias", tensor({0.23}, {.dtype = f64})}});
  return net;
}

/// The loss of one sample; its derivative is z - y*.
Tensor half_square(const Tensor& z, double target) { return sum(square(z - target)) / 2; }

Trace trace_at(nn::Module& net, double x1, double x2, double target) {
  return trace(net, tensor({{x1, x2}}, {.dtype = f64}),
               [target](const Tensor& z) { return half_square(z, target); });
}

/// One gradient: how it is computed, what it should be, and the slope that differences give.
struct Line {
  const char* what;
  std::string numbers;
  double gradient;
  const char* expected;
  double slope;
};

void add_gradients(Lesson& lesson, const std::string& name, const Text& title,
                   const std::vector<Line>& lines) {
  Column what{.name = "gradient_of", .title = {.zh = "梯度", .en = "gradient"}};
  Column numbers{.name = "numbers", .title = {.zh = "代入数值", .en = "in numbers"}};
  Column gradient{.name = "gradient", .title = {.zh = "传回", .en = "sent back"}, .digits = 6};
  Column slope{.name = "slope", .title = {.zh = "差分", .en = "difference"}, .digits = 6};
  for (const Line& line : lines) {
    what.words.push_back(both(line.what));
    numbers.words.push_back(both(line.numbers));
    gradient.values.push_back(line.gradient);
    gradient.expected.push_back(golden(line.expected));
    slope.values.push_back(line.slope);
  }
  lesson.table({.name = name, .title = title, .columns = {what, numbers, gradient, slope}});
}

/// Element `i` of a tensor, row by row.
double at(const Tensor& tensor, std::int64_t i) { return tensor.flatten()[i].item(); }

/// `f` filled in with numbers as short as they are.
template <class... Numbers>
std::string with(const char* f, const Numbers&... numbers) {
  return fmt::format(fmt::runtime(f), fmt::format("{:.7g}", numbers)...);
}

/// ReLU three times: the same function, but another slope at 0.
struct Kink {
  const char* formula;
  double slope_at_0;
  Tensor (*relu)(const Tensor&);
  const char* expected;  // dL/da1 at the sample (0, 1)
};
const std::vector<Kink>& kinks() {
  static const std::vector<Kink> all{
      {"max(a, 0)", 0, [](const Tensor& a) { return relu(a); }, "0"},
      {"(a + |a|) / 2", 0.5, [](const Tensor& a) { return (a + abs(a)) / 2; }, "0.1339"},
      {"a + max(-a, 0)", 1, [](const Tensor& a) { return a + relu(-a); }, "0.2678"}};
  return all;
}

void tell_the_way(Lesson& lesson, const Trace& t) {
  const Tensor &x = t.input.value, &a = t.layers[0].output.value, &h = t.layers[1].output.value;
  const Tensor& W = t.layers[0].parameters[0].value;
  const Tensor& w = t.layers[2].parameters[0].value;
  const double z = t.layers[2].output.value.item(), target = 0;
  lesson.heading({.zh = "前向：算出损失", .en = "Forward: the loss"});
  lesson.text({.zh = "样本 `(1, 1)` 的真值是 `y* = 0`。从左到右依次计算。",
               .en = "The sample `(1, 1)` has the truth `y* = 0`. From left to right:"});
  lesson.numbers("forward", {.zh = "前向的值", .en = "The values on the way"},
                 {{both("a₁"), at(a, 0), golden("0.78")},
                  {both("a₂"), at(a, 1), golden("1.42")},
                  {both("h₁ = ReLU(a₁)"), at(h, 0), golden("0.78")},
                  {both("h₂ = ReLU(a₂)"), at(h, 1), golden("1.42")},
                  {both("z"), z, golden("0.1508")},
                  {both("L"), t.loss, golden("0.01137032")}});

  lesson.heading({.zh = "反向：输出层", .en = "Back: the output layer"});
  lesson.text({.zh = "`dz` 是 `∂L/∂z` 的简写，其余类推。每个梯度等于右边已有的梯度乘以一步的导数，"
                     "这就是链式法则。",
               .en = "`dz` is short for `∂L/∂z`, and so on. Each gradient is the one on its right "
                     "times the derivative of a single step: the chain rule."});
  lesson.question({.zh = "`dz = z - y*` 是多少？", .en = "What is `dz = z - y*`?"}, z - target, 4);
  const Traced &out = t.layers[2].output, &wt = t.layers[2].parameters[0];
  const Traced& c = t.layers[2].parameters[1];
  const double dz = out.gradient.item();
  add_gradients(lesson, "output", {.zh = "输出层", .en = "The output layer"},
                {{"dz = z - y*", with("{} - {}", z, target), dz, "0.1508", out.slope.item()},
                 {"dc = dz", with("{}", dz), at(c.gradient, 0), "0.1508", at(c.slope, 0)},
                 {"dw₁ = dz h₁", with("{} · {}", dz, at(h, 0)), at(wt.gradient, 0), "0.117624",
                  at(wt.slope, 0)},
                 {"dw₂ = dz h₂", with("{} · {}", dz, at(h, 1)), at(wt.gradient, 1), "0.214136",
                  at(wt.slope, 1)}});
  lesson.code("const Tensor dz = z - target;\nconst Tensor dw = dz * h, dc = dz;");

  lesson.heading({.zh = "反向：隐含层", .en = "Back: the hidden layer"});
  lesson.text({.zh = "误差沿着前向用过的权值传回来；`ReLU` 打开的单元原样放行，关闭的单元乘以 0。",
               .en = "The error comes back over the same weights. A unit that `ReLU` leaves open "
                     "lets it through, a closed one multiplies it by 0."});
  lesson.question({.zh = "`dh₁ = dz · w₁` 是多少？", .en = "What is `dh₁ = dz · w₁`?"},
                  dz * at(w, 0), 6);
  const Traced &ht = t.layers[1].output, &at_ = t.layers[0].output;
  const Traced &Wt = t.layers[0].parameters[0], &bt = t.layers[0].parameters[1];
  const double da1 = at(at_.gradient, 0), da2 = at(at_.gradient, 1);
  add_gradients(lesson, "hidden", {.zh = "隐含层", .en = "The hidden layer"},
                {{"dh₁ = dz w₁", with("{} · {}", dz, at(w, 0)), at(ht.gradient, 0), "-0.155324",
                  at(ht.slope, 0)},
                 {"dh₂ = dz w₂", with("{} · {}", dz, at(w, 1)), at(ht.gradient, 1), "0.076908",
                  at(ht.slope, 1)},
                 {"da₁ = dh₁ ReLU'(a₁)", with("{} · 1", at(ht.gradient, 0)), da1, "-0.155324",
                  at(at_.slope, 0)},
                 {"da₂ = dh₂ ReLU'(a₂)", with("{} · 1", at(ht.gradient, 1)), da2, "0.076908",
                  at(at_.slope, 1)},
                 {"db₁ = da₁", with("{}", da1), at(bt.gradient, 0), "-0.155324", at(bt.slope, 0)},
                 {"dW₁₁ = da₁ x₁", with("{} · {}", da1, at(x, 0)), at(Wt.gradient, 0), "-0.155324",
                  at(Wt.slope, 0)},
                 {"dW₁₂ = da₁ x₂", with("{} · {}", da1, at(x, 1)), at(Wt.gradient, 1), "-0.155324",
                  at(Wt.slope, 1)},
                 {"db₂ = da₂", with("{}", da2), at(bt.gradient, 1), "0.076908", at(bt.slope, 1)},
                 {"dW₂₁ = da₂ x₁", with("{} · {}", da2, at(x, 0)), at(Wt.gradient, 2), "0.076908",
                  at(Wt.slope, 2)},
                 {"dW₂₂ = da₂ x₂", with("{} · {}", da2, at(x, 1)), at(Wt.gradient, 3), "0.076908",
                  at(Wt.slope, 3)}});
  lesson.code(
      "const Tensor dh = dz * w;\n"
      "const Tensor da = dh * (a > 0).to(f64);\n"
      "const Tensor dW = matmul(da.t(), x), db = da;");
  lesson.text({.zh = "`x` 若是前一层的输出，就继续传下去；它是输入，这里只为完整而写出。",
               .en = "Were `x` the output of a layer before, it would go on like this; as `x` is "
                     "the input, this is only for completeness."});
  const auto back = [&](std::int64_t i) {
    return with("{}·{} + {}·{}", da1, at(W, i), da2, at(W, 2 + i));
  };
  add_gradients(lesson, "input", {.zh = "输入：dx = da W", .en = "The input: dx = da W"},
                {{"dx₁", back(0), at(t.input.gradient, 0), "-0.088851", at(t.input.slope, 0)},
                 {"dx₂", back(1), at(t.input.gradient, 1), "-0.084237", at(t.input.slope, 1)}});
  lesson.code("const Tensor dx = matmul(da, W);");

  // The same lines, run.
  const Tensor dz_ = out.value - target, dw_ = dz_ * h, dh_ = dz_ * w;
  const Tensor da_ = dh_ * (a > 0).to(f64), dW_ = matmul(da_.t(), x), dx_ = matmul(da_, W);
  const double apart =
      std::max({abs(dw_ - wt.gradient).max().item(), abs(dW_ - Wt.gradient).max().item(),
                abs(dx_ - t.input.gradient).max().item()});
  lesson.claim(apart < 1e-15, {.zh = "手写的这几行与 `loss.backward()` 给出同样的梯度",
                               .en = "These lines written by hand and `loss.backward()` give the "
                                     "same gradients"});
}

void tell_about_differences(Lesson& lesson, const Trace& t) {
  lesson.heading({.zh = "差分：另一种算法", .en = "Differences: another way to the same numbers"});
  lesson.formula("∂L/∂v ≈ (L(v + d) - L(v - d)) / 2d");
  lesson.text({.zh = "差分一列不用任何导数公式：把一个数移动一点，重新做前向。"
                     "它适合检查，不适合训练：每个数要两次前向，而误差反向传播一次得到全部。"
                     "这里共 {} 个数。",
               .en = "The column of differences needs no derivative: move one number a little and "
                     "go forward again. It is good for checking, not for training: it takes two "
                     "forward passes a number, where back-propagation gets all of them in one "
                     "pass. Here they are {} numbers."},
              count_elements(t));
  lesson.claim(largest_gap(t) < 1e-9, {.zh = "所有梯度与差分相差不到 `1e-9`",
                                       .en = "Every gradient is within `1e-9` of its difference"});
  lesson.figure("graph",
                {.zh = "计算图：值向右，梯度向左；每个方框里先是值，再是损失对它的梯度",
                 .en = "The graph: a box has its value and, below, the gradient of the loss"},
                [t](Language language) {
                  const Text title{.zh = "样本 (1, 1) 的误差反向传播",
                                   .en = "Back-propagation of the sample (1, 1)"};
                  return graph_of(t, title.in(language), "L = ½ (z − y*)²", "0", language);
                });
  lesson.figure("network", {.zh = "同一个样本在网络中", .en = "The same sample in the network"},
                [t](Language language) {
                  const Text title{.zh = "样本 (1, 1) 的前向", .en = "The sample (1, 1) forward"};
                  return network_of(t, title.in(language), {"x₁", "x₂"}, {"z"}, language);
                });
}

void take_a_step(Lesson& lesson, nn::Sequential net, const Trace& t) {
  lesson.heading({.zh = "走一步", .en = "One step"});
  lesson.text({.zh = "每个参数减去学习率 `η = 0.1` 乘以它的梯度。",
               .en = "Every parameter loses its gradient times the learning rate `η = 0.1`."});
  lesson.formula("w ← w - η ∂L/∂w,   b ← b - η ∂L/∂b");
  const Trace before = trace_at(net, 1, 1, 0);  // gives the parameters of this copy their gradients
  optim::SGD optimizer{net.parameters(), {.lr = kRate}};
  optimizer.step();
  const Trace after = trace_at(net, 1, 1, 0);
  const std::vector<std::vector<const char*>> names{
      {"W₁₁", "W₁₂", "W₂₁", "W₂₂"}, {"b₁", "b₂"}, {"w₁", "w₂"}, {"c"}};
  const std::vector<std::vector<const char*>> expected{
      {"0.7955324", "0.7955324", "0.4123092", "0.4723092"},
      {"-0.7644676", "0.5123092"},
      {"-1.0417624", "0.4885864"},
      {"0.2149200"}};
  Column what{.name = "parameter", .title = {.zh = "参数", .en = "parameter"}};
  Column numbers{.name = "numbers", .title = {.zh = "代入数值", .en = "in numbers"}};
  Column value{.name = "after", .title = {.zh = "更新后", .en = "after the step"}, .digits = 7};
  std::size_t k = 0;
  for (const std::size_t layer : {0, 2})
    for (std::size_t p = 0; p < 2; ++p, ++k) {
      const Traced& from = before.layers[layer].parameters[p];
      for (std::size_t i = 0; i < names[k].size(); ++i) {
        const auto place = static_cast<std::int64_t>(i);
        what.words.push_back(both(names[k][i]));
        numbers.words.push_back(
            both(with("{} - {} · ({})", at(from.value, place), kRate, at(from.gradient, place))));
        value.values.push_back(at(after.layers[layer].parameters[p].value, place));
        value.expected.push_back(golden(expected[k][i]));
      }
    }
  lesson.table({.name = "step",
                .title = {.zh = "九个参数", .en = "The nine parameters"},
                .columns = {what, numbers, value}});
  const double z = after.layers[2].output.value.item();
  lesson.question({.zh = "更新后，同一个样本的 `z` 会是多少？",
                   .en = "What will `z` of the same sample be after it?"},
                  z, 2);
  lesson.numbers("after", {.zh = "再做一次前向", .en = "Forward once more"},
                 {{both("z"), z, golden("0.036322")}, {both("L"), after.loss, golden("0.000660")}});
  lesson.claim(after.loss < t.loss,
               {.zh = "损失从 {:.6f} 降到 {:.6f}", .en = "The loss falls from {:.6f} to {:.6f}"},
               t.loss, after.loss);
}

void close_a_unit(Lesson& lesson, nn::Sequential net) {
  lesson.heading({.zh = "关闭的单元", .en = "A closed unit"});
  const Trace t = trace_at(net, 0, 0, 0);
  lesson.text({.zh = "样本 `(0, 0)`：`a₁ = {:.2f}` 小于 0，`h₁` 关闭。误差传到 `h₁` 为止，"
                     "它那一行权值和偏置量这一次都不动。",
               .en = "The sample `(0, 0)`: `a₁ = {:.2f}` is below 0 and `h₁` closed. The error "
                     "ends there: this time none of its weights nor its bias moves."},
              at(t.layers[0].output.value, 0));
  const auto column = [](const char* name, const Traced& traced,
                         const std::vector<Expected>& expected) {
    return Column{.name = name,
                  .title = both(name),
                  .values = traced.gradient.to_vector<double>(),
                  .digits = 6,
                  .expected = expected};
  };
  lesson.table(
      {.name = "closed",
       .title = {.zh = "样本 (0, 0) 的梯度", .en = "Gradients at the sample (0, 0)"},
       .columns = {{.name = "unit", .title = {.zh = "单元", .en = "unit"}, .values = {1, 2}},
                   column("dh", t.layers[1].output, golden({"-0.510056", "0.252552"})),
                   column("da", t.layers[0].output, golden({"0", "0.252552"})),
                   column("db", t.layers[0].parameters[1], golden({"0", "0.252552"}))}});
}

void choose_a_slope(Lesson& lesson, nn::Sequential net) {
  lesson.heading({.zh = "ReLU 在 0 处的导数", .en = "The derivative of ReLU at 0"});
  const Tensor x = tensor({{0., 1.}}, {.dtype = f64});
  const Tensor a = net["hidden"](x).detach();
  lesson.text({.zh = "样本 `(0, 1)` 的 `a₁` 恰好是 {:g}。`ReLU` 在那里没有导数，0 与 1 之间的"
                     "任何数都可以；percept 与 PyTorch 一样取 0。下面是同一个函数的三种写法，"
                     "值相同，在 0 处的导数不同。",
               .en = "At the sample `(0, 1)` `a₁` is exactly {:g}. `ReLU` has no derivative there, "
                     "and any number from 0 to 1 will do; percept takes 0, as PyTorch does. Below "
                     "are three ways to write the same function, with equal values and another "
                     "derivative at 0."},
              at(a, 0));
  Column formula{.name = "formula", .title = {.zh = "写法", .en = "written as"}};
  Column slope{.name = "slope", .title = both("ReLU'(0)"), .digits = 1};
  Column loss{.name = "loss", .title = both("L"), .digits = 4};
  Column gradient{.name = "da1", .title = both("da₁"), .digits = 6};
  for (const Kink& kink : kinks()) {
    Tensor here = a.clone();
    here.requires_grad_();
    const Tensor total = half_square(net["output"](kink.relu(here)), 1);
    total.backward();
    formula.words.push_back(both(kink.formula));
    slope.values.push_back(kink.slope_at_0);
    loss.values.push_back(total.item());
    loss.expected.push_back(golden("0.0338"));
    gradient.values.push_back(at(here.grad(), 0));
    gradient.expected.push_back(golden(kink.expected));
  }
  lesson.table({.name = "kink",
                .title = {.zh = "样本 (0, 1)，y* = 1", .en = "The sample (0, 1), y* = 1"},
                .columns = {formula, slope, loss, gradient}});
  const Trace t = trace_at(net, 0, 1, 1);
  lesson.numbers("kink-slope", {.zh = "两边的差分", .en = "The difference over both sides"},
                 {{both("da₁"), at(t.layers[0].output.slope, 0), golden("0.1339")}});
  lesson.text({.zh = "差分跨过折点，得到左右斜率的平均：相当于 `½`。"
                     "差分检查在折点处失败，说的是函数，不是程序出错。",
               .en = "A difference straddles the kink and gets the mean of both slopes: the choice "
                     "`½`. Where a check by differences fails at a kink, this tells about the "
                     "function and is no mistake of the program."});
}

}  // namespace

Lesson backprop(const Options& options) {
  if (!options.model.empty()) return backprop_of_own_network(options);
  if (options.sample != 0 || !options.csv.empty())
    throw ValueError("backprop: --sample and --csv go with --model, a network of your own");
  Lesson lesson;
  lesson.text({.zh = "训练要知道每个权值该往哪边动。误差反向传播从损失出发，逐层往回算出损失对每个"
                     "权值的梯度。这里用异或网络，一个样本，一个数一个数地算。",
               .en = "To train is to know which way each weight should move. Back-propagation "
                     "starts at the loss and finds its gradient for every weight, layer by layer "
                     "backwards. Here with the XOR network and one sample, number by number."});
  lesson.formula(
      "a = W x + b\n"
      "h = ReLU(a)\n"
      "z = w h + c\n"
      "L = ½ (z - y*)²");
  nn::Sequential net = xor_net();
  const Trace t = trace_at(net, 1, 1, 0);
  const auto row = [&](std::size_t layer, std::size_t parameter, std::int64_t first) {
    const Tensor& value = t.layers[layer].parameters[parameter].value;
    return with("({}, {})", at(value, first), at(value, first + 1));
  };
  lesson.text({.zh = "权值和偏置量是异或那一课给定的：",
               .en = "With the weights and biases given for XOR:"});
  lesson.formula(fmt::format("W = ({}, {})   b = {}\nw = {}                  c = {}", row(0, 0, 0),
                             row(0, 0, 2), row(0, 1, 0), row(2, 0, 0),
                             with("{}", at(t.layers[2].parameters[1].value, 0))));
  tell_the_way(lesson, t);
  tell_about_differences(lesson, t);
  take_a_step(lesson, net, t);
  close_a_unit(lesson, net);
  choose_a_slope(lesson, net);

  lesson.heading({.zh = "大脑也这样学习吗？", .en = "Does the brain learn like this?"});
  lesson.text({.zh = "没有定论。误差反向传播要求误差沿同一批权值倒着走（“权值传输”），"
                     "而突触是单向的，回路上的突触并不知道前向突触的强度；前向与反向还须分时进行。"
                     "近似的方案有人研究，但这个算法不是对大脑的模拟。",
               .en = "Nobody knows. Back-propagation sends the error backwards over the very "
                     "weights that were used forwards (weight transport), but a synapse works one "
                     "way, and those of a path back do not know how strong the forward ones are; "
                     "the two passes also take turns. Approximations are being studied, but the "
                     "algorithm is no model of the brain."});
  lesson.heading({.zh = "用自己的网络", .en = "With a network of your own"});
  lesson.text({.zh = "任何用表格训练的小网络都可以这样看，`RUN` 是训练的文件夹，`I` 是样本的序号："
                     "`percept lesson backprop --model RUN --sample I`。",
               .en = "Any small network trained on a table can be looked at like this, `RUN` being "
                     "the folder of its training and `I` the number of a sample: `percept lesson "
                     "backprop --model RUN --sample I`."});
  return lesson;
}

}  // namespace percept::lessons
