// Gallery, 2015: what made convolutional networks deep. Small kernels one after the other, batch
// norm by hand, and a network with and without.
#include <functional>

#include "lessons/gallery/classifier.h"
#include "lessons/gallery/garments.h"
#include "lessons/training.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

void tell_small_kernels(Lesson& lesson) {
  lesson.heading({.zh = "两个 3×3 看到 5×5", .en = "Two of 3×3 see 5×5"});
  lesson.text(
      {.zh = "一个接一个的两个 3×3 卷积，每个输出看到输入的 5×5；两个都是 `1 2 1 / 2 4 2 / 1 2 1` "
             "时，它们合起来正是一个 5×5 的卷积核。权值却更少，中间还能放一个 ReLU。",
       .en = "After two convolutions of 3×3, one behind the other, each output sees 5×5 of the "
             "input; when both are `1 2 1 / 2 4 2 / 1 2 1`, together they are just one kernel of "
             "5×5. Yet there are fewer weights, and room for a ReLU in between."});
  const Tensor small =
      tensor({{1., 2., 1.}, {2., 4., 2.}, {1., 2., 1.}}, {.dtype = f64}).reshape({1, 1, 3, 3});
  const Tensor joined = conv_transpose2d(small, small);  // (1, 1, 5, 5): every sum of two places
  const auto column = [&](const char* name, std::int64_t j,
                          std::initializer_list<const char*> by_hand) {
    return Column{.name = name,
                  .values = joined[0][0].select(1, j).to_vector<double>(),
                  .expected = golden(by_hand)};
  };
  lesson.table(
      {.name = "joined",
       .title = {.zh = "合起来的 5×5 卷积核", .en = "The two as one kernel of 5×5"},
       .columns = {{.name = "row", .title = {.zh = "行", .en = "row"}, .values = {1, 2, 3, 4, 5}},
                   column("1", 0, {"1", "4", "6", "4", "1"}),
                   column("2", 1, {"4", "16", "24", "16", "4"}),
                   column("3", 2, {"6", "24", "36", "24", "6"}),
                   column("4", 3, {"4", "16", "24", "16", "4"}),
                   column("5", 4, {"1", "4", "6", "4", "1"})}});
  const Tensor picture = square(arange(12 * 12).to(f64)).reshape({1, 1, 12, 12});
  lesson.numbers(
      "small-kernels", {.zh = "两个 3×3 与一个 5×5", .en = "Two of 3×3 and one of 5×5"},
      {{{.zh = "12×12 的图像上不相等的数", .en = "numbers that differ on a picture of 12×12"},
        double(count_different(conv2d(conv2d(picture, small), small), conv2d(picture, joined))),
        golden("0")},
       {{.zh = "64 张图，两个 3×3 的权值", .en = "weights of two of 3×3, 64 maps"},
        double(nn::Conv2d(64, 64, 3).weight.numel() * 2),
        golden("73728")},
       {{.zh = "64 张图，一个 5×5 的权值", .en = "weights of one of 5×5, 64 maps"},
        double(nn::Conv2d(64, 64, 5).weight.numel()),
        golden("102400")}});
}

void tell_batch_norm(Lesson& lesson) {
  lesson.heading({.zh = "批归一化", .en = "Batch norm"});
  lesson.text({.zh = "每张特征图减去这一批的均值，除以标准差，再乘上与加上学到的两个数；评估时用训"
                     "练中积累的均值与方差。一批四个数 1、2、3、6：均值 3，方差 3.5。",
               .en = "Each feature map loses its mean over the batch and is divided by the "
                     "standard deviation, then multiplied by and added to two learned numbers; in "
                     "evaluation the mean and the variance gathered in training take their place. "
                     "A batch of four numbers 1, 2, 3, 6 has the mean 3 and the variance 3.5."});
  lesson.formula("y = γ (x - μ) / √(σ² + ε) + β,  ε = 10⁻⁵");
  nn::BatchNorm1d norm(1);
  norm.to(f64);
  const NoGradGuard no_grad;
  const Tensor x = tensor({{1.}, {2.}, {3.}, {6.}}, {.dtype = f64});
  const std::vector<double> y = norm(x).to_vector<double>();
  lesson.question({.zh = "x = 6 批归一化之后是多少？", .en = "What is x = 6 after batch norm?"},
                  y[3], 2);
  lesson.table({.name = "batch-norm",
                .title = {.zh = "一批四个数", .en = "A batch of four numbers"},
                .columns = {{.name = "x", .values = x.to_vector<double>()},
                            {.name = "y",
                             .values = y,
                             .expected = golden({"-1.06904", "-0.53452", "0.00000", "1.60357"})}}});
  lesson.numbers("gathered",
                 {.zh = "积累的统计量，动量 0.1", .en = "Gathered, with a momentum of 0.1"},
                 {{{.zh = "均值", .en = "mean"}, norm.running_mean.item(), golden("0.3000")},
                  {{.zh = "方差", .en = "variance"}, norm.running_var.item(), golden("1.3667")}});
}

/// models::Cnn without batch norm and dropout.
nn::Sequential plain_cnn() {
  return {nn::Conv2d{1, 32, 3, {.padding = 1}},
          nn::ReLU{},
          nn::MaxPool2d{2},
          nn::Conv2d{32, 64, 3, {.padding = 1}},
          nn::ReLU{},
          nn::MaxPool2d{2},
          nn::Flatten{},
          nn::Linear{64 * 7 * 7, 128},
          nn::ReLU{},
          nn::Linear{128, 10}};
}

void tell_cnn_parameters(Lesson& lesson, models::Cnn& net) {
  lesson.heading({.zh = "网络", .en = "The network"});
  lesson.text({.zh = "卷积 3×3（32 张图）、批归一化、ReLU、取最大值 2×2；同样的一组，64 "
                     "张图；Dropout、128 个单元、Dropout、10 个输出。",
               .en = "A convolution of 3×3 (32 maps), batch norm, ReLU, maxima of 2×2; the same "
                     "with 64 maps; dropout, 128 units, dropout, 10 outputs."});
  const auto of = [](nn::Sequential& part, std::size_t i) { return parameter_count(part[i]); };
  lesson.numbers(
      "parameters", {.zh = "参数个数", .en = "Parameters"},
      {{{.zh = "卷积 1 → 32", .en = "convolution 1 → 32"}, of(net.features, 0), golden("288")},
       {{.zh = "批归一化 32", .en = "batch norm 32"}, of(net.features, 1), golden("64")},
       {{.zh = "卷积 32 → 64", .en = "convolution 32 → 64"}, of(net.features, 4), golden("18432")},
       {{.zh = "批归一化 64", .en = "batch norm 64"}, of(net.features, 5), golden("128")},
       {both("3136 → 128"), of(net.classifier, 2), golden("401536")},
       {both("128 → 10"), of(net.classifier, 5), golden("1290")},
       {{.zh = "合计", .en = "total"}, parameter_count(net), golden("421738")}});
}

const ClassifierTraining kReducedCnn{.pictures = 3000, .judged = 1000, .epochs = 4, .rate = 3e-3};
const ClassifierTraining kFullCnn{
    .pictures = 60000, .judged = 10000, .epochs = 18, .rate = 3e-3, .mirrored = true};

void train_cnns(Lesson& lesson, models::Cnn& net, const Options& options) {
  const ClassifierTraining& course = options.full ? kFullCnn : kReducedCnn;
  const double floor = options.full ? 0.925 : 0.75;
  lesson.heading({.zh = "训练", .en = "Training"});
  lesson.text(
      {.zh = "用 {} 张图像训练 {} "
             "轮，Adam，学习率先升后降。完整大小（--"
             "full）用全部训练图像，每次随机左右翻转；平时旁边还有没有批归一化与 Dropout "
             "的同样的网络。",
       .en =
           "{} pictures train it for {} epochs with Adam, by a learning rate that rises and falls. "
           "At full size (--full) there are all training pictures, mirrored at random every time; "
           "otherwise the same network without batch norm and dropout stands beside it."},
      course.pictures, course.epochs);
  lesson.code(
      "nn::Sequential features{nn::Conv2d{1, 32, 3, {.padding = 1, .bias = false}},\n"
      "    nn::BatchNorm2d{32}, nn::ReLU{}, nn::MaxPool2d{2},\n"
      "    nn::Conv2d{32, 64, 3, {.padding = 1, .bias = false}},\n"
      "    nn::BatchNorm2d{64}, nn::ReLU{}, nn::MaxPool2d{2}};");
  std::vector<TrainedClassifier> trained{{"cnn",
                                          {"批归一化与 Dropout", "with batch norm and dropout"},
                                          parameter_count(net),
                                          train_classifier(course, net, options)}};
  if (!options.full) {
    nn::Sequential plain = plain_cnn();
    trained.push_back({"plain",
                       {"都没有", "without both"},
                       parameter_count(plain),
                       train_classifier(course, plain, options)});
  }
  show_accuracy(lesson, trained);
  lesson.claim(trained[0].accuracy.back() >= floor,
               {.zh = "它至少判对 {:.1f}%", .en = "It gets at least {:.1f}% right"}, 100 * floor);
}

void tell_cnn_maps(Lesson& lesson, models::Cnn& net, const Options& options) {
  const NoGradGuard no_grad;
  const data::FashionMNIST test_set{{.root = options.data_dir, .train = false}};
  const Tensor x = test_set.get(0).x.unsqueeze(0);
  Tensor map = x;
  for (std::size_t i = 0; i < 3; ++i) map = net.features[i](map);
  const Tensor kernels = net.features.parameters()[0].clone().detach();
  lesson.figure("kernels",
                {.zh = "第一层学到的 32 个 3×3 卷积核",
                 .en = "The 32 kernels of 3×3 that the first layer learned"},
                [kernels](Language language) {
                  return plot::weight_tiles(kernels.to_vector<float>(), 32, 3, 3,
                                            {.columns = 16,
                                             .pixel = 10,
                                             .color_label = Text{"权值", "weight"}.in(language),
                                             .limit = 0.4});
                });
  lesson.figure(
      "maps", {.zh = "一张短靴与它的 32 张特征图", .en = "An ankle boot and its 32 feature maps"},
      [picture = x[0][0], maps = map[0].contiguous()](Language language) {
        const double most = maps.max().item();
        std::vector<plot::Sample> samples{
            {.image = map_picture(picture, {0, 1}), .caption = Text{"输入", "input"}.in(language)}};
        for (std::int64_t c = 0; c < 32; ++c)
          samples.push_back(
              {.image = map_picture(maps[c], {0, most}), .caption = std::to_string(c + 1)});
        return plot::contact_sheet(samples, {.columns = 11, .tile = 72});
      });
}

}  // namespace

Lesson deep_convolutions(const Options& options) {
  Lesson lesson;
  lesson.text(
      {.zh = "2012 年，Krizhevsky、Sutskever 与 Hinton 的网络在 ImageNet "
             "上远远领先：ReLU、Dropout，在 GPU 上训练。此后的网络更深：Simonyan 与 "
             "Zisserman（2014）只用 3×3 的卷积核；Ioffe 与 "
             "Szegedy（2015）的批归一化让深的网络用大的学习率训练。这里是这三样东西的一个小网络。",
       .en = "In 2012 the network of Krizhevsky, Sutskever and Hinton was far ahead on ImageNet: "
             "ReLU and dropout, trained on GPUs. Networks grew deeper: Simonyan and Zisserman "
             "(2014) used kernels of 3×3 only, and batch norm by Ioffe and Szegedy (2015) let deep "
             "networks train at a large learning rate. Here is a small network of the three."});
  tell_small_kernels(lesson);
  tell_batch_norm(lesson);
  manual_seed(static_cast<std::uint64_t>(options.seed));
  models::Cnn net({1, 28, 28}, 10);
  tell_cnn_parameters(lesson, net);
  train_cnns(lesson, net, options);
  tell_cnn_maps(lesson, net, options);
  return lesson;
}

}  // namespace percept::lessons
