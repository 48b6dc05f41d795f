#include "percept/models/mlp.h"

#include <fmt/format.h>

#include "percept/base/error.h"
#include "percept/nn/activation.h"

namespace percept::models {
namespace {

nn::Child activation(const std::string& name) {
  if (name == "relu") return nn::ReLU{};
  if (name == "tanh") return nn::Tanh{};
  if (name == "sigmoid") return nn::Sigmoid{};
  if (name == "leaky_relu") return nn::LeakyReLU{};
  if (name == "elu") return nn::ELU{};
  if (name == "gelu") return nn::GELU{};
  if (name == "silu") return nn::SiLU{};
  throw ValueError(fmt::format("mlp: unknown activation '{}'; there are relu, tanh, sigmoid, "
                               "leaky_relu, elu, gelu, silu",
                               name));
}

}  // namespace

Mlp::Mlp(std::int64_t inputs, std::int64_t outputs, const MlpOptions& options) {
  if (inputs < 1 || outputs < 1)
    throw ValueError(fmt::format("mlp: needs at least 1 input and output, found {} and {}", inputs,
                                 outputs));
  std::int64_t width = inputs;
  for (std::int64_t hidden : options.hidden) {
    if (hidden < 1) throw ValueError(fmt::format("mlp: a hidden layer of {} units", hidden));
    linear_relu_stack.push_back(nn::Linear{width, hidden});
    linear_relu_stack.push_back(activation(options.activation));
    if (options.dropout > 0) linear_relu_stack.push_back(nn::Dropout{options.dropout});
    width = hidden;
  }
  linear_relu_stack.push_back(nn::Linear{width, outputs});
}

Tensor Mlp::forward(const Tensor& x) { return linear_relu_stack(flatten(x)); }

void Mlp::visit(nn::Visitor& visitor) {
  visitor("flatten", flatten);
  visitor("linear_relu_stack", linear_relu_stack);
}

}  // namespace percept::models
