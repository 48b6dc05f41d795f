// Normalisation of each sample over its own last dimensions.
#pragma once

#include <optional>

#include "percept/tensor/tensor.h"

namespace percept {

struct LayerNormOptions {
  Tensor weight = {}, bias = {};  ///< of normalized_shape, if defined
  double eps = 1e-5;
};
/// y = (x - mean) / sqrt(var + eps) * weight + bias, mean and (biased) variance taken over the last
/// dimensions, whose sizes are normalized_shape; y of x's shape. Throws ShapeError, DtypeError.
/// Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape,
                  const LayerNormOptions& options = {});

struct RmsNormOptions {
  Tensor weight = {};              ///< of normalized_shape, if defined
  std::optional<double> eps = {};  ///< otherwise the distance from 1 to the next number of x's type
};
/// y = x / sqrt(mean(x^2) + eps) * weight, over the same dimensions. Throws ShapeError, DtypeError.
/// Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
Tensor rms_norm(const Tensor& x, const Shape& normalized_shape, const RmsNormOptions& options = {});

}  // namespace percept
