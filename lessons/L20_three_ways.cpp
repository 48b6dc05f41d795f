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

const std::vector<Text>& way_names() {
  static const std::vector<Text> names{{.zh = "方法 1", .en = "way 1"},
                                       {.zh = "方法 2", .en = "way 2"},
                                       {.zh = "方法 3", .en = "way 3"}};
  return names;
}

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
  lesson.note({.zh = "课件文字版里的程序不能直接运行：`__init__` 等名字丢了下划线，"
                     "`l.backward()` 和 `l.item()` 的字母 l 成了数字 1。",
               .en = "The programs in the lecture's text do not run as they stand: names such as "
                     "`__init__` have lost their underscores, and the letter l of `l.backward()` "
                     "and `l.item()` has become the digit 1."});
  manual_seed(seed);
  const Weights small = random_weights(0.01);
  const std::vector<double> by_layers = losses_of(with_sequential, small, train_set, kCompared);
  const std::vector<double> by_module = losses_of(with_module, small, train_set, kCompared);
  const std::vector<double> by_tensors = losses_of(with_tensors, small, train_set, kCompared);
  lesson.text(
      {.zh = "从同样的权值出发，三种写法的损失一步一步都相同：784-256-10，学习率 {}，不打乱。",
       .en = "From the same weights the three ways have the same losses step by step: "
             "784-256-10, learning rate {}, not shuffled."},
      kClothesRate);
  Column step{.name = "step", .title = {.zh = "步", .en = "step"}};
  std::vector<Column> columns(3);
  double gap = 0;
  for (std::size_t i = 0; i < by_tensors.size(); ++i) {
    for (const auto* other : {&by_layers, &by_module})
      gap = std::max(gap, std::abs((*other)[i] - by_tensors[i]) / by_tensors[i]);
    if (i % 20 != 0 && i + 1 != by_tensors.size()) continue;
    step.values.push_back(static_cast<double>(i));
    columns[0].values.push_back(by_layers[i]);
    columns[1].values.push_back(by_module[i]);
    columns[2].values.push_back(by_tensors[i]);
  }
  const std::vector<std::string> keys{"sequential", "module", "tensors"};
  for (std::size_t k = 0; k < 3; ++k) {
    columns[k].name = keys[k];
    columns[k].title = way_names()[k];
    columns[k].digits = 4;
  }
  lesson.table({.name = "three_ways",
                .title = {.zh = "每步的损失", .en = "Loss by step"},
                .columns = {step, columns[0], columns[1], columns[2]}});
  lesson.claim(gap < 1e-5,
               {.zh = "三种写法的损失最多差 `1e-5`（相对）",
                .en = "The losses of the three ways differ by at most `1e-5`, relatively"});
  lesson.claim(by_tensors.back() < by_tensors.front() / 2,
               {.zh = "100 步后，损失不到开始时的一半",
                .en = "After 100 steps the loss is less than half of what it was"});
}

}  // namespace percept::lessons
