#include "percept/models/rbm.h"

#include <fmt/format.h>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/math.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/tensor/factory.h"

namespace percept::models {
namespace {

/// 1 with probability p, else 0.
Tensor bernoulli(const Tensor& p, Generator* generator) {
  return (rand(p.shape(), {.dtype = p.dtype()}, generator) < p).to(p.dtype());
}

}  // namespace

Rbm::Rbm(std::int64_t visible_units, std::int64_t hidden_units, const RbmOptions& options)
    : visible_(options.visible) {
  if (visible_units < 1 || hidden_units < 1)
    throw ValueError(fmt::format("Rbm: needs at least 1 visible and hidden unit, found {} and {}",
                                 visible_units, hidden_units));
  const TensorOptions as{.dtype = options.dtype};
  weight = nn::Parameter(randn({hidden_units, visible_units}, as) * options.std);
  visible_bias = nn::Parameter(zeros({visible_units}, as));
  hidden_bias = nn::Parameter(zeros({hidden_units}, as));
}

Tensor Rbm::hidden(const Tensor& v) const { return sigmoid(linear(v, weight, hidden_bias)); }

Tensor Rbm::forward(const Tensor& v) { return hidden(v); }

Tensor Rbm::visible(const Tensor& h) const {
  const Tensor z = matmul(h, weight) + visible_bias;
  return visible_ == Visible::bernoulli ? sigmoid(z) : z;
}

Tensor Rbm::own_energy(const Tensor& v) const {
  if (visible_ == Visible::bernoulli) return -matmul(v, visible_bias);
  return sum(square(v - visible_bias), {-1}) * 0.5;
}

Tensor Rbm::energy(const Tensor& v, const Tensor& h) const {
  return own_energy(v) - sum(h * linear(v, weight, hidden_bias), {-1});
}

Tensor Rbm::free_energy(const Tensor& v) const {
  return own_energy(v) - sum(softplus(linear(v, weight, hidden_bias)), {-1});
}

Tensor Rbm::gibbs(const Tensor& v, std::int64_t k, Generator* generator) const {
  if (k < 1) throw ValueError(fmt::format("Rbm: gibbs needs at least 1 step, found {}", k));
  const NoGradGuard no_grad;
  Tensor state = v;
  for (std::int64_t step = 0; step < k; ++step) {
    const Tensor mean = visible(bernoulli(hidden(state), generator));
    state = visible_ == Visible::bernoulli
                ? bernoulli(mean, generator)
                : mean + randn(mean.shape(), {.dtype = mean.dtype()}, generator);
  }
  return state;
}

Tensor Rbm::contrastive(const Tensor& data, const Tensor& model) const {
  return mean(free_energy(data)) - mean(free_energy(model));
}

void Rbm::visit(nn::Visitor& visitor) {
  visitor("weight", weight);
  visitor("visible_bias", visible_bias);
  visitor("hidden_bias", hidden_bias);
}

std::string Rbm::extra_repr() const {
  return fmt::format("visible={}, hidden={}", weight.size(1), weight.size(0));
}

std::int64_t Rbm::multiply_adds(const Shape&, const Shape& output) const {
  return output.numel() * weight.size(1);
}

}  // namespace percept::models
