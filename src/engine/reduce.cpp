#include "engine/reduce.h"

#include <algorithm>

#include "tensor/tape.h"

namespace percept::engine {
namespace {

bool sum_fast(const Tensor& x, const Tensor& y) {
  if (!fast(x.dtype()) || !x.is_contiguous() || x.numel() == 0) return false;
  if (y.numel() == 1 && x.numel() >= 64) {
    *y.data<float>() = onednn::sum_run(x.data<float>(), x.numel());
    return true;
  }
  // Leading dimensions reduced, trailing ones kept: columns of a matrix.
  int d = 0;
  std::int64_t rows = 1;
  while (d < x.dim() && (y.shape()[d] == 1)) rows *= x.shape()[d++];
  const std::int64_t n = x.numel() / std::max<std::int64_t>(1, rows);
  for (int rest = d; rest < x.dim(); ++rest)
    if (y.shape()[rest] != x.shape()[rest]) return false;
  if (!y.is_contiguous()) return false;
  onednn::sum_rows(x.data<float>(), rows, n, n, y.data<float>());
  return true;
}

void sum_now(const Tensor& x, const Tensor& y) {
  if (!sum_fast(x, y)) reference::sum(x, y);
}

void bias_relu_backward_now(const Tensor& dy, const Tensor& y, const Tensor& dx,
                            const Tensor& dbias) {
  if (!fast(dx.dtype())) return reference::bias_relu_backward(dy, y, dx, dbias);
  // impl().data: data() would forget what else is kept of y's numbers.
  const auto floats = [](const Tensor& x) { return static_cast<float*>(x.impl().data); };
  onednn::bias_relu_backward(floats(dy), floats(y), dx.shape()[0], dx.shape()[1], floats(dx),
                             floats(dbias));
}

}  // namespace

void sum(const Tensor& x, const Tensor& y) { taped(sum_now, x, y); }

void bias_relu_backward(const Tensor& dy, const Tensor& y, const Tensor& dx, const Tensor& dbias) {
  taped(bias_relu_backward_now, dy, y, dx, dbias);
}

void max(const Tensor& x, int dim, const Tensor& y, const Tensor& index) {
  taped(reference::max, x, dim, y, index);
}
void min(const Tensor& x, int dim, const Tensor& y, const Tensor& index) {
  taped(reference::min, x, dim, y, index);
}

void log_softmax(const Tensor& x, const Tensor& y) { taped(reference::log_softmax, x, y); }
void softmax(const Tensor& x, const Tensor& y) { taped(reference::softmax, x, y); }
void log_softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  taped(reference::log_softmax_backward, dy, y, dx);
}
void softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  taped(reference::softmax_backward, dy, y, dx);
}

}  // namespace percept::engine
