#include <percept/percept.h>

#include <iostream>

using namespace percept;

int main() {
  manual_seed(0);
  const Tensor X = tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}});
  const Tensor Y = tensor({{0.}, {1.}, {1.}, {0.}});
  nn::Sequential net{nn::Linear{2, 8}, nn::ReLU{}, nn::Linear{8, 1}};
  optim::SGD optimizer{net.parameters(), {.lr = 0.1}};
  for (int step = 0; step < 1000; ++step) {
    optimizer.zero_grad();
    const Tensor loss = mse_loss(net(X), Y);
    loss.backward();
    optimizer.step();
  }
  std::cout << net(X).detach() << "\n";
}
