// The same seed and threads give the same bits, run after run.
#include <gtest/gtest.h>

#include <cstring>

#include "percept/percept.h"

namespace percept {
namespace {

/// The weights after 200 steps, as bytes.
std::string weights_after_training() {
  manual_seed(1);
  nn::Sequential net{nn::Linear{100, 128}, nn::ReLU{}, nn::Dropout{0.1},
                     nn::Linear{128, 64},  nn::ReLU{}, nn::Linear{64, 10}};
  const data::TensorDataset set{randn({2000, 100}), randint(0, 10, {2000})};
  data::DataLoader loader{set, {.batch_size = 50, .shuffle = true, .seed = 3, .num_workers = 2}};
  optim::SGD optimizer{net.parameters(), {.lr = 0.05, .momentum = 0.9}};
  for (int epoch = 0; epoch < 5; ++epoch)
    for (auto& [x, y] : loader) {
      optimizer.zero_grad();
      cross_entropy(net(x), y).backward();
      optimizer.step();
    }
  std::string bytes;
  for (const auto& [name, tensor] : net.state_dict()) {
    const auto values = tensor.span<float>();
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  return bytes;
}

TEST(Determinism, TenRunsGiveTheSameWeights) {
  const std::string first = weights_after_training();
  for (int run = 1; run < 10; ++run) ASSERT_EQ(weights_after_training(), first) << "run " << run;
}

}  // namespace
}  // namespace percept
