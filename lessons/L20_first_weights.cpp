// L20, part three: what the first weights do. They are the numbers that PyTorch draws for the same
// seeds, so that PyTorch's losses are the ones to meet.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "lessons/L20_fashion_mnist.h"
#include "lessons/training.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr std::int64_t kFirstSteps = 100;
constexpr std::int64_t kFirstTested = 2000;  // test pictures

/// The numbers of torch.manual_seed(seed) on a CPU: a Mersenne twister, of which an f32 takes the
/// lower 24 bits.
class TorchDraws {
 public:
  explicit TorchDraws(int seed) : twister_(static_cast<std::uint32_t>(seed)) {}

  /// torch.empty(shape).uniform_(-bound, bound)
  Tensor uniform(const Shape& shape, float bound) { return draw(shape) * (2 * bound) - bound; }

  /// torch.randn(shape) of a multiple of 16 numbers: of each 16 the first and the last 8 are made
  /// normal in pairs (Box and Muller).
  Tensor normal(const Shape& shape) {
    Tensor drawn = draw(shape);
    const std::span<float> z = drawn.span<float>();
    for (std::size_t i = 0; i < z.size(); i += 16)
      for (std::size_t j = i; j < i + 8; ++j) {
        const float radius = std::sqrt(-2 * std::log(1 - z[j]));
        const float angle = 2 * std::numbers::pi_v<float> * z[j + 8];
        z[j] = radius * std::cos(angle);
        z[j + 8] = radius * std::sin(angle);
      }
    return drawn;
  }

 private:
  Tensor draw(const Shape& shape) {
    Tensor drawn = empty(shape);
    for (float& u : drawn.span<float>()) u = static_cast<float>(twister_() & 0xFFFFFF) * 0x1p-24F;
    return drawn;
  }

  std::mt19937 twister_;
};

/// Way 1: every weight and bias of a layer within 1/√(inputs), nn.Linear's own way.
nn::Sequential network_of_way1(int seed) {
  nn::Sequential net = wide_network();
  TorchDraws draws(seed);
  const NoGradGuard no_grad;
  float bound = 0;
  for (auto& [name, parameter] : net.named_parameters()) {
    if (name.ends_with("weight")) bound = 1 / std::sqrt(static_cast<float>(parameter.size(1)));
    parameter.copy_(draws.uniform(parameter.shape(), bound));
  }
  return net;
}

/// Ways 2 and 3: W1 (784, 256), then W2 (256, 10) from N(0, std²), biases 0. A Linear keeps the
/// transposed.
nn::Sequential network_from_normal(int seed, double std) {
  TorchDraws draws(seed);
  const Tensor W1 = draws.normal({784, 256}) * std, W2 = draws.normal({256, 10}) * std;
  nn::Sequential net{nn::Flatten{}, nn::Linear{784, 256}, nn::ReLU{}, nn::Linear{256, 10}};
  net.load_state_dict({{"1.weight", W1.t()},
                       {"1.bias", zeros({256})},
                       {"3.weight", W2.t()},
                       {"3.bias", zeros({10})}});
  return net;
}

/// The loss of the batch that comes after the first steps.
double next_loss(nn::Module& net, const data::FashionMNIST& train_set) {
  const NoGradGuard no_grad;
  data::DataLoader loader{train_set, {.batch_size = kClothesBatch}};
  auto batch = loader.begin();
  for (std::int64_t i = 0; i < kFirstSteps; ++i) ++batch;
  return cross_entropy(net((*batch).x), (*batch).y).item();
}

double accuracy_of_first(nn::Module& net, const data::FashionMNIST& test_set) {
  const NoGradGuard no_grad;
  data::DataLoader loader{test_set, {.batch_size = kFirstTested}};
  const data::Batch batch = *loader.begin();
  return (net(batch.x).argmax(1) == batch.y).to(f64).mean().item();
}

void compare_first_losses(Lesson& lesson, const data::FashionMNIST& train_set) {
  Column seeds{.name = "seed", .title = {.zh = "种子", .en = "seed"}};
  Column way1{.name = "way1",
              .title = way_names()[0],
              .digits = 3,
              .expected = golden({"2.305", "2.317", "2.300", "2.299", "2.308"})};
  Column way2{.name = "way2",
              .title = way_names()[1],
              .digits = 1,
              .expected = golden({"202.6", "166.8", "173.9", "333.8", "202.2"})};
  Column way3{.name = "way3",
              .title = way_names()[2],
              .digits = 3,
              .expected = golden({"2.304", "2.303", "2.301", "2.305", "2.300"})};
  for (int seed = 0; seed < kSeeds; ++seed) {
    const auto first = [&](nn::Sequential net) { return train_in_order(net, train_set, 1)[0]; };
    seeds.values.push_back(seed);
    way1.values.push_back(first(network_of_way1(seed)));
    way2.values.push_back(first(network_from_normal(seed, 1)));
    way3.values.push_back(first(network_from_normal(seed, 0.01)));
  }
  lesson.question({.zh = "方法 3 的初值接近 0，10 个类别几乎等概率。第一批的损失大约是多少？",
                   .en = "Way 3 starts close to 0, its 10 classes are almost equally likely. What "
                         "is the loss of the first batch, about?"},
                  way3.values[0], 1);
  lesson.table({.name = "first_loss",
                .title = {.zh = "第一批的损失", .en = "Loss of the first batch"},
                .columns = {seeds, way1, way2, way3}});
  const auto near_uniform = [](double loss) { return std::abs(loss - std::log(10.)) < 0.05; };
  lesson.claim(
      std::all_of(way1.values.begin(), way1.values.end(), near_uniform) &&
          std::all_of(way3.values.begin(), way3.values.end(), near_uniform),
      {.zh = "方法 1 与方法 3 从 `ln 10` 附近开始", .en = "Ways 1 and 3 begin close to `ln 10`"});
  lesson.claim(*std::min_element(way2.values.begin(), way2.values.end()) > 50,
               {.zh = "方法 2 的输出太大，损失在 50 以上",
                .en = "The outputs of way 2 are far too large, and its loss is above 50"});
}

}  // namespace

void tell_first_weights(Lesson& lesson, const data::FashionMNIST& train_set,
                        const data::FashionMNIST& test_set) {
  lesson.heading({.zh = "权值初值的大小", .en = "How large the first weights are"});
  lesson.text({.zh = "方法 1 用 `nn::Linear` 自己的初值，方法 2 的权值取自 `N(0, 1)`，方法 3 取自 "
                     "`N(0, 0.01²)`。这里的随机数就是 `torch.manual_seed` 之后 PyTorch 给出的，"
                     "参考一列是 PyTorch 的结果。",
               .en = "Way 1 leaves the first weights to `nn::Linear`, way 2 draws them from "
                     "`N(0, 1)`, way 3 from `N(0, 0.01²)`. The random numbers here are the ones "
                     "that PyTorch gives after `torch.manual_seed`; what is expected is what "
                     "PyTorch gets from them."});
  compare_first_losses(lesson, train_set);

  lesson.text(
      {.zh = "再各训练 {} 步：学习率 {}，不打乱，种子 0。方法 2 的第 1 步走得太远，损失先升后降。"
             "它的最后一个损失不作比较：每一步都把舍入误差放大，PyTorch 自己用 float32 得 5.57，"
             "用 float64 得 6.76。",
       .en = "Now {} steps of each: learning rate {}, not shuffled, seed 0. Way 2 goes too "
             "far in step 1, and its loss rises before it falls. Its last loss is not "
             "compared: every step magnifies rounding, and PyTorch itself gets 5.57 in "
             "float32 and 6.76 in float64."},
      kFirstSteps, kClothesRate);
  nn::Sequential large = network_from_normal(0, 1), small = network_from_normal(0, 0.01);
  const std::vector<double> two = train_in_order(large, train_set, kFirstSteps);
  const std::vector<double> three = train_in_order(small, train_set, kFirstSteps);
  const double two_right = accuracy_of_first(large, test_set);
  const double three_right = accuracy_of_first(small, test_set);
  const auto peak = [](const std::vector<double>& losses) {
    return *std::max_element(losses.begin(), losses.end());
  };
  lesson.table(
      {.name = "first_steps",
       .title = {.zh = "前 100 步", .en = "The first 100 steps"},
       .columns = {
           {.name = "what",
            .title = {.zh = "量", .en = "quantity"},
            .words = {{.zh = "第一批的损失", .en = "loss of the first batch"},
                      {.zh = "最大的损失", .en = "largest loss"},
                      {.zh = "100 步之后的损失", .en = "loss after 100 steps"},
                      {.zh = "2000 张测试图像的正确率", .en = "accuracy on 2000 test pictures"}}},
           {.name = "way2",
            .title = way_names()[1],
            .values = {two.front(), peak(two), next_loss(large, train_set), two_right},
            .digits = 3,
            .expected = golden({"202.6", "271.6", "", ""})},
           {.name = "way3",
            .title = way_names()[2],
            .values = {three.front(), peak(three), next_loss(small, train_set), three_right},
            .digits = 3,
            .expected = golden({"2.304", "2.304", "0.986", ""})}}});
  lesson.claim(std::abs(two_right - 0.70) < 0.03 && std::abs(three_right - 0.64) < 0.03,
               {.zh = "正确率与 PyTorch 的 0.70 和 0.64 相差不到 0.03",
                .en = "The accuracies are within 0.03 of PyTorch's 0.70 and 0.64"});
  lesson.claim(two.back() > three.back() && two_right > three_right,
               {.zh = "方法 2 的损失比方法 3 高，正确率却也比它高：错的时候错得极有把握",
                .en = "Way 2 has a higher loss than way 3 and yet a higher accuracy: where it is "
                      "wrong, it is wrong with great confidence"});
  lesson.history(losses_by_step("first_steps", {{"way2", two}, {"way3", three}}));
  lesson.figure(
      "first-steps", {.zh = "前 100 步的损失，种子 0", .en = "Loss of the first 100 steps, seed 0"},
      [two, three](Language language) {
        const Text x{.zh = "批", .en = "batch"}, y{.zh = "损失", .en = "loss"};
        return plot::curves(
            {{.x_label = x.in(language),
              .y_label = y.in(language),
              .series = {{.name = way_names()[1].in(language), .y = two, .markers = false},
                         {.name = way_names()[2].in(language), .y = three, .markers = false}},
              .log_y = true}},
            {.panel_width = 640});
      });
}

}  // namespace percept::lessons
