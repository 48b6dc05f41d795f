// L11 The mean square error: two scalings of it, and the bowl it makes over two weights.
#include <cmath>

#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

/// The output layer of the XOR network with its bias fixed: z = h w + 0.23 for the four samples.
/// What is left to learn are two weights, so that the objective can be drawn.
struct TwoWeights {
  Tensor h;       // (4, 2), what the hidden layer gives
  Tensor target;  // (4)
  double bias = 0.23;

  Tensor predict(const Tensor& w) const { return matmul(h, w) + bias; }
  /// 1/(2N) Σ e²
  Tensor lecture(const Tensor& w) const { return 0.5 * mse_loss(predict(w), target); }
  /// 1/N Σ e²
  Tensor pytorch(const Tensor& w) const { return mse_loss(predict(w), target); }
};

TwoWeights xor_output() {
  const Tensor x = tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}}, {.dtype = f64});
  const Tensor weight = tensor({{0.78, 0.78}, {0.42, 0.48}}, {.dtype = f64});
  const Tensor bias = tensor({-0.78, 0.52}, {.dtype = f64});
  return {.h = relu(linear(x, weight, bias)), .target = tensor({0., 1., 1., 0.}, {.dtype = f64})};
}

struct Path {
  std::vector<double> w1, w2, loss;  // before each step and after the last one

  Path first(std::ptrdiff_t steps) const {
    const auto head = [&](const std::vector<double>& all) {
      return std::vector<double>(all.begin(), all.begin() + steps + 1);
    };
    return {.w1 = head(w1), .w2 = head(w2), .loss = head(loss)};
  }
};

using Objective = std::function<Tensor(const Tensor& w)>;

/// w ← w - η dL/dw from `start`.
Path descend(const Objective& objective, const Tensor& start, double learning_rate, int steps) {
  Tensor w = start.clone().requires_grad_();
  optim::SGD optimizer({w}, {.lr = learning_rate});
  Path path;
  for (int i = 0; i <= steps; ++i) {
    const Tensor loss = objective(w);
    path.w1.push_back(w.at<double>(0));
    path.w2.push_back(w.at<double>(1));
    path.loss.push_back(loss.item());
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
  return path;
}

std::vector<double> gradient(const Tensor& loss, const Tensor& w) {
  return grad({loss}, {w}).front().to_vector<double>();
}

/// The largest eigenvalue of hᵀh/N, the second derivative of 1/(2N) Σ e², by power iteration.
double steepest_curvature(const TwoWeights& problem) {
  const Tensor curvature = matmul(problem.h.t(), problem.h) / problem.h.size(0);
  Tensor direction = ones({2}, {.dtype = f64});
  for (int i = 0; i < 50; ++i) {
    direction = matmul(curvature, direction);
    direction = direction / norm(direction);
  }
  return norm(matmul(curvature, direction)).item();
}

/// Lines of equal loss over (w1, w2), and paths on them.
plot::Figure bowl(const TwoWeights& problem, const std::vector<std::pair<double, Path>>& paths,
                  Language language) {
  const plot::Range x{-2.2, 1.6}, y{-1.3, 1.5};
  constexpr int kGrid = 121;
  const NoGradGuard no_grad;
  std::vector<double> field;
  for (const double w2 : linspace(y.low, y.high, kGrid, {.dtype = f64}).to_vector<double>())
    for (const double w1 : linspace(x.low, x.high, kGrid, {.dtype = f64}).to_vector<double>())
      field.push_back(problem.lecture(tensor({w1, w2}, {.dtype = f64})).item());
  plot::Panel panel{
      .title = Text{.zh = "碗：L = 1/(2N) Σ e²", .en = "The bowl L = 1/(2N) Σ e²"}.in(language),
      .x_label = "w₁",
      .y_label = "w₂",
      .x_range = x,
      .y_range = y};
  double shade = 0;
  for (const double level : {0.05, 0.2, 0.6}) {
    shade += 0.3;  // higher is darker
    plot::Series line{.name = fmt::format("L = {}", level),
                      .color = plot::mix(plot::kGrid, plot::kGray, shade),
                      .dash = plot::Dash::Solid,
                      .markers = false};
    for (const auto& part : plot::iso_lines(field, kGrid, kGrid, level)) {
      for (const plot::Point& p : part) {
        line.x.push_back(x.low + p.x / (kGrid - 1) * (x.high - x.low));
        line.y.push_back(y.low + p.y / (kGrid - 1) * (y.high - y.low));
      }
      line.x.push_back(NAN);
      line.y.push_back(NAN);
    }
    panel.series.push_back(line);
  }
  for (const auto& [learning_rate, path] : paths) {
    const int color = static_cast<int>(panel.series.size());
    panel.series.push_back({.name = fmt::format("η = {}", learning_rate),
                            .x = path.w1,
                            .y = path.w2,
                            .color = plot::series_color(color),
                            .dash = plot::Dash::Solid,
                            .markers = true});
  }
  return plot::curves({panel}, {.panel_width = 640, .panel_height = 486});
}

void two_scalings(Lesson& lesson, const TwoWeights& problem, const Tensor& w) {
  lesson.heading({.zh = "误差与均方误差", .en = "Errors and the mean square error"});
  lesson.text({.zh = "误差是预测值减真值：`e = y - y*`。平方使正负误差不相抵消，"
                     "也使大误差更受重视；再对 `N` 个样本取平均。",
               .en = "An error is prediction minus truth: `e = y - y*`. Squares keep errors of "
                     "both signs from cancelling and make large ones count more; then comes the "
                     "mean over `N` samples."});
  lesson.formula(
      "L(θ) = 1/(2N) Σ eᵢ²\n"
      "L(θ) = 1/N Σ eᵢ²");
  lesson.text({.zh = "第 1 式是课件的定义，第 2 式是 `nn::MSELoss` 的，与 PyTorch 相同。",
               .en = "Line 1 is the lecture's definition, line 2 that of `nn::MSELoss`, as in "
                     "PyTorch."});
  lesson.text({.zh = "例：异或网络的 4 个输出。",
               .en = "An example: the 4 outputs of the XOR "
                     "network."});
  const Tensor z = problem.predict(w).detach();
  const Tensor e = z - problem.target;
  lesson.table(
      {.name = "errors",
       .title = {.zh = "每个样本的误差", .en = "The error of each sample"},
       .columns = {
           {.name = "x1x2",
            .title = both("x₁x₂"),
            .words = {both("00"), both("01"), both("10"), both("11")}},
           {.name = "y",
            .values = z.to_vector<double>(),
            .digits = 4,
            .expected = printed({"0.4952", "0.74", "0.7094", "0.1508"})},
           {.name = "truth", .title = both("y*"), .values = problem.target.to_vector<double>()},
           {.name = "e", .values = e.to_vector<double>(), .digits = 4},
           {.name = "e2",
            .title = both("e²"),
            .values = square(e).to_vector<double>(),
            .digits = 6}}});
  const Tensor half = problem.lecture(w), whole = problem.pytorch(w);
  lesson.question({.zh = "`1/(2N) Σ e²` 是多少？", .en = "What is `1/(2N) Σ e²`?"}, half.item(), 4);
  lesson.numbers("scalings", {.zh = "两种定义", .en = "Two definitions"},
                 {{both("1/(2N) Σ e²"), half.item(), golden("0.0525015")},
                  {both("1/N Σ e²"), whole.item(), golden("0.1050030")}});
  lesson.note(
      {.zh = "课件带因子 `1/2`，PyTorch 没有。最优的 `θ` 相同，"
             "梯度却差一倍：学习率不变时，`nn::MSELoss` 每步走两倍远。",
       .en = "The lecture has a factor `1/2`, PyTorch has none. The best `θ` is the same, but "
             "gradients differ by a factor of two: at one learning rate a step of "
             "`nn::MSELoss` goes twice as far."});
  lesson.table({.name = "gradients",
                .title = {.zh = "两种定义的梯度", .en = "The gradients of both"},
                .columns = {{.name = "weight",
                             .title = {.zh = "权值", .en = "weight"},
                             .words = {both("w₁"), both("w₂")}},
                            {.name = "lecture",
                             .title = both("1/N Σ e h"),
                             .values = gradient(half, w),
                             .digits = 7,
                             .expected = golden({"0.0294060", "-0.0153810"})},
                            {.name = "pytorch",
                             .title = both("2/N Σ e h"),
                             .values = gradient(whole, w),
                             .digits = 7,
                             .expected = golden({"0.0588120", "-0.0307620"})}}});
}

void the_bowl(Lesson& lesson, const TwoWeights& problem) {
  lesson.heading({.zh = "一只碗", .en = "A bowl"});
  lesson.text({.zh = "求 `arg min L(θ)` 就是找碗底。这里只留两个权值 `w₁`、`w₂`，"
                     "其余固定；输出对它们是线性的，因此 `L` 是二次函数，等高线是椭圆。"
                     "梯度下降从 `(1, -1)` 出发，每一步都垂直于等高线。",
               .en = "To find `arg min L(θ)` is to find the bottom of a bowl. Here only two "
                     "weights are left, `w₁` and `w₂`, all else is fixed; the output is linear in "
                     "them, so `L` is quadratic and its contours are ellipses. Gradient descent "
                     "starts at `(1, -1)`; each step is at right angles to the contour."});
  const Objective lecture = [problem](const Tensor& w) { return problem.lecture(w); };
  const Objective pytorch = [problem](const Tensor& w) { return problem.pytorch(w); };
  const Tensor start = tensor({1., -1.}, {.dtype = f64});
  const Path slow = descend(lecture, start, 0.5, 300), fast = descend(lecture, start, 1.6, 300);
  lesson.figure(
      "bowl",
      {.zh = "等高线上的两条路径，各 40 步：学习率小则沿谷慢行，大则来回跨过谷底",
       .en = "Two paths over the contours, 40 steps each: a small learning rate creeps along the "
             "valley, a large one jumps from side to side"},
      [problem, slow, fast](Language language) {
        return bowl(problem, {{0.5, slow.first(40)}, {1.6, fast.first(40)}}, language);
      });
  Table steps{.name = "path",
              .title = {.zh = "`η = 0.5` 的路径", .en = "The path of `η = 0.5`"},
              .columns = {{.name = "step", .title = {.zh = "步", .en = "step"}},
                          {.name = "w1", .title = both("w₁"), .digits = 4},
                          {.name = "w2", .title = both("w₂"), .digits = 4},
                          {.name = "L", .digits = 6}}};
  for (const std::size_t i : {0u, 1u, 2u, 5u, 10u, 50u, 100u}) {
    steps.columns[0].values.push_back(static_cast<double>(i));
    steps.columns[1].values.push_back(slow.w1[i]);
    steps.columns[2].values.push_back(slow.w2[i]);
    steps.columns[3].values.push_back(slow.loss[i]);
  }
  steps.columns[1].expected =
      golden({"1", "1.0400", "1.0058", "0.7844", "0.4075", "-1.0353", "-1.3908"});
  steps.columns[3].expected =
      golden({"0.788650", "0.400900", "0.310900", "0.244356", "0.182429", "0.052248", "0.045419"});
  lesson.table(steps);
  lesson.numbers("bottom",
                 {.zh = "`η = 1.6`，300 步之后：碗底（最小二乘解）",
                  .en = "The bottom, after 300 steps of `η = 1.6` (the least-squares solution)"},
                 {{both("w₁"), fast.w1.back(), golden("-1.456315")},
                  {both("w₂"), fast.w2.back(), golden("0.637976")},
                  {both("L"), fast.loss.back(), golden("0.045249")}});
  lesson.text({.zh = "碗底的 `L` 不是 0：两个权值满足不了四个等式。",
               .en = "At the bottom `L` is not 0: two weights cannot meet four equations."});

  lesson.heading(
      {.zh = "学习率与因子二分之一", .en = "The learning rate and the factor of a half"});
  const Path same = descend(pytorch, start, 0.25, 300);
  lesson.claim(same.w1 == slow.w1 && same.w2 == slow.w2,
               {.zh = "`1/(2N)` 配 `η = 0.5`，与 `1/N` 配 `η = 0.25`，300 步逐位相同",
                .en = "`1/(2N)` with `η = 0.5` and `1/N` with `η = 0.25` agree to the last bit "
                      "over 300 steps"});
  const Path diverging = descend(pytorch, start, 1.6, 100);
  lesson.claim(diverging.loss.back() > 1e6 && fast.loss.back() < 0.05,
               {.zh = "`η = 1.6` 时，`1/(2N)` 收敛，`1/N` 却越走越高：它的上限只有一半",
                .en = "At `η = 1.6` `1/(2N)` converges and `1/N` climbs out of the bowl: its limit "
                      "is half as high"});
  lesson.text({.zh = "上限是 `2/λ`，`λ` 为碗最陡方向的曲率。",
               .en = "The limit is `2/λ`, where `λ` is the curvature in the steepest direction."});
  const double curvature = steepest_curvature(problem);
  lesson.numbers("limit",
                 {.zh = "学习率的上限 `2/λ`", .en = "The limit `2/λ` of the learning rate"},
                 {{both("1/(2N)"), 2 / curvature, golden("1.783041")},
                  {both("1/N"), 1 / curvature, golden("0.891520")}});
  Table history{.name = "steps", .title = {.zh = "各步的 `L`", .en = "`L` at each step"}};
  Column step{.name = "step"};
  for (int i = 0; i <= 60; ++i) step.values.push_back(i);
  history.columns = {step,
                     {.name = "lecture_0.5", .values = slow.first(60).loss},
                     {.name = "lecture_1.6", .values = fast.first(60).loss},
                     {.name = "pytorch_1.6", .values = diverging.first(60).loss}};
  lesson.history(history);
  lesson.figure("loss",
                {.zh = "同一个学习率，两种定义", .en = "One learning rate, two definitions"},
                [step, slow = slow.first(60).loss, fast = fast.first(60).loss,
                 diverging = diverging.first(60).loss](Language language) {
                  const auto line = [&](const char* name, const std::vector<double>& y) {
                    return plot::Series{.name = name, .x = step.values, .y = y, .markers = false};
                  };
                  return plot::curves(
                      {{.title = Text{.zh = "各步的损失", .en = "Loss at each step"}.in(language),
                        .x_label = Text{.zh = "步", .en = "step"}.in(language),
                        .y_label = "L",
                        .series = {line("1/(2N), η = 0.5", slow), line("1/(2N), η = 1.6", fast),
                                   line("1/N, η = 1.6", diverging)},
                        .y_range = plot::Range{0.03, 100},
                        .log_y = true}},
                      {.panel_width = 640});
                });
}

}  // namespace

Lesson mean_square_error(const Options&) {
  Lesson lesson;
  lesson.text({.zh = "回归任务预测的是数值。均方误差把所有样本的误差合成一个目标函数，"
                     "训练就是求它的最小值。",
               .en = "In regression a number is predicted. The mean square error makes one "
                     "objective of the errors of all samples; training looks for its minimum."});
  const TwoWeights problem = xor_output();
  two_scalings(lesson, problem, tensor({-1.03, 0.51}, {.dtype = f64, .requires_grad = true}));
  the_bowl(lesson, problem);
  return lesson;
}

}  // namespace percept::lessons
