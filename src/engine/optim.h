// The optimisers' arithmetic: one pass over all parameters, their gradients and their buffers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "percept/tensor/tensor.h"

namespace percept::engine {

/// The updates that this thread asks for while it lives are made when it ends, all in one pass that
/// the threads share: many small parameters are worth as much as a large one. The tensors have to
/// live until then, and no parameter comes twice.
class OnePass {
 public:
  OnePass();
  ~OnePass();
  OnePass(const OnePass&) = delete;
  OnePass& operator=(const OnePass&) = delete;

 private:
  std::size_t first_;  // its updates in the list of the thread; an inner pass follows
};

// Asked for within a OnePass. All tensors are contiguous, of one shape and type (f32 or f64); p's
// version counts the write, and its numbers rounded to bf16, if they are kept, are renewed in the
// same pass. A buffer that is not used is undefined. `g` is the gradient, negated when maximize,
// plus weight_decay p.

struct SgdStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov, maximize;
  bool first;  // the momentum buffer holds nothing yet
};
/// b = first ? g : momentum b + (1 - dampening) g;  p -= lr (nesterov ? g + momentum b : b)
void update(const SgdStep& step, const Tensor& p, const Tensor& grad, const Tensor& b);

struct AdamStep {
  double step_size;  // lr / (1 - beta1^t)
  double beta1, beta2;
  double root;  // sqrt(1 - beta2^t)
  double eps, weight_decay;
  double keep;  // p is scaled by this first
  bool maximize;
};
/// m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g^2;  w = max(w, v), or v without a w;
/// p = keep p - step_size m / (sqrt(w) / root + eps)
void update(const AdamStep& step, const Tensor& p, const Tensor& grad, const Tensor& m,
            const Tensor& v, const Tensor& w);

struct RmspropStep {
  double lr, alpha, eps, weight_decay, momentum;
  bool maximize;
};
/// v = alpha v + (1 - alpha) g^2;  with an a: a += (1 - alpha) (g - a), u = v - a^2, else u = v;
/// d = g / (sqrt(u) + eps);  with a b: b = momentum b + d, p -= lr b, else p -= lr d
void update(const RmspropStep& step, const Tensor& p, const Tensor& grad, const Tensor& v,
            const Tensor& a, const Tensor& b);

struct AdagradStep {
  double lr, eps, weight_decay;
  bool maximize;
};
/// s += g^2;  p -= lr g / (sqrt(s) + eps)
void update(const AdagradStep& step, const Tensor& p, const Tensor& grad, const Tensor& s);

/// sum |x|^p, in f64; for an infinite p the largest |x|, NaN if there is one. x is contiguous.
double sum_of_powers(const Tensor& x, double p);

namespace reference {
// at: p, grad, buffers; null where undefined.
template <class T>
void run(const SgdStep& step, std::int64_t n, T* const* at);
template <class T>
void run(const AdamStep& step, std::int64_t n, T* const* at);
template <class T>
void run(const RmspropStep& step, std::int64_t n, T* const* at);
template <class T>
void run(const AdagradStep& step, std::int64_t n, T* const* at);
}  // namespace reference

namespace onednn {
void run(const SgdStep& step, std::int64_t n, float* const* at);
void run(const AdamStep& step, std::int64_t n, float* const* at);
void run(const RmspropStep& step, std::int64_t n, float* const* at);
void run(const AdagradStep& step, std::int64_t n, float* const* at);
double sum_of_squares(std::int64_t n, const float* x);
}  // namespace onednn

}  // namespace percept::engine
