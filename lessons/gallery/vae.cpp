// Gallery, 2013: the variational autoencoder. A code with a distribution, and what it dreams up.
#include <algorithm>
#include <cmath>

#include "lessons/gallery/garments.h"
#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr std::int64_t kCode = 2;

/// KL(N(μ, σ²) ‖ N(0, 1)) = ½ Σ (μ² + σ² - 1 - log σ²), of each sample: (N, code) -> (N)
Tensor divergence(const Tensor& mu, const Tensor& log_variance) {
  return sum(square(mu) + exp(log_variance) - 1 - log_variance, {1}) * 0.5;
}

struct VaeSizes {
  std::vector<std::int64_t> hidden;
  std::int64_t pictures, judged, epochs;
};
const VaeSizes kSmallVae{{256}, 6000, 1000, 12}, kWholeVae{{512, 256}, 60000, 10000, 30};

struct Vae {
  models::Mlp encoder, decoder;  // 784 to mean and log variance; a code to the logits of 784 pixels

  explicit Vae(const VaeSizes& size)
      : encoder(784, 2 * kCode, {.hidden = size.hidden}),
        decoder(kCode, 784, {.hidden = {size.hidden.rbegin(), size.hidden.rend()}}) {}

  Tensor mean_code(const Tensor& x) { return encoder(x).narrow(1, 0, kCode); }

  /// The negative evidence bound's two parts, mean of the samples: what restoring x costs in nats,
  /// and what the code costs. One code is drawn for each sample, z = μ + σ ε.
  std::pair<Tensor, Tensor> costs(const Tensor& x, Generator& generator) {
    const Tensor both = encoder(x);
    const Tensor mu = both.narrow(1, 0, kCode), log_variance = both.narrow(1, kCode, kCode);
    const Tensor z = mu + exp(log_variance * 0.5) * randn(mu.shape(), {}, &generator);
    const Tensor restoring =
        binary_cross_entropy_with_logits(decoder(z), x, {.reduction = Reduction::sum}) /
        static_cast<double>(x.size(0));
    return {restoring, mean(divergence(mu, log_variance))};
  }
};

/// Codes on a square grid, at equal shares of the normal distribution: (side², 2).
Tensor quantile_grid(int side) {
  std::vector<float> z;
  std::vector<double> at;
  for (int i = 0; i < side; ++i) {
    const double share = (i + 0.5) / side;
    double low = -6, high = 6;  // bisection of Φ(z) = share
    for (int step = 0; step < 50; ++step) {
      const double middle = (low + high) / 2;
      (0.5 * std::erfc(-middle / std::sqrt(2.0)) < share ? low : high) = middle;
    }
    at.push_back(low);
  }
  for (int row = side - 1; row >= 0; --row)
    for (int column = 0; column < side; ++column) {
      z.push_back(static_cast<float>(at[static_cast<std::size_t>(column)]));
      z.push_back(static_cast<float>(at[static_cast<std::size_t>(row)]));
    }
  return from_vector(z, {side * side, kCode});
}

void tell_kl(Lesson& lesson) {
  lesson.heading({.zh = "编码的代价", .en = "What a code costs"});
  const auto kl = [](double mu, double log_variance) {
    return divergence(tensor({{mu}}, {.dtype = f64}), tensor({{log_variance}}, {.dtype = f64}))
        .item();
  };
  lesson.numbers("kl",
                 {.zh = "到标准正态分布的 KL 散度",
                  .en = "KL divergence from the standard normal distribution"},
                 {{both("μ = 0, log σ² = 0"), kl(0, 0), golden("0")},
                  {both("μ = 1, log σ² = 0"), kl(1, 0), golden("0.500000")},
                  {both("μ = 0.5, log σ² = -1"), kl(0.5, -1), golden("0.308940")},
                  {both("μ = -2, log σ² = 0.5"), kl(-2, 0.5), golden("2.074361")}});
}

void tell_training(Lesson& lesson, const Options& options) {
  const VaeSizes& size = options.full ? kWholeVae : kSmallVae;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  const data::FashionMNIST train_set{{.root = options.data_dir, .train = true}},
      test_set{{.root = options.data_dir, .train = false}};
  const Tensor x = garments(train_set, size.pictures).x;
  const Garments test = garments(test_set, size.judged);
  std::string layers = "784";
  for (const std::int64_t units : size.hidden) layers += fmt::format("-{}", units);
  lesson.heading({.zh = "两个数的编码", .en = "A code of two numbers"});
  lesson.text(
      {.zh =
           "编码器 {}，输出均值与对数方差；解码器反过来。{} 张图像，{} 轮；每像素的灰度看作为 1 的"
           "概率。",
       .en = "The encoder {} gives mean and log variance; the decoder goes the other way "
             "round. {} pictures, {} epochs; a pixel's gray is taken for the probability "
             "of 1."},
      layers, size.pictures, size.epochs);
  lesson.code(
      "const Tensor z = mu + exp(log_variance * 0.5) * randn(mu.shape());\n"
      "const Tensor restoring = binary_cross_entropy_with_logits(\n"
      "    decoder(z), x, {.reduction = Reduction::sum});\n"
      "const Tensor code =\n"
      "    sum(square(mu) + exp(log_variance) - 1 - log_variance) * 0.5;\n"
      "((restoring + code) / 64).backward();");
  manual_seed(seed);
  Generator generator(seed);
  Vae vae(size);
  std::vector<Tensor> parameters = vae.encoder.parameters();
  for (const Tensor& p : vae.decoder.parameters()) parameters.push_back(p);
  optim::Adam optimizer(parameters);
  data::DataLoader loader(data::TensorDataset(x),
                          {.batch_size = 64, .shuffle = true, .seed = seed});
  Column epochs{.name = "epoch", .title = {.zh = "训练轮数", .en = "epoch"}},
      restoring{.name = "restoring", .title = {.zh = "恢复", .en = "restoring"}, .digits = 2},
      code{.name = "code", .title = {.zh = "编码", .en = "code"}, .digits = 2},
      bound{.name = "bound", .title = {.zh = "总和", .en = "sum"}, .digits = 2};
  for (std::int64_t epoch = 1; epoch <= size.epochs; ++epoch) {
    for (auto& batch : loader) {
      optimizer.zero_grad();
      const auto [restore, spend] = vae.costs(batch.x, generator);
      (restore + spend).backward();
      optimizer.step();
    }
    const NoGradGuard no_grad;
    const auto [restore, spend] = vae.costs(test.x, generator);
    epochs.values.push_back(static_cast<double>(epoch));
    restoring.values.push_back(restore.item());
    code.values.push_back(spend.item());
    bound.values.push_back(restore.item() + spend.item());
  }
  const Table history{.name = "bound", .columns = {epochs, restoring, code, bound}};
  lesson.table(
      {.name = "result",
       .title = {.zh = "测试图像的证据下界取负，单位 nat",
                 .en = "The evidence bound of test pictures with the sign changed, in nats"},
       .columns = {{.name = "when",
                    .title = {.zh = "时刻", .en = "when"},
                    .words = {{"第一轮之后", "after the first epoch"}, {"最后", "at the end"}}},
                   {.name = "restoring",
                    .title = restoring.title,
                    .values = {restoring.values.front(), restoring.values.back()},
                    .digits = 2},
                   {.name = "code",
                    .title = code.title,
                    .values = {code.values.front(), code.values.back()},
                    .digits = 2},
                   {.name = "bound",
                    .title = bound.title,
                    .values = {bound.values.front(), bound.values.back()},
                    .digits = 2}}});
  lesson.claim(bound.values.back() < bound.values.front() - 5,
               {.zh = "总和在训练中下降", .en = "The sum falls in training"});

  constexpr int kSide = 12;
  const NoGradGuard no_grad;
  const Tensor dreams = sigmoid(vae.decoder(quantile_grid(kSide)));
  lesson.figure("dreams",
                {.zh = "解码器画出的编码平面：相邻的编码给出相似的图像",
                 .en = "The plane of codes as the decoder draws it: codes that are close give "
                       "pictures that are alike"},
                [dreams](Language) {
                  std::vector<plot::Sample> samples;
                  for (std::int64_t i = 0; i < dreams.size(0); ++i)
                    samples.push_back({.image = garment_picture(dreams[i])});
                  return plot::contact_sheet(samples, {.columns = kSide, .tile = 56});
                });
  const std::int64_t shown = std::min<std::int64_t>(size.judged, 1000);
  const Tensor places = vae.mean_code(test.x.narrow(0, 0, shown));
  const auto classes = test.y.narrow(0, 0, shown).to_vector<std::int64_t>();
  lesson.figure("map",
                {.zh = "测试图像的编码均值，颜色为类别",
                 .en = "Mean codes of test pictures, coloured by class"},
                [places, classes](Language language) {
                  const std::vector<double> a = places.select(1, 0).to_vector<double>(),
                                            b = places.select(1, 1).to_vector<double>();
                  const std::vector<int> labels(classes.begin(), classes.end());
                  return plot::scatter(
                      {.x = a, .y = b, .label = labels},
                      {.x_label = "z₁", .y_label = "z₂", .class_names = garment_names(language)});
                });
  lesson.history(history);
}

}  // namespace

Lesson variational(const Options& options) {
  Lesson lesson;
  lesson.text(
      {.zh = "Kingma 与 Welling（2013）给自编码器的编码一个分布：编码器给出均值 `μ` 与标准差 "
             "`σ`，编码"
             "从中抽取，并且不得离标准正态分布太远。于是从正态分布抽一个编码，解码器就能画出一张"
             "新的图像。",
       .en = "Kingma and Welling (2013) gave an autoencoder's code a distribution: the "
             "encoder puts out a mean `μ` and a standard deviation `σ`, the code is drawn "
             "from them, and must not stray far from the standard normal distribution. "
             "Then the decoder draws a new picture from any normally distributed code."});
  lesson.formula(
      "z = μ + σ ε,  ε ~ N(0, 1)\n"
      "-ELBO = -E log p(x | z) + ½ Σ (μ² + σ² - 1 - log σ²)");
  tell_kl(lesson);
  tell_training(lesson, options);
  return lesson;
}

}  // namespace percept::lessons
