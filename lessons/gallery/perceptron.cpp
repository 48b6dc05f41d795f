// Gallery, 1958: Rosenblatt's perceptron. A path in weight space, and two pairs of garments.
#include <algorithm>
#include <cmath>

#include "lessons/gallery/garments.h"
#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr std::int64_t kPicturesEach = 1000;  // pictures of each class
constexpr std::size_t kEpochLimit = 30;

/// Weights of AND, (b, w1, w2), at first and after each sample; errors of each epoch.
struct AndCourse {
  std::vector<std::vector<double>> weights;
  std::vector<double> errors;
};

AndCourse learn_and() {
  const Tensor x = tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}}, {.dtype = f64});
  const Tensor t = tensor({{0.}, {0.}, {0.}, {1.}}, {.dtype = f64});
  models::Perceptron unit(2, 1, {.dtype = f64});
  const auto weights = [&] { return cat({unit.bias, unit.weight[0]}).to_vector<double>(); };
  AndCourse course{.weights = {weights()}, .errors = {}};
  do {
    double errors = 0;
    for (int i = 0; i < 4; ++i) {
      errors += static_cast<double>(unit.learn(x[i], t[i]));
      course.weights.push_back(weights());
    }
    course.errors.push_back(errors);
  } while (course.errors.back() > 0);
  return course;
}

/// Two classes of garments, told apart by one unit on 784 pixels.
struct Duel {
  std::int64_t no, yes;  // the class it should be silent at, and the one it should fire at
  models::Perceptron unit{784, 1, {.dtype = f64}};
  std::vector<double> errors = {};  // of each epoch
  double test_accuracy = 0;

  double mistakes() const {
    double all = 0;
    for (const double one : errors) all += one;
    return all;
  }
};

Tensor fires_for(const Garments& set, std::int64_t yes) {
  return (set.y == yes).to(f64).unsqueeze(1);
}

Duel fight(std::int64_t no, std::int64_t yes, const data::ImageSet& train,
           const data::ImageSet& test) {
  Duel duel{.no = no, .yes = yes};
  Garments learn = garments(train, {no, yes}, kPicturesEach),
           judge = garments(test, {no, yes}, kPicturesEach);
  learn.x = learn.x.to(f64), judge.x = judge.x.to(f64);
  const Tensor t = fires_for(learn, yes);
  while (duel.errors.size() < kEpochLimit) {
    double errors = 0;
    for (std::int64_t i = 0; i < learn.x.size(0); ++i)
      errors += static_cast<double>(duel.unit.learn(learn.x[i], t[i]));
    duel.errors.push_back(errors);
    if (errors == 0) break;
  }
  const NoGradGuard no_grad;
  duel.test_accuracy = (duel.unit(judge.x) == fires_for(judge, yes)).to(f64).mean().item();
  return duel;
}

/// Novikoff's bound on all mistakes together, (R / margin)², for the weights that were found: R the
/// longest x = (1, pixels), margin the least distance of a sample from the plane w·x = 0.
double most_mistakes(Duel& duel, const data::ImageSet& train) {
  const NoGradGuard no_grad;
  const Garments set = garments(train, {duel.no, duel.yes}, kPicturesEach);
  const Tensor x = cat({ones({set.x.size(0), 1}), set.x}, 1).to(f64);
  const Tensor w = cat({duel.unit.bias, duel.unit.weight[0]}).to(f64);
  const Tensor side = fires_for(set, duel.yes).flatten().to(f64) * 2 - 1;
  const double margin = min(matmul(x, w) * side).item() / norm(w).item();
  const double longest = max(norm(x, 2, {1})).item();
  return std::pow(longest / margin, 2);
}

Text pair_name(const Duel& duel) {
  const Text &a = garment_names()[static_cast<std::size_t>(duel.no)],
             &b = garment_names()[static_cast<std::size_t>(duel.yes)];
  return {.zh = a.zh + "、" + b.zh, .en = a.en + ", " + b.en};
}

void tell_path(Lesson& lesson) {
  const AndCourse course = learn_and();
  lesson.heading({.zh = "权值空间里的路", .en = "A path in weight space"});
  lesson.text({.zh =
                   "逻辑与，从 `w = 0` 出发，样本次序为 `00`、`01`、`10`、`11`。每次错误把权值移动"
                   "一步，直到没有错误。",
               .en = "AND, from `w = 0`, samples in the order `00`, `01`, `10`, `11`. Each error "
                     "moves the weights by one step, until there is none."});
  Column epoch{.name = "epoch", .title = {.zh = "训练轮数", .en = "epoch"}};
  for (std::size_t i = 1; i <= course.errors.size(); ++i)
    epoch.values.push_back(static_cast<double>(i));
  lesson.table({.name = "errors",
                .title = {.zh = "每轮的错误数", .en = "Errors of each epoch"},
                .columns = {epoch,
                            {.name = "AND",
                             .values = course.errors,
                             .expected = golden({"1", "3", "3", "2", "1", "0"})}}});
  const std::vector<double>& w = course.weights.back();
  lesson.numbers("weights", {.zh = "最后的权值", .en = "The weights at the end"},
                 {{both("b"), w[0], golden("-2")},
                  {both("w₁"), w[1], golden("2")},
                  {both("w₂"), w[2], golden("1")}});
  lesson.figure("path",
                {.zh = "权值 `(w₁, w₂)` 的路，各点旁是 `b`",
                 .en = "The path of the weights `(w₁, w₂)`, `b` beside each point"},
                [course](Language language) {
                  std::vector<plot::Point> path;
                  std::vector<double> x, y;
                  std::vector<std::string> names;  // of all b that a place has seen
                  for (const std::vector<double>& at : course.weights) {
                    path.push_back({at[1], at[2]});
                    const std::string b = fmt::format("{:.0f}", at[0]);
                    std::size_t i = 0;
                    while (i < x.size() && (x[i] != at[1] || y[i] != at[2])) ++i;
                    if (i == x.size()) {
                      x.push_back(at[1]);
                      y.push_back(at[2]);
                      names.push_back("b: " + b);
                    } else if (!names[i].ends_with(" " + b)) {
                      names[i] += ", " + b;
                    }
                  }
                  return plot::scatter(
                      {.x = x, .y = y, .name = names},
                      {.title = Text{"逻辑与：权值的路", "AND: the weights' path"}.in(language),
                       .x_label = "w₁",
                       .y_label = "w₂",
                       .x_range = plot::Range{-0.5, 3},
                       .y_range = plot::Range{-0.5, 2.5},
                       .marks = {.outlines = {{.corners = path, .closed = false}}},
                       .size = 480});
                });
}

}  // namespace

Lesson rosenblatt(const Options& options) {
  const data::FashionMNIST train{{.root = options.data_dir, .train = true}},
      test{{.root = options.data_dir, .train = false}};
  Lesson lesson;
  lesson.text(
      {.zh = "1958 年，Rosenblatt 提出感知机：阈值单元的权值不再由人给定，而是从样本中学来。他的 "
             "Mark I 是一台机器，400 个光电元件是输入，权值是电位器，由电机转动。1962 年 "
             "Novikoff 证明：只要样本线性可分，错误的总数有上界，学习必定结束。1969 年 Minsky "
             "与 Papert 指出它不能表示的东西，如异或。",
       .en = "In 1958 Rosenblatt proposed the perceptron: the weights of a threshold unit "
             "are no longer set by hand but learned from samples. His Mark I was a "
             "machine, with 400 photocells as inputs and potentiometers, turned by motors, "
             "as weights. In 1962 Novikoff proved that for linearly separable samples the "
             "number of errors is bounded, so that learning ends. In 1969 Minsky and "
             "Papert showed what it cannot represent, such as XOR."});
  lesson.formula("o = 1 (w·x + b > 0), 0 (w·x + b ≤ 0)\nw ← w + (t - o) x,  b ← b + (t - o)");
  lesson.code(
      "models::Perceptron unit(784);\n"
      "for (int i = 0; i < 2000; ++i) errors += unit.learn(x[i], t[i]);");
  tell_path(lesson);

  lesson.heading({.zh = "一个单元看图", .en = "One unit looks at pictures"});
  lesson.text(
      {.zh = "Fashion-MNIST 的两个类别，每类 {} 张，一个单元，784 个输入。裤子与包几轮之后没有"
             "错误；T恤与衬衫过了 {} 轮仍有错误。",
       .en = "Two classes of Fashion-MNIST, {} pictures each, one unit with 784 inputs. "
             "Trousers and bags make no error after some epochs; t-shirts and shirts "
             "still do after {}."},
      kPicturesEach, kEpochLimit);
  std::vector<Duel> duels;
  duels.push_back(fight(8, 1, train, test));
  duels.push_back(fight(0, 6, train, test));
  Column names{.name = "classes", .title = {.zh = "两个类别", .en = "two classes"}};
  Column epochs{.name = "epochs", .title = {.zh = "训练轮数", .en = "epochs"}};
  Column last{.name = "last", .title = {.zh = "最后一轮的错误数", .en = "errors of the last"}};
  Column all{.name = "mistakes", .title = {.zh = "错误总数", .en = "all errors"}};
  Column accuracy{
      .name = "accuracy", .title = {.zh = "测试正确率", .en = "test accuracy"}, .digits = 3};
  for (const Duel& duel : duels) {
    names.words.push_back(pair_name(duel));
    epochs.values.push_back(static_cast<double>(duel.errors.size()));
    last.values.push_back(duel.errors.back());
    all.values.push_back(duel.mistakes());
    accuracy.values.push_back(duel.test_accuracy);
  }
  last.expected = {golden("0"), {}};
  lesson.table({.name = "garments",
                .title = {.zh = "两对类别", .en = "Two pairs of classes"},
                .columns = {names, epochs, last, all, accuracy}});
  lesson.claim(duels[1].errors.back() > 0, {.zh = "T恤与衬衫：错误没有结束",
                                            .en = "T-shirts and shirts: the errors do not end"});
  const double bound = most_mistakes(duels[0], train);
  lesson.claim(duels[0].mistakes() <= bound,
               {.zh = "裤子与包：错误总数 {:.0f} 不超过 Novikoff 的上界 `(R / γ)²` = {:.0f}",
                .en = "Trousers and bags: all errors, {:.0f}, are at most Novikoff's bound "
                      "`(R / γ)²` = {:.0f}"},
               duels[0].mistakes(), bound);
  lesson.text({.zh = "`R` 是最长的输入的长度，`γ` 是样本到所学平面的最小距离。",
               .en = "`R` is the length of the longest input, `γ` the least distance of a sample "
                     "from the plane that was learned."});
  lesson.figure(
      "errors", {.zh = "每轮的错误数", .en = "Errors of each epoch"}, [duels](Language language) {
        plot::Panel panel{.x_label = Text{"训练轮数", "epoch"}.in(language),
                          .y_label = Text{"错误数", "errors"}.in(language),
                          .whole_x = true};
        for (const Duel& duel : duels)
          panel.series.push_back({.name = pair_name(duel).in(language), .y = duel.errors});
        return plot::curves({panel});
      });
  lesson.figure(
      "weights",
      {.zh = "学到的权值，28×28：红色为正，蓝色为负",
       .en = "The weights it learned, 28×28: red positive, blue negative"},
      [duels](Language language) {
        std::vector<plot::Figure> tiles;  // each on a scale of its own
        for (const Duel& duel : duels)
          tiles.push_back(plot::weight_tiles(duel.unit.weight.to_vector<float>(), 1, 28, 28,
                                             {.title = pair_name(duel).in(language),
                                              .columns = 1,
                                              .pixel = 9,
                                              .color_label = Text{"权值", "weight"}.in(language)}));
        return plot::grid(tiles);
      });
  Table history{.name = "errors", .columns = {{.name = "epoch"}, {.name = "errors"}}};
  for (std::size_t i = 0; i < duels[0].errors.size(); ++i) {
    history.columns[0].values.push_back(static_cast<double>(i + 1));
    history.columns[1].values.push_back(duels[0].errors[i]);
  }
  lesson.history(history);
  return lesson;
}

}  // namespace percept::lessons
