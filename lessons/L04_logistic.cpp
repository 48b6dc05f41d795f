// L04 Logistic regression: one neuron learns twelve samples; 36 printed probabilities come out.
#include <algorithm>

#include "lessons/L04_logistic.h"
#include "lessons/logistic.h"
#include "percept/percept.h"

namespace percept::lessons {

std::vector<Tensor> learn_online(const Tensor& start, int epochs) {
  const Tensor X = twelve_features().to(start.dtype());
  const Tensor t = twelve_targets().to(start.dtype());
  nn::Linear neuron(2, 1, {.dtype = start.dtype()});
  neuron.bias = start.narrow(0, 0, 1);
  neuron.weight = start.narrow(0, 1, 2).unsqueeze(0);
  optim::SGD optimizer{neuron.parameters(), {.lr = 1, .momentum = 0.9}};
  std::vector<Tensor> weights{start};
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (int i = 0; i < X.size(0); ++i) {  // one sample at a time, always in the same order
      optimizer.zero_grad();
      binary_cross_entropy_with_logits(neuron(X[i]), t.narrow(0, i, 1)).backward();
      optimizer.step();
    }
    weights.push_back(cat({neuron.bias, neuron.weight.flatten()}).detach());
  }
  return weights;
}

namespace {

/// The same by plain gradient descent: each step uses the mean gradient of all twelve samples.
std::vector<Tensor> learn_in_full_batches(const Tensor& start, int epochs) {
  const Tensor X = twelve_features();
  const Tensor t = twelve_targets().unsqueeze(1);
  nn::Linear neuron(2, 1, {.dtype = f64});
  neuron.bias = start.narrow(0, 0, 1);
  neuron.weight = start.narrow(0, 1, 2).unsqueeze(0);
  optim::SGD optimizer{neuron.parameters(), {.lr = 0.1}};
  std::vector<Tensor> weights{start};
  for (int epoch = 0; epoch < epochs; ++epoch) {
    optimizer.zero_grad();
    binary_cross_entropy_with_logits(neuron(X), t).backward();
    optimizer.step();
    weights.push_back(cat({neuron.bias, neuron.weight.flatten()}).detach());
  }
  return weights;
}

double mean_loss(const Tensor& weights) {
  const Tensor t = twelve_targets();
  return binary_cross_entropy_with_logits(logits(weights, twelve_features()), t).item();
}

/// Which samples are decided wrongly: probability of the true class below one half.
std::vector<bool> mistakes(const Tensor& weights) {
  const std::vector<double> z = logits(weights, twelve_features()).to_vector<double>();
  const std::vector<int> labels = twelve_labels();
  std::vector<bool> wrong;
  for (std::size_t i = 0; i < z.size(); ++i) wrong.push_back((z[i] > 0) != (labels[i] == 1));
  return wrong;
}

double error_count(const Tensor& weights) {
  const std::vector<bool> wrong = mistakes(weights);
  return static_cast<double>(std::count(wrong.begin(), wrong.end(), true));
}

/// What the lecture prints for the class "background".
const std::vector<std::vector<Expected>> kPrintedBackground{
    printed({"0.13", "0.02", "0.02", "0.02", "0.07", "0.03", "0.38", "0.27", "0.11", "0.29", "0.20",
             "0.09"}),
    printed({"0.94", "0.00", "0.00", "0.00", "0.16", "0.00", "1.00", "1.00", "0.96", "1.00", "1.00",
             "0.83"}),
    printed({"0.03", "0.00", "0.00", "0.00", "0.01", "0.02", "1.00", "1.00", "0.99", "1.00", "1.00",
             "0.94"})};

/// How far the 36 probabilities of a run are from the printed ones at most.
double largest_gap(const std::vector<Tensor>& weights) {
  double gap = 0;
  for (std::size_t stage = 0; stage < kPrintedCharacter.size(); ++stage) {
    const Tensor w = weights[static_cast<std::size_t>(kStages[stage])].to(f64);
    const Tensor p = sigmoid(logits(w, twelve_features()));
    gap = std::max(gap, abs(p - printed_column(stage)).max().item());
  }
  return gap;
}

plot::Figure surface(const Tensor& weights, std::int64_t epoch, Language language) {
  const Text title = fill({.zh = "训练轮数 = {}", .en = "after {} epochs"}, epoch);
  return twelve_plane(weights, {.title = title.in(language)}, language);
}

}  // namespace

Lesson logistic(const Options& options) {
  Lesson lesson;
  lesson.text({.zh = "一个神经元加上 sigmoid 就是逻辑回归：输出 `p` 是样本属于字符（`y* = "
                     "1`）的概率，`1 - p` 属于背景（`y* = 0`）。",
               .en = "One neuron with a sigmoid is logistic regression: its output `p` is the "
                     "probability that a sample is a character (`y* = 1`), `1 - p` that it is a "
                     "background (`y* = 0`)."});
  lesson.formula(
      "p = 1 / (1 + e⁻ᶻ),  z = w₁x₁ + w₂x₂ + b\n"
      "L = -log p (y* = 1),  -log (1 - p) (y* = 0)");
  const Tensor X = twelve_features();
  const Column names{
      .name = "sample", .title = {.zh = "样本", .en = "sample"}, .words = twelve_names()};
  lesson.table({.name = "samples",
                .title = {.zh = "十二个样本的特征", .en = "The features of the twelve samples"},
                .columns = {names,
                            {.name = "x1",
                             .title = both("x₁"),
                             .values = X.select(1, 0).to_vector<double>(),
                             .digits = 3},
                            {.name = "x2",
                             .title = both("x₂"),
                             .values = X.select(1, 1).to_vector<double>(),
                             .digits = 3}}});

  lesson.heading({.zh = "训练", .en = "Training"});
  lesson.text(
      {.zh = "样本逐个输入，每个样本更新一次；`g` 是损失对权值的梯度，学习率为 1，动量为 0.9。",
       .en = "Samples come one by one and each makes one update; `g` is the gradient of "
             "the loss with respect to the weights, the learning rate is 1, the momentum "
             "0.9."});
  lesson.formula(
      "v ← 0.9 v + g\n"
      "w ← w - v");
  const Tensor start = tensor({0.01, 1.42, 2.51}, {.dtype = f64});  // b, w1, w2
  const std::int64_t asked = options.epoch.value_or(0);
  const auto last = static_cast<int>(std::max<std::int64_t>(100, asked));
  const std::vector<Tensor> weights = learn_online(start, last);

  std::vector<std::int64_t> stages(std::begin(kStages), std::end(kStages));
  if (options.epoch && std::find(stages.begin(), stages.end(), asked) == stages.end())
    stages.push_back(asked);
  const auto at = [&](std::int64_t epoch) { return weights[static_cast<std::size_t>(epoch)]; };
  Table characters{.name = "probabilities",
                   .title = {.zh = "分类为字符的概率", .en = "Probability of being a character"},
                   .columns = {names}};
  Table backgrounds{.name = "background_probabilities",
                    .title = {.zh = "分类为背景的概率", .en = "Probability of being a background"},
                    .columns = {names}};
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const std::int64_t epoch = stages[i];
    const Tensor z = logits(at(epoch), X);
    Column column{.name = fmt::format("epoch_{}", epoch),
                  .title = epoch == 0 ? Text{"随机初始化", "random start"}
                                      : fill({.zh = "训练轮数 {}", .en = "epoch {}"}, epoch),
                  .values = sigmoid(z).to_vector<double>(),
                  .digits = 4,
                  .wrong = mistakes(at(epoch))};
    if (i < kPrintedCharacter.size()) column.expected = kPrintedCharacter[i];
    characters.columns.push_back(column);
    column.values = sigmoid(-z).to_vector<double>();
    if (i < kPrintedCharacter.size()) column.expected = kPrintedBackground[i];
    backgrounds.columns.push_back(column);
  }
  lesson.question({.zh = "10 轮之后，还有几个样本被错分？",
                   .en = "How many samples are still misclassified after 10 epochs?"},
                  error_count(at(10)), 0);
  lesson.text({.zh = "红色与 `✗` 标出错分的样本：真实类别的概率小于 0.5。",
               .en = "Red and `✗` mark misclassified samples: the probability of their true class "
                     "is below 0.5."});
  lesson.note({.zh = "课件的插图与表中的红色不在其文字版里：错分按概率标出，图由 percept 另画。",
               .en = "The lecture's pictures and the red of its table are not in its text: what is "
                     "misclassified follows from the probabilities, and the figures are drawn "
                     "anew."});
  lesson.table(characters);
  lesson.table(backgrounds);
  for (const std::int64_t epoch : stages)
    lesson.figure(
        fmt::format("epoch-{}", epoch),
        fill({.zh = "训练轮数 {} 时的决策面与等概率线",
              .en = "Decision surface and lines of equal probability at epoch {}"},
             epoch),
        [w = at(epoch), epoch](Language language) { return surface(w, epoch, language); });

  lesson.numbers(
      "gap", {.zh = "36 个概率与课件相差最多", .en = "The largest gap to the 36 probabilities"},
      {{both("float64"), largest_gap(weights), golden("0.0045")},
       {both("float32"), largest_gap(learn_online(start.to(f32), 100)), golden("0.0045")}});

  lesson.heading({.zh = "损失与错分数", .en = "Loss and mistakes"});
  Table history{.name = "online",
                .columns = {{.name = "epoch"},
                            {.name = "b"},
                            {.name = "w1"},
                            {.name = "w2"},
                            {.name = "loss"},
                            {.name = "errors"}}};
  for (std::size_t epoch = 0; epoch < weights.size(); ++epoch) {
    const std::vector<double> w = weights[epoch].to_vector<double>();
    const double row[] = {static_cast<double>(epoch), w[0], w[1], w[2], mean_loss(weights[epoch]),
                          error_count(weights[epoch])};
    for (std::size_t c = 0; c < history.columns.size(); ++c)
      history.columns[c].values.push_back(row[c]);
  }
  lesson.history(history);
  const std::vector<double> losses = history.columns[4].values, errors = history.columns[5].values;
  const auto pick = [](const std::vector<double>& all, const std::vector<std::size_t>& rows) {
    std::vector<double> some;
    for (const std::size_t row : rows) some.push_back(all[row]);
    return some;
  };
  lesson.text({.zh = "第 1 轮之后损失反而升高：动量使第一轮走过了头，所有字符都被判为背景。",
               .en = "After epoch 1 the loss has risen: momentum carried the first epoch too far, "
                     "and every character is taken for background."});
  lesson.table(
      {.name = "course",
       .title = {.zh = "平均交叉熵与错分数", .en = "Mean cross entropy and mistakes"},
       .columns = {
           {.name = "epoch",
            .title = {.zh = "训练轮数", .en = "epoch"},
            .values = {0, 1, 2, 3, 4, 5, 10, 15, 17, 18, 100}},
           {.name = "loss",
            .title = {.zh = "交叉熵", .en = "cross entropy"},
            .values = pick(losses, {0, 1, 2, 3, 4, 5, 10, 15, 17, 18, 100}),
            .digits = 6,
            .expected = golden({"0.843", "4.41", "", "", "", "", "0.265", "", "", "", "0.0116"})},
           {.name = "errors",
            .title = {.zh = "错分数", .en = "mistakes"},
            .values = pick(errors, {0, 1, 2, 3, 4, 5, 10, 15, 17, 18, 100}),
            .expected = golden({"6", "6", "2", "2", "3", "2", "1", "0", "1", "0", "0"})}}});
  lesson.claim(
      std::all_of(errors.begin() + 6, errors.begin() + 15, [](double n) { return n == 1; }) &&
          std::all_of(errors.begin() + 18, errors.end(), [](double n) { return n == 0; }),
      {.zh = "第 6 至 14 轮错分 1 个，从第 18 轮起错分 0 个",
       .en = "1 mistake from epoch 6 to 14, 0 from epoch 18 on"});
  const std::vector<double> w10 = at(10).to_vector<double>(), w100 = at(100).to_vector<double>();
  lesson.table({.name = "weights",
                .title = {.zh = "偏置量与权值", .en = "Bias and weights"},
                .columns = {{.name = "name",
                             .title = {.zh = "参数", .en = "parameter"},
                             .words = {both("b"), both("w₁"), both("w₂")}},
                            {.name = "epoch_0",
                             .title = {.zh = "初始", .en = "start"},
                             .values = start.to_vector<double>(),
                             .digits = 2},
                            {.name = "epoch_10",
                             .title = {.zh = "训练轮数 10", .en = "epoch 10"},
                             .values = w10,
                             .expected = golden({"-18.9234", "22.7800", "18.4634"})},
                            {.name = "epoch_100",
                             .title = {.zh = "训练轮数 100", .en = "epoch 100"},
                             .values = w100,
                             .expected = golden({"-13.3314", "51.2653", "10.4419"})}}});

  lesson.heading({.zh = "另一种训练方法", .en = "Another way to train"});
  lesson.text({.zh = "若每轮用全部十二个样本的平均梯度更新一次，学习率 0.1，没有动量，就慢得多。",
               .en = "With one update an epoch from the mean gradient of all twelve samples, "
                     "learning rate 0.1 and no momentum, it takes much longer."});
  const std::vector<Tensor> batches = learn_in_full_batches(plain_start(), 10000);
  lesson.table(
      {.name = "full_batch",
       .title = {.zh = "全批量梯度下降", .en = "Full-batch gradient descent"},
       .columns = {
           {.name = "epoch", .title = {.zh = "训练轮数", .en = "epoch"}, .values = {100, 10000}},
           {.name = "loss",
            .title = {.zh = "交叉熵", .en = "cross entropy"},
            .values = {mean_loss(batches[100]), mean_loss(batches[10000])},
            .expected = golden({"0.418", "0.138"})},
           {.name = "errors",
            .title = {.zh = "错分数", .en = "mistakes"},
            .values = {error_count(batches[100]), error_count(batches[10000])},
            .expected = golden({"3", "0"})}}});
  lesson.figure(
      "loss", {.zh = "两种训练方法的损失", .en = "The loss of both ways to train"},
      [losses, batches](Language language) {
        std::vector<double> epochs, online, full;
        for (std::size_t epoch = 0; epoch <= 100; ++epoch) {
          epochs.push_back(static_cast<double>(epoch));
          online.push_back(losses[epoch]);
          full.push_back(mean_loss(batches[epoch]));
        }
        return plot::curves(
            {{.x_label = Text{"训练轮数", "epoch"}.in(language),
              .y_label = Text{"交叉熵", "cross entropy"}.in(language),
              .series = {{.name =
                              Text{"逐个样本，动量 0.9", "one by one, momentum 0.9"}.in(language),
                          .x = epochs,
                          .y = online,
                          .markers = false},
                         {.name = Text{"全批量", "full batches"}.in(language),
                          .x = epochs,
                          .y = full,
                          .markers = false}},
              .whole_x = true,
              .log_y = true}},
            {.columns = 1, .panel_width = 620});
      });

  tell_starts(lesson);
  return lesson;
}

}  // namespace percept::lessons
