#include "lessons/training.h"

#include "percept/percept.h"

namespace percept::lessons {

std::vector<double> fit(nn::Module& net, const Tensor& x, const Tensor& y, nn::Loss& loss,
                        const FitOptions& options) {
  optim::Adam optimizer(net.parameters(), {.lr = options.lr});
  std::vector<double> losses;
  for (int i = 0; i < options.steps; ++i) {
    optimizer.zero_grad();
    const Tensor now = loss(net(x), y);
    losses.push_back(now.item());
    now.backward();
    optimizer.step();
  }
  return losses;
}

Table losses_by_step(const std::string& name,
                     const std::vector<std::pair<std::string, std::vector<double>>>& trainings) {
  Table history{.name = name, .columns = {{.name = "step"}}};
  for (std::size_t i = 0; i < trainings.front().second.size(); ++i)
    history.columns[0].values.push_back(static_cast<double>(i));
  for (const auto& [column, losses] : trainings)
    history.columns.push_back({.name = column, .values = losses});
  return history;
}

int count_different(const Tensor& a, const Tensor& b) {
  return static_cast<int>((a != b).to(i64).sum().item<std::int64_t>());
}

}  // namespace percept::lessons
