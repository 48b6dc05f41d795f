// Way 3: bare tensors; the gradient step is written by hand.
#include "three_ways.h"

using namespace percept;

namespace {

Tensor net(const Tensor& x, const std::vector<Tensor>& params) {
  const auto relu = [](const Tensor& z) { return maximum(z, tensor(0.0)); };
  const Tensor X = x.reshape({-1, 784});
  const Tensor H = relu(matmul(X, params[0]) + params[1]);
  return matmul(H, params[2]) + params[3];
}

}  // namespace

std::vector<double> with_tensors(const Weights& start, data::DataLoader& loader, std::int64_t steps,
                                 double lr) {
  std::vector<Tensor> params{start.W1.clone(), start.b1.clone(), start.W2.clone(),
                             start.b2.clone()};
  for (Tensor& param : params) param.requires_grad_();

  std::vector<double> losses;
  for (auto& [X, y] : loader) {
    const Tensor l = cross_entropy(net(X, params), y);
    for (Tensor& param : params) param.zero_grad();  // clear
    l.backward();                                    // propagate back
    const NoGradGuard no_grad;
    for (Tensor& param : params) param -= param.grad() * lr;  // descend
    losses.push_back(l.item());
    if (static_cast<std::int64_t>(losses.size()) == steps) break;
  }
  return losses;
}
