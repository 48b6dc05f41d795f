// L20 Fashion-MNIST: the data, the three ways to write a network, and what a short training gives.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "lessons/L20_fashion_mnist.h"
#include "lessons/gallery/garments.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {

nn::Sequential wide_network() {
  return {nn::Flatten{},        nn::Linear{784, 512}, nn::ReLU{},
          nn::Linear{512, 512}, nn::ReLU{},           nn::Linear{512, 10}};
}

std::vector<double> train_in_order(nn::Module& net, const data::FashionMNIST& set,
                                   std::int64_t steps) {
  optim::SGD optimizer{net.parameters(), {.lr = kClothesRate}};
  data::DataLoader loader{set, {.batch_size = kClothesBatch}};
  std::vector<double> losses;
  for (auto& [X, y] : loader) {
    const Tensor loss = cross_entropy(net(X), y);
    losses.push_back(loss.item());
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    if (static_cast<std::int64_t>(losses.size()) == steps) break;
  }
  return losses;
}

namespace {

constexpr std::int64_t kShort = 300;  // steps of the smaller network

/// 784-256-10 with first weights from N(0, 0.01²) and biases 0.
nn::Sequential small_network() {
  nn::Sequential net{nn::Flatten{}, nn::Linear{784, 256}, nn::ReLU{}, nn::Linear{256, 10}};
  for (auto& [name, parameter] : net.named_parameters()) {
    if (name.ends_with("weight"))
      nn::init::normal_(parameter, 0, 0.01);
    else
      nn::init::zeros_(parameter);
  }
  return net;
}

std::vector<double> numbers(const std::vector<std::int64_t>& counts) {
  return {counts.begin(), counts.end()};
}

/// What a network makes of the test set.
struct Test {
  train::ConfusionMatrix confusion{10};
  std::vector<double> losses;           // of each picture
  std::vector<std::int64_t> predicted;  // class of each picture

  Test(nn::Module& net, const data::FashionMNIST& set) {
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
           {.name = "class", .title = {.zh = "类别", .en = "class"}, .words = garment_names()},
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
                  const std::vector<std::string> names = garment_names(language);
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
  data::DataLoader loader{train, {.batch_size = kClothesBatch}};
  const std::int64_t last = train.size() - (loader.size() - 1) * kClothesBatch;
  const std::int64_t lines = (loader.size() + 99) / 100;
  lesson.numbers(
      "batches", {.zh = "每批 64 张", .en = "64 pictures a batch"},
      {{{.zh = "每轮的批数", .en = "batches an epoch"}, double(loader.size()), golden("938")},
       {{.zh = "最后一批的张数", .en = "pictures in the last batch"}, double(last), golden("32")},
       {{.zh = "每轮输出的行数", .en = "lines printed an epoch"}, double(lines), golden("10")},
       {{.zh = "最后一行的进度", .en = "progress in the last line"},
        double((lines - 1) * 100 * kClothesBatch),
        golden("57600")}});
}

/// What the authors of the dataset list in its README.
void tell_submitted(Lesson& lesson) {
  lesson.text({.zh = "训练得久一些，能到多少？下面是数据集自己的 README 所列，由使用者提交，"
                     "数据集的作者没有核实；这里也没有重做。",
               .en = "How far does a longer training get? Below is what the dataset's own README "
                     "lists: sent in by users, not verified by its authors, and not repeated "
                     "here."});
  lesson.table(
      {.name = "submitted",
       .title = {.zh = "提交的正确率，未经核实", .en = "Accuracies as sent in, not verified"},
       .columns = {
           {.name = "classifier",
            .title = {.zh = "分类器", .en = "classifier"},
            .words = {both("MLP 256-128-100"),
                      {.zh = "2 个卷积层加池化，其一", .en = "2 convolutions + pooling, one"},
                      {.zh = "2 个卷积层加池化，另一", .en = "2 convolutions + pooling, another"},
                      {.zh = "人：1000 张，3 人中的多数",
                       .en = "humans: 1000 pictures, most of 3"}}},
           {.name = "accuracy",
            .title = {.zh = "正确率", .en = "accuracy"},
            .values = {0.883, 0.876, 0.916, 0.835},
            .digits = 3}}});
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
  tell_first_weights(lesson, train_set, test_set);

  lesson.heading({.zh = "训练一轮", .en = "One epoch"});
  manual_seed(seed);
  nn::Sequential net = wide_network(), small = small_network();
  const auto count = [](nn::Module& module) {
    return static_cast<double>(nn::summary(module, {1, 784}).parameters);
  };
  lesson.numbers("parameters", {.zh = "参数个数", .en = "Parameters"},
                 {{both("784-512-512-10"), count(net), golden("669706")},
                  {both("784-256-10"), count(small), golden("203530")}});
  const std::vector<double> losses = train_in_order(net, train_set, -1);
  train_in_order(small, train_set, kShort);
  const Test test(net, test_set);
  const Test other(small, test_set);
  Column seen{.name = "seen", .title = {.zh = "进度", .en = "progress"}};
  Column loss{.name = "loss", .title = {.zh = "损失", .en = "loss"}, .digits = 4};
  Column batch{.name = "batch"}, each{.name = "loss"};
  for (std::size_t i = 0; i < losses.size(); ++i) {
    batch.values.push_back(static_cast<double>(i));
    each.values.push_back(losses[i]);
    if (i % 100 != 0) continue;
    seen.values.push_back(static_cast<double>(i * kClothesBatch));
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
  tell_submitted(lesson);
  lesson.note({.zh = "课件的两个训练循环都不打乱样本，方法 2 和 3 也不在测试集上测试："
                     "方法 3 声明了 `test_acc_sum`，却没有用到。",
               .en = "Neither of the lecture's training loops shuffles its samples, and ways 2 and "
                     "3 are never tested: way 3 declares `test_acc_sum` and does not use it."});
  {
    const NoGradGuard no_grad;
    data::DataLoader loader{train_set, {.batch_size = kClothesBatch}};
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
           {.name = "class", .title = {.zh = "类别", .en = "class"}, .words = garment_names()},
           precision,
           recall}});
  lesson.figure(
      "per-class", {.zh = "每个类别的精确率与召回率", .en = "Precision and recall by class"},
      [precision, recall](Language language) {
        return plot::bars(garment_names(language),
                          {{.name = precision.title.in(language), .values = precision.values},
                           {.name = recall.title.in(language), .values = recall.values}},
                          {.y_range = plot::Range{0, 1.1}, .digits = 2});
      });
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
                  return plot::confusion_matrix(counts, garment_names(language),
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
        const std::vector<std::string> names = garment_names(language);
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
                [weight = small.parameters()[0].detach()](Language language) {
                  const Text label{.zh = "权值", .en = "weight"};
                  const std::vector<float> tiles = weight.narrow(0, 0, 64).to_vector<float>();
                  return plot::weight_tiles(
                      tiles, 64, 28, 28,
                      {.columns = 8, .pixel = 3, .color_label = label.in(language)});
                });
  return lesson;
}

}  // namespace percept::lessons
