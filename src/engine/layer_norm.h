// Rows brought to mean 0 and mean square 1.
#pragma once

#include <cstdint>

#include "engine/engine.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

// x, dy, y, dx (N, n), n >= 1; weight, bias, dweight, dbias (n), each of which may be undefined;
// mean, rstd (N). All contiguous, of one real type. An undefined mean stands for 0: RMS norm.

/// y = (x - mean) rstd weight + bias;  mean = that of the row's elements,
/// rstd = 1 / sqrt(mean((x - mean)^2) + eps)
void layer_norm(double eps, const Tensor& x, const Tensor& weight, const Tensor& bias,
                const Tensor& y, const Tensor& mean, const Tensor& rstd);

/// With z = (x - mean) rstd and g = dy weight:  dx = rstd (g - mean(g) - z mean(g z)), without
/// mean(g) for RMS norm;  dweight = sum of dy z,  dbias = sum of dy  over the rows.
void layer_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                         const Tensor& mean, const Tensor& rstd, const Tensor& dx,
                         const Tensor& dweight, const Tensor& dbias);

namespace reference {
decltype(engine::layer_norm) layer_norm;
decltype(engine::layer_norm_backward) layer_norm_backward;
}  // namespace reference

namespace onednn {
decltype(engine::layer_norm) layer_norm;
decltype(engine::layer_norm_backward) layer_norm_backward;
}  // namespace onednn

}  // namespace percept::engine
