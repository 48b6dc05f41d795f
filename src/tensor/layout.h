// How the elements of images (N, C, ...) lie in memory: row by row (contiguous), or with the
// channels of a pixel side by side (PyTorch's channels_last), which vector units like better.
#pragma once

#include "percept/tensor/tensor.h"

namespace percept {

/// True when x (N, C, ...), at least 3-dimensional, is dense with its channels innermost.
bool is_channels_last(const Tensor& x);

/// A new tensor that lies as `model` does: channels last if that is so and not contiguous, else
/// contiguous. Uninitialised.
Tensor make_laid_out(const Tensor& model, const Shape& shape, Dtype dtype);

/// x itself when it is contiguous or channels last, else a contiguous copy; no gradient.
Tensor dense(const Tensor& x);

/// x itself when its elements lie as those of `model`, which is dense and of x's shape, else a copy
/// that does; no gradient.
Tensor dense_as(const Tensor& model, const Tensor& x);

}  // namespace percept
