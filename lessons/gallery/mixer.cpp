// Gallery, 2021: the MLP-Mixer beside a multi-layer perceptron of as many parameters.
#include <algorithm>

#include "lessons/gallery/classifier.h"
#include "lessons/training.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

void tell_cutting(Lesson& lesson) {
  lesson.heading({.zh = "图像块", .en = "Patches"});
  lesson.text({.zh = "图像切成小块，逐行编号，每块是一个向量。4×4 的图像，像素依次是 0 到 15，切成 "
                     "2×2 的块：",
               .en = "A picture is cut into patches, numbered row by row, and each is a vector. A "
                     "picture of 4×4 with the pixels 0 to 15 in order becomes patches of 2×2:"});
  const Tensor cut = models::patches(arange(16).to(f64).reshape({1, 1, 4, 4}), 2)[0];  // (4, 4)
  const auto column = [&](const char* name, std::int64_t j,
                          std::initializer_list<const char*> by_hand) {
    return Column{
        .name = name, .values = cut.select(1, j).to_vector<double>(), .expected = golden(by_hand)};
  };
  lesson.table(
      {.name = "patches",
       .title = {.zh = "4 块，每块 4 个像素", .en = "4 patches of 4 pixels"},
       .columns = {{.name = "patch", .title = {.zh = "块", .en = "patch"}, .values = {1, 2, 3, 4}},
                   column("x₁", 0, {"0", "2", "8", "10"}),
                   column("x₂", 1, {"1", "3", "9", "11"}),
                   column("x₃", 2, {"4", "6", "12", "14"}),
                   column("x₄", 3, {"5", "7", "13", "15"})}});
}

void tell_two_mixings(Lesson& lesson, std::uint64_t seed) {
  lesson.heading({.zh = "两种混合", .en = "Two ways to mix"});
  lesson.text(
      {.zh = "每层有两个小的多层感知机：一个在块之间混合，每个通道用同样的权值；一个在通道之间混合"
             "，每块用同样的权值。两者之前有层归一化，结果加回输入。所以打乱各块的次序，通道混合的"
             "结果只是同样地打乱；块混合则不然，它知道每块在哪里。",
       .en = "A layer has two small multi-layer perceptrons: one mixes across patches, with the "
             "same weights for every channel; one mixes across channels, with the same weights for "
             "every patch. Layer norm stands before both, and the result is added to the input. So "
             "when the patches are shuffled, what mixing channels gives is shuffled likewise; "
             "mixing patches is another matter, as it knows where each patch lies."});
  lesson.formula(
      "u = x + W₂ gelu(W₁ norm(x)ᵀ)ᵀ\n"
      "y = u + W₄ gelu(W₃ norm(u))");
  manual_seed(seed);
  models::Mixer net({1, 28, 28}, 10);
  models::MixerBlock& block = net.blocks.front();
  lesson.numbers("parameters",
                 {.zh = "参数个数：49 块，128 个通道，4 层",
                  .en = "Parameters: 49 patches, 128 channels, 4 layers"},
                 {{{.zh = "块的嵌入 16 → 128", .en = "embedding of a patch 16 → 128"},
                   parameter_count(net.embedding),
                   golden("2176")},
                  {{.zh = "块混合 49 → 64 → 49", .en = "mixing patches 49 → 64 → 49"},
                   parameter_count(block.tokens),
                   golden("6385")},
                  {{.zh = "通道混合 128 → 512 → 128", .en = "mixing channels 128 → 512 → 128"},
                   parameter_count(block.channels),
                   golden("131712")},
                  {{.zh = "一层，连同归一化", .en = "a layer, with its norms"},
                   parameter_count(block),
                   golden("138609")},
                  {{.zh = "合计", .en = "total"}, parameter_count(net), golden("558158")}});
  const NoGradGuard no_grad;
  block.to(f64);
  Generator generator(seed);
  const Tensor x = randn({49, 128}, {.dtype = f64}, &generator);
  const Tensor order = remainder(arange(49) * 10, tensor({49}));  // 0, 10, 20, 30, 40, 1, ...
  const auto shuffled = [&](const Tensor& rows) { return index_select(rows, 0, order); };
  const auto mixed = [&](const Tensor& rows) { return block.tokens(rows.t()).t(); };
  const int channels = count_different(block.channels(shuffled(x)), shuffled(block.channels(x))),
            patches = count_different(mixed(shuffled(x)), shuffled(mixed(x)));
  lesson.numbers("shuffled",
                 {.zh = "打乱 49 块之后不相等的数（float64）",
                  .en = "Numbers that differ once 49 patches are shuffled (float64)"},
                 {{{.zh = "通道混合", .en = "mixing channels"}, double(channels), golden("0")}});
  lesson.claim(patches > 49 * 64, {.zh = "块混合：一半以上的数不相等",
                                   .en = "Mixing patches: more than half of the numbers differ"});
}

struct MixerSizes {
  models::MixerOptions mixer;
  ClassifierTraining course;
};
const MixerSizes kReducedMixer{
    {.patch = 7, .width = 32, .layers = 2, .token_units = 32, .channel_units = 128},
    {.pictures = 8000, .judged = 2000, .epochs = 6, .batch = 32, .rate = 5e-3}};
const MixerSizes kFullMixer{
    {.patch = 4, .width = 64, .layers = 4, .token_units = 64, .channel_units = 256},
    {.pictures = 60000, .judged = 10000, .epochs = 10, .rate = 3e-3, .mirrored = true}};

/// Units of the smallest 784-h-h-10 that has no fewer than `parameters`.
std::int64_t units_for(double parameters) {
  std::int64_t h = 1;
  while (static_cast<double>(785 * h + (h + 1) * h + 10 * (h + 1)) < parameters) ++h;
  return h;
}

void train_mixer(Lesson& lesson, const Options& options) {
  const auto& [size, course] = options.full ? kFullMixer : kReducedMixer;
  manual_seed(static_cast<std::uint64_t>(options.seed));
  models::Mixer mixer({1, 28, 28}, 10, size);
  const std::int64_t units = units_for(parameter_count(mixer));
  models::Mlp mlp(784, 10, {.hidden = {units, units}});
  lesson.heading({.zh = "参数一样多", .en = "As many parameters"});
  lesson.text(
      {.zh = "一个 Mixer（{} 个通道，{} 层）与一个参数不少于它的多层感知机，用同样的方法训练：{} "
             "张图像，{} 轮，Adam，学习率先升后降。",
       .en = "A Mixer ({} channels, {} layers) and a multi-layer perceptron of no fewer parameters "
             "are trained the same way: {} pictures, {} epochs, Adam, a learning rate that rises "
             "and falls."},
      size.width, size.layers, course.pictures, course.epochs);
  lesson.code(
      "models::Mixer net({1, 28, 28}, 10, {.patch = 7, .width = 96, .layers = 3});\n"
      "const Tensor across = transpose(tokens(transpose(norm1(x), 1, 2)), 1, 2);\n"
      "const Tensor mixed = x + across;\n"
      "return mixed + channels(norm2(mixed));");
  const std::vector<TrainedClassifier> trained{
      {"mixer", both("MLP-Mixer"), parameter_count(mixer),
       train_classifier(course, mixer, options)},
      {"mlp", fill(both("784-{}-{}-10"), units, units), parameter_count(mlp),
       train_classifier(course, mlp, options)}};
  show_accuracy(lesson, trained);
  const auto right = [&](std::size_t i) { return trained[i].accuracy.back(); };
  lesson.claim(
      trained[1].parameters >= trained[0].parameters && std::min(right(0), right(1)) > 0.75,
      {.zh = "Mixer 的参数不多于多层感知机；两者都判对 75% 以上",
       .en = "The Mixer has no more parameters than the multi-layer perceptron; both get "
             "more than 75% right"});
  if (options.full)
    lesson.claim(right(0) > right(1),
                 {.zh = "Mixer 判对的更多", .en = "The Mixer gets more right"});
  const int side = 28 / static_cast<int>(size.patch);
  const Tensor weights = mixer.blocks.front().tokens.parameters()[0].clone().detach();
  lesson.figure(
      "tokens",
      fill({.zh = "第一层块混合的权值：每格是一个单元，{0}×{0} 个数对应图像的 {0}×{0} 块",
            .en = "Weights of the first layer that mixes patches: each tile is a unit, its {0}×{0} "
                  "numbers are the picture's {0}×{0} patches"},
           side),
      [weights, side](Language language) {
        return plot::weight_tiles(weights.to_vector<float>(), static_cast<int>(weights.size(0)),
                                  side, side,
                                  {.columns = 16,
                                   .pixel = 8,
                                   .color_label = Text{"权值", "weight"}.in(language),
                                   .limit = 0.4});
      });
}

}  // namespace

Lesson mixer(const Options& options) {
  Lesson lesson;
  lesson.text(
      {.zh = "2021 年，Tolstikhin 等人的 MLP-Mixer "
             "既没有卷积也没有注意力，只有多层感知机：图像切成块，轮流在块之间与通道之间混合。在大"
             "的数据集上它与当时最好的网络相近。权值处处共用，正是它与普通的多层感知机的区别。",
       .en = "The MLP-Mixer of Tolstikhin and others (2021) has neither convolution nor attention, "
             "only multi-layer perceptrons: the picture is cut into patches, and mixing across "
             "patches takes turns with mixing across channels. On large data it came close to the "
             "best networks of its day. That weights are shared is what sets it apart from a plain "
             "multi-layer perceptron."});
  tell_cutting(lesson);
  tell_two_mixings(lesson, static_cast<std::uint64_t>(options.seed));
  train_mixer(lesson, options);
  return lesson;
}

}  // namespace percept::lessons
