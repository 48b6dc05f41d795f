// Gallery, 2014, second part: garments by two pairs of players, of fully connected layers and of
// convolutions, and a classifier that judges what they make.
#include <algorithm>
#include <cmath>

#include "lessons/gallery/gan.h"
#include "lessons/gallery/garments.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

struct GarmentGame {
  std::int64_t pictures;  // to learn from
  std::int64_t judged;    // of each kind, by the classifier
  std::int64_t classifier_epochs, mlp_epochs, conv_epochs;
  std::int64_t units, maps;  // of the players' widest layers
  double rate;
};
const GarmentGame kShortGame{10000, 1000, 5, 8, 3, 256, 32, 2e-3};
const GarmentGame kWholeGame{60000, 5000, 5, 16, 7, 512, 64, 2e-4};
constexpr std::int64_t kPictureNoise = 64, kGarmentBatch = 64;

/// Pictures (N, 784) in 0..1 to numbers in -1..1 and back.
Tensor spread_out(const Tensor& x) { return x * 2 - 1; }
Tensor drawn_back(const Tensor& x) { return (x + 1) / 2; }

/// The entropy of a histogram in nats: ln C where all C classes are as frequent.
double entropy_of(const Tensor& counts) {
  const Tensor p = counts.to(f64) / sum(counts.to(f64));
  return sum(where(p > 0, -p * log(p), 0)).item();
}

// -- the judge
/// 784 pixels to ten classes; its features, 64 numbers, are what the last layer sees.
nn::Sequential garment_classifier() {
  return {{"features",
           nn::Sequential{nn::Unflatten{1, {1, 28, 28}}, nn::Conv2d{1, 16, 3}, nn::ReLU{},
                          nn::MaxPool2d{2}, nn::Conv2d{16, 32, 3}, nn::ReLU{}, nn::MaxPool2d{2},
                          nn::Flatten{}, nn::Linear{32 * 25, 64}, nn::ReLU{}}},
          {"classes", nn::Linear{64, 10}}};
}

void train_classifier(nn::Sequential& net, const Garments& set, std::int64_t epochs,
                      std::uint64_t seed) {
  optim::Adam optimizer(net.parameters(), {.lr = 2e-3});
  optim::CosineAnnealingLR schedule(optimizer, epochs);
  data::DataLoader loader(data::TensorDataset(set.x, set.y),
                          {.batch_size = kGarmentBatch, .shuffle = true, .seed = seed});
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    for (auto& [x, y] : loader) {
      optimizer.zero_grad();
      cross_entropy(net(x), y).backward();
      optimizer.step();
    }
    schedule.step();
  }
}

/// What the classifier makes of pictures.
struct Opinion {
  Tensor classes;   // (N)
  Tensor shares;    // (10), of each class
  int covered = 0;  // classes that get at least a quarter of their due
  double entropy = 0, distance = 0;
};

struct Judge {
  nn::Sequential net;
  Tensor real;  // features of the pictures that others are compared with

  Opinion on(const Tensor& x) {
    const NoGradGuard no_grad;
    const Tensor features = net["features"](x);
    Opinion opinion;
    opinion.classes = argmax(net["classes"](features), 1);
    const Tensor counts = sum(one_hot(opinion.classes, 10), {0});
    opinion.shares = counts.to(f64) / static_cast<double>(x.size(0));
    opinion.covered = sum(opinion.shares >= 0.025).item<int>();
    opinion.entropy = entropy_of(counts);
    opinion.distance = models::frechet_distance(features, real);
    return opinion;
  }
};

// -- the players
Players connected_players(const GarmentGame& game) {
  const std::int64_t wide = game.units, half = game.units / 2;
  return {{nn::Linear{kPictureNoise, half}, nn::LeakyReLU{0.2}, nn::Linear{half, wide},
           nn::LeakyReLU{0.2}, nn::Linear{wide, 784}, nn::Tanh{}},
          {nn::Linear{784, wide}, nn::LeakyReLU{0.2}, nn::Dropout{0.3}, nn::Linear{wide, half},
           nn::LeakyReLU{0.2}, nn::Dropout{0.3}, nn::Linear{half, 1}},
          kPictureNoise,
          game.rate};
}

/// Strides instead of pooling, batch norm but at the picture, and LeakyReLU in D: as in the DCGAN
/// of Radford, Metz, Chintala, 2015.
Players convolutional_players(const GarmentGame& game) {
  const std::int64_t many = game.maps, few = game.maps / 2;
  const nn::ConvTransposeLayerOptions twice{.stride = 2, .padding = 1, .bias = false};
  const nn::ConvLayerOptions halved{.stride = 2, .padding = 1, .bias = false};
  return {{nn::Linear{kPictureNoise, many * 49, {.bias = false}}, nn::Unflatten{1, {many, 7, 7}},
           nn::BatchNorm2d{many}, nn::ReLU{}, nn::ConvTranspose2d{many, few, 4, twice},
           nn::BatchNorm2d{few}, nn::ReLU{},
           nn::ConvTranspose2d{few, 1, 4, {.stride = 2, .padding = 1}}, nn::Tanh{}, nn::Flatten{}},
          {nn::Unflatten{1, {1, 28, 28}}, nn::Conv2d{1, few, 4, {.stride = 2, .padding = 1}},
           nn::LeakyReLU{0.2}, nn::Conv2d{few, many, 4, halved}, nn::BatchNorm2d{many},
           nn::LeakyReLU{0.2}, nn::Flatten{}, nn::Linear{many * 49, 1}},
          kPictureNoise,
          game.rate};
}

struct Played {
  std::vector<double> distances;  // after each epoch
  Tensor made;                    // (judged, 784) in 0..1, at the end
};

Played play_garments(Players players, const Tensor& x, std::int64_t epochs, Judge& judge,
                     std::int64_t judged, std::uint64_t seed) {
  Played played;
  Generator generator(seed);
  data::DataLoader loader(
      data::TensorDataset(spread_out(x)),
      {.batch_size = kGarmentBatch, .shuffle = true, .drop_last = true, .seed = seed});
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    players.G.train();
    for (auto& batch : loader) players.move(batch.x, generator);
    players.G.eval();
    const NoGradGuard no_grad;
    played.made = drawn_back(players.generate(judged, generator));
    played.distances.push_back(judge.on(played.made).distance);
  }
  return played;
}

// -- telling
void tell_measures(Lesson& lesson) {
  lesson.text(
      {.zh = "生成的图像没有标签，也没有可比的原图。三个数衡量它们：分类器在其中认出几个类别（一个"
             "类别至少得到应有数目的四分之一才算）；类别直方图的熵，十类均匀时为 `ln 10`；以及特征"
             "的 Fréchet 距离，两组特征各看作正态分布，均值为 `m`，协方差矩阵为 `C`。",
       .en = "Generated pictures have no labels and no originals to be compared with. Three "
             "numbers measure them: how many classes the classifier finds in them (a class "
             "counts if it gets at least a quarter of its due); the entropy of the classes' "
             "histogram, `ln 10` when all ten are as frequent; and the Fréchet distance of "
             "features, where either set counts as normally distributed, with mean `m` and "
             "covariance matrix `C`."});
  lesson.formula("d² = |m - m'|² + tr(C + C' - 2 (C C')^½)");
  lesson.text(
      {.zh = "先用能独立验算的数检查：`xᵢ = (sin i, cos 2i)` 与 `yᵢ = (1 + 2 sin 3i, cos i)`，"
             "`i` 从 0 到 49。",
       .en = "First a check with numbers that can be computed independently: `xᵢ = (sin i, "
             "cos 2i)` and `yᵢ = (1 + 2 sin 3i, cos i)`, `i` from 0 to 49."});
  const Tensor i = arange(50).to(f64);
  const Tensor x = stack({sin(i), cos(i * 2)}, 1), y = stack({sin(i * 3) * 2 + 1, cos(i)}, 1);
  lesson.numbers(
      "measures", {.zh = "两种度量", .en = "Two of the measures"},
      {{{.zh = "十类各 7 个的熵", .en = "entropy of 7 in each of ten classes"},
        entropy_of(full({10}, 7)),
        golden("2.302585")},
       {{.zh = "一类 3 个、另一类 1 个的熵", .en = "entropy of 3 in one and 1 in another"},
        entropy_of(tensor({3, 1, 0})),
        golden("0.562335")},
       {both("d²(x, y)"), models::frechet_distance(x, y), golden("1.452050")},
       {both("d²(x, x)"), models::frechet_distance(x, x), golden("0.000000")}});
}

struct Judged {
  Text name;
  Tensor pictures;
  Opinion opinion;
};

Table opinions_table(const std::vector<Judged>& all) {
  Column name{.name = "pictures", .title = {.zh = "图像", .en = "pictures"}},
      covered{.name = "covered", .title = {.zh = "类别数", .en = "classes"}},
      entropy{.name = "entropy", .title = {.zh = "熵", .en = "entropy"}, .digits = 3},
      distance{.name = "distance",
               .title = {.zh = "Fréchet 距离", .en = "Fréchet distance"},
               .digits = 2};
  for (const Judged& judged : all) {
    name.words.push_back(judged.name);
    covered.values.push_back(judged.opinion.covered);
    entropy.values.push_back(judged.opinion.entropy);
    distance.values.push_back(judged.opinion.distance);
  }
  return {.name = "result_garments",
          .title = {.zh = "分类器的评判", .en = "What the classifier says"},
          .columns = {name, covered, entropy, distance}};
}

/// Two rows of the first three, with the classes that were found.
plot::Figure opinions_sheet(const std::vector<Judged>& all, Language language) {
  std::vector<plot::Sample> samples;
  for (const Judged& judged : {all[0], all[1], all[2]})
    for (std::int64_t i = 0; i < 20; ++i) {
      const auto found = static_cast<std::size_t>(judged.opinion.classes.at<std::int64_t>(i));
      samples.push_back({.image = garment_picture(judged.pictures[i]),
                         .caption = garment_names(language)[found]});
    }
  return plot::contact_sheet(samples, {.columns = 10, .tile = 84});
}

}  // namespace

void tell_garment_games(Lesson& lesson, const Options& options) {
  const GarmentGame& game = options.full ? kWholeGame : kShortGame;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  const data::FashionMNIST train_set{{.root = options.data_dir, .train = true}},
      test_set{{.root = options.data_dir, .train = false}};
  const Garments train = garments(train_set, game.pictures),
                 test = garments(test_set, 2 * game.judged);
  lesson.heading({.zh = "评判图像的分类器", .en = "A classifier as the judge"});
  tell_measures(lesson);
  manual_seed(seed);
  Judge judge{garment_classifier(), {}};
  train_classifier(judge.net, train, game.classifier_epochs, seed);
  double accuracy = 0;
  {
    const NoGradGuard no_grad;
    accuracy = train::accuracy(judge.net(test.x), test.y);
    judge.real = judge.net["features"](test.x.narrow(0, 0, game.judged));
  }
  lesson.text(
      {.zh = "评判者是一个小的卷积网络，用 {} 张图像训练 {} 轮，在 {} 张测试图像上的正确率为 "
             "{:.3f}；特征是它最后一层的 64 个输入，与前 {} 张测试图像的相比。",
       .en = "The judge is a small convolutional network, trained on {} pictures for {} "
             "epochs; its accuracy on {} test pictures is {:.3f}. Features are the 64 inputs "
             "of its last layer, compared with those of the first {} test pictures."},
      game.pictures, game.classifier_epochs, 2 * game.judged, accuracy, game.judged);

  lesson.heading({.zh = "画衣物", .en = "Drawing garments"});
  lesson.text(
      {.zh =
           "两对网络从 {} 个正态随机数画图，每步 {} 张。一对用全连接层，{}-{}-784 与 784-{}-{}-1，"
           "训练 {} 轮；一对用卷积，如 DCGAN（Radford、Metz、Chintala，2015）：步长 2 的转置卷积"
           "把 7×7 放大到 14×14，再到 28×28，`D` 反过来，最多 {} 个特征图，训练 {} 轮。",
       .en = "Two pairs of networks draw from {} normal random numbers, {} pictures a step. One "
             "is of fully connected layers, {}-{}-784 and 784-{}-{}-1, trained for {} epochs; the "
             "other of convolutions, as the DCGAN (Radford, Metz, Chintala, 2015): transposed "
             "convolutions of stride 2 enlarge 7×7 to 14×14 and to 28×28, and `D` goes the other "
             "way round, with {} maps at most, trained for {} epochs."},
      kPictureNoise, kGarmentBatch, game.units / 2, game.units, game.units, game.units / 2,
      game.mlp_epochs, game.maps, game.conv_epochs);
  lesson.code(
      "nn::Sequential G{nn::Linear{64, 64 * 49}, nn::Unflatten{1, {64, 7, 7}},\n"
      "    nn::BatchNorm2d{64}, nn::ReLU{},\n"
      "    nn::ConvTranspose2d{64, 32, 4, {.stride = 2, .padding = 1}},\n"
      "    nn::BatchNorm2d{32}, nn::ReLU{},\n"
      "    nn::ConvTranspose2d{32, 1, 4, {.stride = 2, .padding = 1}},\n"
      "    nn::Tanh{}};");
  const Played connected = play_garments(connected_players(game), train.x, game.mlp_epochs, judge,
                                         game.judged, seed),
               convolved = play_garments(convolutional_players(game), train.x, game.conv_epochs,
                                         judge, game.judged, seed);
  Generator generator(seed);
  std::vector<Judged> all{
      {{"全连接层", "fully connected"}, connected.made, {}},
      {{"卷积", "convolutions"}, convolved.made, {}},
      {{"另一些真实图像", "other real pictures"}, test.x.narrow(0, game.judged, game.judged), {}},
      {{"噪声", "noise"}, rand({game.judged, 784}, {}, &generator), {}}};
  for (Judged& judged : all) judged.opinion = judge.on(judged.pictures);
  lesson.table(opinions_table(all));
  const Opinion &mlp = all[0].opinion, &conv = all[1].opinion, &real = all[2].opinion,
                &noise = all[3].opinion;
  lesson.claim(
      real.distance < conv.distance && conv.distance < noise.distance / 5 &&
          real.distance < mlp.distance && mlp.distance < noise.distance / 5,
      {.zh = "两对网络的图像离真实图像比噪声近得多（距离不到五分之一），但不如另一些真实图像"
             "近",
       .en = "Either pair's pictures are much closer to real ones than noise is (less than "
             "a fifth of the distance), but not as close as other real ones"});
  if (options.full)
    lesson.claim(mlp.covered == 10 && conv.covered == 10,
                 {.zh = "两对网络都画出了全部 10 个类别",
                  .en = "Either pair draws garments of all 10 classes"});
  lesson.figure(
      "garments",
      {.zh = "每两行：全连接层、卷积、真实图像；下面是分类器认出的类别",
       .en = "Two rows each: fully connected, convolutions, real pictures; below each the "
             "class that the classifier finds"},
      [all](Language language) { return opinions_sheet(all, language); });
  lesson.figure("distance",
                {.zh = "训练中的 Fréchet 距离，虚线为另一些真实图像的",
                 .en = "Fréchet distance in training, the dashed line that of other real pictures"},
                [connected, convolved, all](Language language) {
                  const auto last = static_cast<double>(
                      std::max(connected.distances.size(), convolved.distances.size()));
                  const double level = all[2].opinion.distance;
                  return plot::curves(
                      {{.x_label = Text{"训练轮数", "epoch"}.in(language),
                        .y_label = Text{"Fréchet 距离", "Fréchet distance"}.in(language),
                        .series = {{.name = all[0].name.in(language), .y = connected.distances},
                                   {.name = all[1].name.in(language), .y = convolved.distances},
                                   {.name = all[2].name.in(language),
                                    .x = {1, last},
                                    .y = {level, level},
                                    .dash = plot::Dash::Dashed,
                                    .markers = false}},
                        .whole_x = true,
                        .log_y = true}},
                      {.panel_width = 620});
                });
  lesson.figure("classes",
                {.zh = "类别的份额，应各为 0.1", .en = "Shares of the classes, 0.1 each is due"},
                [all](Language language) {
                  std::vector<plot::BarSeries> shares;
                  for (std::size_t k = 0; k < 3; ++k)
                    shares.push_back({.name = all[k].name.in(language),
                                      .values = all[k].opinion.shares.to_vector<double>()});
                  return plot::bars(garment_names(language), shares,
                                    {.y_label = Text{"份额", "share"}.in(language), .digits = 0});
                });
  for (const auto& [name, played] :
       {std::pair("connected", &connected), std::pair("convolutional", &convolved)}) {
    Table history{.name = name, .columns = {{.name = "epoch"}, {.name = "distance"}}};
    for (const double distance : played->distances) {
      history.columns[0].values.push_back(
          static_cast<double>(history.columns[1].values.size() + 1));
      history.columns[1].values.push_back(distance);
    }
    lesson.history(history);
  }
}

}  // namespace percept::lessons
