// L16 Features of two numbers: what softmax and cross entropy make of the last hidden layer, and
// what the centre loss adds.
#include <algorithm>
#include <cmath>

#include "lessons/gallery/garments.h"
#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr std::int64_t kGarmentClasses = 10;

/// LeNets++: three stages of two 5 x 5 convolutions, then two features and the classes. No
/// activation follows the features. x (N, 1, 28, 28).
struct LeNets : nn::Module {
  nn::Sequential stages;
  nn::Linear feature, output;

  explicit LeNets(const std::vector<std::int64_t>& maps)
      : feature(maps.back() * 3 * 3, 2), output(2, kGarmentClasses) {
    std::int64_t in = 1;
    for (const std::int64_t out : maps) {
      for (const std::int64_t from : {in, out}) {
        stages.push_back(nn::Conv2d(from, out, 5, {.padding = 2}));
        stages.push_back(nn::PReLU());
      }
      stages.push_back(nn::MaxPool2d(2));
      in = out;
    }
  }
  Tensor features(const Tensor& x) { return feature(flatten(stages(x), 1)); }  // (N, 2)
  Tensor forward(const Tensor& x) override { return output(features(x)); }
  void visit(nn::Visitor& v) override {
    v("stages", stages);
    v("feature", feature);
    v("output", output);
  }
};

const std::vector<std::int64_t> kMiniMaps{8, 16, 32}, kWideMaps{32, 64, 128};

void tell_lenets(Lesson& lesson) {
  lesson.heading({.zh = "LeNets++", .en = "LeNets++"});
  lesson.text(
      {.zh = "LeNets++（Wen 等，2016）有三段，每段两个 5×5 的卷积（PReLU），再取 2×2 "
             "的最大值；然后是只有 2 个数的特征层与 10 个输出。特征层之后没有 "
             "ReLU，否则所有特征挤在一个象限里。完整的宽度（--full）是 32、64、128 张图，平时训练 "
             "8、16、32 张的。",
       .en = "LeNets++ (Wen and others, 2016) has three stages of two convolutions of 5×5 (PReLU) "
             "and maxima of 2×2 each, then a feature layer of only 2 numbers, and 10 outputs. No "
             "ReLU follows the feature layer, or all features would crowd in one quadrant. The "
             "full width (--full) is 32, 64 and 128 maps; usually 8, 16 and 32 are trained."});
  LeNets mini(kMiniMaps), wide(kWideMaps);
  const nn::Summary small = nn::summary(mini, {1, 1, 28, 28}),
                    large = nn::summary(wide, {1, 1, 28, 28});
  lesson.table({.name = "network",
                .title = {.zh = "两种宽度", .en = "Two widths"},
                .columns = {{.name = "maps",
                             .title = {.zh = "特征图", .en = "maps"},
                             .words = {both("8-16-32"), both("32-64-128")}},
                            {.name = "parameters",
                             .title = {.zh = "参数", .en = "parameters"},
                             .values = {double(small.parameters), double(large.parameters)},
                             .expected = golden({"50526", "797190"})},
                            {.name = "multiply_adds",
                             .title = {.zh = "每张图像的乘加", .en = "multiply-adds a picture"},
                             .values = {double(small.multiply_adds), double(large.multiply_adds)},
                             .expected = golden({"5174996", "80911124"})}}});
}

void tell_center_loss(Lesson& lesson) {
  lesson.heading({.zh = "中心损失", .en = "The centre loss"});
  lesson.text(
      {.zh = "交叉熵只要求类别分得开，不要求同类靠拢。中心损失把每个样本拉向所属类别的中心 "
             "`c`；中心随每批样本移动，步长 `α`，分母中的 1 使只有几个样本的类别走得慢些。",
       .en = "Cross entropy asks that classes be apart, not that a class keep together. The centre "
             "loss draws each sample to its class's centre `c`; the centres move with each batch "
             "at the rate `α`, and the 1 in the denominator slows classes of few samples."});
  lesson.formula(
      "L = CE + λ / 2N · Σᵢ |xᵢ - c_yᵢ|²\n"
      "c_j ← c_j + α Σ (xᵢ - c_j) / (1 + n_j),  yᵢ = j");
  lesson.text({.zh = "三个样本 `(1, 0)`、`(3, 0)` 属于类别 0，`(0, 2)` 属于类别 1；中心从 0 "
                     "出发，`λ = 1`，`α = 0.5`。",
               .en = "Three samples: `(1, 0)` and `(3, 0)` are of class 0, `(0, 2)` of class 1; "
                     "the centres start at 0, with `λ = 1` and `α = 0.5`."});
  nn::CenterLoss loss(2, 2);
  loss.to(f64);
  const Tensor x = tensor({{1., 0.}, {3., 0.}, {0., 2.}}, {.dtype = f64, .requires_grad = true});
  const Tensor y = tensor({0, 0, 1});
  const Tensor first = loss(x, y);
  first.backward();
  const Tensor centers = loss.centers.clone();
  lesson.question({.zh = "第一步之后，类别 0 的中心的第一个数是多少？",
                   .en = "After the first step, what is the first number of class 0's centre?"},
                  centers.at<double>(0, 0), 3);
  lesson.numbers("centres", {.zh = "手算与程序", .en = "By hand and by the program"},
                 {{{.zh = "损失", .en = "loss"}, first.item(), golden("2.333333")},
                  {both("∂L/∂x₂"), x.grad().at<double>(1, 0), golden("1.000000")},
                  {both("c₀"), centers.at<double>(0, 0), golden("0.666667")},
                  {both("c₁"), centers.at<double>(1, 1), golden("0.500000")},
                  {{.zh = "第二步的损失", .en = "loss of the second step"},
                   loss(x, y).item(),
                   golden("1.300926")}});
}

struct FeatureSizes {
  std::vector<std::int64_t> maps;
  std::int64_t pictures, judged, epochs, batch;
};
const FeatureSizes kMini{kMiniMaps, 3000, 1000, 4, 16}, kWide{kWideMaps, 60000, 10000, 2, 64};
constexpr double kCenterWeight = 0.1, kFeatureRate = 3e-3;

/// Where a class's samples lie: means (10, 2), and how far from their own and from each other.
struct FeatureSpread {
  Tensor means;
  double within, between;  // mean distance from the mean; of a mean from the next one, on average

  FeatureSpread(const Tensor& x, const Tensor& y) : means(zeros({kGarmentClasses, 2})) {
    const Tensor members = one_hot(y, kGarmentClasses).to(f32);  // (N, 10)
    means = matmul(members.t(), x) / sum(members, {0}).unsqueeze(1);
    within = norm(x - index_select(means, 0, y), 2, {1}).mean().item();
    const Tensor apart =
        masked_fill(norm(means.unsqueeze(1) - means, 2, {2}), eye(kGarmentClasses) == 1, INFINITY);
    between = min(apart, 1).values.mean().item();
  }
};

/// What the feature layer looks like after an epoch.
struct FeatureStage {
  std::int64_t epoch;
  Tensor x;           // (N, 2), of the judged pictures
  nn::Linear output;  // as it was
  FeatureSpread spread;
  double accuracy;
};

/// Trains with λ times the centre loss; what is seen after each epoch.
std::vector<FeatureStage> train_features(const FeatureSizes& size, double lambda,
                                         const Garments& learn, const Garments& judge,
                                         std::uint64_t seed) {
  manual_seed(seed);
  LeNets net(size.maps);
  nn::CenterLoss center(kGarmentClasses, 2, {.weight = lambda});
  optim::Adam optimizer(net.parameters(), {.lr = kFeatureRate});
  data::DataLoader loader(data::TensorDataset(learn.x, learn.y),
                          {.batch_size = size.batch, .shuffle = true, .seed = seed});
  optim::OneCycleLR schedule(optimizer, kFeatureRate, size.epochs * loader.size());
  std::vector<FeatureStage> stages;
  for (std::int64_t epoch = 1; epoch <= size.epochs; ++epoch) {
    for (auto& [x, y] : loader) {
      optimizer.zero_grad();
      const Tensor features = net.features(x);
      (cross_entropy(net.output(features), y) + center(features, y)).backward();
      optimizer.step();
      schedule.step();
    }
    const NoGradGuard no_grad;
    std::vector<Tensor> parts;
    for (std::int64_t at = 0; at < size.judged; at += 500)
      parts.push_back(net.features(judge.x.narrow(0, at, 500)));
    const Tensor seen = cat(parts);
    stages.push_back({epoch, seen, net.output, FeatureSpread(seen, judge.y),
                      train::accuracy(net.output(seen), judge.y)});
  }
  return stages;
}

/// A round number that `share` of the coordinates stay below.
double round_limit(const Tensor& x, double share) {
  std::vector<double> sizes = abs(x).flatten().to_vector<double>();
  const auto place = sizes.begin() + static_cast<std::ptrdiff_t>(share * (sizes.size() - 1.0));
  std::nth_element(sizes.begin(), place, sizes.end());
  const double ten = std::pow(10, std::floor(std::log10(*place)));
  for (const double round : {1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0})
    if (*place < round * ten) return round * ten;
  return 10 * ten;
}

/// The sectors of the decision, samples of each class, and their means.
plot::Figure sectors_of(const FeatureStage& stage, const Tensor& y, double limit, const Text& title,
                        Language language) {
  const NoGradGuard no_grad;
  constexpr int kNodes = 121, kShown = 300;
  const plot::Range range{-limit, limit};
  const Tensor at = linspace(range.low, range.high, kNodes);
  const Tensor places = stack(
      {at.unsqueeze(0).expand({kNodes, kNodes}), at.unsqueeze(1).expand({kNodes, kNodes})}, 2);
  nn::Linear output = stage.output;
  const std::vector<double> q = softmax(output(places), 2).to_vector<double>();
  const Tensor shown = stage.x.narrow(0, 0, kShown);
  const std::vector<double> x1 = shown.select(1, 0).to_vector<double>(),
                            x2 = shown.select(1, 1).to_vector<double>();
  const auto classes = y.narrow(0, 0, kShown).to_vector<std::int64_t>();
  const std::vector<int> labels(classes.begin(), classes.end());
  plot::SurfaceOptions options{
      .title = title.in(language),
      .x_label = "x₁",
      .y_label = "x₂",
      .class_names = garment_names(language),
      .boundary_label = Text{"决策面", "decision surface"}.in(language),
      .levels = {},
      .marks = {.center_label = Text{"类别的均值", "mean of a class"}.in(language)},
      .size = 480};
  for (std::int64_t c = 0; c < kGarmentClasses; ++c)
    options.marks.centers.push_back(
        {stage.spread.means.at<float>(c, 0), stage.spread.means.at<float>(c, 1)});
  return plot::decision_surface({.values = q,
                                 .rows = kNodes,
                                 .columns = kNodes,
                                 .classes = static_cast<int>(kGarmentClasses),
                                 .x = range,
                                 .y = range},
                                {.x = x1, .y = x2, .label = labels}, options);
}

void tell_features(Lesson& lesson, const Options& options) {
  const FeatureSizes& size = options.full ? kWide : kMini;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  Garments learn = garments(data::FashionMNIST{{.root = options.data_dir, .train = true}},
                            size.pictures),
           judge = garments(data::FashionMNIST{{.root = options.data_dir, .train = false}},
                            size.judged);
  for (Garments* set : {&learn, &judge}) set->x = set->x.reshape({-1, 1, 28, 28});
  lesson.heading({.zh = "训练中的特征", .en = "The features in training"});
  lesson.text(
      {.zh = "课件画的是 MNIST，这里是 Fashion-MNIST：{} 张图像训练 {} "
             "轮，一次只用交叉熵，一次加上中心损失，`λ = 0.1`。图中是测试样本在特征空间的位置。",
       .en = "The lecture shows MNIST, here it is Fashion-MNIST: {} pictures, {} epochs, once with "
             "cross entropy alone and once with the centre loss added, `λ = 0.1`. The figures show "
             "where test samples lie in the feature space."},
      size.pictures, size.epochs);
  lesson.code(
      "const Tensor features = net.features(x);  // (N, 2)\n"
      "const Tensor loss = cross_entropy(net.output(features), y)\n"
      "                    + center(features, y);  // nn::CenterLoss\n"
      "loss.backward();");
  const std::vector<FeatureStage> plain = train_features(size, 0, learn, judge, seed),
                                  drawn = train_features(size, kCenterWeight, learn, judge, seed);
  const std::vector<Text> names{{"交叉熵", "cross entropy"},
                                {"加上中心损失", "with the centre loss"}};
  const auto both_of = [&](const std::function<double(const FeatureStage&)>& value) {
    return std::vector<double>{value(plain.back()), value(drawn.back())};
  };
  const std::vector<double> ratio =
      both_of([](const FeatureStage& s) { return s.spread.within / s.spread.between; });
  lesson.table(
      {.name = "result",
       .title =
           {.zh = "测试样本到本类均值的距离，与最近的另一均值的距离",
            .en = "Test samples: distance from their class's mean, and from one mean to the next"},
       .columns = {{.name = "loss", .title = {.zh = "损失", .en = "loss"}, .words = names},
                   {.name = "within",
                    .title = {.zh = "类内", .en = "within a class"},
                    .values = both_of([](const FeatureStage& s) { return s.spread.within; }),
                    .digits = 2},
                   {.name = "between",
                    .title = {.zh = "类间", .en = "between classes"},
                    .values = both_of([](const FeatureStage& s) { return s.spread.between; }),
                    .digits = 2},
                   {.name = "ratio",
                    .title = {.zh = "两者之比", .en = "ratio"},
                    .values = ratio,
                    .digits = 2},
                   {.name = "accuracy",
                    .title = {.zh = "测试正确率", .en = "test accuracy"},
                    .values = both_of([](const FeatureStage& s) { return s.accuracy; }),
                    .digits = 3}}});
  lesson.claim(
      ratio[1] < 0.9 * ratio[0],
      {.zh = "中心损失使类内与类间之比减小 10% 以上",
       .en = "The centre loss makes the ratio of within to between smaller by more than 10%"});
  const auto figure = [&](const char* name, const Text& caption,
                          const std::vector<FeatureStage>& stages) {
    const std::vector<FeatureStage> shown{stages.front(), stages[stages.size() / 2], stages.back()};
    lesson.figure(name, caption, [shown, y = judge.y](Language language) {
      std::vector<plot::Figure> figures;
      for (const FeatureStage& stage : shown)
        figures.push_back(sectors_of(stage, y, round_limit(shown.back().x, 0.99),
                                     fill({"{} 轮之后", "after epoch {}"}, stage.epoch), language));
      return plot::grid(figures, {.columns = 3});
    });
  };
  figure("softmax",
         {.zh = "只用交叉熵：每个类别是从中间向外的一条射线，分得开，却不紧",
          .en = "Cross entropy alone: each class is a ray from the middle outwards, apart but not "
                "together"},
         plain);
  figure("centre",
         {.zh = "加上中心损失：每个类别收拢成一团",
          .en = "With the centre loss each class draws together"},
         drawn);
  Table history{.name = "epochs",
                .columns = {{.name = "epoch"},
                            {.name = "within"},
                            {.name = "between"},
                            {.name = "accuracy"},
                            {.name = "within_centre"},
                            {.name = "between_centre"},
                            {.name = "accuracy_centre"}}};
  for (std::size_t i = 0; i < plain.size(); ++i) {
    history.columns[0].values.push_back(static_cast<double>(i + 1));
    std::size_t column = 1;
    for (const FeatureStage* stage : {&plain[i], &drawn[i]})
      for (const double value : {stage->spread.within, stage->spread.between, stage->accuracy})
        history.columns[column++].values.push_back(value);
  }
  lesson.history(history);
}

}  // namespace

Lesson deep_features(const Options& options) {
  Lesson lesson;
  lesson.text({.zh = "Softmax "
                     "之前的隐含层把样本变成特征，输出层只在特征空间里画直线。让特征只有两个数，就"
                     "能看见网络把样本放在哪里。",
               .en = "The hidden layers before softmax turn samples into features, and the output "
                     "layer only draws straight lines in the feature space. When a feature is only "
                     "two numbers, one sees where the network puts the samples."});
  tell_lenets(lesson);
  tell_center_loss(lesson);
  tell_features(lesson, options);
  return lesson;
}

}  // namespace percept::lessons
