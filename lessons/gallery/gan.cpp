// Gallery, 2014: generative adversarial networks. The game, on a ring of eight clusters in the
// plane; gan_garments.cpp goes on with pictures.
#include "lessons/gallery/gan.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {

Tensor game_value(const Tensor& real_logits, const Tensor& fake_logits) {
  return mean(-softplus(-real_logits)) + mean(-softplus(fake_logits));
}

Players::Players(nn::Sequential generator, nn::Sequential discriminator, std::int64_t noise_size,
                 double rate)
    : G(std::move(generator)),
      D(std::move(discriminator)),
      noise(noise_size),
      learn_g(G.parameters(), {.lr = rate, .betas = {0.5, 0.999}}),
      learn_d(D.parameters(), {.lr = rate, .betas = {0.5, 0.999}}) {}

Tensor Players::generate(std::int64_t count, Generator& generator) {
  return G(randn({count, noise}, {}, &generator));
}

Move Players::move(const Tensor& x, Generator& generator) {
  const Tensor made = generate(x.size(0), generator);
  learn_d.zero_grad();
  const Tensor real = D(x), fake = D(made.detach());
  const Tensor value = game_value(real, fake);
  (-value).backward();
  learn_d.step();

  D.requires_grad_(false);  // only G learns
  learn_g.zero_grad();
  mean(softplus(-D(made))).backward();  // -log D(G(z))
  learn_g.step();
  D.requires_grad_();
  return {value.item(), sigmoid(real).mean().item(), sigmoid(fake).mean().item()};
}

namespace {

constexpr int kClusters = 8;
constexpr double kSpread = 0.1;  // standard deviation of a cluster; the ring's radius is 2
constexpr std::int64_t kNoiseSize = 8, kBatchSize = 256;

/// (8, 2): the clusters' centres on a circle.
Tensor ring_centers() {
  const Tensor angle = arange(kClusters).to(f32) * (2 * std::numbers::pi / kClusters);
  return stack({cos(angle), sin(angle)}, 1) * 2;
}

/// Real samples (count, 2).
Tensor ring_samples(std::int64_t count, Generator& generator) {
  const Tensor which = randint(0, kClusters, {count}, {.dtype = i64}, &generator);
  return index_select(ring_centers(), 0, which) + randn({count, 2}, {}, &generator) * kSpread;
}

nn::Sequential perceptron_of(std::int64_t inputs, std::int64_t outputs) {
  return {nn::Linear(inputs, 64), nn::ReLU{}, nn::Linear(64, 64), nn::ReLU{},
          nn::Linear(64, outputs)};
}

struct Game {
  Table history{.name = "game",
                .columns = {{.name = "step"},
                            {.name = "V"},
                            {.name = "d_real", .title = both("D(x)")},
                            {.name = "d_fake", .title = both("D(G(z))")}}};
  Tensor real, fake;  // (1000, 2), after the last step
};

/// How the generated samples lie: clusters that get at least a quarter of their due, and the share
/// of samples within four standard deviations of a centre.
struct Coverage {
  int clusters = 0;
  double near = 0;
};

Coverage coverage_of(const Tensor& samples) {
  Coverage found;
  std::vector<int> counts(kClusters, 0);
  const Tensor away = norm(samples.unsqueeze(1) - ring_centers(), 2, {2});  // (count, clusters)
  const auto [distance, which] = min(away, 1);
  const auto total = static_cast<double>(samples.size(0));
  for (std::int64_t i = 0; i < samples.size(0); ++i)
    if (distance.at<float>(i) < 4 * kSpread) {
      ++counts[static_cast<std::size_t>(which.at<std::int64_t>(i))];
      found.near += 1 / total;
    }
  for (const int count : counts) found.clusters += count >= total / kClusters / 4;
  return found;
}

Game play_game(int steps, Generator& generator) {
  Game game;
  Players players{perceptron_of(kNoiseSize, 2), perceptron_of(2, 1), kNoiseSize, 1e-3};
  for (int step = 0; step < steps; ++step) {
    const Move move = players.move(ring_samples(kBatchSize, generator), generator);
    if (step % 50 != 0) continue;
    const double row[] = {double(step), move.value, move.d_real, move.d_fake};
    for (std::size_t c = 0; c < 4; ++c) game.history.columns[c].values.push_back(row[c]);
  }
  const NoGradGuard no_grad;
  game.real = ring_samples(1000, generator);
  game.fake = players.generate(1000, generator);
  return game;
}

void tell_ring(Lesson& lesson, const Options& options) {
  lesson.heading({.zh = "圆上的八个簇", .en = "Eight clusters on a ring"});
  const int steps = options.full ? 20000 : 6000;
  Generator generator(static_cast<std::uint64_t>(options.seed));
  manual_seed(static_cast<std::uint64_t>(options.seed));
  const Game game = play_game(steps, generator);
  const Coverage found = coverage_of(game.fake);
  lesson.text(
      {.zh = "真实的样本在半径为 2 的圆上的 8 个簇里。常见的失败是模式坍塌：`G` 只生成其中几个簇。"
             "训练 {} 步，每步各一次。",
       .en = "Real samples lie in 8 clusters on a circle of radius 2. The usual failure is "
             "mode collapse: `G` makes some of the clusters only. Training takes {} steps "
             "of one move each."},
      steps);
  const auto& values = game.history.columns[1].values;
  double late = 0;  // V, mean of the last ten that were written down
  for (std::size_t i = values.size() - 10; i < values.size(); ++i) late += values[i] / 10;
  lesson.table({.name = "result",
                .title = {.zh = "最后", .en = "At the end"},
                .columns = {{.name = "data",
                             .title = {.zh = "数据", .en = "data"},
                             .words = {{"8 个簇", "8 clusters"}}},
                            {.name = "covered",
                             .title = {.zh = "生成了的簇", .en = "clusters made"},
                             .values = {double(found.clusters)}},
                            {.name = "V", .values = {late}, .digits = 3}}});
  lesson.claim(found.clusters == kClusters, {.zh = "8 个簇都生成了，没有模式坍塌",
                                             .en = "All 8 clusters are made: no mode collapse"});
  lesson.claim(
      found.near > 0.7,
      {.zh = "1000 个生成的样本中，至少 70% 在某个簇的 4 倍标准差之内",
       .en = "Of 1000 generated samples at least 70% are within 4 standard deviations of a "
             "cluster's centre"});
  lesson.figure("samples", {.zh = "真实的与生成的样本", .en = "Real and generated samples"},
                [real = game.real, fake = game.fake](Language language) {
                  const Tensor all = cat({real, fake});
                  std::vector<int> labels(1000, 0);
                  labels.resize(2000, 1);
                  return plot::scatter({.x = all.select(1, 0).to_vector<double>(),
                                        .y = all.select(1, 1).to_vector<double>(),
                                        .label = labels},
                                       {.class_names = {Text{"真实", "real"}.in(language),
                                                        Text{"生成", "generated"}.in(language)},
                                        .x_range = plot::Range{-3, 3},
                                        .y_range = plot::Range{-3, 3}});
                });
  lesson.figure(
      "game",
      {.zh = "训练中的 `V` 与 `D`，虚线为 `-ln 4`",
       .en = "`V` and `D` in training, the dashed line at `-ln 4`"},
      [history = game.history](Language language) {
        const auto& c = history.columns;
        const std::vector<double>& step = c[0].values;
        const std::string steps_label = Text{"训练步数", "steps"}.in(language);
        const std::vector<double> ends{step.front(), step.back()};
        return plot::curves(
            {{.x_label = steps_label,
              .y_label = "V",
              .series = {{.name = "V", .x = step, .y = c[1].values, .markers = false},
                         {.name = "-ln 4",
                          .x = ends,
                          .y = {-std::log(4.0), -std::log(4.0)},
                          .dash = plot::Dash::Dashed,
                          .markers = false}},
              .y_range = plot::Range{-1.6, -0.6}},
             {.x_label = steps_label,
              .y_label = "D",
              .series = {{.name = "D(x)", .x = step, .y = c[2].values, .markers = false},
                         {.name = "D(G(z))", .x = step, .y = c[3].values, .markers = false}},
              .y_range = plot::Range{0, 1}}});
      });
  lesson.history(game.history);
}

}  // namespace

Lesson adversarial(const Options& options) {
  Lesson lesson;
  lesson.text(
      {.zh =
           "Goodfellow 等人（2014）让两个网络对弈：生成器 `G` 把噪声变成样本，判别器 `D` 判断样本是"
           "真的还是生成的。`D` 的梯度教 `G` 骗过它，不需要写出概率密度。",
       .en = "Goodfellow and others (2014) let two networks play: the generator `G` turns "
             "noise into samples, the discriminator `D` judges whether a sample is real or "
             "generated. `D`'s gradient teaches `G` to deceive it, and no density has to "
             "be written down."});
  lesson.formula("V(D, G) = E log D(x) + E log(1 - D(G(z))),  minG maxD V");
  lesson.code(
      "const Tensor fake = G(randn({256, 8}));\n"
      "mean(softplus(-D(x)) + softplus(D(fake.detach()))).backward();  // D: -V\n"
      "mean(softplus(-D(fake))).backward();  // G: -log D");
  lesson.heading({.zh = "平衡点", .en = "Equilibrium"});
  lesson.text({.zh = "生成的分布与真实的相同时，最好的判别器只能猜：处处 `D = 0.5`，`V = -ln 4`。",
               .en = "Where the generated distribution equals the real one the best discriminator "
                     "can but guess: `D = 0.5` everywhere, and `V = -ln 4`."});
  const Tensor guess = zeros({16, 1}, {.dtype = f64});
  lesson.numbers("equilibrium", {.zh = "平衡点", .en = "Equilibrium"},
                 {{both("D"), sigmoid(guess).mean().item(), golden("0.5")},
                  {both("V"), game_value(guess, guess).item(), golden("-1.386294")},
                  {both("-ln 4"), -std::log(4.0), golden("-1.386294")}});

  tell_ring(lesson, options);
  tell_garment_games(lesson, options);
  return lesson;
}

}  // namespace percept::lessons
