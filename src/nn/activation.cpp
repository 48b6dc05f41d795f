#include "percept/nn/activation.h"

#include <fmt/format.h>

#include "base/text.h"
#include "percept/base/error.h"
#include "percept/ops/softmax.h"
#include "percept/tensor/factory.h"

namespace percept::nn {

Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x); }
Tensor Tanh::forward(const Tensor& x) { return tanh(x); }
Tensor ReLU::forward(const Tensor& x) { return relu(x); }

Tensor LeakyReLU::forward(const Tensor& x) { return leaky_relu(x, negative_slope_); }
std::string LeakyReLU::extra_repr() const {
  return fmt::format("negative_slope={}", real_text(negative_slope_));
}

PReLU::PReLU(std::int64_t num_parameters, double init) {
  if (num_parameters < 1)
    throw ValueError(
        fmt::format("PReLU: num_parameters must be at least 1, found {}", num_parameters));
  weight = Parameter(full({num_parameters}, init));
}
Tensor PReLU::forward(const Tensor& x) { return prelu(x, weight); }
void PReLU::visit(Visitor& visitor) { visitor("weight", weight); }
std::string PReLU::extra_repr() const { return fmt::format("num_parameters={}", weight.numel()); }

Tensor ELU::forward(const Tensor& x) { return elu(x, alpha_); }
std::string ELU::extra_repr() const { return fmt::format("alpha={}", real_text(alpha_)); }

Tensor GELU::forward(const Tensor& x) { return gelu(x, options_); }
std::string GELU::extra_repr() const {
  return fmt::format("approximate='{}'", options_.tanh ? "tanh" : "none");
}

Tensor SiLU::forward(const Tensor& x) { return silu(x); }

Softplus::Softplus(double beta, double threshold) : beta_(beta), threshold_(threshold) {
  if (beta == 0) throw ValueError("Softplus: beta must not be 0");
}
Tensor Softplus::forward(const Tensor& x) { return softplus(x, beta_, threshold_); }
std::string Softplus::extra_repr() const {
  return fmt::format("beta={}, threshold={}", real_text(beta_), real_text(threshold_));
}

Tensor Softmax::forward(const Tensor& x) { return softmax(x, dim_); }
std::string Softmax::extra_repr() const { return fmt::format("dim={}", dim_); }

Tensor LogSoftmax::forward(const Tensor& x) { return log_softmax(x, dim_); }
std::string LogSoftmax::extra_repr() const { return fmt::format("dim={}", dim_); }

Tensor Step::forward(const Tensor& x) { return step(x); }

}  // namespace percept::nn
