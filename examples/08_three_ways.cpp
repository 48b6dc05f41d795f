// The lecture's three ways to write the same network: with Sequential, as a module with its own
// parameters and its own relu, and with bare tensors updated by hand. From equal weights they give
// equal losses, step by step: `08_three_ways` prints them side by side and fails when they differ.
#include "three_ways.h"

#include <cmath>
#include <cstdio>

int main() {
  using namespace percept;
  manual_seed(0);
  constexpr std::int64_t kSteps = 100;
  constexpr double kStep = 0.1;
  const Weights start{randn({784, 256}) * 0.01, zeros({256}), randn({256, 10}) * 0.01, zeros({10})};

  std::vector<std::vector<double>> losses;
  for (auto* way : {with_sequential, with_module, with_tensors}) {
    data::DataLoader loader{data::FashionMNIST{}, {.batch_size = 64}};
    losses.push_back(way(start, loader, kSteps, kStep));
  }

  double worst = 0;
  std::printf("step   Sequential   own Module   raw tensors\n");
  for (std::size_t i = 0; i < losses[0].size(); ++i) {
    for (std::size_t k : {1, 2})
      worst = std::max(worst, std::abs(losses[k][i] - losses[0][i]) / losses[0][i]);
    if (i % 10 == 0)
      std::printf("%4zu   %10.6f   %10.6f   %11.6f\n", i, losses[0][i], losses[1][i], losses[2][i]);
  }
  std::printf("largest relative difference over %zu steps: %.2g\n", losses[0].size(), worst);
  return worst < 1e-5 ? 0 : 1;
}
