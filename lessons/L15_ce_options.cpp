// L15 The cross-entropy loss as PyTorch has it: two kinds of targets, and every option.
#include <cmath>

#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr int kClassCount = 3, kIgnored = 1;
constexpr double kSmoothing = 0.1;

/// One column of a table of losses: what was asked, and what should come out, for three samples,
/// their sum and their mean.
struct Losses {
  std::string name;
  Text title;
  Tensor target;
  CrossEntropyOptions options = {};
  std::vector<Expected> expected = {};
};

Column column_of(const Tensor& z, Losses losses) {
  Column column{
      .name = losses.name, .title = losses.title, .digits = 6, .expected = losses.expected};
  for (const Reduction reduction : {Reduction::none, Reduction::sum, Reduction::mean}) {
    losses.options.reduction = reduction;
    for (const double l :
         cross_entropy(z, losses.target, losses.options).flatten().to_vector<double>())
      column.values.push_back(l);
  }
  return column;
}

void show(Lesson& lesson, const std::string& name, const Text& title, const Tensor& z,
          const std::vector<Losses>& all) {
  Table table{.name = name,
              .title = title,
              .columns = {{.name = "reduction",
                           .words = {both("none 1"), both("none 2"), both("none 3"), both("sum"),
                                     both("mean")}}}};
  for (const Losses& losses : all) table.columns.push_back(column_of(z, losses));
  lesson.table(table);
}

/// The gradient of a sample's row of z (N, C).
std::vector<double> gradient(const Tensor& z, int sample, const Tensor& target,
                             const CrossEntropyOptions& options) {
  const Tensor leaf = z.clone().requires_grad_();
  cross_entropy(leaf, target, options).backward();
  return leaf.grad()[sample].to_vector<double>();
}

/// Over the seeds 0 to 4: the largest difference between the losses of indices and of one-hot
/// targets, and between the gradient and (q - y*) / N.
double largest_difference() {
  constexpr int kSamples = 3, kMany = 5;
  double largest = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Generator generator(seed);
    const Tensor input = randn({kSamples, kMany}, {.dtype = f64}, &generator).requires_grad_();
    const Tensor target = randint(0, kMany, {kSamples}, {.dtype = i64}, &generator);
    const Tensor code = one_hot(target, kMany).to(f64);
    nn::CrossEntropyLoss loss;
    const Tensor output = loss(input, target);
    output.backward();
    const Tensor expected = (softmax(input, 1) - code) / kSamples;
    largest = std::max({largest, std::abs((output - loss(input, code)).item()),
                        (input.grad() - expected).abs().max().item()});
  }
  return largest;
}

/// z = (0, 0, m), class 2 is true: the loss over m.
plot::Figure smoothing_figure(Language language) {
  const Tensor m = linspace(-2, 10, 121, {.dtype = f64});
  const Tensor z = stack({zeros_like(m), zeros_like(m), m}, 1);  // (121, 3)
  const Tensor target = full({m.numel()}, 2);
  const Text title{.zh = "标签平滑不奖励过大的输出",
                   .en = "Label smoothing does not reward huge outputs"};
  const Text x{.zh = "真实类别的输出 m", .en = "output m of the true class"};
  const Text y{.zh = "损失", .en = "loss"};
  plot::Panel panel{
      .title = title.in(language), .x_label = x.in(language), .y_label = y.in(language)};
  for (const double epsilon : {0., 0.05, 0.1, 0.2})
    panel.series.push_back(
        {.name = fmt::format("ε = {}", epsilon),
         .x = m.to_vector<double>(),
         .y = cross_entropy(z, target, {.reduction = Reduction::none, .label_smoothing = epsilon})
                  .to_vector<double>(),
         .markers = false});
  return plot::curves({panel});
}

}  // namespace

Lesson ce_options(const Options&) {
  Lesson lesson;
  lesson.text({.zh = "`CrossEntropyLoss` 把 Softmax 与交叉熵合在一起：输入是线性层的输出 `z`，"
                     "不是概率。",
               .en = "`CrossEntropyLoss` is softmax and cross entropy in one: its input is `z`, "
                     "what the linear layer gives, and not probabilities."});
  lesson.formula(
      "lₙ   = -log q[n, tₙ],  q = softmax(z)\n"
      "loss = (l₁ + … + l_N) / N");
  lesson.code(
      "nn::CrossEntropyLoss loss;\n"
      "Tensor input = randn({3, 5}, {.requires_grad = true});\n"
      "Tensor target = randint(0, 5, {3});  // class indices, i64\n"
      "Tensor output = loss(input, target);\n"
      "output.backward();                   // input.grad(): (q - y*) / 3");
  const CrossEntropyOptions defaults;
  lesson.numbers(
      "defaults", {.zh = "默认的选项", .en = "The options' defaults"},
      {{both("`ignore_index`"), static_cast<double>(defaults.ignore_index), printed("-100")},
       {both("`label_smoothing`"), defaults.label_smoothing, printed("0.0")}});
  lesson.note(
      {.zh = "课件所列的 `size_average` 和 `reduce` 早已废弃，由 `reduction` 取代；percept "
             "没有这两个选项。",
       .en =
           "The lecture lists `size_average` and `reduce`, which are long deprecated in favour of "
           "`reduction`; percept has neither."});

  const Tensor z = tensor({{1., 2., 3.}, {2., 0., -1.}, {0.5, 0.5, 1.}}, {.dtype = f64});
  const Tensor index = tensor({2, 1, 0});
  const Tensor code = one_hot(index, kClassCount).to(f64);
  lesson.heading({.zh = "三个样本", .en = "Three samples"});
  lesson.text({.zh = "下面都用这三个样本。样本 1 判对了，样本 2 和 3 错分了。",
               .en = "All that follows uses these three samples. Sample 1 is classified rightly, "
                     "samples 2 and 3 wrongly."});
  lesson.table(
      {.name = "samples",
       .columns = {{.name = "sample", .title = {.zh = "样本", .en = "sample"}, .values = {1, 2, 3}},
                   {.name = "z0", .values = z.select(1, 0).to_vector<double>(), .digits = 1},
                   {.name = "z1", .values = z.select(1, 1).to_vector<double>(), .digits = 1},
                   {.name = "z2", .values = z.select(1, 2).to_vector<double>(), .digits = 1},
                   {.name = "t",
                    .title = {.zh = "真值 t", .en = "true t"},
                    .values = index.to_vector<double>()},
                   {.name = "predicted",
                    .title = {.zh = "预测值", .en = "predicted"},
                    .values = argmax(z, 1).to_vector<double>(),
                    .wrong = {false, true, true}}}});

  lesson.heading({.zh = "真值的写法", .en = "Kinds of targets"});
  lesson.text({.zh = "真值可以是类别序号（`i64`，每个样本一个数），也可以是概率（与 `z` 同形状），"
                     "one-hot 是概率的特例。序号与 one-hot 的损失相等。",
               .en =
                   "The target is class indices (`i64`, one number a sample), or probabilities "
                   "(of the shape of `z`), of which one-hot is a special case. Indices and one-hot "
                   "give equal losses."});
  lesson.formula("lₙ = -Σ_c y*[n, c] log q[n, c]");
  const Tensor soft = tensor({{0.1, 0.2, 0.7}, {0.5, 0.5, 0.}, {0.25, 0.25, 0.5}}, {.dtype = f64});
  const auto plain = golden({"0.407606", "2.169846", "1.294377", "3.871829", "1.290610"});
  lesson.question({.zh = "样本 1 的 `z = (1, 2, 3)`，真值为 2，损失是多少？",
                   .en = "Sample 1 has `z = (1, 2, 3)` and the true class 2: what is its loss?"},
                  cross_entropy(z[0], index[0]).item(), 2);
  show(lesson, "targets", {.zh = "同一个损失", .en = "One loss"}, z,
       {{"index", {.zh = "序号", .en = "index"}, index, {}, plain},
        {"one-hot", both("one-hot"), code, {}, plain},
        {"soft",
         {.zh = "概率", .en = "probabilities"},
         soft,
         {},
         golden({"0.807606", "1.169846", "1.044377", "3.021829", "1.007276"})}});
  lesson.text({.zh = "第三列的真值是 `(0.1, 0.2, 0.7)`、`(0.5, 0.5, 0)`、`(0.25, 0.25, 0.5)`。"
                     "PyTorch 从 1.10 版起接受概率。",
               .en = "The third column's targets are `(0.1, 0.2, 0.7)`, `(0.5, 0.5, 0)`, "
                     "`(0.25, 0.25, 0.5)`. PyTorch takes probabilities since version 1.10."});
  lesson.claim(largest_difference() < 1e-15,
               {.zh = "随机的 `(3, 5)`（种子 0 到 4）：序号与 one-hot 的损失相等，梯度为 "
                      "`(q - y*) / N`，误差小于 `1e-15`",
                .en = "Random `(3, 5)`, seeds 0 to 4: indices and one-hot give equal losses and "
                      "the gradient is `(q - y*) / N`, within `1e-15`"});
  lesson.text({.zh = "常见的错误：网络末尾已有 Softmax，损失又做一次。程序照常运行，但即使判断得"
                     "完全正确，损失也降不到 0。",
               .en = "A common mistake: the network ends with softmax, and the loss applies it "
                     "again. Nothing complains, but even a perfect prediction never gets to 0."});
  const Tensor sure = tensor({0., 0., 50.}, {.dtype = f64});
  lesson.numbers(
      "twice", {.zh = "z = (0, 0, 50)，真值为 2", .en = "z = (0, 0, 50), true class 2"},
      {{both("`cross_entropy(z, 2)`"), cross_entropy(sure, index[0]).item(), golden("0.000000")},
       {both("`cross_entropy(softmax(z, 0), 2)`"), cross_entropy(softmax(sure, 0), index[0]).item(),
        golden("0.551445")}});

  lesson.heading(both("`reduction`"));
  lesson.text({.zh = "`none` 保留每个样本的损失，`sum` 求和，`mean`（默认）求平均。上表的各行就是"
                     "这三种。`sum` 的梯度是 `mean` 的 N 倍，等于把学习率放大 N 倍。",
               .en = "`none` keeps each sample's loss, `sum` adds them, `mean` (the default) takes "
                     "their mean: the rows of the table above. The gradient of `sum` is N times "
                     "that of `mean`, as if the learning rate were N times as large."});
  lesson.formula(
      "none:  l₁, …, l_N\n"
      "sum:   l₁ + … + l_N\n"
      "mean: (l₁ + … + l_N) / N");

  lesson.heading(both("`weight`"));
  const Tensor weight = tensor({1., 2., 0.5}, {.dtype = f64});
  lesson.text({.zh = "每个类别一个权值，样本少的类别可以给大一些。这里 `w = (1, 2, 0.5)`。真值为"
                     "序号时，平均除以权值之和；真值为概率时，仍除以 N，所以两列的 `mean` 不同。",
               .en = "Each class has a weight, larger perhaps where samples are few. Here "
                     "`w = (1, 2, 0.5)`. With indices as targets the mean divides by the sum "
                     "of the weights, with probabilities by N still, so that the columns' `mean` "
                     "differ."});
  lesson.formula(
      "t:  lₙ = -w[tₙ] log q[n, tₙ],           mean = Σ lₙ / Σ w[tₙ]\n"
      "y*: lₙ = -Σ_c w_c y*[n, c] log q[n, c], mean = Σ lₙ / N");
  show(lesson, "weight", {.zh = "带权值的损失", .en = "Weighted losses"}, z,
       {{"index",
         {.zh = "序号", .en = "index"},
         index,
         {.weight = weight},
         golden({"0.203803", "4.339692", "1.294377", "5.837872", "1.667963"})},
        {"one-hot",
         both("one-hot"),
         code,
         {.weight = weight},
         golden({"0.203803", "4.339692", "1.294377", "5.837872", "1.945957"})}});

  lesson.heading(both("`ignore_index`"));
  lesson.text({.zh = "真值等于 `ignore_index` 的样本不计：损失为 0，平均时不数，梯度也为 0。只用于"
                     "序号。这里忽略类别 {}。",
               .en = "Samples whose target is `ignore_index` do not count: their loss is 0, the "
                     "mean leaves them out, their gradient is 0. For indices only. Here class {} "
                     "is ignored."},
              kIgnored);
  lesson.formula("mean = Σ lₙ / #{n: tₙ ≠ ignore_index}");
  show(lesson, "ignore-index", {.zh = "忽略样本 2", .en = "Without sample 2"}, z,
       {{"index",
         {.zh = "序号", .en = "index"},
         index,
         {.ignore_index = kIgnored},
         golden({"0.407606", "0.000000", "1.294377", "1.701983", "0.850991"})}});
  const Tensor all_ignored = full({3}, kIgnored);
  lesson.numbers(
      "all-ignored", {.zh = "全部被忽略", .en = "All of them ignored"},
      {{both("mean"), cross_entropy(z, all_ignored, {.ignore_index = kIgnored}).item(),
        golden("nan")},
       {both("sum"),
        cross_entropy(z, all_ignored, {.ignore_index = kIgnored, .reduction = Reduction::sum})
            .item(),
        golden("0.000000")}});

  lesson.heading(both("`label_smoothing`"));
  lesson.text({.zh = "标签平滑从真值中拿出 `ε`，平均分给 C 个类别。这里 `ε = {}`。",
               .en = "Label smoothing takes a share `ε` from the truth and spreads it evenly over "
                     "the C classes. Here `ε = {}`."},
              kSmoothing);
  lesson.formula(
      "y' = (1 - ε) y* + ε / C\n"
      "lₙ = -Σ_c y'[n, c] log q[n, c]");
  const Tensor smoothed = code * (1 - kSmoothing) + kSmoothing / kClassCount;
  const auto smooth = golden({"0.507606", "2.136513", "1.277710", "3.921829", "1.307276"});
  show(lesson, "label-smoothing", {.zh = "三种写法", .en = "Three ways to write it"}, z,
       {{"index", {.zh = "序号", .en = "index"}, index, {.label_smoothing = kSmoothing}, smooth},
        {"one-hot", both("one-hot"), code, {.label_smoothing = kSmoothing}, smooth},
        {"smoothed", both("y'"), smoothed, {}, smooth}});
  lesson.text({.zh = "没有平滑时，`z` 越大损失越小，没有尽头；平滑之后，损失在有限处最小，那里 "
                     "`q = y'`。",
               .en = "Without smoothing the loss falls as `z` grows, without end. With it the loss "
                     "is smallest at a finite place, where `q = y'`."});
  lesson.figure("label-smoothing",
                {.zh = "`z = (0, 0, m)`，真值为 2", .en = "`z = (0, 0, m)`, true class 2"},
                smoothing_figure);
  Table minimum{
      .name = "minimum",
      .title = {.zh = "损失最小的 m", .en = "The m of the smallest loss"},
      .columns = {
          {.name = "ε", .values = {0.05, 0.1, 0.2}, .digits = 2},
          {.name = "m", .digits = 6, .expected = golden({"4.060443", "3.332205", "2.564949"})}}};
  double steepest = 0;
  for (const double epsilon : minimum.columns[0].values) {
    const double other = epsilon / kClassCount;
    const Tensor least = log(tensor({other, other, 1 - 2 * other}, {.dtype = f64}));
    minimum.columns[1].values.push_back((least[2] - least[0]).item());
    for (const double g :
         gradient(least.unsqueeze(0), 0, tensor({2}), {.label_smoothing = epsilon}))
      steepest = std::max(steepest, std::abs(g));
  }
  lesson.table(minimum);
  lesson.claim(steepest < 1e-15, {.zh = "那里的梯度为 0，误差小于 `1e-15`",
                                  .en = "There the gradient is 0, within `1e-15`"});

  lesson.heading({.zh = "梯度与组合", .en = "Gradients, and all together"});
  lesson.text({.zh = "同一个样本 2，各选项下的梯度（自动求导）：",
               .en = "One sample, the 2nd, and its gradient under each option (by autograd):"});
  struct Choice {
    const char* name;
    CrossEntropyOptions options;
  };
  const std::vector<Choice> choices{{"mean", {}},
                                    {"sum", {.reduction = Reduction::sum}},
                                    {"weight", {.weight = weight}},
                                    {"ignore_index", {.ignore_index = kIgnored}},
                                    {"label_smoothing", {.label_smoothing = kSmoothing}}};
  Table gradients{
      .name = "gradients",
      .title = {.zh = "样本 2 的梯度", .en = "The gradient of sample 2"},
      .columns = {
          {.name = "option", .title = {.zh = "选项", .en = "option"}},
          {.name = "z0",
           .digits = 6,
           .expected = golden({"0.281265", "0.843795", "0.482168", "0.000000", "0.270154"})},
          {.name = "z1",
           .digits = 6,
           .expected = golden({"-0.295268", "-0.885805", "-0.506174", "0.000000", "-0.273046"})},
          {.name = "z2",
           .digits = 6,
           .expected = golden({"0.014003", "0.042010", "0.024006", "0.000000", "0.002892"})}}};
  for (const Choice& choice : choices) {
    gradients.columns[0].words.push_back(both(fmt::format("`{}`", choice.name)));
    const std::vector<double> g = gradient(z, 1, index, choice.options);
    for (std::size_t i = 0; i < g.size(); ++i) gradients.columns[i + 1].values.push_back(g[i]);
  }
  lesson.table(gradients);
  lesson.text({.zh = "选项可以同时使用。此时权值也乘在被平滑分走的各项上：",
               .en = "Options combine. The weights then also multiply the terms that smoothing "
                     "spreads:"});
  lesson.code(
      "CrossEntropyOptions options{\n"
      "    .weight = w, .ignore_index = 1, .label_smoothing = 0.1};\n"
      "Tensor loss = cross_entropy(z, t, options);");
  show(lesson, "together", {.zh = "三个选项", .en = "Three options"}, z,
       {{"index",
         {.zh = "序号", .en = "index"},
         index,
         {.weight = weight, .ignore_index = kIgnored, .label_smoothing = kSmoothing},
         golden({"0.364310", "0.000000", "1.307616", "1.671926", "1.114618"})}});
  return lesson;
}

}  // namespace percept::lessons
