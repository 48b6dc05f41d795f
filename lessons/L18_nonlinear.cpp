// L18 Non-linear classification: hidden layers bend the decision surface.
#include <algorithm>
#include <cmath>

#include "lessons/lesson.h"
#include "lessons/logistic.h"
#include "lessons/plane.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr int kRuns = 5, kEpochs = 600;
constexpr double kAdamStep = 0.03, kBound = 0.0009;

/// The lecture adds backgrounds as a picture; these six are ours, amid the characters.
Tensor extra_features() {
  return tensor({{0.140, 1.200},
                 {0.120, 1.150},
                 {0.155, 1.260},
                 {0.150, 1.120},
                 {0.130, 1.270},
                 {0.165, 1.180}},
                {.dtype = f64});
}

Tensor features() { return cat({twelve_features(), extra_features()}); }  // (18, 2)

std::vector<int> labels() {
  std::vector<int> all = twelve_labels();
  all.resize(18, 0);
  return all;
}

/// Class 1 is a character, 0 a background: (18).
Tensor targets() {
  std::vector<std::int64_t> all;
  for (const int label : labels()) all.push_back(label);
  return from_vector(all);
}

/// The outermost characters, counter-clockwise: no point right of an edge is among the characters.
Tensor hull() {
  return twelve_features().index({tensor({0, 2, 1, 5})});  // (4, 2)
}

/// Whether points (N, 2) lie strictly left of every edge of the hull.
bool inside_hull(const Tensor& points) {
  const Tensor a = hull();
  const Tensor edge = cat({a.narrow(0, 1, 3), a.narrow(0, 0, 1)}) - a;  // (4, 2)
  const Tensor to = points.unsqueeze(1) - a;                            // (N, 4, 2)
  const Tensor cross = edge.select(1, 0) * to.select(2, 1) - edge.select(1, 1) * to.select(2, 0);
  return all(cross > 0).item<bool>();
}

/// Mean 0 and standard deviation 1 in each feature of the 18 samples.
Tensor standardised(const Tensor& x) {
  const Tensor X = features();
  return (x - mean(X, Shape{0})) / std(X, Shape{0});
}

struct Classifier {
  const char* key;
  Text name;
  std::vector<std::int64_t> hidden;
  bool tanh = false;  ///< else ReLU
};

std::vector<Classifier> classifiers() {
  return {{"logistic", {.zh = "逻辑回归", .en = "logistic regression"}, {}},
          {"relu-8", both("(a) ReLU 8"), {8}},
          {"relu-32", both("(b) ReLU 32"), {32}},
          {"relu-8-8", both("(c) ReLU 8, 8"), {8, 8}},
          {"tanh-8-8", both("(d) Tanh 8, 8"), {8, 8}, true}};
}

/// 2 inputs, hidden layers, 2 outputs: the logits of background and character.
nn::Sequential build(const Classifier& classifier) {
  nn::Sequential net;
  std::int64_t inputs = 2;
  for (const std::int64_t units : classifier.hidden) {
    net.push_back(nn::Linear(inputs, units, {.dtype = f64}));
    if (classifier.tanh)
      net.push_back(nn::Tanh());
    else
      net.push_back(nn::ReLU());
    inputs = units;
  }
  net.push_back(nn::Linear(inputs, 2, {.dtype = f64}));
  return net;
}

struct Trained {
  nn::Sequential net;
  std::vector<double> losses = {};  ///< before the first epoch, and after each
  double errors = 0;
};

Trained train(const Classifier& classifier, std::uint64_t seed) {
  manual_seed(seed);
  Trained trained{.net = build(classifier)};
  const Tensor x = standardised(features());  // (18, 2)
  const Tensor t = targets();                 // (18)
  nn::CrossEntropyLoss loss;
  optim::Adam optimizer{trained.net.parameters(), {.lr = kAdamStep}};
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    optimizer.zero_grad();
    const Tensor output = loss(trained.net(x), t);
    trained.losses.push_back(output.item());
    output.backward();
    optimizer.step();
  }
  const NoGradGuard no_grad;
  const Tensor z = trained.net(x);  // (18, 2)
  trained.losses.push_back(loss(z, t).item());
  trained.errors = sum(argmax(z, 1) != t).item();
  return trained;
}

const Text kCharacter{.zh = "字符", .en = "character"},
    kBackground{.zh = "背景", .en = "background"};

plot::SurfaceOptions surface_options(const Text& title, Language language) {
  return {.title = title.in(language),
          .x_label = "x₁",
          .y_label = "x₂",
          .class_names = {kBackground.in(language), kCharacter.in(language)},
          .wrong_label = Text{.zh = "错分", .en = "misclassified"}.in(language),
          .boundary_label = Text{.zh = "决策面", .en = "decision surface"}.in(language),
          .levels = {}};
}

plot::Figure surface(nn::Sequential net, const plot::SurfaceOptions& options) {
  return plane([&](const Tensor& x) { return softmax(net(standardised(x)), 1).select(1, 1); },
               features(), labels(), {-0.03, 0.25}, {0, 1.8}, options);
}

plot::Figure samples_figure(Language language) {
  const std::vector<double> x = features().select(1, 0).to_vector<double>();
  const std::vector<double> y = features().select(1, 1).to_vector<double>();
  const std::vector<int> label = labels();
  plot::Outline outline;
  outline.name = Text{.zh = "字符的凸包", .en = "hull of the characters"}.in(language);
  for (const Tensor& corner : unbind(hull()))
    outline.corners.push_back({corner.at<double>(0), corner.at<double>(1)});
  return plot::scatter({.x = x, .y = y, .label = label},
                       {.title = Text{.zh = "18 个样本", .en = "18 samples"}.in(language),
                        .x_label = "x₁",
                        .y_label = "x₂",
                        .class_names = {kBackground.in(language), kCharacter.in(language)},
                        .x_range = {{-0.03, 0.25}},
                        .y_range = {{0, 1.8}},
                        .marks = {.outlines = {outline}}});
}

}  // namespace

Lesson nonlinear(const Options& options) {
  Lesson lesson;
  lesson.text({.zh =
                   "字符与背景的分类里多了一张背景图片，它的样本落在字符中间，一条直线再也分不开。"
                   "解决方法是多层感知机。",
               .en = "One more picture of background joins the characters and backgrounds, and its "
                     "samples lie amid the characters: no straight line separates them now. A "
                     "multi-layer perceptron (MLP) does."});

  lesson.heading({.zh = "样本", .en = "The samples"});
  lesson.text({.zh =
                   "前 12 个样本与逻辑回归一课相同。课件新增的背景只有图，没有数值；下面 6 个是我们"
                   "自己取的。",
               .en = "The first 12 samples are those of the lesson on logistic regression. The "
                     "lecture shows the new backgrounds as a picture without numbers; the 6 below "
                     "are ours."});
  lesson.table({.name = "samples",
                .title = {.zh = "新增的背景", .en = "The new backgrounds"},
                .columns = {{.name = "sample",
                             .title = {.zh = "样本", .en = "sample"},
                             .values = {7, 8, 9, 10, 11, 12}},
                            {.name = "x1",
                             .title = both("x₁"),
                             .values = extra_features().select(1, 0).to_vector<double>(),
                             .digits = 3},
                            {.name = "x2",
                             .title = both("x₂"),
                             .values = extra_features().select(1, 1).to_vector<double>(),
                             .digits = 3}}});
  lesson.claim(inside_hull(extra_features()),
               {.zh = "它们都在字符的凸包之内",
                .en = "They all lie inside the convex hull of the characters"});
  lesson.text(
      {.zh = "直线一侧若包含全部字符，就包含它们的凸包，也就包含这 6 个背景：没有直线能分开。",
       .en = "A side of a line that holds all characters holds their hull, and so these 6 "
             "backgrounds: no line separates them."});
  lesson.figure("samples",
                {.zh = "新增的背景被字符包围", .en = "Characters surround the new backgrounds"},
                samples_figure);

  lesson.heading({.zh = "五个分类器", .en = "Five classifiers"});
  lesson.text(
      {.zh = "没有隐含层的网络就是逻辑回归。四个多层感知机是课件的 (a) 到 (d)：隐含层的节点数为 "
             "8、32、8 与 8、8 与 8，激活函数前三个为 ReLU，最后一个为 Tanh。输出层有两个节点，"
             "目标函数是交叉熵。",
       .en = "A network without a hidden layer is logistic regression. The four MLPs are "
             "the lecture's (a) to (d): hidden layers of 8, 32, 8 and 8, 8 and 8 units, "
             "the first three with ReLU as activation, the last with Tanh. There are two "
             "outputs, and the objective is cross entropy."});
  lesson.text(
      {.zh = "特征先标准化（均值 0，标准差 1），否则 `x₁` 的变化太小，学得很慢。每一轮用全部"
             "样本，Adam，学习率 {}，{} 轮，种子 {} 到 {}。",
       .en = "The features are standardised first (mean 0, standard deviation 1), as `x₁` "
             "varies too little to be learned fast. Every epoch takes all samples; Adam, "
             "learning rate {}, {} epochs, seeds {} to {}."},
      kAdamStep, kEpochs, options.seed, options.seed + kRuns - 1);
  lesson.code(
      "nn::Sequential net{nn::Linear(2, 8), nn::ReLU(), nn::Linear(8, 2)};\n"
      "optim::Adam optimizer{net.parameters(), {.lr = 0.03}};\n"
      "nn::CrossEntropyLoss loss;\n"
      "for (int epoch = 0; epoch < 600; ++epoch) {\n"
      "  optimizer.zero_grad();\n"
      "  loss(net(x), t).backward();\n"
      "  optimizer.step();\n"
      "}");

  std::vector<Trained> best;  // of each classifier, the seed with the lowest loss
  Column names{.name = "classifier", .title = {.zh = "分类器", .en = "classifier"}};
  Column parameters{.name = "parameters",
                    .title = {.zh = "参数", .en = "parameters"},
                    .expected = golden({"6", "42", "162", "114", "114"})};
  Column lowest{.name = "loss",
                .title = {.zh = "最小的损失", .en = "lowest loss"},
                .digits = 6,
                .expected = {golden("0.4969"), {}, {}, {}, {}}};
  Table errors{.name = "errors",
               .title = {.zh = "各种子错分的样本数", .en = "Samples misclassified, by seed"}};
  for (int i = 0; i < kRuns; ++i)
    errors.columns.push_back({.name = fmt::format("{}", options.seed + i),
                              .title = fill({.zh = "种子 {}", .en = "seed {}"}, options.seed + i)});
  bool mostly_right = true;
  for (const Classifier& classifier : classifiers()) {
    std::vector<Trained> runs;
    for (std::size_t i = 0; i < kRuns; ++i) {
      runs.push_back(train(classifier, static_cast<std::uint64_t>(options.seed) + i));
      errors.columns[i].values.push_back(runs[i].errors);
      errors.columns[i].wrong.push_back(runs[i].errors > 0);
    }
    const auto right = [](const Trained& run) { return run.errors == 0; };
    if (!classifier.hidden.empty())
      mostly_right &= std::count_if(runs.begin(), runs.end(), right) >= kRuns - 1;
    best.push_back(*std::min_element(
        runs.begin(), runs.end(),
        [](const Trained& a, const Trained& b) { return a.losses.back() < b.losses.back(); }));
    names.words.push_back(classifier.name);
    parameters.values.push_back(
        static_cast<double>(nn::summary(best.back().net, {1, 2}).parameters));
    lowest.values.push_back(best.back().losses.back());
  }
  lesson.question({.zh = "逻辑回归会错分几个样本？",
                   .en = "How many samples does logistic regression misclassify?"},
                  best[0].errors, 0);
  std::vector<double> logistic_errors;
  for (const Column& column : errors.columns) logistic_errors.push_back(column.values[0]);
  errors.columns.insert(errors.columns.begin(), names);
  lesson.table(errors);
  lesson.table({.name = "results",
                .title = {.zh = "损失最小的种子", .en = "The seed with the lowest loss"},
                .columns = {names, parameters, lowest}});
  lesson.claim(logistic_errors == std::vector<double>(kRuns, 5),
               {.zh = "逻辑回归在每个种子上都错分 5 个样本",
                .en = "Logistic regression misclassifies 5 samples with every seed"});
  lesson.claim(mostly_right,
               {.zh = "每个多层感知机至少在 {} 个种子中的 {} 个上把样本全部分对",
                .en = "Of {} seeds, every MLP gets all samples right with at least "
                      "{}"},
               kRuns, kRuns - 1);
  lesson.claim(std::all_of(lowest.values.begin() + 1, lowest.values.end(),
                           [](double loss) { return loss <= kBound; }),
               {.zh = "它们最小的损失都不超过 {}", .en = "Their lowest losses are all at most {}"},
               kBound);
  lesson.text({.zh =
                   "偶尔有一个种子停在错分几个样本的地方：神经元太少时，起点不好，ReLU 的梯度可能在"
                   "许多样本上为 0。节点多一些，或用 Tanh，就少见了。逻辑回归则在每个种子上停在同一"
                   "处：它的目标函数只有一个最小值，再训练也没有用。",
               .en = "Now and then a seed ends with some samples misclassified: of few neurons "
                     "with a bad start, ReLU may have gradient 0 at many samples. With more "
                     "units, or with Tanh, it is rarer. Logistic regression ends at the same "
                     "place with every seed: its objective has one minimum, and more training "
                     "does not help."});
  Table history{.name = "loss", .columns = {{.name = "epoch"}}};
  for (int epoch = 0; epoch <= kEpochs; ++epoch) history.columns[0].values.push_back(epoch);
  for (std::size_t i = 0; i < best.size(); ++i)
    history.columns.push_back(
        {.name = classifiers()[i].key, .title = classifiers()[i].name, .values = best[i].losses});
  lesson.history(history);

  lesson.heading({.zh = "决策面", .en = "The decision surfaces"});
  lesson.figure("logistic",
                fill({.zh = "逻辑回归：一条直线，{:.0f} 个样本错分",
                      .en = "Logistic regression: one straight line, {:.0f} samples misclassified"},
                     best[0].errors),
                [net = best[0].net](Language language) {
                  plot::SurfaceOptions options =
                      surface_options({.zh = "逻辑回归", .en = "Logistic regression"}, language);
                  options.levels = {0.9};
                  options.size = 560;
                  return surface(net, options);
                });
  lesson.figure("mlp",
                {.zh = "四个多层感知机：ReLU 的决策面由线段折成，Tanh 的是光滑的曲线",
                 .en = "Four MLPs: the decision surface of ReLU is folded from straight pieces, "
                       "that of Tanh is a smooth curve"},
                [best](Language language) {
                  std::vector<plot::Figure> figures;
                  for (std::size_t i = 1; i < best.size(); ++i) {
                    plot::SurfaceOptions options = surface_options(classifiers()[i].name, language);
                    options.boundary_label = "p = 0.5";
                    options.size = 400;
                    figures.push_back(surface(best[i].net, options));
                  }
                  return plot::grid(figures);
                });
  lesson.figure("loss", {.zh = "训练中的损失", .en = "The loss in training"},
                [history](Language language) {
                  const Text title{.zh = "损失最小的种子", .en = "The seed with the lowest loss"};
                  const Text epochs{.zh = "训练轮数", .en = "epochs"};
                  const Text loss{.zh = "交叉熵", .en = "cross entropy"};
                  return history_chart(history, title, epochs, loss, language);
                });
  lesson.text({.zh = "样本全部分对、损失接近 0，模型就好吗？这是下一课的问题。",
               .en = "All samples right and a loss near 0: is such a model good? That is the next "
                     "lesson's question."});
  return lesson;
}

}  // namespace percept::lessons
