// Gallery, 2006: autoencoders beside principal components, and a map of the code.
#include <algorithm>

#include "lessons/gallery/garments.h"
#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

/// 60 samples of 5 numbers, a formula.
Tensor five_waves() {
  const Tensor i = arange(60).to(f64).unsqueeze(1), j = arange(5).to(f64);
  return sin(i * 0.7 + j) + cos(i * 0.3 * (j + 1)) * 0.5 + sin(i * 1.9 * j) * 0.1;
}

double restore_error(const models::Pca& pca, const Tensor& x) {
  return mse_loss(pca.decode(pca.encode(x)), x).item();
}

void tell_linear(Lesson& lesson, std::uint64_t seed) {
  lesson.heading({.zh = "线性的自编码器就是主成分分析", .en = "A linear autoencoder is PCA"});
  lesson.text(
      {.zh =
           "60 个样本，每个 5 个数：`xᵢⱼ = sin(0.7i + j) + 0.5 cos(0.3i(j + 1)) + 0.1 sin(1.9ij)`。"
           "没有激活函数的自编码器 5-2-5 能做到的最好，就是主成分分析（PCA）舍去的方差。",
       .en = "60 samples of 5 numbers: `xᵢⱼ = sin(0.7i + j) + 0.5 cos(0.3i(j + 1)) + 0.1 "
             "sin(1.9ij)`. The best that an autoencoder 5-2-5 without activation can do is "
             "the variance that principal component analysis (PCA) leaves out."});
  const Tensor x = five_waves();
  const double residual = restore_error(models::pca(x, 2), x);
  manual_seed(seed);
  nn::Sequential net{{"encoder", nn::Linear(5, 2)}, {"decoder", nn::Linear(2, 5)}};
  net.to(f64);
  optim::Adam optimizer(net.parameters(), {.lr = 0.02});
  Table history{.name = "linear", .columns = {{.name = "step"}, {.name = "error"}}};
  for (int step = 0; step < 1000; ++step) {
    optimizer.zero_grad();
    const Tensor loss = mse_loss(net(x), x);
    if (step % 50 == 0) {
      history.columns[0].values.push_back(step);
      history.columns[1].values.push_back(loss.item());
    }
    loss.backward();
    optimizer.step();
  }
  const double reached = mse_loss(net(x), x).item();
  lesson.question({.zh = "训练之后，线性自编码器的均方误差是多少？",
                   .en = "What is the linear autoencoder's mean square error after training?"},
                  reached, 3);
  lesson.numbers(
      "linear", {.zh = "均方误差", .en = "Mean square error"},
      {{{.zh = "PCA，2 个分量", .en = "PCA, 2 components"}, residual, golden("0.079130")},
       {{.zh = "线性自编码器 5-2-5", .en = "linear autoencoder 5-2-5"},
        reached,
        golden("0.07913")}});
  lesson.history(history);
}

struct CoderSizes {
  std::vector<std::int64_t> hidden;  // of the encoder; the decoder has them in reverse
  std::int64_t code, pictures, judged, epochs, batch;
};
const CoderSizes kReducedCoder{{256}, 8, 6000, 1000, 12, 64};
const CoderSizes kFullCoder{{1000, 500, 250}, 30, 60000, 10000, 10, 128};

/// 784-…-code-…-784 with ReLU, the code linear, the picture by sigmoids.
nn::Sequential deep_autoencoder(const CoderSizes& size, std::int64_t code) {
  const std::vector<std::int64_t> reversed(size.hidden.rbegin(), size.hidden.rend());
  return {{"encoder", models::Mlp(784, code, {.hidden = size.hidden})},
          {"decoder", models::Mlp(code, 784, {.hidden = reversed})},
          {"output", nn::Sigmoid{}}};
}

struct TrainedCoder {
  nn::Sequential net;
  std::vector<double> errors;  // on the test set, after each epoch
};

TrainedCoder train_autoencoder(const CoderSizes& size, std::int64_t code, const Tensor& x,
                               const Tensor& test, std::uint64_t seed) {
  manual_seed(seed);
  TrainedCoder trained{.net = deep_autoencoder(size, code), .errors = {}};
  optim::Adam optimizer(trained.net.parameters());
  optim::CosineAnnealingLR schedule(optimizer, size.epochs);
  data::DataLoader loader(data::TensorDataset(x, x),
                          {.batch_size = size.batch, .shuffle = true, .seed = seed});
  for (std::int64_t epoch = 0; epoch < size.epochs; ++epoch) {
    for (auto& [picture, target] : loader) {
      optimizer.zero_grad();
      mse_loss(trained.net(picture), target).backward();
      optimizer.step();
    }
    schedule.step();
    const NoGradGuard no_grad;
    trained.errors.push_back(mse_loss(trained.net(test), test).item());
  }
  return trained;
}

/// Test pictures and what becomes of them, a row a method.
plot::Figure restored_sheet(const std::vector<Tensor>& rows, const std::vector<Text>& names,
                            Language language) {
  std::vector<plot::Sample> samples;
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::int64_t i = 0; i < rows[r].size(0); ++i)
      samples.push_back({.image = garment_picture(rows[r][i]), .caption = names[r].in(language)});
  return plot::contact_sheet(samples, {.columns = 10, .tile = 120});
}

plot::Figure code_map(const Tensor& code, const std::vector<std::int64_t>& classes,
                      const Text& title, Language language) {
  const std::vector<double> x = code.select(1, 0).to_vector<double>(),
                            y = code.select(1, 1).to_vector<double>();
  const std::vector<int> labels(classes.begin(), classes.end());
  return plot::scatter(
      {.x = x, .y = y, .label = labels},
      {.title = title.in(language), .class_names = garment_names(language), .size = 520});
}

void tell_pictures(Lesson& lesson, const Options& options) {
  const CoderSizes& size = options.full ? kFullCoder : kReducedCoder;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  const data::FashionMNIST train_set{{.root = options.data_dir, .train = true}},
      test_set{{.root = options.data_dir, .train = false}};
  const Tensor x = garments(train_set, size.pictures).x;
  const Garments test = garments(test_set, size.judged);
  std::string layers = "784";
  for (const std::int64_t units : size.hidden) layers += fmt::format("-{}", units);
  lesson.heading({.zh = "784 个像素，{} 个数", .en = "784 pixels, {} numbers"}, size.code);
  lesson.text(
      {.zh = "编码器 {0}-{1} 与反向的解码器，用 {2} 张图像训练 {3} 轮，在 {4} 张测试图像上与 {1} 个"
             "分量的 PCA 比较；再把 {1} 换成 2。当年用逐层预训练得到起点，今天 ReLU 与 Adam "
             "不需要它。",
       .en = "An encoder {0}-{1} and a decoder the other way round, trained on {2} pictures "
             "for {3} epochs, are compared with PCA of {1} components on {4} test "
             "pictures; then {1} becomes 2. At the time pre-training layer by layer gave "
             "the start; with ReLU and Adam it is not needed today."},
      layers, size.code, size.pictures, size.epochs, size.judged);
  lesson.code(
      "nn::Sequential net{models::Mlp(784, 30, {.hidden = {1000, 500, 250}}),\n"
      "                   models::Mlp(30, 784, {.hidden = {250, 500, 1000}}),\n"
      "                   nn::Sigmoid{}};\n"
      "mse_loss(net(x), x).backward();");
  Generator generator(seed);
  const models::Pca wide = models::pca(x, size.code, {.tolerance = 1e-6, .generator = &generator}),
                    flat = models::pca(x, 2, {.tolerance = 1e-6, .generator = &generator});
  const TrainedCoder deep = train_autoencoder(size, size.code, x, test.x, seed),
                     two = train_autoencoder(size, 2, x, test.x, seed);
  lesson.table(
      {.name = "result",
       .title = {.zh = "测试图像的均方误差，每像素",
                 .en = "Mean square error a pixel of test pictures"},
       .columns = {{.name = "code",
                    .title = {.zh = "编码", .en = "code"},
                    .words = {fill({"{} 个数", "{} numbers"}, size.code), {"2 个数", "2 numbers"}}},
                   {.name = "pca",
                    .title = both("PCA"),
                    .values = {restore_error(wide, test.x), restore_error(flat, test.x)},
                    .digits = 5},
                   {.name = "autoencoder",
                    .title = {.zh = "自编码器", .en = "autoencoder"},
                    .values = {deep.errors.back(), two.errors.back()},
                    .digits = 5}}});
  lesson.claim(deep.errors.back() < restore_error(wide, test.x),
               {.zh = "编码为 {} 个数时，自编码器的误差小于 PCA",
                .en = "With a code of {} the autoencoder's error is below PCA's"},
               size.code);
  lesson.claim(two.errors.back() < restore_error(flat, test.x),
               {.zh = "编码为 2 个数时也是", .en = "So it is with a code of 2"});

  TrainedCoder wide_net = deep, flat_net = two;
  const NoGradGuard no_grad;
  const Tensor seen = test.x.narrow(0, 0, 10);
  const std::vector<Tensor> rows{seen, wide_net.net(seen), wide.decode(wide.encode(seen)),
                                 flat_net.net(seen), flat.decode(flat.encode(seen))};
  lesson.figure("restored",
                {.zh = "测试图像与恢复的结果", .en = "Test pictures and what is restored of them"},
                [rows, code = size.code](Language language) {
                  return restored_sheet(rows,
                                        {{"输入", "input"},
                                         fill({"自编码器 {}", "autoencoder {}"}, code),
                                         fill(both("PCA {}"), code),
                                         {"自编码器 2", "autoencoder 2"},
                                         both("PCA 2")},
                                        language);
                });
  const std::int64_t shown = std::min<std::int64_t>(size.judged, 1000);
  const auto classes = test.y.narrow(0, 0, shown).to_vector<std::int64_t>();
  const Tensor places = flat_net.net["encoder"](test.x.narrow(0, 0, shown)),
               plane = flat.encode(test.x.narrow(0, 0, shown));
  lesson.figure(
      "map",
      {.zh = "2 个数的编码：每点一张测试图像，颜色为类别",
       .en = "The code of 2 numbers: each point a test picture, coloured by class"},
      [places, plane, classes](Language language) {
        return plot::grid({code_map(places, classes, {"自编码器", "autoencoder"}, language),
                           code_map(plane, classes, both("PCA"), language)});
      });
  Table history{
      .name = "errors",
      .columns = {
          {.name = "epoch"},
          {.name = "wide",
           .title = {.zh = "长的编码", .en = "the longer code"},
           .values = deep.errors},
          {.name = "flat", .title = {.zh = "2 个数", .en = "2 numbers"}, .values = two.errors}}};
  for (std::int64_t epoch = 1; epoch <= size.epochs; ++epoch)
    history.columns[0].values.push_back(static_cast<double>(epoch));
  lesson.history(history);
}

}  // namespace

Lesson autoencoder(const Options& options) {
  Lesson lesson;
  lesson.text({.zh =
                   "自编码器把输入压成很短的编码，再从编码恢复输入；目标就是输入本身，不需要标签。H"
                   "inton 与 "
                   "Salakhutdinov（Science，2006）训练了很深的自编码器，恢复得比主成分分析好得多。",
               .en = "An autoencoder presses its input into a short code and restores the input "
                     "from it; the target is the input itself, and no labels are needed. Hinton "
                     "and Salakhutdinov (Science, 2006) trained very deep ones, which restored far "
                     "more than principal component analysis."});
  lesson.note({.zh = "自联想网络在 2006 "
                     "年之前就有了（Rumelhart、Hinton、Williams，1986；Bourlard、Kamp，1988）；"
                     "2006 年的新意是深。",
               .en = "Auto-associative nets are older than 2006 (Rumelhart, Hinton, Williams, "
                     "1986; Bourlard, Kamp, 1988); what was new in 2006 is their depth."});
  lesson.formula("z = f(x),  x̂ = g(z),  L = |x - x̂|² / d");
  tell_linear(lesson, static_cast<std::uint64_t>(options.seed));
  tell_pictures(lesson, options);
  return lesson;
}

}  // namespace percept::lessons
