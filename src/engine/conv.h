// Convolutions of images. One sum of products, linear in each of its three tensors,
//
//   sum over n, o, i, j, c, p, q of  y[n][o][i][j] x[n][c][i s + p d - a][j s + q d - a]
//   w[o][c][p][q]
//
// (x zero outside), whose derivative with respect to one of them is the convolution (y), the
// transposed convolution (x) and the weights' gradient (w); so the derivatives of each of these
// three are the other two.
#pragma once

#include <array>
#include <cstdint>

#include "engine/engine.h"
#include "engine/matmul.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

/// How a kernel moves; (rows, columns).
struct Sliding {
  std::array<std::int64_t, 2> stride{1, 1};
  std::array<std::int64_t, 2> padding{0, 0};  ///< rows and columns of zeros in front of x
  std::array<std::int64_t, 2> dilation{1, 1};
  std::int64_t groups = 1;
  bool rounded = false;  ///< inputs, f32, are rounded to bf16 first; sums stay f32
};

/// A new tensor (N, C, H, W) for a result, in the layout that the engine writes: channels last
/// where it is the fast one.
Tensor make_images(const Shape& shape, Dtype dtype);

// x (N, C, H, W), w (O, C/groups, kH, kW), y (N, O, H', W'), bias of the result's channels or
// undefined; all of one real type and of any strides. Results x and y come from make_images(),
// results w and bias are dense.

/// y = act(conv of x and w + bias)
void conv(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y,
          const Sliding& sliding, Activation activation = Activation::none);
/// x = transposed conv of y and w
void conv_transpose(const Tensor& y, const Tensor& w, const Tensor& x, const Sliding& sliding);
/// w[o][c][p][q] = sum over n, i, j of x y; bias[o] = sum over n, i, j of y, where defined
void conv_weights(const Tensor& x, const Tensor& y, const Tensor& w, const Tensor& bias,
                  const Sliding& sliding);

namespace reference {
void conv(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y,
          const Sliding& sliding, Activation activation);
decltype(engine::conv_transpose) conv_transpose;
decltype(engine::conv_weights) conv_weights;
}  // namespace reference

namespace onednn {
decltype(reference::conv) conv;
decltype(engine::conv_transpose) conv_transpose;
decltype(engine::conv_weights) conv_weights;
}  // namespace onednn

}  // namespace percept::engine
