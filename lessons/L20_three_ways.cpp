// L20, part two: one network written in three ways, with equal losses from equal weights.
#include <algorithm>
#include <cmath>

#include "examples/three_ways.h"
#include "lessons/L20_fashion_mnist.h"
#include "lessons/training.h"
#include "percept/percept.h"

namespace percept::lessons {
namespace {

constexpr std::int64_t kCompared = 100;  // steps

/// Weights from N(0, std²), biases 0.
Weights random_weights(double std) {
  Weights weights;
  weights.W1 = randn({784, 256}) * std;
  weights.b1 = zeros({256});
  weights.W2 = randn({256, 10}) * std;
  weights.b2 = zeros({10});
  return weights;
}

/// The losses of `steps` batches by one of the three ways, in the order of the data.
std::vector<double> losses_of(decltype(with_module)& way, const Weights& start,
                              const data::FashionMNIST& set, std::int64_t steps) {
  data::DataLoader loader{set, {.batch_size = kClothesBatch}};
  return way(start, loader, steps, kClothesRate);
}

}  // namespace

void tell_three_ways(Lesson& lesson, const data::FashionMNIST& train_set, std::uint64_t seed) {
  lesson.heading({.zh = "三种写法", .en = "Three ways"});
  lesson.text(
      {.zh = "方法 1 用 `nn::Sequential`；方法 2 写自己的 `nn::Module`，用 `nn::Parameter` "
             "定义参数；方法 3 只用张量，自己清零梯度、自己更新。下面是各自的要点；这里运行的是 "
             "`examples/way1_sequential.cpp`、`examples/way2_module.cpp` 和 "
             "`examples/way3_tensors.cpp`。",
       .en = "Way 1 is an `nn::Sequential`; way 2 a `nn::Module` of one's own, its "
             "parameters defined as `nn::Parameter`; way 3 has tensors only and clears "
             "gradients and updates by hand. Below is what makes them different; what "
             "runs here are `examples/way1_sequential.cpp`, `examples/way2_module.cpp` and "
             "`examples/way3_tensors.cpp`."});
  lesson.code(
      "// 1\n"
      "nn::Sequential net{nn::Flatten{}, nn::Linear{784, 512}, nn::ReLU{},\n"
      "                   nn::Linear{512, 512}, nn::ReLU{}, nn::Linear{512, 10}};\n"
      "// 2\n"
      "Tensor forward(const Tensor& x) override {\n"
      "  const Tensor H = maximum(matmul(flatten(x), W1) + b1, tensor(0.0));\n"
      "  return matmul(H, W2) + b2;\n"
      "}\n"
      "// 3\n"
      "for (Tensor& param : params) param.zero_grad();\n"
      "loss.backward();\n"
      "const NoGradGuard no_grad;\n"
      "for (Tensor& param : params) param -= param.grad() * lr;");
  const std::vector<Text> ways{{.zh = "方法 1", .en = "way 1"},
                               {.zh = "方法 2", .en = "way 2"},
                               {.zh = "方法 3", .en = "way 3"}};
  std::vector<std::vector<double>> first(3);
  for (int k = 0; k < kSeeds; ++k) {
    manual_seed(seed + static_cast<std::uint64_t>(k));
    nn::Sequential one = wide_network();
    const Weights two = random_weights(1), three = random_weights(0.01);
    first[0].push_back(train_in_order(one, train_set, 1)[0]);
    first[1].push_back(losses_of(with_module, two, train_set, 1)[0]);
    first[2].push_back(losses_of(with_tensors, three, train_set, 1)[0]);
  }
  Column seeds{.name = "seed", .title = {.zh = "种子", .en = "seed"}};
  for (int k = 0; k < kSeeds; ++k) seeds.values.push_back(static_cast<double>(seed) + k);
  lesson.question({.zh = "方法 3 的初值接近 0，10 个类别几乎等概率。第一批的损失大约是多少？",
                   .en = "Way 3 starts close to 0, its 10 classes are almost equally likely. What "
                         "is the loss of the first batch, about?"},
                  first[2][0], 1);
  lesson.table({.name = "first_loss",
                .title = {.zh = "第一批的损失", .en = "Loss of the first batch"},
                .columns = {seeds,
                            {.name = "way1", .title = ways[0], .values = first[0], .digits = 3},
                            {.name = "way2", .title = ways[1], .values = first[1], .digits = 1},
                            {.name = "way3", .title = ways[2], .values = first[2], .digits = 3}}});
  const auto near_uniform = [](double loss) { return std::abs(loss - std::log(10.)) < 0.05; };
  lesson.claim(
      std::all_of(first[0].begin(), first[0].end(), near_uniform) &&
          std::all_of(first[2].begin(), first[2].end(), near_uniform),
      {.zh = "方法 1 与方法 3 从 `ln 10` 附近开始", .en = "Ways 1 and 3 begin close to `ln 10`"});
  lesson.claim(*std::min_element(first[1].begin(), first[1].end()) > 50,
               {.zh = "方法 2 的权值取自 `N(0, 1)`，输出太大，损失在 50 以上",
                .en = "Way 2 draws its weights from `N(0, 1)`: outputs are far too large, and the "
                      "loss is above 50"});

  manual_seed(seed);
  const Weights large = random_weights(1), small = random_weights(0.01);
  const std::vector<double> from_large = losses_of(with_module, large, train_set, kCompared);
  const std::vector<double> by_layers = losses_of(with_sequential, small, train_set, kCompared);
  const std::vector<double> by_module = losses_of(with_module, small, train_set, kCompared);
  const std::vector<double> by_tensors = losses_of(with_tensors, small, train_set, kCompared);
  lesson.text(
      {.zh = "从同样的权值出发，三种写法的损失一步一步都相同：784-256-10，学习率 {}，不打乱。",
       .en = "From the same weights the three ways have the same losses step by step: "
             "784-256-10, learning rate {}, not shuffled."},
      kClothesRate);
  Column step{.name = "step", .title = {.zh = "步", .en = "step"}};
  std::vector<Column> columns(4);
  double gap = 0;
  for (std::size_t i = 0; i < by_tensors.size(); ++i) {
    for (const auto* other : {&by_layers, &by_module})
      gap = std::max(gap, std::abs((*other)[i] - by_tensors[i]) / by_tensors[i]);
    if (i % 20 != 0 && i + 1 != by_tensors.size()) continue;
    step.values.push_back(static_cast<double>(i));
    columns[0].values.push_back(by_layers[i]);
    columns[1].values.push_back(by_module[i]);
    columns[2].values.push_back(by_tensors[i]);
    columns[3].values.push_back(from_large[i]);
  }
  const std::vector<std::string> keys{"sequential", "module", "tensors", "large"};
  for (std::size_t k = 0; k < 4; ++k) {
    columns[k].name = keys[k];
    columns[k].title = k < 3 ? ways[k] : both("N(0, 1)");
    columns[k].digits = 4;
  }
  lesson.table({.name = "three_ways",
                .title = {.zh = "每步的损失；最后一列是方法 2 自己的权值",
                          .en = "Loss by step; the last column is way 2 from its own weights"},
                .columns = {step, columns[0], columns[1], columns[2], columns[3]}});
  lesson.claim(gap < 1e-5,
               {.zh = "三种写法的损失最多差 `1e-5`（相对）",
                .en = "The losses of the three ways differ by at most `1e-5`, relatively"});
  lesson.claim(from_large.back() < from_large.front() / 2 && by_tensors.back() < 1.5,
               {.zh = "100 步后，两种初值的损失都大大降低",
                .en = "After 100 steps both starts have a much lower loss"});
}

}  // namespace percept::lessons
