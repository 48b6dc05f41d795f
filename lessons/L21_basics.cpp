// L21 PyTorch's eight basics, 0 to 7, as percept has them: examples/00 to 07 with their numbers.
#include <cmath>
#include <filesystem>
#include <sstream>

#include <unistd.h>

#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
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

nn::Sequential quickstart_model() {
  return {nn::Flatten{},        nn::Linear{784, 512}, nn::ReLU{},
          nn::Linear{512, 512}, nn::ReLU{},           nn::Linear{512, 10}};
}

void quickstart(Lesson& lesson, const data::FashionMNIST& test) {
  lesson.heading({.zh = "0 快速入门", .en = "0 Quickstart"});
  lesson.text({.zh = "装载数据、设计模型、训练、保存，全过程见 `percept lesson fashion-mnist`。"
                     "一批的形状是 `(N, C, H, W)`。",
               .en = "Load data, design a model, train it, save it: `percept lesson "
                     "fashion-mnist` is all of it. A batch has the shape `(N, C, H, W)`."});
  data::DataLoader loader{test, {.batch_size = 64}};
  const data::Batch batch = *loader.begin();
  nn::Sequential model = quickstart_model();
  lesson.numbers("quickstart", {.zh = "一批与一个模型", .en = "A batch and a model"},
                 {{both("N"), double(batch.x.size(0)), golden("64")},
                  {both("C"), double(batch.x.size(1)), printed("1")},
                  {both("H"), double(batch.x.size(2)), printed("28")},
                  {both("W"), double(batch.x.size(3)), printed("28")},
                  {{.zh = "参数个数", .en = "parameters"},
                   double(nn::summary(model, {1, 1, 28, 28}).parameters),
                   golden("669706")}});
}

void tensors(Lesson& lesson) {
  lesson.heading({.zh = "1 张量", .en = "1 Tensors"});
  Tensor t = ones({4, 4});
  t.index_put_({Slice{}, 1}, 0);
  lesson.code(
      "Tensor t = ones({4, 4});\n"
      "t.index_put_({Slice{}, 1}, 0);  // column 1 becomes 0");
  lesson.numbers(
      "tensors", {.zh = "一个张量，几种运算", .en = "One tensor, several operations"},
      {{both("t.sum()"), t.sum().item(), golden("12")},
       {both("t.matmul(t.T())[0, 0]"), t.matmul(t.T()).at<float>(0, 0), golden("3")},
       {both("(t * t)[0, 1]"), (t * t).at<float>(0, 1), golden("0")},
       {both("cat({t, t, t}, 1).size(1)"), double(cat({t, t, t}, 1).size(1)), golden("12")}});
  lesson.text({.zh = "广播：长度为 1 的维被拉伸，`(3, 1) + (1, 4)` 得到 `(3, 4)`。",
               .en = "Broadcasting stretches dimensions of length 1: `(3, 1) + (1, 4)` gives "
                     "`(3, 4)`."});
  const Tensor column = tensor({{10.}, {20.}, {30.}}, {.dtype = f64});
  const Tensor row = tensor({{1., 2., 3., 4.}}, {.dtype = f64});
  const Tensor sum = column + row;
  Table stretched{.name = "broadcasting",
                  .title = both("column + row"),
                  .columns = {{.name = "column",
                               .title = {.zh = "列", .en = "column"},
                               .values = column.flatten().to_vector<double>()}}};
  const std::vector<std::vector<Expected>> expected{
      golden({"11", "21", "31"}), golden({"12", "22", "32"}), golden({"13", "23", "33"}),
      golden({"14", "24", "34"})};
  for (std::int64_t i = 0; i < 4; ++i)
    stretched.columns.push_back({.name = fmt::format("+{}", i + 1),
                                 .values = sum.select(1, i).to_vector<double>(),
                                 .expected = expected[static_cast<std::size_t>(i)]});
  lesson.table(stretched);
  const Tensor base = zeros({2, 2}), copy = base.clone();
  Tensor view = base.select(0, 0);
  view.add_(1);
  lesson.claim(
      base.sum().item() == 2 && copy.sum().item() == 0,
      {.zh = "视图与原张量共用内存，改一个另一个也变；`clone()` 是副本，不变",
       .en = "A view shares its tensor's memory, so changing one changes the other; a `clone()` is "
             "a copy and stays as it was"});
  std::vector<float> memory(5, 1);
  Tensor shared = from_blob(std::span(memory), {5});
  shared.add_(1);
  lesson.claim(memory == std::vector<float>(5, 2),
               {.zh = "`from_blob` 与 `std::vector` 共用内存",
                .en = "`from_blob` shares memory with a `std::vector`"});
}

std::vector<double> class_mix(const data::Batch& batch) {
  std::vector<double> counts(10);
  for (const std::int64_t c : batch.y.to_vector<std::int64_t>())
    ++counts[static_cast<std::size_t>(c)];
  return counts;
}

void datasets(Lesson& lesson, const data::FashionMNIST& train, std::uint64_t seed) {
  lesson.heading({.zh = "2 数据集与装载器", .en = "2 Datasets and loaders"});
  lesson.code("data::DataLoader loader{set, {.batch_size = 64, .shuffle = true}};");
  data::DataLoader plain{train, {.batch_size = 64}};
  data::DataLoader full{train, {.batch_size = 64, .drop_last = true}};
  data::DataLoader shuffled{train, {.batch_size = 64, .shuffle = true, .seed = seed}};
  data::DataLoader by_workers{train,
                              {.batch_size = 64, .shuffle = true, .seed = seed, .num_workers = 2}};
  lesson.numbers("loader", {.zh = "60000 张，每批 64 张", .en = "60000 pictures, 64 a batch"},
                 {{{.zh = "批数", .en = "batches"}, double(plain.size()), golden("938")},
                  {{.zh = "`drop_last` 时的批数", .en = "batches with `drop_last`"},
                   double(full.size()),
                   golden("937")}});
  const data::Batch first = *plain.begin(), drawn = *shuffled.begin(), same = *by_workers.begin();
  Column label{.name = "class", .title = {.zh = "类别", .en = "class"}};
  for (int c = 0; c < 10; ++c) label.values.push_back(c);
  lesson.table({.name = "mix",
                .title = {.zh = "第一批中每个类别的张数",
                          .en = "Pictures of each class in the "
                                "first batch"},
                .columns = {label,
                            {.name = "in_order",
                             .title = {.zh = "不打乱", .en = "in order"},
                             .values = class_mix(first)},
                            {.name = "shuffled",
                             .title = {.zh = "打乱", .en = "shuffled"},
                             .values = class_mix(drawn)}}});
  lesson.note({.zh = "课件的装载器不打乱：每一轮的批都一样。",
               .en = "The lecture's loaders do not shuffle: every epoch has the same batches."});
  lesson.claim(equal(drawn.x, same.x) && equal(drawn.y, same.y),
               {.zh = "线程数不改变批的内容",
                .en = "The number of workers does not change a "
                      "batch"});
}

void transforms_of(Lesson& lesson, const std::string& root) {
  lesson.heading({.zh = "3 变换", .en = "3 Transforms"});
  lesson.text({.zh = "`ToTensor` 把 0 到 255 的字节除以 255，形状变为 `(C, H, W)`；"
                     "`Lambda` 把类别 9 变成 one-hot 向量。",
               .en = "`ToTensor` divides bytes of 0 to 255 by 255 and gives the shape "
                     "`(C, H, W)`; the `Lambda` turns class 9 into a one-hot vector."});
  lesson.code(
      "transforms::Lambda{[](const Tensor& y) {\n"
      "  return zeros({10}).scatter_(0, y.reshape({1}), 1);\n"
      "}}");
  const data::FashionMNIST set{
      {.root = root, .train = true, .target_transform = transforms::Lambda{[](const Tensor& y) {
                                      return zeros({10}).scatter_(0, y.reshape({1}), 1);
                                    }}}};
  const auto [image, target] = set.get(0);
  lesson.numbers("to_tensor", {.zh = "第一张图像", .en = "The first picture"},
                 {{{.zh = "最小值", .en = "smallest"}, image.min().item(), golden("0")},
                  {{.zh = "最大值", .en = "largest"}, image.max().item(), golden("1")}});
  lesson.claim(equal(image[0], set.images()[0].to(f32) / 255),
               {.zh = "每个像素等于字节除以 255", .en = "Every pixel is its byte divided by 255"});
  Column place{.name = "i"};
  for (int i = 0; i < 10; ++i) place.values.push_back(i);
  lesson.table(
      {.name = "one_hot",
       .title = {.zh = "类别 9 的 one-hot 编码", .en = "Class 9 as one-hot"},
       .columns = {place,
                   {.name = "y",
                    .values = target.to(f64).to_vector<double>(),
                    .expected = printed({"0", "0", "0", "0", "0", "0", "0", "0", "0", "1"})}}});
}

void build_model(Lesson& lesson) {
  lesson.heading({.zh = "4 构建模型", .en = "4 Building a model"});
  nn::Sequential model = quickstart_model();
  const nn::Summary summary = nn::summary(model, {3, 28, 28});
  Column name{.name = "layer", .title = {.zh = "层", .en = "layer"}};
  Column shape{.name = "output", .title = {.zh = "输出的形状", .en = "shape of the output"}};
  Column parameters{.name = "parameters",
                    .title = {.zh = "参数个数", .en = "parameters"},
                    .expected = golden({"0", "401920", "0", "262656", "0", "5130"})};
  for (const nn::SummaryRow& row : summary.rows) {
    name.words.push_back(both(row.name + " " + row.type));
    shape.words.push_back(both(row.output.str()));
    parameters.values.push_back(static_cast<double>(row.parameters));
  }
  lesson.table({.name = "layers",
                .title = {.zh = "三张图像依次通过各层", .en = "Three pictures through the layers"},
                .columns = {name, shape, parameters}});
  const NoGradGuard no_grad;
  const Tensor sums = nn::Softmax{1}(model(rand({3, 28, 28}))).sum({1});
  lesson.claim(allclose(sums, ones({3})),
               {.zh = "`Softmax` 之后每一行之和为 1", .en = "After `Softmax` every row sums to 1"});
}

void autograd(Lesson& lesson) {
  lesson.heading({.zh = "5 自动求导", .en = "5 Automatic differentiation"});
  lesson.text({.zh = "`z = x w + b`，损失为带 sigmoid 的二元交叉熵，真值 `y = 0`。按链式法则，"
                     "`∂L/∂z = (sigmoid(z) - y) / 3`，因为损失是 3 个输出的均值。",
               .en = "`z = x w + b`, the loss is binary cross entropy after a sigmoid, the truth "
                     "`y = 0`. By the chain rule `∂L/∂z = (sigmoid(z) - y) / 3`, as the loss is "
                     "the mean over 3 outputs."});
  const Tensor x = ones({5}, {.dtype = f64}), y = zeros({3}, {.dtype = f64});
  Tensor w = full({5, 3}, 0., {.dtype = f64}), b = tensor({0., 1., -1.}, {.dtype = f64});
  w.requires_grad_(), b.requires_grad_();
  const Tensor z = matmul(x, w) + b;
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

void optimisation(Lesson& lesson) {
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

void save_and_load(Lesson& lesson, std::uint64_t seed) {
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

}  // namespace

Lesson basics(const Options& options) {
  Lesson lesson;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  manual_seed(seed);
  lesson.text({.zh = "PyTorch 网站的八个基础教程，0 到 7，用 percept 的 C++ 来做。"
                     "完整的程序是 `examples/00_quickstart.cpp` 到 `examples/07_save_load.cpp`。",
               .en = "The eight basic tutorials of PyTorch's site, 0 to 7, in percept's C++. The "
                     "whole programs are `examples/00_quickstart.cpp` to "
                     "`examples/07_save_load.cpp`."});
  const data::FashionMNIST train{{.root = options.data_dir, .train = true}};
  const data::FashionMNIST test{{.root = options.data_dir, .train = false}};
  quickstart(lesson, test);
  tensors(lesson);
  datasets(lesson, train, seed);
  transforms_of(lesson, options.data_dir);
  build_model(lesson);
  autograd(lesson);
  optimisation(lesson);
  save_and_load(lesson, seed);
  return lesson;
}

}  // namespace percept::lessons
