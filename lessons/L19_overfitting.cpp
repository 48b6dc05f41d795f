// L19 Is a lower loss better? Two fits judged by points they have not seen; weight decay and early
// stopping as cures.
#include <numbers>

#include "lessons/lesson.h"
#include "lessons/plane.h"
#include "percept/percept.h"

namespace percept::lessons {
namespace {

constexpr double kAdamRate = 0.0015;
constexpr std::int64_t kLongestRun = 10000;

/// Two classes along two half circles that reach into each other, blurred: x f32 (count, 2).
data::TensorDataset moons(std::int64_t count, Generator& random) {
  const std::int64_t half = count / 2;
  const Tensor s = rand({half}, {}, &random) * std::numbers::pi;
  const Tensor t = rand({half}, {}, &random) * std::numbers::pi;
  const Tensor centers = cat({stack({cos(s), sin(s)}, 1), stack({1 - cos(t), 0.5 - sin(t)}, 1)});
  return data::TensorDataset(centers + randn({count, 2}, {}, &random) * 0.25,
                             cat({zeros({half}, {.dtype = i64}), ones({half}, {.dtype = i64})}));
}

/// The training set, the validation set that may decide when to stop, and the test set that only
/// judges.
struct Sets {
  Generator random;
  data::TensorDataset training, validation, test;

  explicit Sets(std::uint64_t seed)
      : random(seed),
        training(moons(60, random)),
        validation(moons(200, random)),
        test(moons(200, random)) {}
};

double loss_of(nn::Sequential& net, const data::TensorDataset& set) {
  const NoGradGuard no_grad;
  return cross_entropy(net(set.x()), set.y()).item();
}

double errors_of(nn::Sequential& net, const data::TensorDataset& set) {
  const NoGradGuard no_grad;
  return (net(set.x()).argmax(1) != set.y()).sum().item();
}

nn::Sequential network(std::uint64_t seed) {
  manual_seed(seed);
  return {nn::Linear{2, 32}, nn::ReLU{}, nn::Linear{32, 32}, nn::ReLU{}, nn::Linear{32, 2}};
}

/// One training of the network, every step with the whole training set.
struct Training {
  nn::Sequential net;
  optim::Adam optimizer;
  train::Trainer trainer;
  data::DataLoader training, validation;

  Training(const Sets& sets, std::uint64_t seed, double weight_decay, std::int64_t epochs)
      : net(network(seed)),
        optimizer(net.parameters(), {.lr = kAdamRate, .weight_decay = weight_decay}),
        trainer(net, nn::CrossEntropyLoss{}, optimizer, {.epochs = epochs}),
        training(sets.training, {.batch_size = sets.training.size()}),
        validation(sets.validation, {.batch_size = sets.validation.size()}) {}
};

/// Ends a training when the loss on a set has come down to `limit`.
struct StopAt : train::Callback {
  const data::TensorDataset& set;
  double limit;

  StopAt(const data::TensorDataset& set, double limit) : set(set), limit(limit) {}
  void on_epoch_end(train::Trainer& trainer, const train::EpochResult&) override {
    if (loss_of(dynamic_cast<nn::Sequential&>(trainer.model()), set) <= limit) trainer.stop();
  }
};

/// Keeps the network as it was when the validation loss was lowest.
struct KeepBest : train::Callback {
  nn::Sequential best;
  void on_epoch_end(train::Trainer& trainer, const train::EpochResult& result) override {
    if (result.best) best = dynamic_cast<nn::Sequential&>(trainer.model());
  }
};

struct Fit {
  nn::Sequential net;
  std::int64_t epochs;
};

/// Two moments of one training: its loss is 0.125, and 0.000, after rounding to three decimals.
struct TwoFits {
  Fit loose, tight;
  std::vector<train::EpochResult> history;
};

TwoFits two_fits(const Sets& sets, std::uint64_t seed) {
  Training run(sets, seed, 0, kLongestRun);
  const auto stop = std::make_shared<StopAt>(sets.training, 0.1255);
  run.trainer.add(stop);
  run.trainer.fit(run.training, &run.validation);
  const Fit loose{run.net, run.trainer.progress().epoch};
  stop->limit = 0.0005;
  run.trainer.fit(run.training, &run.validation);
  return {loose, {run.net, run.trainer.progress().epoch}, run.trainer.progress().history};
}

/// Early stopping: the network of the lowest validation loss, found once `patience` epochs have
/// not gone below it.
Fit stopped_early(const Sets& sets, std::uint64_t seed, std::int64_t patience) {
  Training run(sets, seed, 0, kLongestRun);
  const auto keep = std::make_shared<KeepBest>();
  run.trainer.add(keep);
  run.trainer.add(std::make_shared<train::EarlyStopping>(patience));
  run.trainer.fit(run.training, &run.validation);
  return {keep->best, run.trainer.progress().best_epoch};
}

Fit decayed(const Sets& sets, std::uint64_t seed, double weight_decay) {
  constexpr std::int64_t kEpochs = 3000;
  Training run(sets, seed, weight_decay, kEpochs);
  run.trainer.fit(run.training);
  return {run.net, kEpochs};
}

double squared_weights(nn::Sequential& net) {
  const NoGradGuard no_grad;
  double sum = 0;
  for (const Tensor& parameter : net.parameters()) sum += parameter.pow(2).sum().item();
  return sum;
}

plot::Figure picture(nn::Sequential net, const data::TensorDataset& set, const Text& title,
                     Language language) {
  const std::vector<std::int64_t> classes = set.y().to_vector<std::int64_t>();
  const Text wrong{.zh = "错分", .en = "misclassified"};
  const Text boundary{.zh = "决策面", .en = "decision surface"};
  const Text names{.zh = "类别 {}", .en = "class {}"};
  return plane([&](const Tensor& x) { return softmax(net(x.to(f32)), 1).select(1, 1); },
               set.x().to(f64), std::vector<int>(classes.begin(), classes.end()), {-1.9, 2.9},
               {-1.7, 2.1},
               {.title = title.in(language),
                .x_label = "x₁",
                .y_label = "x₂",
                .class_names = {fill(names, 0).in(language), fill(names, 1).in(language)},
                .wrong_label = wrong.in(language),
                .boundary_label = boundary.in(language),
                .levels = {0.9},
                .size = 520});
}

}  // namespace

Lesson overfitting(const Options& options) {
  Lesson lesson;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  lesson.text({.zh = "训练的目的不是让训练集上的损失最低，而是在没见过的样本上做得好，即泛化。"
                     "本课让同一个网络在同一批样本上得到两个拟合，再用没见过的点来评判。",
               .en = "The aim of training is not the lowest loss on the training set but to do "
                     "well on samples never seen, that is, to generalise. Here one network gives "
                     "two fits to the same samples, and unseen points judge them."});

  lesson.heading({.zh = "两个拟合", .en = "Two fits"});
  const Sets sets(seed);
  TwoFits fits = two_fits(sets, seed);
  nn::Sequential &loose = fits.loose.net, &tight = fits.tight.net;
  lesson.text({.zh = "两个类别各沿一段半圆分布，彼此交叠（随机种子 {}）。训练集有 {} 个样本，"
                     "网络为 2-32-32-2。课件只给出两个损失；这里训练到损失为 0.125 "
                     "时记下一个拟合，再继续训练到 0.000。",
               .en = "Two classes lie along half circles and overlap (random seed {}). The "
                     "training set has {} samples, the network is 2-32-32-2. The lecture gives "
                     "only the two losses; here training pauses at a loss of 0.125 for one fit, "
                     "then goes on to 0.000 for the other."},
              seed, sets.training.size());
  const std::vector<Text> names{{.zh = "拟合甲", .en = "fit A"}, {.zh = "拟合乙", .en = "fit B"}};
  const Column which{.name = "fit", .title = {.zh = "拟合", .en = "fit"}, .words = names};
  lesson.table(
      {.name = "training",
       .title = {.zh = "训练集上", .en = "On the training set"},
       .columns = {which,
                   {.name = "epochs",
                    .title = {.zh = "训练轮数", .en = "epochs"},
                    .values = {static_cast<double>(fits.loose.epochs),
                               static_cast<double>(fits.tight.epochs)}},
                   {.name = "errors",
                    .title = {.zh = "错分", .en = "errors"},
                    .values = {errors_of(loose, sets.training), errors_of(tight, sets.training)}},
                   {.name = "loss",
                    .title = {.zh = "损失", .en = "loss"},
                    .values = {loss_of(loose, sets.training), loss_of(tight, sets.training)},
                    .digits = 4,
                    .expected = printed({"0.125", "0.000"})}}});
  const auto figure = [&](const char* name, const Fit& fit, const data::TensorDataset& set,
                          const Text& caption) {
    lesson.figure(name, caption, [net = fit.net, set, caption](Language language) {
      return picture(net, set, caption, language);
    });
  };
  figure("loose-training", fits.loose, sets.training,
         {.zh = "拟合甲与训练集", .en = "Fit A and the training set"});
  figure("tight-training", fits.tight, sets.training,
         {.zh = "拟合乙与训练集", .en = "Fit B and the training set"});

  lesson.heading({.zh = "没见过的点", .en = "Unseen points"});
  lesson.text({.zh = "测试集有 {} 个点，训练中从未用过。先猜一猜，再往下看。",
               .en = "The test set has {} points that training never used. Guess before you read "
                     "on."},
              sets.test.size());
  lesson.question({.zh = "拟合乙在测试集上错分多少个点？",
                   .en = "How many points of the test set does fit B get wrong?"},
                  errors_of(tight, sets.test), -1);
  lesson.table({.name = "test",
                .title = {.zh = "测试集上", .en = "On the test set"},
                .columns = {which,
                            {.name = "errors",
                             .title = {.zh = "错分", .en = "errors"},
                             .values = {errors_of(loose, sets.test), errors_of(tight, sets.test)}},
                            {.name = "loss",
                             .title = {.zh = "损失", .en = "loss"},
                             .values = {loss_of(loose, sets.test), loss_of(tight, sets.test)},
                             .digits = 4}}});
  lesson.text({.zh = "拟合乙在训练集上没有错，边界却绕着个别的点走；在新的点上它错得更有把握，"
                     "损失因此更高。这就是过拟合。",
               .en = "Fit B makes no error on the training set, but its boundary runs around "
                     "single points; on new points it is wrong with more confidence, and its loss "
                     "is higher. This is over-fitting."});
  figure("loose-test", fits.loose, sets.test,
         {.zh = "拟合甲与测试集", .en = "Fit A and the test set"});
  figure("tight-test", fits.tight, sets.test,
         {.zh = "拟合乙与测试集", .en = "Fit B and the test set"});

  lesson.heading({.zh = "提前终止", .en = "Early stopping"});
  constexpr std::int64_t kPatience = 200;
  Fit early = stopped_early(sets, seed, kPatience);
  lesson.text({.zh = "训练集上的损失一直下降，验证集上的损失先降后升。验证集的损失连续 {} 轮"
                     "不再降低就停止，取最低时的参数：第 {} 轮。",
               .en = "The loss on the training set keeps falling, that on the validation set falls "
                     "and then rises. Training stops when the validation loss has not come down "
                     "for {} epochs, and the parameters of its lowest point are kept: epoch {}."},
              kPatience, early.epochs);
  std::vector<double> epochs, training, validation;
  for (const train::EpochResult& result : fits.history) {
    epochs.push_back(static_cast<double>(result.epoch));
    training.push_back(result.loss);
    validation.push_back(result.val_loss);
  }
  lesson.history({.name = "training",
                  .columns = {{.name = "epoch", .values = epochs},
                              {.name = "loss", .values = training},
                              {.name = "val_loss", .values = validation}}});
  lesson.figure(
      "losses",
      {.zh = "训练集与验证集的损失，以及停止的位置",
       .en = "Loss on the training and the validation set, and where to stop"},
      [=, stop = static_cast<double>(early.epochs)](Language language) {
        const Text title{.zh = "损失越低越好吗？", .en = "Is a lower loss better?"};
        const Text x{.zh = "训练轮数", .en = "epoch"}, y{.zh = "损失", .en = "loss"};
        const Text on_training{.zh = "训练集", .en = "training set"};
        const Text on_validation{.zh = "验证集", .en = "validation set"};
        const Text stopping{.zh = "提前终止", .en = "early stopping"};
        return plot::curves(
            {{.title = title.in(language),
              .x_label = x.in(language),
              .y_label = y.in(language),
              .series = {{.name = on_training.in(language), .x = epochs, .y = training},
                         {.name = on_validation.in(language), .x = epochs, .y = validation},
                         {.name = stopping.in(language),
                          .x = {stop, stop},
                          .y = {training.back(),
                                *std::max_element(validation.begin(), validation.end())},
                          .markers = false}},
              .log_x = true,
              .log_y = true}},
            {.panel_width = 640});
      });

  lesson.heading({.zh = "权重衰减", .en = "Weight decay"});
  lesson.text({.zh = "正则化的另一种方法：在目标函数中加上对模型复杂度的惩罚项，权值越大惩罚越大。"
                     "梯度多出一项 `λ w`，每一步都把权值往 0 拉。",
               .en = "Another way of regularisation: the objective gets a penalty for the model's "
                     "complexity, which grows with the weights. The gradient has one more term "
                     "`λ w`, which pulls every weight towards 0."});
  lesson.formula("L'(w) = L(w) + λ/2 · Σ w²,   ∂L'/∂w = ∂L/∂w + λ w");
  lesson.code(
      "optim::Adam optimizer{net.parameters(),\n"
      "                      {.lr = 0.0015, .weight_decay = 0.01}};");
  const std::vector<double> lambdas{0, 0.001, 0.003, 0.01, 0.03, 0.1};
  constexpr double kLambda = 0.01;
  std::vector<double> sizes, on_training, on_test;
  for (const double lambda : lambdas) {
    Fit fit = decayed(sets, seed, lambda);
    sizes.push_back(squared_weights(fit.net));
    on_training.push_back(loss_of(fit.net, sets.training));
    on_test.push_back(loss_of(fit.net, sets.test));
  }
  lesson.table(
      {.name = "decay",
       .title = {.zh = "同样的轮数，不同的 λ", .en = "The same number of epochs, several λ"},
       .columns = {{.name = "lambda", .title = both("λ"), .values = lambdas, .digits = 3},
                   {.name = "squares", .title = both("Σ w²"), .values = sizes, .digits = 2},
                   {.name = "training",
                    .title = {.zh = "训练集损失", .en = "training loss"},
                    .values = on_training,
                    .digits = 4},
                   {.name = "test",
                    .title = {.zh = "测试集损失", .en = "test loss"},
                    .values = on_test,
                    .digits = 4}}});
  lesson.claim(std::is_sorted(sizes.rbegin(), sizes.rend()),
               {.zh = "`λ` 越大，`Σ w²` 越小", .en = "The larger `λ`, the smaller `Σ w²`"});
  lesson.claim(std::is_sorted(on_training.begin(), on_training.end()),
               {.zh = "`λ` 越大，训练集上的损失越高",
                .en = "The larger `λ`, the higher the loss on the training set"});
  lesson.figure(
      "decay", {.zh = "损失随 `λ` 的变化", .en = "The loss over `λ`"}, [=](Language language) {
        const Text y{.zh = "损失", .en = "loss"};
        const Text a{.zh = "训练集", .en = "training set"};
        const Text b{.zh = "测试集", .en = "test set"};
        const Text title{.zh = "权重衰减", .en = "Weight decay"};
        const auto positive = [](const std::vector<double>& all) {
          return std::vector<double>(all.begin() + 1, all.end());
        };
        return plot::curves(
            {{.title = title.in(language),
              .x_label = "λ",
              .y_label = y.in(language),
              .series =
                  {{.name = a.in(language), .x = positive(lambdas), .y = positive(on_training)},
                   {.name = b.in(language), .x = positive(lambdas), .y = positive(on_test)}},
              .log_x = true}},
            {.panel_width = 640});
      });

  lesson.heading({.zh = "五个随机种子", .en = "Five seeds"});
  lesson.text({.zh = "换掉样本和初值再做几遍。每一列都是测试集上的损失；权重衰减取 `λ = {}`。",
               .en = "The same with other samples and other first weights. Each column is a loss "
                     "on the test set; weight decay has `λ = {}`."},
              kLambda);
  std::vector<double> seeds, a, b, stopped, shrunk;
  for (std::uint64_t k = seed; k < seed + 5; ++k) {
    const Sets draw(k);
    TwoFits both = k == seed ? fits : two_fits(draw, k);
    Fit best = k == seed ? early : stopped_early(draw, k, kPatience);
    Fit small = decayed(draw, k, kLambda);
    seeds.push_back(static_cast<double>(k));
    a.push_back(loss_of(both.loose.net, draw.test));
    b.push_back(loss_of(both.tight.net, draw.test));
    stopped.push_back(loss_of(best.net, draw.test));
    shrunk.push_back(loss_of(small.net, draw.test));
  }
  lesson.table(
      {.name = "seeds",
       .title = {.zh = "测试集上的损失", .en = "Loss on the test set"},
       .columns = {{.name = "seed", .title = {.zh = "种子", .en = "seed"}, .values = seeds},
                   {.name = "loose", .title = names[0], .values = a, .digits = 3},
                   {.name = "tight", .title = names[1], .values = b, .digits = 3},
                   {.name = "stopped",
                    .title = {.zh = "提前终止", .en = "early stopping"},
                    .values = stopped,
                    .digits = 3},
                   {.name = "decayed",
                    .title = {.zh = "权重衰减", .en = "weight decay"},
                    .values = shrunk,
                    .digits = 3}}});
  const auto all_below = [](const std::vector<double>& low, const std::vector<double>& high) {
    return std::equal(low.begin(), low.end(), high.begin(), std::less<>());
  };
  lesson.claim(all_below(a, b), {.zh = "拟合乙的损失总比拟合甲高，虽然训练集上它更低",
                                 .en = "The loss of fit B is always above that of fit A, though "
                                       "on the training set it is lower"});
  lesson.claim(all_below(stopped, b), {.zh = "提前终止总比拟合乙的损失低",
                                       .en = "Early stopping always has a lower loss than fit B"});
  lesson.claim(all_below(shrunk, b), {.zh = "权重衰减总比拟合乙的损失低",
                                      .en = "Weight decay always has a lower loss than fit B"});
  return lesson;
}

}  // namespace percept::lessons
