#include "percept/ops/softmax.h"

#include <fmt/format.h>

#include "engine/reduce.h"
#include "ops/check.h"
#include "ops/kept.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/math.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "tensor/make.h"

namespace percept {
namespace {

// q = softmax x:  dx = q (dy - sum(dy q)),  rows of the last dimension
struct SoftmaxBackward final : Node {
  Saved y{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor q = y;
    if (grad_enabled()) {
      dx[0] = q * (dy - sum(dy * q, {-1}, {.keepdim = true}));
      return;
    }
    dx[0] = make(q.shape(), q.dtype());
    engine::softmax_backward(dy.contiguous(), q, dx[0]);
  }
};

// y = log softmax x:  dx = dy - exp(y) sum(dy)
struct LogSoftmaxBackward final : Node {
  Saved y{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor log_q = y;
    if (grad_enabled()) {
      dx[0] = dy - exp(log_q) * sum(dy, {-1}, {.keepdim = true});
      return;
    }
    dx[0] = make(log_q.shape(), log_q.dtype());
    engine::log_softmax_backward(dy.contiguous(), log_q, dx[0]);
  }
};

void check(const Tensor& x, const char* op) {
  must_be_defined(op, x);
  if (x.dtype() != f32 && x.dtype() != f64)
    throw DtypeError(fmt::format("{}: expects f32 or f64, found {} (shape {}); hint: .to(f32)", op,
                                 name_of(x.dtype()), x.shape().str()));
}

using Kernel = void(const Tensor&, const Tensor&);

/// The kernel works along the last dimension: any other is brought there and back.
template <class Derivative>
Tensor along(Kernel* kernel, const char* op, const Tensor& x, std::int64_t dim) {
  check(x, op);
  const int d = wrap_dim(dim, x.dim(), op);
  if (x.dim() == 0) return reshape(along<Derivative>(kernel, op, reshape(x, {1}), 0), {});
  if (d != x.dim() - 1)
    return transpose(along<Derivative>(kernel, op, transpose(x, d, -1), -1), d, -1);
  const Tensor dense = x.contiguous();
  Tensor y = make(x.shape(), x.dtype());
  kernel(dense, y);
  if (auto* node = record<Derivative>(y, dense)) node->y = y;
  return y;
}

}  // namespace

Tensor softmax(const Tensor& x, std::int64_t dim) {
  return along<SoftmaxBackward>(engine::softmax, "softmax", x, dim);
}

Tensor log_softmax(const Tensor& x, std::int64_t dim) {
  return along<LogSoftmaxBackward>(engine::log_softmax, "log_softmax", x, dim);
}

Tensor dropout(const Tensor& x, const DropoutOptions& options) {
  must_be_defined("dropout", x);
  must_be_computed_in("dropout", x);
  if (!(options.p >= 0 && options.p <= 1))
    throw ValueError(fmt::format("dropout: p must lie between 0 and 1, found {}", options.p));
  if (!options.training || options.p == 0) return x;
  return x * draw_kept(x.shape(), x.dtype(), options);
}

}  // namespace percept
