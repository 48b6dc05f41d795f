// First values of parameters: torch.nn.init. Each function overwrites its tensor, outside of the
// graph, and returns it; random ones draw from the default generator unless one is given.
#pragma once

#include "percept/tensor/factory.h"

namespace percept::nn::init {

enum class Nonlinearity : unsigned char { linear, sigmoid, tanh, relu, leaky_relu, selu };

/// The factor that keeps a signal's variance through the non-linearity; `negative_slope` is that of
/// leaky_relu. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain
double calculate_gain(Nonlinearity nonlinearity, double negative_slope = 0.01);

using percept::normal_;
using percept::uniform_;
Tensor& constant_(Tensor& tensor, double value);
Tensor& ones_(Tensor& tensor);
Tensor& zeros_(Tensor& tensor);
/// A matrix with 1 on the diagonal. Throws ShapeError for another number of dimensions.
Tensor& eye_(Tensor& tensor);

struct TruncNormalOptions {
  double mean = 0, std = 1;
  double low = -2, high = 2;  ///< PyTorch's a and b: bounds of the values, not in units of std
  Generator* generator = nullptr;
};
/// Normal, as if values outside [low, high] were drawn again. Throws ValueError unless std > 0 and
/// low < high.
Tensor& trunc_normal_(Tensor& tensor, const TruncNormalOptions& options = {});

// Of a weight (out, in, ...): fan_in = in · (elements per in-out pair), fan_out likewise. Throws
// ShapeError for fewer than two dimensions.

struct XavierOptions {
  double gain = 1;
  Generator* generator = nullptr;
};
/// Uniform in ±gain sqrt(6 / (fan_in + fan_out)). Glorot and Bengio, AISTATS 2010.
Tensor& xavier_uniform_(Tensor& tensor, const XavierOptions& options = {});
/// Normal with standard deviation gain sqrt(2 / (fan_in + fan_out)).
Tensor& xavier_normal_(Tensor& tensor, const XavierOptions& options = {});

enum class FanMode : unsigned char { fan_in, fan_out };
struct KaimingOptions {
  double a = 0;  ///< negative slope, for leaky_relu
  FanMode mode = FanMode::fan_in;
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;
  Generator* generator = nullptr;
};
/// Uniform in ±gain sqrt(3 / fan). He et al., ICCV 2015.
Tensor& kaiming_uniform_(Tensor& tensor, const KaimingOptions& options = {});
/// Normal with standard deviation gain / sqrt(fan).
Tensor& kaiming_normal_(Tensor& tensor, const KaimingOptions& options = {});

struct OrthogonalOptions {
  double gain = 1;
  Generator* generator = nullptr;
};
/// (out, in ...) seen as a matrix of `out` rows: its rows, or its columns if there are more rows,
/// are orthogonal, of length `gain`, in uniformly random directions. Throws ShapeError for fewer
/// than two dimensions. Saxe et al., "Exact solutions ...", ICLR 2014.
Tensor& orthogonal_(Tensor& tensor, const OrthogonalOptions& options = {});

}  // namespace percept::nn::init
