#include "tensor/layout.h"

#include "engine/pointwise.h"
#include "tensor/make.h"

namespace percept {
namespace {

Strides channels_last_strides(const Shape& shape) {
  Strides strides = shape;
  std::int64_t step = 1;
  const auto next = [&](int d) { strides[d] = step, step *= shape[d]; };
  next(1);
  for (int d = shape.dim() - 1; d > 1; --d) next(d);
  next(0);
  return strides;
}

/// Equal but where a dimension has a single index.
bool equal_strides(const Shape& shape, const Strides& a, const Strides& b) {
  for (int d = 0; d < shape.dim(); ++d)
    if (shape[d] != 1 && a[d] != b[d]) return false;
  return true;
}

Tensor copied(const Tensor& x, Tensor to) {
  engine::copy(x, to);
  return to;
}

}  // namespace

bool is_channels_last(const Tensor& x) {
  return x.dim() >= 3 && equal_strides(x.shape(), x.strides(), channels_last_strides(x.shape()));
}

Tensor make_laid_out(const Tensor& model, const Shape& shape, Dtype dtype) {
  Tensor y = make(shape, dtype);
  if (model.is_contiguous() || !is_channels_last(model) || y.numel() == 0) return y;
  TensorImpl& impl = y.mutable_impl();
  impl.strides = channels_last_strides(shape);
  impl.contiguous = equal_strides(shape, impl.strides, contiguous_strides(shape));
  return y;
}

Tensor dense(const Tensor& x) {
  if (x.is_contiguous() || is_channels_last(x)) return x;
  return copied(x, make(x.shape(), x.dtype()));
}

Tensor dense_as(const Tensor& model, const Tensor& x) {
  if (equal_strides(x.shape(), x.strides(), model.strides())) return x;
  return copied(x, make_laid_out(model, x.shape(), x.dtype()));
}

}  // namespace percept
