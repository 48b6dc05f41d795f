// L21, part two: the basics 5 to 7, from gradients to a trained model that is saved and loaded.
#include <cmath>
#include <filesystem>

#include <unistd.h>

#include "lessons/L21_basics.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {

namespace {

/// "0,  1,  -1"; of a matrix whose rows are all alike, one of them and how many there are.
std::string numbers_in_a_box(const Tensor& t, Language language) {
  std::string text;
  for (const double v : (t.dim() == 2 ? t[0] : t).to_vector<double>())
    text += fmt::format("{}{:.4g}", text.empty() ? "" : ",  ", v);
  if (t.dim() == 2)
    text = fill({.zh = "{} 行，都是\n", .en = "{} rows, each\n"}, t.size(0)).in(language) + text;
  return text;
}

/// What came out of z = x w + b, and the gradients that came back.
struct SmallGraph {
  Tensor x, w, b, xw, z, y, loss;
};

/// Along each arrow stands what the gradient is multiplied by on its way back.
plot::Figure autograd_graph(const SmallGraph& g, Language language) {
  using enum plot::GraphRole;
  const auto value = [&](const Tensor& t) { return numbers_in_a_box(t.detach(), language); };
  const auto gradient = [&](const Tensor& t) { return numbers_in_a_box(t.grad(), language); };
  return plot::computation_graph(
      {{"x", Data, value(g.x)},
       {"w", Parameter, value(g.w), gradient(g.w)},
       {"x w", Operation, value(g.xw), gradient(g.xw)},
       {"b", Parameter, value(g.b), gradient(g.b)},
       {"z = x w + b", Operation, value(g.z), gradient(g.z)},
       {"y", Data, value(g.y)},
       {"L = BCE(sigmoid(z), y)", Operation, fmt::format("{:.6g}", g.loss.item()), "1"}},
      {{0, 2}, {1, 2, "xᵀ"}, {2, 4, "1"}, {3, 4, "1"}, {4, 6, "(σ(z)-y)/3"}, {5, 6}},
      {.title = Text{"值向右，梯度向左", "Values go right, gradients come back"}.in(language),
       .data_label = Text{"数据", "data"}.in(language),
       .parameter_label = Text{"参数", "parameter"}.in(language),
       .operation_label = Text{"运算", "operation"}.in(language),
       .gradient_label = Text{"损失对它的梯度", "gradient of the loss"}.in(language)});
}

}  // namespace

void automatic_differentiation(Lesson& lesson) {
  lesson.heading({.zh = "5 自动求导", .en = "5 Automatic differentiation"});
  lesson.text({.zh = "`z = x w + b`，损失为带 sigmoid 的二元交叉熵，真值 `y = 0`。按链式法则，"
                     "`∂L/∂z = (sigmoid(z) - y) / 3`，因为损失是 3 个输出的均值。",
               .en = "`z = x w + b`, the loss is binary cross entropy after a sigmoid, the truth "
                     "`y = 0`. By the chain rule `∂L/∂z = (sigmoid(z) - y) / 3`, as the loss is "
                     "the mean over 3 outputs."});
  const Tensor x = ones({5}, {.dtype = f64}), y = zeros({3}, {.dtype = f64});
  Tensor w = full({5, 3}, 0., {.dtype = f64}), b = tensor({0., 1., -1.}, {.dtype = f64});
  w.requires_grad_(), b.requires_grad_();
  Tensor xw = matmul(x, w), z = xw + b;
  xw.retain_grad(), z.retain_grad();
  const Tensor loss = binary_cross_entropy_with_logits(z, y);
  loss.backward();
  lesson.table({.name = "gradients",
                .title = {.zh = "w = 0, b = (0, 1, -1)", .en = "w = 0, b = (0, 1, -1)"},
                .columns = {{.name = "z", .values = z.detach().to_vector<double>()},
                            {.name = "db",
                             .title = both("∂L/∂b"),
                             .values = b.grad().to_vector<double>(),
                             .digits = 6,
                             .expected = golden({"0.166667", "0.243686", "0.089647"})},
                            {.name = "dw",
                             .title = both("∂L/∂w[0]"),
                             .values = w.grad()[0].to_vector<double>(),
                             .digits = 6,
                             .expected = golden({"0.166667", "0.243686", "0.089647"})}}});
  lesson.figure("graph",
                {.zh = "计算图：方框里先是值，再是梯度；箭头上是往回走时乘上的导数",
                 .en = "The graph: each box has values, then gradients; along an arrow stands the "
                       "derivative that the way back multiplies by"},
                [g = SmallGraph{x, w, b, xw, z, y, loss}](Language language) {
                  return autograd_graph(g, language);
                });
  {
    const NoGradGuard no_grad;
    lesson.claim(!(matmul(x, w) + b).requires_grad() && !z.detach().requires_grad(),
                 {.zh = "`NoGradGuard` 之下和 `detach()` 之后不再求导",
                  .en = "Under a `NoGradGuard` and after `detach()` nothing is differentiated"});
  }
  bool refused = false;
  try {
    loss.backward();
  } catch (const AutogradError&) {
    refused = true;
  }
  lesson.claim(refused, {.zh = "第二次 `backward()` 会报错，除非保留计算图",
                         .en = "A second `backward()` is an error, unless the graph was kept"});
  lesson.text({.zh = "梯度会累加：对 `(x + 1)²` 反复调用 `backward()`，`x` 为单位矩阵。",
               .en = "Gradients add up: `backward()` again and again on `(x + 1)²`, `x` being "
                     "the identity matrix."});
  Tensor inp = eye(4, 5, {.requires_grad = true});
  const Tensor out = (inp + 1).pow(2).t();
  std::vector<double> diagonal, others;
  for (int call = 0; call < 3; ++call) {
    if (call == 2) inp.grad().zero_();
    out.backward(ones_like(out), true);
    diagonal.push_back(inp.grad().at<float>(0, 0));
    others.push_back(inp.grad().at<float>(0, 1));
  }
  lesson.table({.name = "accumulation",
                .title = {.zh = "累加的梯度", .en = "Gradients add up"},
                .columns = {{.name = "call",
                             .title = {.zh = "调用", .en = "call"},
                             .words = {{.zh = "第一次", .en = "first"},
                                       {.zh = "第二次", .en = "second"},
                                       {.zh = "清零之后", .en = "after clearing"}}},
                            {.name = "diagonal",
                             .title = {.zh = "对角线", .en = "diagonal"},
                             .values = diagonal,
                             .expected = golden({"4", "8", "4"})},
                            {.name = "others",
                             .title = {.zh = "其余", .en = "elsewhere"},
                             .values = others,
                             .expected = golden({"2", "4", "2"})}}});
}

namespace {

/// w from 0 towards 3, L = (w - 3)² / 2, lr 0.1; w after each step.
std::vector<double> descend(int steps, bool clear, bool backward, bool step, double momentum = 0) {
  Tensor w = zeros({1}, {.dtype = f64, .requires_grad = true});
  optim::SGD optimizer{{w}, {.lr = 0.1, .momentum = momentum}};
  std::vector<double> path;
  for (int i = 0; i < steps; ++i) {
    if (clear) optimizer.zero_grad();
    if (backward) ((w - 3).pow(2) / 2).sum().backward();
    if (step) optimizer.step();
    path.push_back(w.detach().item());
  }
  return path;
}

}  // namespace

void optimisation_loop(Lesson& lesson) {
  lesson.heading({.zh = "6 优化循环", .en = "6 The optimisation loop"});
  lesson.code(
      "optimizer.zero_grad();  // clear\n"
      "loss.backward();        // propagate back\n"
      "optimizer.step();       // descend");
  lesson.text({.zh = "三行缺一不可。例：`L = (w - 3)² / 2`，从 `w = 0` 开始，学习率 0.1。",
               .en = "None of the three may be left out. Example: `L = (w - 3)² / 2` from "
                     "`w = 0`, learning rate 0.1."});
  const std::vector<double> whole = descend(60, true, true, true);
  const std::vector<double> piled = descend(60, false, true, true);
  const auto first = [](const std::vector<double>& path) {
    return std::vector<double>(path.begin(), path.begin() + 3);
  };
  lesson.question({.zh = "不清零时，第 2 步之后 `w` 是多少？",
                   .en = "Without clearing, what is `w` after step 2?"},
                  piled[1], 2);
  lesson.table(
      {.name = "first_steps",
       .title = {.zh = "w 的前三步", .en = "The first three steps of w"},
       .columns = {{.name = "step", .title = {.zh = "步", .en = "step"}, .values = {1, 2, 3}},
                   {.name = "cleared",
                    .title = {.zh = "清零", .en = "cleared"},
                    .values = first(whole),
                    .expected = golden({"0.300", "0.570", "0.813"})},
                   {.name = "piled",
                    .title = {.zh = "不清零", .en = "not cleared"},
                    .values = first(piled),
                    .expected = golden({"0.300", "0.870", "1.653"})}}});
  lesson.table(
      {.name = "switches",
       .title = {.zh = "60 步之后的 w", .en = "w after 60 steps"},
       .columns = {{.name = "left_out",
                    .title = {.zh = "略去", .en = "left out"},
                    .words = {{.zh = "无", .en = "nothing"},
                              {.zh = "清零", .en = "clear"},
                              {.zh = "反向传播", .en = "backward"},
                              {.zh = "更新", .en = "step"}}},
                   {.name = "w",
                    .values = {whole.back(), piled.back(), descend(60, true, false, true).back(),
                               descend(60, true, true, false).back()},
                    .digits = 4,
                    .expected = {golden("2.9946"), {}, golden("0"), golden("0")}}}});
  const std::vector<double> momentum = descend(60, true, true, true, 1);
  double gap = 0;
  for (std::size_t i = 0; i < piled.size(); ++i)
    gap = std::max(gap, std::abs(piled[i] - momentum[i]));
  lesson.claim(gap < 1e-9, {.zh = "不清零等于动量取 1：`w` 一直振荡，停不下来",
                            .en = "Not clearing is momentum 1: `w` swings on and on"});
  Column steps{.name = "step"};
  for (std::size_t i = 0; i < piled.size(); ++i) steps.values.push_back(static_cast<double>(i + 1));
  lesson.history(
      {.name = "w",
       .columns = {
           steps, {.name = "cleared", .values = whole}, {.name = "piled", .values = piled}}});
  lesson.figure("clearing", {.zh = "清零与不清零", .en = "Cleared and not cleared"},
                [whole, piled](Language language) {
                  const Text x{.zh = "步", .en = "step"};
                  const Text yes{.zh = "清零", .en = "cleared"};
                  const Text no{.zh = "不清零", .en = "not cleared"};
                  return plot::curves(
                      {{.x_label = x.in(language),
                        .y_label = "w",
                        .series = {{.name = yes.in(language), .y = whole, .markers = false},
                                   {.name = no.in(language), .y = piled, .markers = false}}}},
                      {.panel_width = 640});
                });
}

namespace {

/// A folder of its own for what is saved, gone afterwards.
struct TemporaryFolder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("percept-basics-{}", ::getpid());
  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const char* name) const { return (path / name).string(); }
};

/// A small model, its data and what trains it.
struct SmallRun {
  nn::Sequential net;
  optim::Adam optimizer;
  train::Trainer trainer;
  data::DataLoader loader;

  SmallRun(const data::TensorDataset& set, std::int64_t epochs)
      : net{nn::Linear{2, 8}, nn::Tanh{}, nn::Linear{8, 2}},
        optimizer(net.parameters(), {.lr = 0.05}),
        trainer(net, nn::CrossEntropyLoss{}, optimizer, {.epochs = epochs}),
        loader(set, {.batch_size = 8, .shuffle = true}) {}
};

}  // namespace

void saving_and_loading(Lesson& lesson, std::uint64_t seed) {
  lesson.heading({.zh = "7 保存与装载", .en = "7 Saving and loading"});
  lesson.code(
      "io::save_safetensors(path, model.state_dict());\n"
      "fresh.load_state_dict(io::load_safetensors(path).tensors);");
  const TemporaryFolder folder;
  manual_seed(seed);
  const Tensor x = randn({40, 2});
  const Tensor y = (x.select(1, 0) * x.select(1, 1) > 0).to(i64);
  const data::TensorDataset set{x, y};
  const NoGradGuard no_grad;

  manual_seed(seed);
  SmallRun whole(set, 4);
  {
    const EnableGradGuard grad;
    whole.trainer.fit(whole.loader);
  }
  io::save_safetensors(folder.file("weights"), whole.net.state_dict());
  SmallRun fresh(set, 4);
  const bool different = !equal(fresh.net(x), whole.net(x));
  fresh.net.load_state_dict(io::load_safetensors(folder.file("weights")).tensors);
  lesson.claim(different && equal(fresh.net(x), whole.net(x)),
               {.zh = "装载之前预测不同，装载之后逐位相等",
                .en = "Before loading the predictions differ, afterwards they are equal to the "
                      "last bit"});

  manual_seed(seed);
  SmallRun half(set, 2);
  SmallRun resumed(set, 4);
  {
    const EnableGradGuard grad;
    half.trainer.fit(half.loader);
    train::save_checkpoint(folder.file("checkpoint"), half.trainer, half.loader);
    train::load_checkpoint(folder.file("checkpoint"), resumed.trainer, resumed.loader);
    resumed.trainer.fit(resumed.loader);
  }
  const auto losses = [](const SmallRun& run) {
    std::vector<double> all;
    for (const auto& result : run.trainer.progress().history) all.push_back(result.loss);
    return all;
  };
  lesson.table(
      {.name = "resume",
       .title = {.zh = "每轮的损失", .en = "Loss by epoch"},
       .columns = {
           {.name = "epoch", .title = {.zh = "训练轮数", .en = "epoch"}, .values = {1, 2, 3, 4}},
           {.name = "whole",
            .title = {.zh = "一次 4 轮", .en = "4 at once"},
            .values = losses(whole),
            .digits = 6},
           {.name = "resumed",
            .title = {.zh = "2 轮，再 2 轮", .en = "2, then 2"},
            .values = losses(resumed),
            .digits = 6}}});
  lesson.claim(losses(whole) == losses(resumed) && equal(whole.net(x), resumed.net(x)),
               {.zh = "2 轮再 2 轮与 4 轮逐位相等",
                .en = "2 epochs and 2 more equal 4 epochs to the last bit"});
  nn::Sequential other{nn::Linear{2, 16}, nn::Tanh{}, nn::Linear{16, 2}};
  bool refused = false;
  try {
    other.load_state_dict(io::load_safetensors(folder.file("weights")).tensors);
  } catch (const Error&) {
    refused = true;
  }
  lesson.claim(refused,
               {.zh = "形状不合的文件会报错", .en = "A file that does not fit is refused"});
}

}  // namespace percept::lessons
