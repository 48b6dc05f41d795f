// The optimisers' arithmetic: one pass over a parameter, its gradient and its buffers.
#pragma once

#include <cstdint>

#include "percept/tensor/tensor.h"

namespace percept::engine {

// All tensors are contiguous, of one shape and type (f32 or f64). A buffer that is not used is
// undefined. `g` is the gradient, negated when maximize, plus weight_decay p.

struct SgdStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov, maximize;
  bool first;  // the momentum buffer holds nothing yet
};
/// b = first ? g : momentum b + (1 - dampening) g;  p -= lr (nesterov ? g + momentum b : b)
void update(const SgdStep& step, const Tensor& p, const Tensor& grad, const Tensor& b);

/// sum |x|^p, in f64; for an infinite p the largest |x|, NaN if there is one. x is contiguous.
double sum_of_powers(const Tensor& x, double p);

namespace reference {
// at: p, grad, buffers; null where undefined.
template <class T>
void run(const SgdStep& step, std::int64_t n, T* const* at);
}  // namespace reference

namespace onednn {
void run(const SgdStep& step, std::int64_t n, float* const* at);
double sum_of_squares(std::int64_t n, const float* x);
}  // namespace onednn

}  // namespace percept::engine
