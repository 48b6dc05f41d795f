// L06 The perceptron learns AND, OR and NAND, and goes round in circles on XOR.
#include "lessons/lesson.h"
#include "lessons/plane.h"
#include "percept/percept.h"

namespace percept::lessons {
namespace {

using models::Fires;

/// (4, 3): 00, 01, 10, 11, each with x0 = 1 in front.
Tensor corners() {
  return tensor({{1., 0., 0.}, {1., 0., 1.}, {1., 1., 0.}, {1., 1., 1.}}, {.dtype = f64});
}

/// What learning went through: weights (b, w1, w2) before the first sample and after each, and the
/// samples an epoch decided wrongly.
struct Course {
  std::vector<std::vector<double>> weights;
  std::vector<double> errors;

  std::vector<double> after(std::size_t epoch) const { return weights[4 * epoch]; }
};

/// Rosenblatt's rule, w ← w + (t - o) x, sample after sample until an epoch makes no error.
Course learn(const Tensor& target, int most_epochs, Fires fires) {
  const Tensor X = corners().narrow(1, 1, 2);
  models::Perceptron unit(2, 1, {.fires = fires, .dtype = f64});
  const auto weights = [&] { return cat({unit.bias, unit.weight[0]}).to_vector<double>(); };
  Course course{.weights = {weights()}, .errors = {}};
  while (course.errors.size() < static_cast<std::size_t>(most_epochs)) {
    std::int64_t errors = 0;
    for (int i = 0; i < 4; ++i) {
      errors += unit.learn(X[i], target[i].unsqueeze(0));
      course.weights.push_back(weights());
    }
    course.errors.push_back(static_cast<double>(errors));
    if (errors == 0) break;
  }
  return course;
}

struct Gate {
  const char* name;
  std::vector<double> target;                            // for 00, 01, 10, 11
  std::vector<Expected> weights, errors;                 // fires if z > 0
  std::vector<Expected> weights_from, errors_from = {};  // fires if z >= 0
};

const std::vector<Gate> kGates{{"AND",
                                {0, 0, 0, 1},
                                golden({"-2", "2", "1"}),
                                golden({"1", "3", "3", "2", "1", "0"}),
                                golden({"-3", "2", "1"}),
                                golden({"2", "3", "3", "2", "1", "0"})},
                               {"OR",
                                {0, 1, 1, 1},
                                golden({"0", "1", "1"}),
                                golden({"1", "2", "1", "0"}),
                                golden({"-1", "1", "1"}),
                                golden({"2", "2", "1", "0"})},
                               {"NAND",
                                {1, 1, 1, 0},
                                golden({"3", "-2", "-1"}),
                                golden({"2", "3", "3", "2", "1", "0"}),
                                golden({"2", "-2", "-1"}),
                                golden({"1", "3", "3", "2", "1", "0"})},
                               {"XOR",
                                {0, 1, 1, 0},
                                golden({"1", "-1", "0"}),
                                golden({"2", "3", "4", "4", "4", "4"}),
                                golden({"0", "-1", "0"}),
                                golden({"3", "3", "4", "4", "4", "4"})}};
constexpr int kPasses = 6;

/// Errors of each epoch; blank once learning has ended.
Column errors_column(const Gate& gate, const Course& course, std::vector<Expected> expected) {
  Column column{.name = gate.name, .values = course.errors, .expected = std::move(expected)};
  while (column.values.size() < kPasses) {
    column.values.push_back(0);
    column.expected.emplace_back();
  }
  return column;
}

Table weights_table(const std::string& name, const Text& title, const std::vector<Course>& courses,
                    std::vector<Expected> Gate::*expected) {
  Table table{.name = name,
              .title = title,
              .columns = {{.name = "gate", .title = {.zh = "函数", .en = "function"}},
                          {.name = "b"},
                          {.name = "w1", .title = both("w₁")},
                          {.name = "w2", .title = both("w₂")}}};
  for (std::size_t g = 0; g < kGates.size(); ++g) {
    table.columns[0].words.push_back(both(kGates[g].name));
    const std::vector<double> w = courses[g].weights.back();
    for (std::size_t i = 0; i < 3; ++i) {
      table.columns[i + 1].values.push_back(w[i]);
      table.columns[i + 1].expected.push_back((kGates[g].*expected)[i]);
    }
  }
  return table;
}

/// The four points of a gate, and the line of weights (b, w1, w2).
plot::Figure gate_figure(const Gate& gate, const std::vector<double>& w, Language language) {
  const std::vector<double> x{0, 0, 1, 1}, y{0, 1, 0, 1};
  const std::vector<int> labels(gate.target.begin(), gate.target.end());
  const std::vector<double> z = matmul(corners(), from_vector(w)).to_vector<double>();
  std::vector<int> predicted;
  for (const double value : z) predicted.push_back(value > 0 ? 1 : 0);
  return plot::scatter(
      {.x = x, .y = y, .label = labels, .predicted = predicted},
      {.title = gate.name,
       .x_label = "x₁",
       .y_label = "x₂",
       .class_names = {"y = 0", "y = 1"},
       .wrong_label = Text{"错分", "misclassified"}.in(language),
       .x_range = plot::Range{-0.6, 1.6},
       .y_range = plot::Range{-0.6, 1.6},
       .marks = {.half_planes =
                     {{.w_x = w[1], .w_y = w[2], .b = w[0], .name = "z = 0", .filled = true}}},
       .size = 480});
}

}  // namespace

Lesson perceptron(const Options&) {
  Lesson lesson;
  lesson.text({.zh = "感知机是以阈值函数为激活函数的神经元：`z > 0` 时输出 1，否则输出 0。"
                     "它逐个样本学习，只在错分时改变权值。",
               .en = "A perceptron is a neuron whose activation is a threshold: it puts out 1 if "
                     "`z > 0`, else 0. It learns sample by sample and changes its weights only "
                     "when it is wrong."});
  lesson.formula(
      "o = 1 (w·x > 0), 0 (w·x ≤ 0),  x = (1, x₁, x₂)\n"
      "w ← w + (t - o) x");
  lesson.heading({.zh = "逻辑与", .en = "AND"});
  std::vector<Course> above, from;
  for (const Gate& gate : kGates) {
    above.push_back(learn(from_vector(gate.target), kPasses, Fires::above_zero));
    from.push_back(learn(from_vector(gate.target), kPasses, Fires::from_zero));
  }
  const Tensor w_and = from_vector(above[0].weights.back());
  const Tensor z = matmul(corners(), w_and);
  lesson.text({.zh = "从 `w = 0` 出发，样本次序为 `00`、`01`、`10`、`11`，直到一轮没有错误。",
               .en = "From `w = 0`, samples in the order `00`, `01`, `10`, `11`, until an epoch "
                     "makes no error."});
  const std::vector<double> learned = above[0].weights.back();
  lesson.question(
      fill({.zh = "学会逻辑与之后，`(b, w₁, w₂) = ({}, {}, {})`；输入 `11` 的 `z` 是多少？",
            .en = "It ends with `(b, w₁, w₂) = ({}, {}, {})`; what is `z` at the input `11`?"},
           learned[0], learned[1], learned[2]),
      z.at<double>(3), 0);
  lesson.table({.name = "and",
                .title = {.zh = "学会的逻辑与", .en = "AND as learned"},
                .columns = {{.name = "x1x2",
                             .title = both("x₁x₂"),
                             .words = {both("00"), both("01"), both("10"), both("11")}},
                            {.name = "z", .values = z.to_vector<double>()},
                            {.name = "y",
                             .values = step(z).to_vector<double>(),
                             .expected = printed({"0", "0", "0", "1"})}}});
  lesson.figure("and",
                {.zh = "学会的直线分开了逻辑与的四个点",
                 .en = "The line it learned separates the four points of AND"},
                [w = above[0].weights.back()](Language language) {
                  return gate_figure(kGates[0], w, language);
                });

  lesson.heading({.zh = "四个逻辑函数", .en = "Four logical functions"});
  Column epoch{.name = "epoch", .title = {.zh = "训练轮数", .en = "epoch"}};
  for (int i = 1; i <= kPasses; ++i) epoch.values.push_back(i);
  const auto errors_table = [&](const std::string& name, const Text& title,
                                const std::vector<Course>& courses,
                                std::vector<Expected> Gate::*expected) {
    Table table{.name = name, .title = title, .columns = {epoch}};
    for (std::size_t g = 0; g < kGates.size(); ++g)
      table.columns.push_back(errors_column(kGates[g], courses[g], kGates[g].*expected));
    return table;
  };
  lesson.text({.zh = "逻辑与、或、与非是线性可分的，几轮之后错误数为 0。异或不是。",
               .en = "AND, OR and NAND are linearly separable, and after some epochs the errors "
                     "are 0. XOR is not."});
  lesson.table(errors_table("errors", {.zh = "每轮的错误数", .en = "Errors of each epoch"}, above,
                            &Gate::errors));
  lesson.table(weights_table("weights", {.zh = "最后的权值", .en = "The weights at the end"}, above,
                             &Gate::weights));

  lesson.heading({.zh = "异或：永远转圈", .en = "XOR: round and round"});
  const Course& x = above[3];
  lesson.text({.zh = "第 2 轮之后权值为 `(1, -1, 0)`；此后每轮 4 次错误，又回到同一处。"
                     "不是训练不够久，而是没有这样的直线。",
               .en = "After epoch 2 the weights are `(1, -1, 0)`; from then on every epoch makes 4 "
                     "errors and comes back to the same place. It is not a matter of time: there "
                     "is no such line."});
  std::vector<std::vector<double>> cycle(x.weights.begin() + 8, x.weights.begin() + 13);
  Table loop{
      .name = "cycle",
      .title = {.zh = "第 3 轮：一圈", .en = "Epoch 3: once round"},
      .columns = {
          {.name = "after",
           .title = {.zh = "看过样本", .en = "after sample"},
           .words = {{"（开始）", "(start)"}, both("00"), both("01"), both("10"), both("11")}},
          {.name = "b"},
          {.name = "w1", .title = both("w₁")},
          {.name = "w2", .title = both("w₂")}}};
  for (const std::vector<double>& w : cycle)
    for (std::size_t i = 0; i < 3; ++i) loop.columns[i + 1].values.push_back(w[i]);
  lesson.table(loop);
  bool repeats = true;
  for (std::size_t e = 3; e <= kPasses; ++e) repeats = repeats && x.after(e) == x.after(2);
  lesson.claim(repeats,
               {.zh = "从第 2 轮起，每轮结束时的权值都相同",
                .en = "From epoch 2 on the weights are the same at the end of every epoch"});
  lesson.figure("cycle",
                {.zh = "权值空间里的一圈（`b` 写在各点旁）",
                 .en = "The loop in weight space (`b` beside each point)"},
                [cycle](Language language) {
                  std::vector<double> w1, w2;
                  std::vector<std::string> names;
                  std::vector<plot::Point> path;
                  for (std::size_t i = 0; i + 1 < cycle.size(); ++i) {
                    w1.push_back(cycle[i][1]);
                    w2.push_back(cycle[i][2]);
                    names.push_back(fmt::format("b = {:.0f}", cycle[i][0]));
                    path.push_back({cycle[i][1], cycle[i][2]});
                  }
                  return plot::scatter(
                      {.x = w1, .y = w2, .name = names},
                      {.title = Text{"异或：权值的一圈", "XOR: a loop"}.in(language),
                       .x_label = "w₁",
                       .y_label = "w₂",
                       .x_range = plot::Range{-1.6, 0.6},
                       .y_range = plot::Range{-0.6, 1.6},
                       .marks = {.outlines = {{.corners = path}}},
                       .size = 480});
                });
  lesson.figure(
      "xor",
      {.zh = "没有一条直线能分开异或的四个点", .en = "No line separates the four points of XOR"},
      [w = x.weights.back()](Language language) { return gate_figure(kGates[3], w, language); });

  lesson.heading({.zh = "z = 0 时的约定", .en = "The convention at z = 0"});
  lesson.text(
      {.zh = "起点的 `z` 正好是 0，约定就有了作用。若 `z ≥ 0` 时输出 1，走的路不同，结论相同。",
       .en = "At the start `z` is exactly 0, and the convention matters. If it puts out 1 "
             "for `z ≥ 0`, the way is another one and the end is the same."});
  lesson.table(errors_table(
      "errors_from_zero",
      {.zh = "`z ≥ 0` 时输出 1：每轮的错误数", .en = "1 for `z ≥ 0`: errors of each epoch"}, from,
      &Gate::errors_from));
  lesson.table(weights_table(
      "weights_from_zero",
      {.zh = "`z ≥ 0` 时输出 1：最后的权值", .en = "1 for `z ≥ 0`: the weights at the end"}, from,
      &Gate::weights_from));
  for (std::size_t g = 0; g < kGates.size(); ++g) {
    Table history{.name = kGates[g].name,
                  .columns = {{.name = "step"}, {.name = "b"}, {.name = "w1"}, {.name = "w2"}}};
    for (std::size_t i = 0; i < above[g].weights.size(); ++i) {
      history.columns[0].values.push_back(static_cast<double>(i));
      for (std::size_t c = 0; c < 3; ++c)
        history.columns[c + 1].values.push_back(above[g].weights[i][c]);
    }
    lesson.history(history);
  }
  return lesson;
}

}  // namespace percept::lessons
