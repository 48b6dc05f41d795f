// Convolutions: a small kernel moved over a signal or an image. As in PyTorch they are
// cross-correlations: the kernel is not mirrored. x may come without its first dimension, a single
// sample; then so does the result. On the fast engine the numbers of a result lie place by place,
// the channels of one together, whatever its shape says (see strides()): contiguous() where span()
// or view() wants them in order.
#pragma once

#include "percept/ops/per_dim.h"
#include "percept/tensor/tensor.h"

namespace percept {

struct ConvOptions {
  PerDim stride = 1;
  Padding padding = 0;  ///< "same" asks for stride 1
  PerDim dilation = 1;  ///< distance of the kernel's elements
  std::int64_t groups = 1;
};

/// y[n][o][i] = bias[o] + sum over c, p of x[n][c][i stride + p dilation - padding] w[o][c][p],
/// with zeros outside of x.  x (N, C, L), weight (O, C/groups, k), bias (O) or undefined, y (N, O,
/// L'), L' = floor((L + 2 padding - dilation (k - 1) - 1) / stride) + 1. Channel group g of y sees
/// that of x alone. Throws ShapeError, DtypeError, ValueError.
/// https://pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              const ConvOptions& options = {});
/// The same in two dimensions:  x (N, C, H, W), weight (O, C/groups, kH, kW), y (N, O, H', W').
/// https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              const ConvOptions& options = {});

struct ConvTransposeOptions {
  PerDim stride = 1;
  PerDim padding = 0;         ///< taken off y on both sides
  PerDim output_padding = 0;  ///< added to y at the end; below stride or dilation
  std::int64_t groups = 1;
  PerDim dilation = 1;
};

/// The linear map transposed to conv2d's, which turns y's shape into x's: every x[n][c][i][j] adds
/// w[c], weighted, to the place of y that conv2d would read it from.  x (N, C, H, W), weight
/// (C, O/groups, kH, kW), bias (O) or undefined, y (N, O, H', W'),
/// H' = (H - 1) stride - 2 padding + dilation (kH - 1) + output_padding + 1. Throws ShapeError,
/// DtypeError, ValueError.
/// https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvTransposeOptions& options = {});

namespace detail {
/// relu(conv2d(...)) with the activation applied before the numbers are stored.
Tensor conv2d_relu(const Tensor& x, const Tensor& weight, const Tensor& bias,
                   const ConvOptions& options);
}  // namespace detail

}  // namespace percept
