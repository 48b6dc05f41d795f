// Way 1: layers in a Sequential, a loss module and an optimiser.
#include "three_ways.h"

using namespace percept;

std::vector<double> with_sequential(const Weights& start, data::DataLoader& loader,
                                    std::int64_t steps, double lr) {
  nn::Sequential model{
      nn::Flatten{}, {"fc1", nn::Linear{784, 256}}, nn::ReLU{}, {"fc2", nn::Linear{256, 10}}};
  // Linear keeps its weight as (out, in): the transpose of the lecture's W.
  model.load_state_dict({{"fc1.weight", start.W1.T()},
                         {"fc1.bias", start.b1},
                         {"fc2.weight", start.W2.T()},
                         {"fc2.bias", start.b2}});
  nn::CrossEntropyLoss loss_fn;
  optim::SGD optimizer{model.parameters(), {.lr = lr}};

  std::vector<double> losses;
  for (auto& [X, y] : loader) {
    const Tensor loss = loss_fn(model(X), y);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    losses.push_back(loss.item());
    if (static_cast<std::int64_t>(losses.size()) == steps) break;
  }
  return losses;
}
