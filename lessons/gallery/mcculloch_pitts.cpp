// Gallery, 1943: McCulloch and Pitts. Gates of threshold units, and two layers for XOR.
#include <algorithm>
#include <set>

#include "lessons/lesson.h"
#include "lessons/plane.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

using models::McCullochPitts;

struct LogicGate {
  const char* name;
  std::vector<double> connections;  // 1 excitatory, -1 inhibitory, 0 none
  double threshold;
  std::vector<Expected> truth;  // for 00, 01, 10, 11
};

const std::vector<LogicGate>& logic_gates() {
  static const std::vector<LogicGate> all{
      {"x₁ ∧ x₂", {1, 1}, 2, golden({"0", "0", "0", "1"})},
      {"x₁ ∨ x₂", {1, 1}, 1, golden({"0", "1", "1", "1"})},
      {"¬x₁", {-1, 0}, 0, golden({"1", "1", "0", "0"})},
      {"x₁ ∧ ¬x₂", {1, -1}, 1, golden({"0", "0", "1", "0"})},
      {"¬(x₁ ∨ x₂)", {-1, -1}, 0, golden({"1", "0", "0", "0"})}};
  return all;
}

McCullochPitts single_unit(const std::vector<double>& connections, double threshold) {
  return {from_vector(connections, {1, static_cast<std::int64_t>(connections.size())}),
          from_vector(std::vector<double>{threshold})};
}

Tensor four_corners() { return tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}}, {.dtype = f64}); }

std::vector<double> truth_of(nn::Module& net) {
  return net(four_corners()).flatten().to_vector<double>();
}

/// Every unit of two inputs: each excitatory, inhibitory or not connected, thresholds 0 to 3.
std::set<std::vector<double>> functions_of_one_unit() {
  std::set<std::vector<double>> functions;
  for (int a = -1; a <= 1; ++a)
    for (int b = -1; b <= 1; ++b)
      for (int threshold = 0; threshold <= 3; ++threshold) {
        McCullochPitts one = single_unit({double(a), double(b)}, threshold);
        functions.insert(truth_of(one));
      }
  return functions;
}

/// x₁ ∧ ¬x₂ and x₂ ∧ ¬x₁, and either of them.
nn::Sequential xor_of_units() {
  return {McCullochPitts{tensor({{1., -1.}, {-1., 1.}}, {.dtype = f64}),
                         tensor({1., 1.}, {.dtype = f64})},
          single_unit({1, 1}, 1)};
}

/// A unit that excites itself remembers: inputs set, reset and its own output one step before.
Table memory_over_time() {
  McCullochPitts cell = single_unit({1, -1, 1}, 1);
  const std::vector<double> set{0, 1, 0, 0, 0, 0, 1, 0}, reset{0, 0, 0, 0, 1, 0, 0, 0};
  Column time{.name = "t"}, output{.name = "y"};
  double y = 0;
  for (std::size_t t = 0; t < set.size(); ++t) {
    y = cell(from_vector(std::vector<double>{set[t], reset[t], y})).item();
    time.values.push_back(static_cast<double>(t));
    output.values.push_back(y);
  }
  output.expected = golden({"0", "1", "1", "1", "0", "0", "1", "1"});
  return {.name = "memory",
          .title = {.zh = "会记忆的单元", .en = "A unit that remembers"},
          .columns = {time,
                      {.name = "set", .title = {.zh = "置位", .en = "set"}, .values = set},
                      {.name = "reset", .title = {.zh = "复位", .en = "reset"}, .values = reset},
                      output}};
}

}  // namespace

Lesson mcculloch_pitts(const Options&) {
  Lesson lesson;
  lesson.text({.zh =
                   "1943 年，神经生理学家 McCulloch 与逻辑学家 Pitts 把神经元写成了逻辑：它要么"
                   "发放（1），要么不发放（0），一个由这样的单元组成的网络就是一个逻辑式。这是人工"
                   "神经网络的起点。权值与阈值由人给定，还没有学习。",
               .en = "In 1943 the neurophysiologist McCulloch and the logician Pitts wrote neurons "
                     "as logic: one fires (1) or does not (0), and a net of such units is a "
                     "logical expression. It is where artificial neural networks begin. Weights "
                     "and thresholds are set by hand: there is no learning yet."});
  lesson.formula("y = 1  ⇔  Σ e ≥ θ  ∧  Σ i = 0");
  lesson.text({.zh = "`e` 是兴奋性输入，`i` 是抑制性输入：只要有一个抑制性输入为 1，单元就不发放；"
                     "否则，兴奋性输入的个数达到阈值 `θ` 时发放。",
               .en = "`e` are excitatory inputs, `i` inhibitory ones: a single inhibitory input "
                     "at 1 silences the unit; else it fires when as many excitatory inputs as the "
                     "threshold `θ` are on."});
  lesson.heading({.zh = "一个单元的门", .en = "Gates of one unit"});
  Table table{.name = "gates",
              .title = {.zh = "`x₁x₂` 的四种取值下的输出", .en = "Outputs for the four `x₁x₂`"},
              .columns = {{.name = "gate", .title = {.zh = "函数", .en = "function"}},
                          {.name = "threshold", .title = both("θ")},
                          {.name = "00"},
                          {.name = "01"},
                          {.name = "10"},
                          {.name = "11"}}};
  for (const LogicGate& gate : logic_gates()) {
    McCullochPitts one = single_unit(gate.connections, gate.threshold);
    const std::vector<double> truth = truth_of(one);
    table.columns[0].words.push_back(both(gate.name));
    table.columns[1].values.push_back(gate.threshold);
    for (std::size_t i = 0; i < 4; ++i) {
      table.columns[i + 2].values.push_back(truth[i]);
      table.columns[i + 2].expected.push_back(gate.truth[i]);
    }
  }
  lesson.table(table);
  lesson.code(
      "models::McCullochPitts both{tensor({{1., 1.}}), tensor({2.})};  // θ = 2\n"
      "models::McCullochPitts neither{tensor({{-1., -1.}}), tensor({0.})};");

  lesson.heading({.zh = "异或需要两层", .en = "XOR needs two layers"});
  const std::set<std::vector<double>> functions = functions_of_one_unit();
  lesson.text(
      {.zh = "两个输入各有兴奋、抑制、不连接三种可能，阈值取 0 到 3：把这些单元全部试一遍。",
       .en = "Each of two inputs is excitatory, inhibitory or not connected, and "
             "thresholds go from 0 to 3: all these units are tried."});
  lesson.question({.zh = "两个输入的逻辑函数共 16 个，单个单元能算出其中几个？",
                   .en = "There are 16 logical functions of two inputs. How many of them can one "
                         "unit compute?"},
                  static_cast<double>(functions.size()), 0);
  lesson.numbers("functions", {.zh = "全部试过之后", .en = "After trying all"},
                 {{{.zh = "单个单元的函数个数", .en = "functions of one unit"},
                   static_cast<double>(functions.size()),
                   golden("11")}});
  lesson.claim(!functions.contains({0, 1, 1, 0}),
               {.zh = "其中没有异或", .en = "XOR is not among them"});
  nn::Sequential net = xor_of_units();
  const auto hidden = net[std::size_t{0}](four_corners());
  lesson.table(
      {.name = "xor",
       .title = {.zh = "两层的异或", .en = "XOR in two layers"},
       .columns = {
           {.name = "x1x2",
            .title = both("x₁x₂"),
            .words = {both("00"), both("01"), both("10"), both("11")}},
           {.name = "h1",
            .title = both("x₁ ∧ ¬x₂"),
            .values = hidden.select(1, 0).to_vector<double>()},
           {.name = "h2",
            .title = both("x₂ ∧ ¬x₁"),
            .values = hidden.select(1, 1).to_vector<double>()},
           {.name = "y", .values = truth_of(net), .expected = golden({"0", "1", "1", "0"})}}});
  lesson.figure("xor",
                {.zh = "异或：抑制性的连接画成负的权值",
                 .en = "XOR: inhibitory connections are drawn as negative weights"},
                [](Language language) {
                  plot::NetworkOptions options = network_words(language);
                  options.title = Text{"异或，θ = 1", "XOR, θ = 1"}.in(language);
                  return plot::network(
                      {{.units = 2, .labels = {"x₁", "x₂"}},
                       {.units = 2, .labels = {"h₁", "h₂"}, .weights = {1, -1, -1, 1}},
                       {.units = 1, .labels = {"y"}, .weights = {1, 1}}},
                      options);
                });
  lesson.heading({.zh = "成环的网络有记忆", .en = "A loop remembers"});
  lesson.text({.zh = "论文的后一半讨论成环的网络。下面的单元把自己前一步的输出当作兴奋性输入：置位"
                     "之后一直发放，直到复位。",
               .en = "The paper's second half is about nets with loops. The unit below has its own "
                     "output of the step before as an excitatory input: once set it fires until "
                     "it is reset."});
  lesson.table(memory_over_time());
  return lesson;
}

}  // namespace percept::lessons
