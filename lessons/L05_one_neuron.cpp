// L05 What one neuron does: its logit is a signed distance, its lines of equal probability are
// straight.
#include <cmath>

#include "lessons/lesson.h"
#include "lessons/logistic.h"
#include "percept/percept.h"

namespace percept::lessons {
namespace {

/// ‖w‖ of weights (b, w1, w2).
double length_of(const Tensor& weights) { return norm(weights.narrow(0, 1, 2)).item(); }

plot::Figure surface(const Tensor& weights, const std::vector<double>& levels, Language language) {
  return twelve_plane(weights,
                      {.title = fmt::format("‖w‖ = {:.2f}", length_of(weights)), .levels = levels},
                      language);
}

}  // namespace

Lesson one_neuron(const Options&) {
  Lesson lesson;
  const Tensor X = twelve_features();
  const Tensor start = tensor({0., 1.5, 2.5}, {.dtype = f64});  // b, w1, w2
  const Tensor weights = learn_online(start, 100).back();
  const double length = length_of(weights);
  lesson.text({.zh = "上一课的神经元从 `(0, 1.5, 2.5)` 出发训练 100 轮之后，怎样得到一个概率？"
                     "`z` 是样本到决策面的有符号距离 `d` 的 `‖w‖` 倍，概率只由 `z` 决定。",
               .en = "How does the neuron of the lesson before, after 100 epochs from "
                     "`(0, 1.5, 2.5)`, come to a probability? `z` is `‖w‖` times the signed "
                     "distance `d` of a sample from the decision surface, and `z` alone decides."});
  lesson.formula(
      "d = (w₁x₁ + w₂x₂ + b) / ‖w‖,  ‖w‖ = √(w₁² + w₂²)\n"
      "z = ‖w‖ d,  p = sigmoid(z)");
  lesson.numbers("norm", {.zh = "权值的长度", .en = "The length of the weights"},
                 {{both("‖w‖"), length, golden("52.36")}});

  lesson.heading({.zh = "距离与概率", .en = "Distance and probability"});
  const Tensor z = logits(weights, X);
  const Tensor d = z / length;
  // The nearest point of the boundary, found by walking d along the unit normal: there z is 0.
  const Tensor normal = weights.narrow(0, 1, 2) / length;
  const Tensor feet = X - d.unsqueeze(1) * normal;
  lesson.question({.zh = "背景⑥ 的概率是 0.06，它的 `d` 是正还是负（1 或 -1）？",
                   .en = "Background ⑥ has probability 0.06: is its `d` positive or negative "
                         "(1 or -1)?"},
                  sign(d[11]).item(), 0);
  lesson.table(
      {.name = "distances",
       .title = {.zh = "离边界越远，概率越接近 0 或 1",
                 .en = "The further away, the closer to 0 or 1"},
       .columns = {
           {.name = "sample", .title = {.zh = "样本", .en = "sample"}, .words = twelve_names()},
           {.name = "d",
            .values = d.to_vector<double>(),
            .digits = 6,
            .expected = golden({"0.0650", "", "", "", "", "", "", "", "", "", "", "-0.0536"})},
           {.name = "z", .values = z.to_vector<double>(), .digits = 4},
           {.name = "p",
            .values = sigmoid(z).to_vector<double>(),
            .digits = 4,
            .expected = printed({"0.97", "1.00", "1.00", "1.00", "0.99", "0.98", "0.00", "0.00",
                                 "0.01", "0.00", "0.00", "0.06"})}}});
  lesson.claim(abs(logits(weights, feet)).max().item() < 1e-12,
               {.zh = "从每个样本沿法线走 `-d`，都到达 `z = 0` 的直线",
                .en = "Walking `-d` along the normal leads from every sample to the line `z = 0`"});

  lesson.heading({.zh = "等高线", .en = "Contours"});
  lesson.text({.zh = "概率为 `p` 的点满足 `d = ln(p / (1 - p)) / ‖w‖`：一条与边界平行的直线。"
                     "无论权值是多少，一个神经元的等高线总是平行的直线。",
               .en = "Where the probability is `p`, `d = ln(p / (1 - p)) / ‖w‖`: a line parallel "
                     "to the boundary. Whatever its weights, the contours of one neuron are "
                     "parallel straight lines."});
  const Tensor p = tensor({0.5, 0.6, 0.7, 0.8, 0.9, 0.99}, {.dtype = f64});
  const Tensor at = log(p / (1 - p)) / length;
  // Two places on each line, far apart along the boundary: both have this probability.
  const Tensor along = stack({-normal[1], normal[0]});
  const Tensor foot = feet[0] + at.unsqueeze(1) * normal;  // (6, 2)
  lesson.table(
      {.name = "contours",
       .title = {.zh = "等高线到边界的距离，与线上两处的概率",
                 .en = "Distance of contours, and the probability at two places on each"},
       .columns = {{.name = "p", .values = p.to_vector<double>(), .digits = 2},
                   {.name = "d", .values = at.to_vector<double>(), .digits = 6},
                   {.name = "here",
                    .title = {.zh = "这一处", .en = "here"},
                    .values = sigmoid(logits(weights, foot)).to_vector<double>(),
                    .expected = golden({"0.50", "0.60", "0.70", "0.80", "0.90", "0.99"})},
                   {.name = "there",
                    .title = {.zh = "远处", .en = "far away"},
                    .values = sigmoid(logits(weights, foot + along)).to_vector<double>(),
                    .expected = golden({"0.50", "0.60", "0.70", "0.80", "0.90", "0.99"})}}});
  lesson.figure("contours",
                {.zh = "训练轮数 100 时的等高线都是直线",
                 .en = "At epoch 100 every contour is a straight line"},
                [weights](Language language) {
                  return surface(weights, {0.75, 0.9, 0.99}, language);
                });

  lesson.heading(
      {.zh = "权值的长度只改变陡峭程度", .en = "The length of the weights only makes it steeper"});
  lesson.text({.zh = "权值与偏置量同乘一个数，边界不动，概率变得更平缓或更陡。",
               .en = "Weights and bias multiplied by one number leave the boundary where it is; "
                     "the probabilities become flatter or steeper."});
  Table lengths{.name = "lengths",
                .title = {.zh = "字符① 的概率", .en = "Probability of character ①"},
                .columns = {{.name = "norm", .title = both("‖w‖"), .digits = 2},
                            {.name = "d", .digits = 6},
                            {.name = "p", .digits = 4}}};
  for (const double times : {0.1, 0.5, 1., 2.}) {
    const Tensor scaled = weights * times;
    const Tensor z = logits(scaled, X)[0];
    lengths.columns[0].values.push_back(length_of(scaled));
    lengths.columns[1].values.push_back((z / length_of(scaled)).item());
    lengths.columns[2].values.push_back(sigmoid(z).item());
  }
  lesson.table(lengths);
  const std::vector<double>& same = lengths.columns[1].values;
  lesson.claim(std::abs(same.front() - same.back()) < 1e-12 &&
                   lengths.columns[2].values.front() < lengths.columns[2].values.back(),
               {.zh = "`d` 不变，`p` 随 `‖w‖` 增大", .en = "`d` stays, `p` grows with `‖w‖`"});
  lesson.figure("flat",
                {.zh = "`‖w‖` 为十分之一：边界相同，等高线散开",
                 .en = "`‖w‖` a tenth: the same boundary, contours further apart"},
                [weights](Language language) {
                  return surface(weights * 0.1, {0.6, 0.75, 0.9}, language);
                });
  lesson.figure("steepness", {.zh = "概率随距离的变化", .en = "Probability over distance"},
                [length](Language language) {
                  const Tensor d = linspace(-0.3, 0.3, 241, {.dtype = f64});
                  plot::Panel panel{.x_label = Text{"到边界的距离 d", "distance d"}.in(language),
                                    .y_label = "p"};
                  for (const double times : {0.1, 0.5, 1., 2.})
                    panel.series.push_back({.name = fmt::format("‖w‖ = {:.1f}", times * length),
                                            .x = d.to_vector<double>(),
                                            .y = sigmoid(d * (times * length)).to_vector<double>(),
                                            .markers = false});
                  return plot::curves({panel}, {.columns = 1, .panel_width = 620});
                });
  return lesson;
}

}  // namespace percept::lessons
