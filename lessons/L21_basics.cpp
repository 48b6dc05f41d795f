// L21 PyTorch's eight basics, 0 to 7, as percept has them: examples/00 to 07 with their numbers.
#include "lessons/L21_basics.h"

#include "lessons/L20_fashion_mnist.h"
#include "percept/percept.h"

namespace percept::lessons {
namespace {

void quickstart(Lesson& lesson, const data::FashionMNIST& test) {
  lesson.heading({.zh = "0 快速入门", .en = "0 Quickstart"});
  lesson.text({.zh = "装载数据、设计模型、训练、保存，全过程见 `percept lesson fashion-mnist`。"
                     "一批的形状是 `(N, C, H, W)`。",
               .en = "Load data, design a model, train it, save it: `percept lesson "
                     "fashion-mnist` is all of it. A batch has the shape `(N, C, H, W)`."});
  data::DataLoader loader{test, {.batch_size = 64}};
  const data::Batch batch = *loader.begin();
  nn::Sequential model = wide_network();
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
  nn::Sequential model = wide_network();
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
  automatic_differentiation(lesson);
  optimisation_loop(lesson);
  saving_and_loading(lesson, seed);
  return lesson;
}

}  // namespace percept::lessons
