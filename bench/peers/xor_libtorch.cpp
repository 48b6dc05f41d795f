// examples/xor.cpp written with LibTorch, to compare what compiling it costs.
#include <torch/torch.h>

#include <iostream>

int main() {
  torch::manual_seed(0);
  const torch::Tensor X = torch::tensor({{0.f, 0.f}, {0.f, 1.f}, {1.f, 0.f}, {1.f, 1.f}});
  const torch::Tensor Y = torch::tensor({{0.f}, {1.f}, {1.f}, {0.f}});
  torch::nn::Sequential net(torch::nn::Linear(2, 8), torch::nn::ReLU(), torch::nn::Linear(8, 1));
  torch::optim::SGD optimizer(net->parameters(), 0.1);
  for (int step = 0; step < 1000; ++step) {
    optimizer.zero_grad();
    const torch::Tensor loss = torch::mse_loss(net->forward(X), Y);
    loss.backward();
    optimizer.step();
  }
  std::cout << net->forward(X).detach() << "\n";
}
