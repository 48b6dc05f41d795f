#include "percept/models/threshold_units.h"

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

McCullochPitts::McCullochPitts(const Tensor& connected, const Tensor& threshold)
    : connections(connected), thresholds(threshold) {
  if (connected.dim() != 2 || threshold.shape() != Shape{connected.size(0)})
    throw ShapeError(fmt::format(
        "McCullochPitts: connections has shape {} and thresholds {}, expected (units, inputs) and "
        "(units)",
        connected.shape().str(), threshold.shape().str()));
  if (any(connected * connected * connected != connected).item<bool>())
    throw ValueError("McCullochPitts: a connection is 1, -1 or 0");
}

Tensor McCullochPitts::forward(const Tensor& x) {
  const Tensor excited = linear(x, clamp(connections, 0));
  const Tensor inhibited = linear(x, clamp(-connections, 0));
  return logical_and(excited >= thresholds, inhibited == 0).to(x.dtype());
}

void McCullochPitts::visit(nn::Visitor& visitor) {
  visitor("connections", connections);
  visitor("thresholds", thresholds);
}

std::string McCullochPitts::extra_repr() const {
  return fmt::format("inputs={}, units={}", connections.size(1), connections.size(0));
}

Perceptron::Perceptron(std::int64_t inputs, std::int64_t outputs, const PerceptronOptions& options)
    : fires_(options.fires) {
  if (inputs < 0 || outputs < 0)
    throw ValueError(
        fmt::format("Perceptron: sizes must not be negative, found {} and {}", inputs, outputs));
  weight = nn::Parameter(zeros({outputs, inputs}, {.dtype = options.dtype}));
  bias = nn::Parameter(zeros({outputs}, {.dtype = options.dtype}));
}

Tensor Perceptron::forward(const Tensor& x) {
  const Tensor z = linear(x, weight, bias);
  return fires_ == Fires::above_zero ? step(z) : 1 - step(-z);
}

void Perceptron::visit(nn::Visitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

std::string Perceptron::extra_repr() const {
  return fmt::format("inputs={}, outputs={}", weight.size(1), weight.size(0));
}

std::int64_t Perceptron::learn(const Tensor& x, const Tensor& t) {
  if (x.shape() != Shape{weight.size(1)} || t.shape() != bias.shape())
    throw ShapeError(fmt::format("Perceptron: x has shape {} and t {}, expected ({}) and ({})",
                                 x.shape().str(), t.shape().str(), weight.size(1), bias.size(0)));
  const NoGradGuard no_grad;
  const Tensor wrong = t - forward(x);  // -1, 0 or 1
  const auto errors = sum(abs(wrong)).item<std::int64_t>();
  if (errors > 0) {
    weight += wrong.unsqueeze(1) * x;
    bias += wrong;
  }
  return errors;
}

}  // namespace percept::models
