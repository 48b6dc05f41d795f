// L09 What networks can represent: boolean functions here, curves and polygons in the files beside,
// and the lecture's quiz.
#include "lessons/L09_universal.h"

#include <numbers>

#include "lessons/training.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {

OneHiddenLayer::OneHiddenLayer(std::int64_t inputs, std::int64_t units, Activation f)
    : hidden(inputs, units, {.dtype = f64}), output(units, 1, {.dtype = f64}), activation(f) {}

OneHiddenLayer::OneHiddenLayer(const Tensor& w, const Tensor& b, const Tensor& v, double c,
                               Activation f)
    : OneHiddenLayer(w.size(1), w.size(0), f) {
  hidden.weight = w;
  hidden.bias = b;
  output.weight = v;
  output.bias = full({1}, c, {.dtype = f64});
}

namespace {

/// All rows of n bits, 00..0 first: (2^n, n).
Tensor all_inputs(int n) {
  std::vector<double> bits;
  for (int row = 0; row < 1 << n; ++row)
    for (int i = n - 1; i >= 0; --i) bits.push_back((row >> i) & 1);
  return from_vector(bits, {1 << n, n});
}

/// One hidden unit for each of `rows` (k, n), which fires at that input alone: weight 1 where the
/// bit is 1, else -1, so that only there the sum reaches the number of ones. The output is OR.
OneHiddenLayer minterms(const Tensor& rows) {
  return {2 * rows - 1, 0.5 - rows.sum({1}), ones({1, rows.size(0)}, {.dtype = f64}), -0.5, step};
}

struct BooleanFunction {
  Text name;
  int inputs;
  bool (*value)(int ones);  // these depend on the number of ones only
};

Tensor truth(const BooleanFunction& f) {
  std::vector<double> column;
  for (const double ones : all_inputs(f.inputs).sum({1}).to_vector<double>())
    column.push_back(f.value(static_cast<int>(ones)) ? 1 : 0);
  return from_vector(column, {1 << f.inputs, 1});
}

OneHiddenLayer minterm_net(const BooleanFunction& f) {
  return minterms(all_inputs(f.inputs)[truth(f).flatten() == 1]);
}

const BooleanFunction& parity3() {
  static const BooleanFunction f{
      {.zh = "3 位奇偶", .en = "parity of 3"}, 3, [](int ones) { return ones % 2 == 1; }};
  return f;
}

void some_functions(Lesson& lesson) {
  const std::vector<BooleanFunction> functions{
      {both("AND"), 2, [](int ones) { return ones == 2; }},
      {both("OR"), 2, [](int ones) { return ones >= 1; }},
      {both("XOR"), 2, [](int ones) { return ones == 1; }},
      {{.zh = "3 位多数", .en = "majority of 3"}, 3, [](int ones) { return ones >= 2; }},
      parity3(),
      {{.zh = "4 位奇偶", .en = "parity of 4"}, 4, [](int ones) { return ones % 2 == 1; }}};
  Column name{.name = "function", .title = {.zh = "函数", .en = "function"}};
  Column units{.name = "hidden_units",
               .title = {.zh = "隐含单元", .en = "hidden units"},
               .expected = golden({"1", "3", "2", "4", "4", "8"})};
  Column wrong{.name = "wrong",
               .title = {.zh = "错误行数", .en = "wrong rows"},
               .expected = golden({"0", "0", "0", "0", "0", "0"})};
  for (const BooleanFunction& f : functions) {
    OneHiddenLayer net = minterm_net(f);
    name.words.push_back(f.name);
    units.values.push_back(static_cast<double>(net.hidden.out_features));
    wrong.values.push_back(count_different(step(net(all_inputs(f.inputs))), truth(f)));
  }
  lesson.table({.name = "functions",
                .title = {.zh = "由真值表构造的网络", .en = "Networks built from truth tables"},
                .columns = {name, units, wrong}});
}

/// With a unit for every input, the output's weights are the truth table itself: all functions of n
/// inputs at once.
void all_functions(Lesson& lesson) {
  lesson.text({.zh = "若每个输入都配一个隐含单元，输出层的权值就是真值表本身。"
                     "这样可以一次验证 `n` 个输入的全部函数。",
               .en = "With a hidden unit for every input, the weights of the output are the truth "
                     "table itself. So all functions of `n` inputs can be tried at once."});
  Column n{.name = "n"};
  Column units{.name = "hidden_units", .title = {.zh = "隐含单元", .en = "hidden units"}};
  Column right{.name = "right",
               .title = {.zh = "正确的函数", .en = "functions that come out right"},
               .expected = golden({"4", "16", "256", "65536"})};
  for (int inputs = 1; inputs <= 4; ++inputs) {
    const Tensor x = all_inputs(inputs);
    const Tensor tables = all_inputs(1 << inputs);  // (functions, 2^n): every truth table
    const Tensor fired = step(minterms(x).hidden(x)).detach();
    const Tensor found = step(linear(fired, tables) - 0.5);  // (2^n, functions)
    const Tensor right_rows = (found == tables.t()).to(i64).sum({0});
    n.values.push_back(inputs);
    units.values.push_back(static_cast<double>(x.size(0)));
    right.values.push_back((right_rows == x.size(0)).to(f64).sum().item());
  }
  lesson.table({.name = "all_functions",
                .title = {.zh = "`n` 个输入的全部函数", .en = "All functions of `n` inputs"},
                .columns = {n, units, right}});
}

/// The same size with a smooth unit in place of the threshold, as its gradient is not 0.
void train_parity(Lesson& lesson) {
  lesson.text({.zh = "再用同样大小的网络（`3-4-1`）从随机权值训练 3 位奇偶。"
                     "阈值函数的梯度处处为 0，训练时换成 sigmoid 或 ReLU；种子为 0 到 4。",
               .en = "Now a network of the same size (`3-4-1`) is trained on the parity of 3 from "
                     "random weights. The gradient of a threshold is 0 everywhere, so training "
                     "takes sigmoid or ReLU; seeds 0 to 4."});
  const Tensor x = all_inputs(3), y = truth(parity3());
  nn::BCEWithLogitsLoss loss;
  Column seed{.name = "seed", .title = {.zh = "种子", .en = "seed"}};
  Column smooth{.name = "sigmoid",
                .title = {.zh = "sigmoid 错误行数", .en = "sigmoid, wrong rows"}};
  Column bent{.name = "relu", .title = {.zh = "ReLU 错误行数", .en = "ReLU, wrong rows"}};
  std::vector<std::pair<std::string, std::vector<double>>> losses;  // of seed 0
  for (int i = 0; i < kSeeds; ++i) {
    seed.values.push_back(i);
    for (Column* column : {&smooth, &bent}) {
      manual_seed(static_cast<std::uint64_t>(i));
      OneHiddenLayer net(3, 4, column == &smooth ? sigmoid : relu);
      const std::vector<double> steps = fit(net, x, y, loss, {.steps = 2000, .lr = 0.05});
      if (i == 0) losses.emplace_back(column->name, steps);
      column->values.push_back(count_different(step(net(x)), y));
    }
  }
  lesson.table({.name = "trained_parity",
                .title = {.zh = "训练 3 位奇偶", .en = "The parity of 3, trained"},
                .columns = {seed, smooth, bent}});
  lesson.history(losses_by_step("parity", losses));
  lesson.claim(
      std::all_of(smooth.values.begin(), smooth.values.end(),
                  [](double wrong) { return wrong == 0; }),
      {.zh = "sigmoid 的 5 次训练全部学会", .en = "All 5 trainings with sigmoid learn it"});
  lesson.text({.zh = "能表示不等于能学会：同样大小的 ReLU 网络有时停在半路。",
               .en = "What can be represented is not always learned: a ReLU network of that size "
                     "sometimes stops half-way."});
}

/// `depth` tents, one into the other: each is 2 ReLU(x) - 4 ReLU(x - 1/2) on [0, 1].
nn::Sequential sawtooth(int depth) {
  const OneHiddenLayer tent(ones({2, 1}, {.dtype = f64}), tensor({0., -0.5}, {.dtype = f64}),
                            tensor({{2., -4.}}, {.dtype = f64}), 0, relu);
  nn::Sequential net;
  for (int i = 0; i < depth; ++i) net.push_back(tent);
  return net;
}

/// How many straight pieces y has over equal steps of x.
int pieces(const Tensor& y) {
  const std::int64_t n = y.numel() - 1;
  const Tensor slope = y.narrow(0, 1, n) - y.narrow(0, 0, n);
  return 1 + count_different(slope.narrow(0, 1, n - 1), slope.narrow(0, 0, n - 1));
}

void quiz(Lesson& lesson) {
  lesson.heading({.zh = "小测验：非线性表示能力由什么决定？",
                  .en = "The quiz: what decides how non-linear a network can be?"});
  lesson.text({.zh = "A 非线性激活函数；B 隐含层中的节点数；C 网络层数。逐个试一试。",
               .en = "A the non-linear activation; B the number of units in the hidden layer; C "
                     "the number of layers. Try each by itself."});
  lesson.question({.zh = "A、B、C 中有几个起作用？", .en = "How many of A, B and C matter?"}, 3, 0);
  lesson.note(
      {.zh = "课件没有给出答案。A、B、C 都起作用，下面逐个说明。",
       .en = "The lecture gives no answer. A, B and C all matter, as is shown below one by one."});

  const Tensor x = (arange(0., 256., 1., {.dtype = f64}) + 0.5).unsqueeze(1) / 256;
  manual_seed(0);
  OneHiddenLayer line(1, 64, [](const Tensor& z) { return z; });
  nn::MSELoss mse;
  const double best_line =
      fit(line, x, sin(2 * std::numbers::pi * x), mse, {.steps = 500, .lr = 0.01}).back();
  lesson.numbers(
      "activation",
      {.zh = "A：没有激活函数时，64 个节点也只得一条直线（拟合 `sin 2πx`）",
       .en = "A: without an activation even 64 units make a straight line (fitted to "
             "`sin 2πx`)"},
      {{{.zh = "均方误差，下限为 `1/2 - 3/π²`", .en = "mean square error, at least `1/2 - 3/π²`"},
        best_line,
        golden("0.1960")}});
  lesson.text(
      {.zh = "B：上面的表中，节点数每加倍一次，曲线的误差降为四分之一（ReLU）或一半（阈值）。",
       .en = "B: in the table above, doubling the units makes the error of the curve a "
             "quarter (ReLU) or a half (threshold)."});
  lesson.text({.zh = "C：把帐篷函数逐层嵌套，每层 2 个节点，折线段数每层加倍；"
                     "一个隐含层有 `n` 个节点时至多 `n + 1` 段。",
               .en = "C: put tents one into the other, 2 units a layer, and each layer doubles the "
                     "number of straight pieces; one hidden layer of `n` units has at most "
                     "`n + 1`."});
  Column units{.name = "units", .title = {.zh = "节点数", .en = "units"}};
  Column wide{.name = "wide", .title = {.zh = "一层，至多", .en = "in one layer, at most"}};
  Column deep{.name = "deep",
              .title = {.zh = "每层 2 个", .en = "2 in each layer"},
              .expected = golden({"2", "4", "8", "16", "32"})};
  const Tensor grid = linspace(0, 1, 257, {.dtype = f64}).unsqueeze(1);
  for (int depth = 1; depth <= 5; ++depth) {
    units.values.push_back(2 * depth);
    wide.values.push_back(2 * depth + 1);
    deep.values.push_back(pieces(sawtooth(depth)(grid).flatten().detach()));
  }
  lesson.table({.name = "layers",
                .title = {.zh = "折线段数", .en = "Straight pieces"},
                .columns = {units, wide, deep}});
  lesson.figure(
      "sawtooth", {.zh = "层数加深，折线段数加倍", .en = "More layers, twice the pieces"},
      [](Language language) {
        const NoGradGuard no_grad;
        const Tensor x = linspace(0, 1, 129, {.dtype = f64}).unsqueeze(1);
        std::vector<plot::Panel> panels;
        for (const int depth : {1, 2, 4})
          panels.push_back(
              {.title = fmt::format(
                   fmt::runtime(Text{.zh = "层数 {}", .en = "depth {}"}.in(language)), depth),
               .x_label = "x",
               .y_label = "y",
               .series = {{.name = "",
                           .x = x.to_vector<double>(),
                           .y = sawtooth(depth)(x).to_vector<double>(),
                           .markers = false}}});
        return plot::curves(panels, {.columns = 3, .panel_width = 340, .panel_height = 260});
      });
}

}  // namespace

void boolean_functions(Lesson& lesson) {
  lesson.heading({.zh = "拟合逻辑运算", .en = "Boolean functions"});
  lesson.text({.zh = "一个隐含层的阈值单元就能实现任意二值逻辑函数：真值表中每个输出为 1 的行配"
                     "一个隐含单元，只在那个输入处激活；输出层做“或”。",
               .en = "One hidden layer of threshold units makes any boolean function: each row of "
                     "the truth table with output 1 has a hidden unit that fires at that input "
                     "alone; the output is their OR."});
  lesson.formula(
      "hⱼ = step(Σ wⱼᵢ xᵢ - kⱼ + 0.5)\n"
      "y  = step(Σ hⱼ - 0.5)");
  lesson.text(
      {.zh = "第 `j` 行的第 `i` 位为 1 时 `wⱼᵢ = 1`，否则 `wⱼᵢ = -1`；`kⱼ` 是该行中 1 的个数，"
             "只有在那一行，加权求和才达到 `kⱼ`。",
       .en = "`wⱼᵢ = 1` where bit `i` of row `j` is 1, else `wⱼᵢ = -1`; `kⱼ` is the number of "
             "bits that are 1 in that row, and only there the weighted sum reaches `kⱼ`."});
  some_functions(lesson);
  lesson.figure("parity",
                {.zh = "3 位奇偶：4 个隐含单元，各管一行",
                 .en = "The parity of 3: 4 hidden units, one for each row"},
                [](Language language) {
                  const auto text = [&](const char* zh, const char* en) {
                    return Text{.zh = zh, .en = en}.in(language);
                  };
                  const OneHiddenLayer net = minterm_net(parity3());
                  return plot::network({{.units = 3, .labels = {"x₁", "x₂", "x₃"}},
                                        {.units = 4,
                                         .labels = {"001", "010", "100", "111"},
                                         .weights = net.hidden.weight.to_vector<double>(),
                                         .biases = net.hidden.bias.to_vector<double>()},
                                        {.units = 1,
                                         .labels = {"y"},
                                         .weights = net.output.weight.to_vector<double>(),
                                         .biases = net.output.bias.to_vector<double>()}},
                                       {.title = text("3 位奇偶", "The parity of 3"),
                                        .positive_label = text("正权值", "positive weight"),
                                        .negative_label = text("负权值", "negative weight"),
                                        .bias_label = text("偏置量", "bias")});
                });
  all_functions(lesson);
  train_parity(lesson);
}

Lesson universal(const Options&) {
  Lesson lesson;
  lesson.text({.zh = "前馈神经网络能表示什么？先用构造回答：权值直接写出，无需训练；"
                     "再用同样大小的网络训练，看能否学到。",
               .en = "What can a feed-forward network represent? First by construction, with "
                     "weights written down, not trained; then a network of the same size is "
                     "trained, to see whether it gets there."});
  boolean_functions(lesson);
  curves(lesson);
  convex_polygons(lesson);
  quiz(lesson);
  return lesson;
}

}  // namespace percept::lessons
