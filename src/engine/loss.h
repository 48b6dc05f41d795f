// Losses that are computed in one pass with what comes before them.
#pragma once

#include <cstdint>

#include "engine/engine.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

/// Which samples count, and what becomes of their losses.
struct CrossEntropy {
  std::int64_t ignore_index;
  bool mean;  ///< over the samples that count; else the sum
};

/// y = mean or sum over i of -log q[i][t[i]] with q = softmax of the rows of x, which is kept.
/// x, q (N, C) and t (N, i64) contiguous, y a single element; x, q and y f32 or f64. Classes are
/// inside [0, C) or ignored.
void cross_entropy(const CrossEntropy& how, const Tensor& x, const Tensor& t, const Tensor& q,
                   const Tensor& y);
/// dx[i][c] = (q[i][c] - (c == t[i])) dy, over the samples that count for a mean; 0 where ignored.
void cross_entropy_backward(const CrossEntropy& how, const Tensor& dy, const Tensor& q,
                            const Tensor& t, const Tensor& dx);

namespace reference {
decltype(engine::cross_entropy) cross_entropy;
decltype(engine::cross_entropy_backward) cross_entropy_backward;
}  // namespace reference

namespace onednn {
decltype(engine::cross_entropy) cross_entropy;  // f32
}  // namespace onednn

}  // namespace percept::engine
