// Gallery, 1998: LeNet-5. A kernel by hand, the parameters layer by layer, and maps that move along
// with the picture.
#include <algorithm>

#include "lessons/gallery/classifier.h"
#include "lessons/gallery/garments.h"
#include "lessons/training.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

void tell_edge_kernel(Lesson& lesson) {
  lesson.heading({.zh = "一个卷积核走过图像", .en = "A kernel moves over a picture"});
  lesson.text({.zh = "5×5 的图像上有一个 3×3 的亮块（1），四周为 0。卷积核 `-1 0 1 / -2 0 2 / -1 0 "
                     "1` 在 9 个位置上各作一次加权求和：左边缘给出正数，右边缘给出负数，别处为 "
                     "0。9 个位置用的是同样的 9 个权值。",
               .en = "A 5×5 picture holds a bright block of 3×3 (1), with 0 around it. The kernel "
                     "`-1 0 1 / -2 0 2 / -1 0 1` takes a weighted sum at each of 9 places: a left "
                     "edge gives a positive number, a right edge a negative one, and 0 is "
                     "elsewhere. All 9 places share the same 9 weights."});
  const Tensor picture = pad(ones({1, 1, 3, 3}), {1, 1, 1, 1});
  const Tensor kernel =
      tensor({{-1., 0., 1.}, {-2., 0., 2.}, {-1., 0., 1.}}, {.dtype = f32}).reshape({1, 1, 3, 3});
  const Tensor map = conv2d(picture, kernel).reshape({3, 3});
  const auto column = [&](const char* name, std::int64_t j,
                          std::initializer_list<const char*> by_hand) {
    return Column{
        .name = name, .values = map.select(1, j).to_vector<double>(), .expected = golden(by_hand)};
  };
  lesson.table(
      {.name = "kernel",
       .title = {.zh = "边缘的特征图", .en = "The feature map of edges"},
       .columns = {{.name = "row", .title = {.zh = "行", .en = "row"}, .values = {1, 2, 3}},
                   column("j=1", 0, {"3", "4", "3"}),
                   column("j=2", 1, {"0", "0", "0"}),
                   column("j=3", 2, {"-3", "-4", "-3"})}});
}

void tell_lenet_parameters(Lesson& lesson) {
  lesson.heading({.zh = "六万个参数", .en = "Sixty thousand parameters"});
  lesson.text(
      {.zh = "1998 年的 C3 是稀疏的：16 张特征图各只看下面 6 张中的 3、4 或 6 "
             "张，使它们不会学成一样。S2、S4 "
             "每张图有一个系数与一个偏置量；输出是与固定编码的距离，没有参数。今天常见的写法让 C3 "
             "全部相连，池化取最大值，输出是全连接层。",
       .en =
           "C3 of 1998 is sparse: each of its 16 feature maps sees 3, 4 or 6 of the 6 below, so "
           "that they cannot learn to be alike. S2 and S4 have a coefficient and a bias for each "
           "map; the outputs are distances to fixed codes, without parameters. As written today C3 "
           "is dense, pooling takes the maximum, and the outputs are a fully connected layer."});
  lesson.question({.zh = "C3 稠密时，16 张图各用 6 个 5×5 的卷积核，再加偏置量：共多少个参数？",
                   .en = "When C3 is dense, each of 16 maps has 6 kernels of 5×5, and a bias: how "
                         "many parameters are these?"},
                  2416, 0);
  const models::LeNet5 dense;
  const models::LeNet5Sparse sparse;
  const auto counts = [](const nn::Module& whole, std::initializer_list<const nn::Module*> layers) {
    std::vector<double> list;
    for (const nn::Module* layer : layers) list.push_back(layer ? parameter_count(*layer) : 0);
    list.push_back(parameter_count(whole));
    return list;
  };
  lesson.table(
      {.name = "parameters",
       .title = {.zh = "每层的参数个数", .en = "Parameters by layer"},
       .columns = {
           {.name = "layer",
            .title = {.zh = "层", .en = "layer"},
            .words = {both("C1, 6×28×28"),
                      both("S2, 6×14×14"),
                      both("C3, 16×10×10"),
                      both("S4, 16×5×5"),
                      both("C5, 120"),
                      both("F6, 84"),
                      {"输出，10", "output, 10"},
                      {"合计", "total"}}},
           {.name = "dense",
            .title = {.zh = "C3 稠密", .en = "dense C3"},
            .values = counts(dense, {&dense.conv1, &dense.pool, &dense.conv2, &dense.pool,
                                     &dense.fc1, &dense.fc2, &dense.fc3}),
            .expected = golden({"156", "0", "2416", "0", "48120", "10164", "850", "61706"})},
           {.name = "sparse",
            .title = {.zh = "C3 稀疏", .en = "sparse C3"},
            .values = counts(sparse, {&sparse.c1, &sparse.s2, &sparse.c3, &sparse.s4, &sparse.c5,
                                      &sparse.f6, nullptr}),
            .expected = golden({"156", "12", "1516", "32", "48120", "10164", "0", "60000"})}}});
  lesson.text(
      {.zh = "没有共享的权值，784 个像素到 C1 的 4704 个单元就要 {} 个参数，而不是 156 个。",
       .en = "Without shared weights, from 784 pixels to the 4704 units of C1 there would be {} "
             "parameters, not 156."},
      784 * 4704 + 4704);
  lesson.figure("connections",
                {.zh = "稀疏的 C3：每一列是一张特征图，深色是它所看的 S2 的图",
                 .en = "Sparse C3: each column is a feature map, dark the maps of S2 that it sees"},
                [](Language language) {
                  const Tensor seen = index_put(
                      zeros({6, 16}), {models::SparseConv::from(), models::SparseConv::to()},
                      ones({models::SparseConv::from().numel()}));
                  const Text row{"S2 的图", "map of S2"}, column{"C3 的图", "map of C3"},
                      color{"相连", "connected"};
                  return plot::heat_map(seen.to_vector<double>(), 6, 16,
                                        {.row_label = row.in(language),
                                         .column_label = column.in(language),
                                         .color_label = color.in(language),
                                         .map = plot::ColorMap::Blues});
                });
}

/// What each layer up to S4 makes of x (N, 1, 28, 28).
struct LeNetMaps {
  Tensor c1, s2, c3, s4;

  LeNetMaps(models::LeNet5& net, const Tensor& x)
      : c1(relu(net.conv1(x))), s2(net.pool(c1)), c3(relu(net.conv2(s2))), s4(net.pool(c3)) {}
};

/// x moved down and to the right, zeros moving in.
Tensor moved_picture(const Tensor& x, std::int64_t pixels) {
  return pad(x, {pixels, -pixels, pixels, -pixels});
}

/// Elements of maps (1, C, H, W) that are not those of the unmoved ones `step` places before them,
/// in rows and columns first … last, whose windows lie inside both pictures.
int differing_inside(const Tensor& after, const Tensor& before, std::int64_t step,
                     std::int64_t first, std::int64_t last) {
  const std::int64_t count = last - first + 1;
  const auto square = [&](const Tensor& maps, std::int64_t from) {
    return maps.narrow(2, from, count).narrow(3, from, count);
  };
  return count_different(square(after, first), square(before, first - step));
}

void tell_moved_picture(Lesson& lesson, models::LeNet5 net, const Tensor& x) {
  constexpr std::int64_t kMoved = 4;
  lesson.heading({.zh = "图像移动，特征图跟着移动", .en = "The picture moves, and so do the maps"});
  lesson.text({.zh = "把一张图像向右下移动 {} "
                     "个像素，用训练好的网络（float64）再算一遍。卷积在每个位置用同样的权值、同样的"
                     "次序求和，所以在边框以内，特征图逐位相等地跟着移动；每次池化把距离减半。",
               .en = "A picture is moved {} pixels down and to the right, and goes through the "
                     "trained network (float64) again. A convolution takes its sum with the same "
                     "weights in the same order at every place, so inside the border the feature "
                     "maps move along, equal to the last bit; each pooling halves the distance."},
              kMoved);
  net.to(f64);
  const NoGradGuard no_grad;
  const Tensor picture = x.to(f64);
  const LeNetMaps before(net, picture), after(net, moved_picture(picture, kMoved)),
      near(net, moved_picture(picture, 1));
  lesson.table(
      {.name = "shift",
       .title = {.zh = "边框以内不相等的数", .en = "Numbers inside the border that differ"},
       .columns = {{.name = "layer",
                    .title = {.zh = "层", .en = "layer"},
                    .words = {both("C1"), both("S2"), both("C3"), both("S4")}},
                   {.name = "distance",
                    .title = {.zh = "移动的距离", .en = "distance moved"},
                    .values = {4, 2, 2, 1}},
                   {.name = "compared",
                    .title = {.zh = "比较的个数", .en = "compared"},
                    .values = {6 * 20 * 20, 6 * 10 * 10, 16 * 6 * 6, 16 * 2 * 2}},
                   {.name = "differing",
                    .title = {.zh = "不相等", .en = "differ"},
                    .values = {double(differing_inside(after.c1, before.c1, 4, 6, 25)),
                               double(differing_inside(after.s2, before.s2, 2, 3, 12)),
                               double(differing_inside(after.c3, before.c3, 2, 3, 8)),
                               double(differing_inside(after.s4, before.s4, 1, 2, 3))},
                    .expected = golden({"0", "0", "0", "0"})}}});
  lesson.claim(differing_inside(near.c1, before.c1, 1, 3, 25) == 0 &&
                   differing_inside(near.s2, before.s2, 1, 3, 12) > 0 &&
                   differing_inside(near.s2, before.s2, 0, 3, 12) > 0,
               {.zh = "移动 1 个像素时，C1 仍逐位跟随；S2 的格子有两个像素宽，只能近似",
                .en = "Moved by 1 pixel, C1 still follows to the last bit; S2, whose cells are two "
                      "pixels wide, does so only nearly"});
  const Tensor pictures = cat({picture, moved_picture(picture, kMoved)}),
               maps = cat({before.c1, after.c1});
  lesson.figure(
      "shift",
      {.zh = "一张图像与 C1 的 6 张特征图；下面一行移动了 4 个像素",
       .en = "A picture and the 6 feature maps of C1; moved by 4 pixels in the lower row"},
      [pictures, maps](Language language) {
        const double most = maps.max().item();
        std::vector<plot::Sample> samples;
        for (std::int64_t row = 0; row < 2; ++row) {
          samples.push_back({.image = map_picture(pictures[row][0], {0, 1}),
                             .caption = Text{"输入", "input"}.in(language)});
          for (std::int64_t c = 0; c < 6; ++c)
            samples.push_back({.image = map_picture(maps[row][c], {0, most}),
                               .caption = fmt::format("C1, {}", c + 1)});
        }
        return plot::contact_sheet(samples, {.columns = 7, .tile = 112});
      });
  lesson.figure(
      "c3",
      {.zh = "同一张图像在 C3 的 16 张特征图", .en = "The same picture's 16 feature maps of C3"},
      [maps = before.c3](Language) {
        const double most = maps.max().item();
        std::vector<plot::Sample> samples;
        for (std::int64_t c = 0; c < 16; ++c)
          samples.push_back({.image = map_picture(maps[0][c], {0, most}),
                             .caption = fmt::format("C3, {}", c + 1)});
        return plot::contact_sheet(samples, {.columns = 8, .tile = 96});
      });
}

/// What the two networks go through.
struct LeNetTrainings {
  ClassifierTraining dense, sparse;
};
const LeNetTrainings kReducedLeNets{
    {.pictures = 8000, .judged = 2000, .epochs = 4, .batch = 32, .rate = 4e-3},
    {.pictures = 8000, .judged = 2000, .epochs = 4, .batch = 32, .rate = 1e-2, .temperature = 20}};
const LeNetTrainings kFullLeNets{
    {.pictures = 60000, .judged = 10000, .epochs = 15, .rate = 4e-3, .mirrored = true},
    {.pictures = 60000, .judged = 10000, .epochs = 15, .rate = 3e-3, .temperature = 20}};

void train_lenets(Lesson& lesson, const Options& options) {
  const auto& [course, softer] = options.full ? kFullLeNets : kReducedLeNets;
  const double floor = options.full ? 0.90 : 0.7;
  const std::vector<Text> names{{"C3 稠密", "dense C3"}, {"C3 稀疏", "sparse C3"}};
  lesson.heading({.zh = "训练", .en = "Training"});
  lesson.text(
      {.zh = "今天的写法（稠密、ReLU、取最大值）与 1998 年的写法（稀疏、tanh、距离）并排训练：{} "
             "张图像，{} 轮，Adam，学习率先升后降；在 {} "
             "张测试图像上比较。距离的平方可达数百，所以先除以温度 {}，再作 Softmax 与交叉熵。",
       .en = "The network as written today (dense, ReLU, maxima) and as written in 1998 (sparse, "
             "tanh, distances) are trained side by side: {} pictures, {} epochs, Adam, a learning "
             "rate that rises and falls; they are judged on {} test pictures. Squared distances "
             "run into hundreds, so they are divided by a temperature of {} before softmax and "
             "cross entropy."},
      course.pictures, course.epochs, course.judged, softer.temperature);
  lesson.code(
      "models::LeNet5 net;\n"
      "optim::Adam optimizer(net.parameters());\n"
      "train::Trainer(net, loss, optimizer, {.epochs = 15}).fit(loader);");
  manual_seed(static_cast<std::uint64_t>(options.seed));
  models::LeNet5 dense;
  models::LeNet5Sparse sparse;
  const std::vector<TrainedClassifier> trained{
      {"dense", names[0], parameter_count(dense), train_classifier(course, dense, options)},
      {"sparse", names[1], parameter_count(sparse), train_classifier(softer, sparse, options)}};
  show_accuracy(lesson, trained);
  lesson.claim(std::min(trained[0].accuracy.back(), trained[1].accuracy.back()) >= floor,
               {.zh = "两者都至少判对 {:.0f}%", .en = "Both get at least {:.0f}% right"},
               100 * floor);
  const std::vector<Tensor> kernels{dense.conv1.weight.clone().detach(),
                                    sparse.c1.weight.clone().detach()};
  lesson.figure(
      "kernels",
      {.zh = "学到的 C1 的 6 个 5×5 卷积核", .en = "The 6 kernels of 5×5 that C1 learned"},
      [names, kernels](Language language) {
        std::vector<plot::Figure> figures;
        for (std::size_t i = 0; i < names.size(); ++i)
          figures.push_back(plot::weight_tiles(kernels[i].to_vector<float>(), 6, 5, 5,
                                               {.title = names[i].in(language),
                                                .columns = 6,
                                                .pixel = 16,
                                                .color_label = Text{"权值", "weight"}.in(language),
                                                .limit = 0.5}));
        return plot::grid(figures, {.columns = 1});
      });
  const data::FashionMNIST test_set{{.root = options.data_dir, .train = false}};
  tell_moved_picture(lesson, dense, test_set.get(0).x.unsqueeze(0));
}

}  // namespace

Lesson lenet(const Options& options) {
  Lesson lesson;
  lesson.text(
      {.zh = "1980 年，福岛邦彦的 Neocognitron "
             "仿照视觉皮层：每个单元只看一小块，同样的一小块检测器铺满整个图像，层层交替地检测与汇"
             "总。LeCun 等人在 1989 年用误差反向传播训练这样的卷积网络读邮政编码；1998 年的 "
             "LeNet-5 读支票上的手写数字。",
       .en = "In 1980 Fukushima's Neocognitron followed the visual cortex: each unit sees a small "
             "patch, the same small detectors are laid over the whole picture, and layers that "
             "detect take turns with layers that gather. In 1989 LeCun and others trained such "
             "convolutional networks by back-propagation to read ZIP codes; LeNet-5 of 1998 read "
             "handwritten digits on cheques."});
  lesson.formula("y[o, i, j] = b[o] + Σ_c Σ_p Σ_q w[o, c, p, q] x[c, i + p, j + q]");
  tell_edge_kernel(lesson);
  tell_lenet_parameters(lesson);
  train_lenets(lesson, options);
  return lesson;
}

}  // namespace percept::lessons
