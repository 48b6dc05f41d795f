#include "percept/models/mlp.h"

#include <fmt/format.h>

#include <algorithm>

#include "percept/base/error.h"
#include "percept/nn/activation.h"

namespace percept::models {
namespace {

struct Activation {
  std::string name;
  nn::Child (*make)();
};

const std::vector<Activation>& table() {
  static const std::vector<Activation> all{
      {"relu", []() -> nn::Child { return nn::ReLU{}; }},
      {"tanh", []() -> nn::Child { return nn::Tanh{}; }},
      {"sigmoid", []() -> nn::Child { return nn::Sigmoid{}; }},
      {"leaky_relu", []() -> nn::Child { return nn::LeakyReLU{}; }},
      {"elu", []() -> nn::Child { return nn::ELU{}; }},
      {"gelu", []() -> nn::Child { return nn::GELU{}; }},
      {"silu", []() -> nn::Child { return nn::SiLU{}; }},
  };
  return all;
}

nn::Child activation(const std::string& name) {
  for (const Activation& entry : table())
    if (entry.name == name) return entry.make();
  throw ValueError(fmt::format("mlp: unknown activation '{}'; there are {}", name,
                               fmt::join(activations(), ", ")));
}

}  // namespace

const std::vector<std::string>& activations() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Activation& entry : table()) list.push_back(entry.name);
    return list;
  }();
  return names;
}

bool is_activation(const std::string& name) {
  return std::find(activations().begin(), activations().end(), name) != activations().end();
}

Mlp::Mlp(std::int64_t inputs, std::int64_t outputs, const MlpOptions& options) {
  if (inputs < 1 || outputs < 1)
    throw ValueError(
        fmt::format("mlp: needs at least 1 input and output, found {} and {}", inputs, outputs));
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
