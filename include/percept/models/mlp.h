// Multi-layer perceptrons by name.
#pragma once

#include <string>
#include <vector>

#include "percept/nn/linear.h"
#include "percept/nn/sequential.h"

namespace percept::models {

/// The activations a Mlp may have: relu, tanh, sigmoid, leaky_relu, elu, gelu, silu.
const std::vector<std::string>& activations();
bool is_activation(const std::string& name);

struct MlpOptions {
  std::vector<std::int64_t> hidden = {512, 512};
  std::string activation = "relu";  ///< one of activations()
  double dropout = 0;               ///< after each activation; in [0, 1]
};

/// The lecture's classifier: flatten, then Linear and activation for each hidden size, and a last
/// Linear; x (N, ...) of `inputs` elements a sample, y (N, outputs). Its state dict has the names
/// of PyTorch's quickstart: linear_relu_stack.0.weight, ...
class Mlp : public nn::Module {
 public:
  /// Throws ValueError for sizes below 1 or an unknown activation.
  Mlp(std::int64_t inputs, std::int64_t outputs, const MlpOptions& options = {});
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  std::string name() const override { return "NeuralNetwork"; }

  nn::Flatten flatten;
  nn::Sequential linear_relu_stack;
};

}  // namespace percept::models
