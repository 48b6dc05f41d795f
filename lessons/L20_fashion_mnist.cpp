// L20 Fashion-MNIST: the data, the three ways to write a network, and what a short training gives.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr std::int64_t kBatch = 64;
constexpr double kSgdRate = 0.1;
constexpr std::int64_t kSteps = 100;
constexpr std::int64_t kShort = 300;  // steps of the smaller network
constexpr int kTrainings = 5;

const std::vector<Text>& class_names() {
  static const std::vector<Text> names{
      {.zh = "T恤", .en = "t-shirt"},   {.zh = "裤子", .en = "trouser"},
      {.zh = "套衫", .en = "pullover"}, {.zh = "连衣裙", .en = "dress"},
      {.zh = "外套", .en = "coat"},     {.zh = "凉鞋", .en = "sandal"},
      {.zh = "衬衫", .en = "shirt"},    {.zh = "运动鞋", .en = "sneaker"},
      {.zh = "包", .en = "bag"},        {.zh = "短靴", .en = "ankle boot"}};
  return names;
}

std::vector<std::string> class_names(Language language) {
  std::vector<std::string> names;
  for (const Text& name : class_names()) names.push_back(name.in(language));
  return names;
}

std::vector<double> numbers(const std::vector<std::int64_t>& counts) {
  return {counts.begin(), counts.end()};
}

using Net = std::function<Tensor(const Tensor& X)>;
/// One step of gradient descent from a loss just computed.
using Update = std::function<void(const Tensor& loss)>;

/// Way 1: layers in a Sequential.
nn::Sequential sequential() {
  return {nn::Flatten{},        nn::Linear{784, 512}, nn::ReLU{},
          nn::Linear{512, 512}, nn::ReLU{},           nn::Linear{512, 10}};
}

/// W1 (784, 256), b1 (256), W2 (256, 10), b2 (10) from N(0, std²) and 0: y = x W + b.
struct Weights {
  Tensor W1, b1, W2, b2;
  explicit Weights(double std)
      : W1(randn({784, 256}) * std),
        b1(zeros({256})),
        W2(randn({256, 10}) * std),
        b2(zeros({10})) {}
};

/// Way 2: a module with Parameters of its own.
struct OwnModule : nn::Module {
  nn::Flatten flatten;
  nn::Parameter W1, b1, W2, b2;

  explicit OwnModule(const Weights& w) : W1(w.W1), b1(w.b1), W2(w.W2), b2(w.b2) {}
  Tensor forward(const Tensor& x) override {
    const Tensor H = maximum(matmul(flatten(x), W1) + b1, tensor(0.0));
    return matmul(H, W2) + b2;
  }
  void visit(nn::Visitor& v) override {
    v("flatten", flatten);
    v("W1", W1), v("b1", b1), v("W2", W2), v("b2", b2);
  }
};

/// Way 3: bare tensors.
std::vector<Tensor> bare_tensors(const Weights& w) {
  std::vector<Tensor> params{w.W1.clone(), w.b1.clone(), w.W2.clone(), w.b2.clone()};
  for (Tensor& param : params) param.requires_grad_();
  return params;
}
Net net_of(const std::vector<Tensor>& p) {
  return [&p](const Tensor& x) {
    const Tensor H = maximum(matmul(x.reshape({-1, 784}), p[0]) + p[1], tensor(0.0));
    return matmul(H, p[2]) + p[3];
  };
}

Net net_of(nn::Module& module) {
  return [&module](const Tensor& x) { return module(x); };
}

Update by_optimizer(optim::Optimizer& optimizer) {
  return [&optimizer](const Tensor& loss) {
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  };
}

Update by_hand(std::vector<Tensor>& params) {
  return [&params](const Tensor& loss) {
    for (Tensor& param : params) param.zero_grad();  // clear
    loss.backward();                                 // propagate back
    const NoGradGuard no_grad;
    for (Tensor& param : params) param -= param.grad() * kSgdRate;  // descend
  };
}

/// The losses of `steps` batches in the order of the data, each before its update.
std::vector<double> train(const Net& net, const Update& update, const data::FashionMNIST& set,
                          std::int64_t steps) {
  std::vector<double> losses;
  data::DataLoader loader{set, {.batch_size = kBatch}};
  for (auto& [X, y] : loader) {
    const Tensor loss = cross_entropy(net(X), y);
    losses.push_back(loss.item());
    if (update) update(loss);
    if (static_cast<std::int64_t>(losses.size()) == steps) break;
  }
  return losses;
}

std::vector<double> train_module(nn::Module& module, const data::FashionMNIST& set,
                                 std::int64_t steps) {
  optim::SGD optimizer{module.parameters(), {.lr = kSgdRate}};
  return train(net_of(module), by_optimizer(optimizer), set, steps);
}

/// What a network makes of the test set.
struct Test {
  train::ConfusionMatrix confusion{10};
  std::vector<double> losses;           // of each picture
  std::vector<std::int64_t> predicted;  // class of each picture

  Test(const Net& net, const data::FashionMNIST& set) {
    const NoGradGuard no_grad;
    data::DataLoader loader{set, {.batch_size = 1000}};
    for (auto& [X, y] : loader) {
      const Tensor logits = net(X);
      confusion.add(logits, y);
      const Tensor each = cross_entropy(logits, y, {.weight = {}, .reduction = Reduction::none});
      for (const float loss : each.to_vector<float>()) losses.push_back(loss);
      for (const std::int64_t c : logits.argmax(1).to_vector<std::int64_t>())
        predicted.push_back(c);
    }
  }
};

plot::Image picture(const data::FashionMNIST& set, std::int64_t i) {
  return plot::gray_image(set.get(i).x.flatten().to_vector<float>(), 28, 28);
}

/// Files, counts, statistics: all that can be said before training.
void tell_data(Lesson& lesson, const data::FashionMNIST& train, const data::FashionMNIST& test) {
  lesson.heading({.zh = "数据", .en = "The data"});
  const data::KnownDataset& known = data::known_dataset("fashion-mnist");
  const std::vector<std::string> begins{"c59f468a2f672dc8", "bad3541b69d91243", "5b4141f0afbad91e",
                                        "0402a96d92fd2663"};
  Column file{.name = "file", .title = {.zh = "文件", .en = "file"}};
  Column bytes{.name = "bytes",
               .title = {.zh = "字节数", .en = "bytes"},
               .expected = golden({"47040016", "60008", "7840016", "10008"})};
  Column sums{.name = "sha256", .title = both("SHA-256")};
  bool intact = true;
  const auto checks = data::verify_dataset(known, *train.source());
  for (std::size_t i = 0; i < checks.size(); ++i) {
    file.words.push_back(both(known.files[i].name));
    bytes.values.push_back(static_cast<double>(checks[i].bytes));
    sums.words.push_back(both(checks[i].sha256.substr(0, 16)));
    intact = intact && checks[i].complaint.empty() && checks[i].sha256.starts_with(begins[i]);
  }
  lesson.table({.name = "files",
                .title = {.zh = "四个文件（解压后）", .en = "The four files, unpacked"},
                .columns = {file, bytes, sums}});
  lesson.claim(intact, {.zh = "四个文件的 SHA-256 都与公布的一致",
                        .en = "The SHA-256 of all four files is the known one"});

  const Shape shape = train.get(0).x.shape();
  const auto statistics = train.pixel_statistics();
  lesson.numbers("picture", {.zh = "一张图像", .en = "One picture"},
                 {{{.zh = "通道数 C", .en = "channels C"}, double(shape[0]), printed("1")},
                  {{.zh = "高 H", .en = "height H"}, double(shape[1]), printed("28")},
                  {{.zh = "宽 W", .en = "width W"}, double(shape[2]), printed("28")},
                  {{.zh = "像素数", .en = "pixels"}, double(shape.numel()), printed("784")}});
  lesson.numbers(
      "pixels", {.zh = "训练像素，0 到 1", .en = "Training pixels, 0 to 1"},
      {{{.zh = "均值", .en = "mean"}, statistics.mean[0], golden("0.286041")},
       {{.zh = "标准差", .en = "standard deviation"}, statistics.std[0], golden("0.353024")}});
  const std::vector<Expected> six(10, golden("6000")), one(10, golden("1000"));
  lesson.table(
      {.name = "classes",
       .title = {.zh = "10 个类别", .en = "The 10 classes"},
       .columns = {
           {.name = "class", .title = {.zh = "类别", .en = "class"}, .words = class_names()},
           {.name = "train",
            .title = {.zh = "训练集", .en = "training set"},
            .values = numbers(train.class_counts()),
            .expected = six},
           {.name = "test",
            .title = {.zh = "测试集", .en = "test set"},
            .values = numbers(test.class_counts()),
            .expected = one}}});
  const auto first = [](const data::FashionMNIST& set) {
    return numbers(set.labels().narrow(0, 0, 10).to_vector<std::int64_t>());
  };
  Column place{.name = "i"};
  for (int i = 0; i < 10; ++i) place.values.push_back(i);
  lesson.table(
      {.name = "labels",
       .title = {.zh = "最前面的标签", .en = "The first labels"},
       .columns = {place,
                   {.name = "train",
                    .title = {.zh = "训练集", .en = "training set"},
                    .values = first(train),
                    .expected = golden({"9", "0", "0", "3", "0", "2", "7", "2", "5", "5"})},
                   {.name = "test",
                    .title = {.zh = "测试集", .en = "test set"},
                    .values = first(test),
                    .expected = golden({"9", "2", "1", "1", "6", "1", "4", "6", "5", "7"})}}});
  lesson.figure("samples", {.zh = "每个类别的前两张", .en = "The first two of each class"},
                [train](Language language) {
                  const auto labels = train.labels().to_vector<std::int64_t>();
                  const std::vector<std::string> names = class_names(language);
                  std::vector<plot::Sample> samples;
                  for (int nth = 0; nth < 2; ++nth)
                    for (std::int64_t c = 0; c < 10; ++c) {
                      auto at = std::find(labels.begin(), labels.end(), c);
                      if (nth == 1) at = std::find(at + 1, labels.end(), c);
                      samples.push_back({.image = picture(train, at - labels.begin()),
                                         .caption = names[static_cast<std::size_t>(c)]});
                    }
                  return plot::contact_sheet(samples, {.columns = 10, .tile = 84});
                });

  lesson.heading({.zh = "批", .en = "Batches"});
  data::DataLoader loader{train, {.batch_size = kBatch}};
  const std::int64_t last = train.size() - (loader.size() - 1) * kBatch;
  const std::int64_t lines = (loader.size() + 99) / 100;
  lesson.numbers(
      "batches", {.zh = "每批 64 张", .en = "64 pictures a batch"},
      {{{.zh = "每轮的批数", .en = "batches an epoch"}, double(loader.size()), golden("938")},
       {{.zh = "最后一批的张数", .en = "pictures in the last batch"}, double(last), golden("32")},
       {{.zh = "每轮输出的行数", .en = "lines printed an epoch"}, double(lines), golden("10")},
       {{.zh = "最后一行的进度", .en = "progress in the last line"},
        double((lines - 1) * 100 * kBatch),
        golden("57600")}});
}

/// The three ways, from their own first weights and from the same ones.
void tell_three_ways(Lesson& lesson, const data::FashionMNIST& train_set, std::uint64_t seed) {
  lesson.heading({.zh = "三种写法", .en = "Three ways"});
  lesson.text({.zh = "方法 1 用 `nn::Sequential`；方法 2 写自己的 `nn::Module`，用 `nn::Parameter` "
                     "定义参数；方法 3 只用张量，自己清零梯度、自己更新。",
               .en = "Way 1 is an `nn::Sequential`; way 2 a `nn::Module` of one's own, its "
                     "parameters defined as `nn::Parameter`; way 3 has tensors only and clears "
                     "gradients and updates by hand."});
  lesson.code(
      "// 1\n"
      "nn::Sequential net{nn::Flatten{}, nn::Linear{784, 512}, nn::ReLU{},\n"
      "                   nn::Linear{512, 512}, nn::ReLU{}, nn::Linear{512, 10}};\n"
      "// 2\n"
      "Tensor forward(const Tensor& x) override {\n"
      "  const Tensor H = maximum(matmul(flatten(x), W1) + b1, tensor(0.0));\n"
      "  return matmul(H, W2) + b2;\n"
      "}\n"
      "// 3\n"
      "for (Tensor& param : params) param.zero_grad();\n"
      "loss.backward();\n"
      "const NoGradGuard no_grad;\n"
      "for (Tensor& param : params) param -= param.grad() * lr;");
  const std::vector<Text> ways{{.zh = "方法 1", .en = "way 1"},
                               {.zh = "方法 2", .en = "way 2"},
                               {.zh = "方法 3", .en = "way 3"}};
  std::vector<std::vector<double>> first(3);
  for (int k = 0; k < kTrainings; ++k) {
    manual_seed(seed + static_cast<std::uint64_t>(k));
    nn::Sequential one = sequential();
    OwnModule two{Weights(1)};
    const std::vector<Tensor> three = bare_tensors(Weights(0.01));
    const NoGradGuard no_grad;
    first[0].push_back(train(net_of(one), {}, train_set, 1)[0]);
    first[1].push_back(train(net_of(two), {}, train_set, 1)[0]);
    first[2].push_back(train(net_of(three), {}, train_set, 1)[0]);
  }
  Column seeds{.name = "seed", .title = {.zh = "种子", .en = "seed"}};
  for (int k = 0; k < kTrainings; ++k) seeds.values.push_back(static_cast<double>(seed) + k);
  lesson.question({.zh = "方法 3 的初值接近 0，10 个类别几乎等概率。第一批的损失大约是多少？",
                   .en = "Way 3 starts close to 0, its 10 classes are almost equally likely. What "
                         "is the loss of the first batch, about?"},
                  first[2][0], 1);
  lesson.table({.name = "first_loss",
                .title = {.zh = "第一批的损失", .en = "Loss of the first batch"},
                .columns = {seeds,
                            {.name = "way1", .title = ways[0], .values = first[0], .digits = 3},
                            {.name = "way2", .title = ways[1], .values = first[1], .digits = 1},
                            {.name = "way3", .title = ways[2], .values = first[2], .digits = 3}}});
  const auto near_uniform = [](double loss) { return std::abs(loss - std::log(10.)) < 0.05; };
  lesson.claim(
      std::all_of(first[0].begin(), first[0].end(), near_uniform) &&
          std::all_of(first[2].begin(), first[2].end(), near_uniform),
      {.zh = "方法 1 与方法 3 从 `ln 10` 附近开始", .en = "Ways 1 and 3 begin close to `ln 10`"});
  lesson.claim(*std::min_element(first[1].begin(), first[1].end()) > 50,
               {.zh = "方法 2 的权值取自 `N(0, 1)`，输出太大，损失在 50 以上",
                .en = "Way 2 draws its weights from `N(0, 1)`: outputs are far too large, and the "
                      "loss is above 50"});

  manual_seed(seed);
  const Weights large(1), small(0.01);
  OwnModule two{large}, same{small};
  const std::vector<double> from_large = train_module(two, train_set, kSteps);
  const std::vector<double> by_module = train_module(same, train_set, kSteps);
  std::vector<Tensor> params = bare_tensors(small);
  const std::vector<double> by_tensors = train(net_of(params), by_hand(params), train_set, kSteps);
  nn::Sequential layers{
      nn::Flatten{}, {"fc1", nn::Linear{784, 256}}, nn::ReLU{}, {"fc2", nn::Linear{256, 10}}};
  layers.load_state_dict({{"fc1.weight", small.W1.T()},  // a Linear keeps (out, in)
                          {"fc1.bias", small.b1},
                          {"fc2.weight", small.W2.T()},
                          {"fc2.bias", small.b2}});
  const std::vector<double> by_layers = train_module(layers, train_set, kSteps);
  lesson.text(
      {.zh = "从同样的权值出发，三种写法的损失一步一步都相同：784-256-10，学习率 {}，不打乱。",
       .en = "From the same weights the three ways have the same losses step by step: "
             "784-256-10, learning rate {}, not shuffled."},
      kSgdRate);
  Column step{.name = "step", .title = {.zh = "步", .en = "step"}};
  std::vector<Column> columns(4);
  double gap = 0;
  for (std::size_t i = 0; i < by_tensors.size(); ++i) {
    for (const auto* other : {&by_layers, &by_module})
      gap = std::max(gap, std::abs((*other)[i] - by_tensors[i]) / by_tensors[i]);
    if (i % 20 != 0 && i + 1 != by_tensors.size()) continue;
    step.values.push_back(static_cast<double>(i));
    columns[0].values.push_back(by_layers[i]);
    columns[1].values.push_back(by_module[i]);
    columns[2].values.push_back(by_tensors[i]);
    columns[3].values.push_back(from_large[i]);
  }
  const std::vector<std::string> keys{"sequential", "module", "tensors", "large"};
  for (std::size_t k = 0; k < 4; ++k) {
    columns[k].name = keys[k];
    columns[k].title = k < 3 ? ways[k] : both("N(0, 1)");
    columns[k].digits = 4;
  }
  lesson.table({.name = "three_ways",
                .title = {.zh = "每步的损失；最后一列是方法 2 自己的权值",
                          .en = "Loss by step; the last column is way 2 from its own weights"},
                .columns = {step, columns[0], columns[1], columns[2], columns[3]}});
  lesson.claim(gap < 1e-5,
               {.zh = "三种写法的损失最多差 `1e-5`（相对）",
                .en = "The losses of the three ways differ by at most `1e-5`, relatively"});
  lesson.claim(from_large.back() < from_large.front() / 2 && by_tensors.back() < 1.5,
               {.zh = "100 步后，两种初值的损失都大大降低",
                .en = "After 100 steps both starts have a much lower loss"});
}

}  // namespace

Lesson fashion_mnist(const Options& options) {
  Lesson lesson;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  const data::FashionMNIST train_set{{.root = options.data_dir, .train = true}};
  const data::FashionMNIST test_set{{.root = options.data_dir, .train = false}};
  lesson.text({.zh = "Fashion-MNIST 的每个样本是一件衣物的灰度图像，要分到 10 个类别之一。",
               .en = "Every sample of Fashion-MNIST is a grey picture of a piece of clothing, to "
                     "be put into one of 10 classes."});
  tell_data(lesson, train_set, test_set);
  tell_three_ways(lesson, train_set, seed);

  lesson.heading({.zh = "训练一轮", .en = "One epoch"});
  manual_seed(seed);
  nn::Sequential net = sequential();
  std::vector<Tensor> params = bare_tensors(Weights(0.01));
  const auto count = [](const std::vector<Tensor>& all) {
    return std::accumulate(all.begin(), all.end(), 0., [](double sum, const Tensor& p) {
      return sum + static_cast<double>(p.numel());
    });
  };
  lesson.numbers("parameters", {.zh = "参数个数", .en = "Parameters"},
                 {{both("784-512-512-10"), count(net.parameters()), golden("669706")},
                  {both("784-256-10"), count(params), golden("203530")}});
  const std::vector<double> losses = train_module(net, train_set, -1);
  train(net_of(params), by_hand(params), train_set, kShort);
  const Test test(net_of(net), test_set);
  const Test other(net_of(params), test_set);
  Column seen{.name = "seen", .title = {.zh = "进度", .en = "progress"}};
  Column loss{.name = "loss", .title = {.zh = "损失", .en = "loss"}, .digits = 4};
  Column batch{.name = "batch"}, each{.name = "loss"};
  for (std::size_t i = 0; i < losses.size(); ++i) {
    batch.values.push_back(static_cast<double>(i));
    each.values.push_back(losses[i]);
    if (i % 100 != 0) continue;
    seen.values.push_back(static_cast<double>(i * kBatch));
    loss.values.push_back(losses[i]);
  }
  lesson.history({.name = "way1", .columns = {batch, each}});
  lesson.table({.name = "epoch",
                .title = {.zh = "方法 1，每 100 批一行", .en = "Way 1, a line every 100 batches"},
                .columns = {seen, loss}});
  lesson.figure(
      "loss", {.zh = "方法 1 每批的损失", .en = "Loss of way 1 by batch"},
      [losses](Language language) {
        const Text x{.zh = "批", .en = "batch"}, y{.zh = "损失", .en = "loss"};
        return plot::curves(
            {{.x_label = x.in(language),
              .y_label = y.in(language),
              .series =
                  {{.name = "784-512-512-10", .y = losses, .smoothing = 0.9, .markers = false}}}},
            {.panel_width = 640});
      });
  lesson.table({.name = "accuracy",
                .title = {.zh = "测试集上的正确率", .en = "Accuracy on the test set"},
                .columns = {{.name = "network",
                             .title = {.zh = "网络", .en = "network"},
                             .words = {both("784-512-512-10"), both("784-256-10")}},
                            {.name = "batches",
                             .title = {.zh = "训练的批数", .en = "batches trained"},
                             .values = {static_cast<double>(losses.size()), double(kShort)}},
                            {.name = "accuracy",
                             .title = {.zh = "正确率", .en = "accuracy"},
                             .values = {test.confusion.accuracy(), other.confusion.accuracy()},
                             .digits = 4}}});
  lesson.claim(test.confusion.accuracy() > 0.7 && other.confusion.accuracy() > 0.6,
               {.zh = "前者判对 70% 以上，后者 60% 以上",
                .en = "The first gets more than 70% right, the second more than 60%"});
  lesson.note({.zh = "课件的两个训练循环都不打乱样本，方法 2、3也不在测试集上测试。",
               .en = "Neither of the lecture's training loops shuffles its samples, and ways 2 and "
                     "3 are never tested."});
  {
    const NoGradGuard no_grad;
    data::DataLoader loader{train_set, {.batch_size = kBatch}};
    const data::Batch one = *loader.begin();
    const Tensor logits = net(one.x);
    const double mean = cross_entropy(logits, one.y).item();
    lesson.note({.zh = "方法 3 对损失再取 `.sum()`：损失已是均值，求和不改变它；"
                       "若改用 `reduction = none`，梯度就大 64 倍。",
                 .en = "Way 3 takes `.sum()` of the loss: that is a mean already and stays as it "
                       "is; with `reduction = none` the gradient would be 64 times as large."});
    lesson.numbers(
        "sum", {.zh = "一批的损失之和除以均值", .en = "The sum of the losses of a batch, in means"},
        {{both("mean().sum() / mean()"), cross_entropy(logits, one.y).sum().item() / mean,
          golden("1.0000")},
         {both("none().sum() / mean()"),
          cross_entropy(logits, one.y, {.weight = {}, .reduction = Reduction::none}).sum().item() /
              mean,
          golden("64.000")}});
  }

  lesson.heading({.zh = "错在哪里", .en = "Where it is wrong"});
  const auto scores = test.confusion.per_class();
  Column precision{.name = "precision", .title = {.zh = "精确率", .en = "precision"}, .digits = 3};
  Column recall{.name = "recall", .title = {.zh = "召回率", .en = "recall"}, .digits = 3};
  for (const train::ClassScores& score : scores) {
    precision.values.push_back(score.precision);
    recall.values.push_back(score.recall);
  }
  lesson.table(
      {.name = "per_class",
       .title = {.zh = "方法 1，每个类别", .en = "Way 1 by class"},
       .columns = {
           {.name = "class", .title = {.zh = "类别", .en = "class"}, .words = class_names()},
           precision,
           recall}});
  // Mistakes that take one upper garment for another.
  const std::vector<std::int64_t> tops{0, 2, 3, 4, 6};
  std::int64_t among_tops = 0, mistakes = 0;
  for (std::int64_t t = 0; t < 10; ++t)
    for (std::int64_t p = 0; p < 10; ++p) {
      if (t == p) continue;
      const auto is_top = [&](std::int64_t c) {
        return std::find(tops.begin(), tops.end(), c) != tops.end();
      };
      mistakes += test.confusion.count(t, p);
      if (is_top(t) && is_top(p)) among_tops += test.confusion.count(t, p);
    }
  lesson.claim(2 * among_tops > mistakes,
               {.zh = "一半以上的错误发生在 T恤、套衫、连衣裙、外套、衬衫之间：{} 个错误中的 {} 个",
                .en = "More than half of the mistakes are among t-shirt, pullover, dress, coat and "
                      "shirt: of {} mistakes, {}"},
               mistakes, among_tops);
  lesson.figure("confusion", {.zh = "混淆矩阵", .en = "Confusion matrix"},
                [confusion = test.confusion](Language language) {
                  std::vector<std::int64_t> counts;
                  for (std::int64_t t = 0; t < 10; ++t)
                    for (std::int64_t p = 0; p < 10; ++p) counts.push_back(confusion.count(t, p));
                  const Text row{.zh = "真实类别", .en = "true class"};
                  const Text column{.zh = "预测类别", .en = "predicted class"};
                  const Text share{.zh = "占该类的比例", .en = "share of the true class"};
                  return plot::confusion_matrix(counts, class_names(language),
                                                {.row_label = row.in(language),
                                                 .column_label = column.in(language),
                                                 .color_label = share.in(language)});
                });
  std::vector<std::size_t> order(test.losses.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::partial_sort(order.begin(), order.begin() + 16, order.end(),
                    [&](std::size_t a, std::size_t b) { return test.losses[a] > test.losses[b]; });
  order.resize(16);
  lesson.figure(
      "worst",
      {.zh = "损失最大的 16 张：真实 → 预测", .en = "The 16 largest losses: true → predicted"},
      [=](Language language) {
        const std::vector<std::string> names = class_names(language);
        std::vector<plot::Sample> samples;
        for (const std::size_t i : order) {
          const auto truth = test_set.labels()[static_cast<std::int64_t>(i)].item<std::int64_t>();
          samples.push_back(
              {.image = picture(test_set, static_cast<std::int64_t>(i)),
               .caption =
                   fmt::format("{} → {} {:.1f}", names[static_cast<std::size_t>(truth)],
                               names[static_cast<std::size_t>(test.predicted[i])], test.losses[i]),
               .wrong = true});
        }
        return plot::contact_sheet(samples, {.columns = 4, .tile = 200});
      });
  lesson.figure("weights",
                {.zh = "784-256-10 前 64 个隐含单元的权值，每个 28×28",
                 .en = "The weights of 64 hidden units of 784-256-10, each 28×28"},
                [W1 = params[0].detach()](Language language) {
                  const Text label{.zh = "权值", .en = "weight"};
                  const std::vector<float> tiles =
                      W1.T().narrow(0, 0, 64).contiguous().to_vector<float>();
                  return plot::weight_tiles(tiles, 64, 28, 28,
                                            {.columns = 16, .color_label = label.in(language)});
                });
  return lesson;
}

}  // namespace percept::lessons
