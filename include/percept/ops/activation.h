// Activation functions, element by element; lecture slide "activation functions".
#pragma once

#include "percept/tensor/tensor.h"

namespace percept {

/// 1 / (1 + exp(-x))
Tensor sigmoid(const Tensor& x);
Tensor tanh(const Tensor& x);
/// max(x, 0); the derivative at 0 is 0, as in PyTorch.
Tensor relu(const Tensor& x);
/// x where x > 0, else slope x.
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01);
/// x where x > 0, else weight x; weight has one element, or one a channel (dimension 1 of x).
/// Throws ShapeError for another size.
Tensor prelu(const Tensor& x, const Tensor& weight);
/// x where x > 0, else alpha (exp(x) - 1).
Tensor elu(const Tensor& x, double alpha = 1.0);

struct GeluOptions {
  bool tanh = false;  ///< approximate="tanh"
};
/// x Phi(x), Phi the normal distribution function; or its tanh approximation
/// x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2. https://arxiv.org/abs/1606.08415
Tensor gelu(const Tensor& x, const GeluOptions& options = {});
/// x sigmoid(x)
Tensor silu(const Tensor& x);
/// log(1 + exp(beta x)) / beta; x itself where beta x > threshold.
Tensor softplus(const Tensor& x, double beta = 1.0, double threshold = 20.0);
/// 1 where x > 0, else 0: the threshold unit; its gradient is 0.
Tensor step(const Tensor& x);

}  // namespace percept
