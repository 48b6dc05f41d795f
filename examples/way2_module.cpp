// Way 2: a module of one's own, with Parameters and its own relu.
#include "three_ways.h"

using namespace percept;

namespace {

struct NeuralNetwork : nn::Module {
  nn::Flatten flatten;
  nn::Parameter W1, b1, W2, b2;

  explicit NeuralNetwork(const Weights& start)
      : W1(start.W1), b1(start.b1), W2(start.W2), b2(start.b2) {}

  static Tensor relu(const Tensor& X) { return maximum(X, tensor(0.0)); }

  Tensor forward(const Tensor& x) override {
    const Tensor X = flatten(x);
    const Tensor H = relu(matmul(X, W1) + b1);
    return matmul(H, W2) + b2;
  }
  void visit(nn::Visitor& v) override {
    v("flatten", flatten);
    v("W1", W1), v("b1", b1), v("W2", W2), v("b2", b2);
  }
};

}  // namespace

std::vector<double> with_module(const Weights& start, data::DataLoader& loader, std::int64_t steps,
                                double lr) {
  NeuralNetwork model{start};
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
