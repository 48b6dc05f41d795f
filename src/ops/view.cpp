#include "percept/ops/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "ops/check.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

// y = x in another shape:  dx = dy in x's shape
struct ViewBackward final : Node {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = reshape(dy, input(0).shape); }
};
// y[..i..j..] = x[..j..i..]:  the same exchange back
struct TransposeBackward final : Node {
  int dim0 = 0, dim1 = 0;
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = transpose(dy, dim0, dim1); }
};
// the inverse permutation
struct PermuteBackward final : Node {
  Shape dims;
  void backward(const Tensor& dy, Gradients& dx) override {
    Shape inverse = dims;
    for (int i = 0; i < dims.dim(); ++i) inverse[static_cast<int>(dims[i])] = i;
    dx[0] = permute(dy, inverse);
  }
};
// y repeats x: the gradients of the copies are summed by the walk
struct ExpandBackward final : Node {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy; }
};

Tensor slice_backward(const Tensor& dy, const Shape& shape, int dim, std::int64_t start,
                      std::int64_t step);

// dx = slice of ddx: the gradient of "zeros with dy put in"
struct SliceGradBackward final : Node {
  int dim = 0;
  std::int64_t start = 0, step = 1;
  void backward(const Tensor& ddx, Gradients& ddy) override {
    ddy[0] = slice(ddx, dim, start, start + shape_of_dy * step, step);
  }
  std::int64_t shape_of_dy = 0;
};
// y = x[start::step]:  dx is zero but for dy in those places
struct SliceBackward final : Node {
  int dim = 0;
  std::int64_t start = 0, step = 1;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = slice_backward(dy, input(0).shape, dim, start, step);
  }
};
// y = x[index]
struct SelectBackward final : Node {
  int dim = 0;
  std::int64_t index = 0;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = slice_backward(unsqueeze(dy, dim), input(0).shape, dim, index, 1);
  }
};

Tensor strided(const Tensor& x, int dim, std::int64_t start, std::int64_t length,
               std::int64_t step) {
  Shape shape = x.shape();
  Strides strides = x.strides();
  const std::int64_t offset = start * strides[dim];
  shape[dim] = length;
  strides[dim] *= step;
  return make_view(x, shape, strides, shape.numel() == 0 ? 0 : offset);
}

Tensor slice_backward(const Tensor& dy, const Shape& shape, int dim, std::int64_t start,
                      std::int64_t step) {
  Tensor dx = zeros(shape, {.dtype = dy.dtype()});
  {
    const NoGradGuard no_grad;
    strided(dx, dim, start, dy.shape()[dim], step).copy_(dy);
  }
  if (auto* node = record<SliceGradBackward>(dx, dy))
    node->dim = dim, node->start = start, node->step = step, node->shape_of_dy = dy.shape()[dim];
  return dx;
}

/// One size of -1 worked out from the others.
Shape complete(Shape shape, std::int64_t numel, const char* op, const Shape& from) {
  int unknown = -1;
  std::int64_t known = 1;
  for (int i = 0; i < shape.dim(); ++i) {
    if (shape[i] == -1 && unknown < 0)
      unknown = i;
    else if (shape[i] < 0)
      throw ShapeError(
          fmt::format("{}: shape {} has a size below 0; only one may be -1", op, shape.str()));
    else
      known *= shape[i];
  }
  if (unknown >= 0 && known > 0 && numel % known == 0)
    shape[unknown] = numel / known;
  else if (unknown >= 0)
    throw ShapeError(
        fmt::format("{}: the size marked -1 in {} cannot be found for {} elements "
                    "(shape {})",
                    op, shape.str(), numel, from.str()));
  if (shape.numel() != numel)
    throw ShapeError(fmt::format("{}: shape {} has {} elements, the tensor has {} (shape {})", op,
                                 shape.str(), shape.numel(), numel, from.str()));
  return shape;
}

/// Strides that show x's elements in `shape` without a copy, where there are such.
std::optional<Strides> view_strides(const Tensor& x, const Shape& shape) {
  if (x.is_contiguous()) return contiguous_strides(shape);
  if (x.numel() == 0) return contiguous_strides(shape);
  Strides strides = shape;
  int to = shape.dim() - 1;
  std::int64_t block = 1, wanted = 1;
  std::int64_t base = x.dim() > 0 ? x.strides().back() : 1;
  for (int d = x.dim() - 1; d >= 0; --d) {
    block *= x.shape()[d];
    const bool ends = d == 0 || (x.shape()[d - 1] != 1 && x.strides()[d - 1] != block * base);
    if (!ends) continue;
    while (to >= 0 && (wanted < block || shape[to] == 1)) {
      strides[to] = wanted * base;
      wanted *= shape[to--];
    }
    if (wanted != block) return std::nullopt;
    if (d > 0) base = x.strides()[d - 1], block = wanted = 1;
  }
  return to < 0 ? std::optional(strides) : std::nullopt;
}

Tensor reshaped_view(const Tensor& x, const Shape& shape, const Strides& strides) {
  Tensor y = make_view(x, shape, strides);
  record<ViewBackward>(y, x);
  return y;
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& wanted) {
  must_be_defined("reshape", x);
  const Shape shape = complete(wanted, x.numel(), "reshape", x.shape());
  if (const auto strides = view_strides(x, shape)) return reshaped_view(x, shape, *strides);
  const Tensor dense = x.contiguous();
  return reshaped_view(dense, shape, contiguous_strides(shape));
}

Tensor Tensor::view(const Shape& wanted) const {
  must_be_defined("view", *this);
  const Shape shape = complete(wanted, numel(), "view", this->shape());
  const auto strides = view_strides(*this, shape);
  if (!strides)
    throw ShapeError(
        fmt::format("view: shape {} with strides {} cannot be seen as {} without a "
                    "copy; hint: reshape",
                    this->shape().str(), this->strides().str(), shape.str()));
  return reshaped_view(*this, shape, *strides);
}

Tensor flatten(const Tensor& x, std::int64_t start, std::int64_t end) {
  must_be_defined("flatten", x);
  const int first = wrap_dim(start, x.dim(), "flatten"), last = wrap_dim(end, x.dim(), "flatten");
  if (first > last)
    throw ValueError(fmt::format("flatten: start {} lies after end {}", start, end));
  if (x.dim() == 0) return reshape(x, {1});
  if (first == last) return x;
  Shape shape;
  std::int64_t merged = 1;
  for (int d = 0; d < x.dim(); ++d) {
    if (d < first || d > last)
      shape.push_back(x.shape()[d]);
    else if (merged *= x.shape()[d]; d == last)
      shape.push_back(merged);
  }
  return reshape(x, shape);
}

Tensor unflatten(const Tensor& x, std::int64_t dim, const Shape& sizes) {
  must_be_defined("unflatten", x);
  const int d = wrap_dim(dim, x.dim(), "unflatten");
  if (x.dim() == 0) throw ShapeError("unflatten: a 0-dim tensor has no dimension to split");
  const Shape inner = complete(sizes, x.shape()[d], "unflatten", {x.shape()[d]});
  Shape shape = x.shape();
  shape.erase(d);
  for (int i = 0; i < inner.dim(); ++i) shape.insert(d + i, inner[i]);
  return reshape(x, shape);
}

Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1) {
  must_be_defined("transpose", x);
  const int a = wrap_dim(dim0, x.dim(), "transpose"), b = wrap_dim(dim1, x.dim(), "transpose");
  Shape shape = x.shape();
  Strides strides = x.strides();
  if (x.dim() > 0) std::swap(shape[a], shape[b]), std::swap(strides[a], strides[b]);
  Tensor y = make_view(x, shape, strides);
  if (auto* node = record<TransposeBackward>(y, x)) node->dim0 = a, node->dim1 = b;
  return y;
}

Tensor permute(const Tensor& x, const Shape& dims) {
  must_be_defined("permute", x);
  Shape order = dims, shape = x.shape();
  Strides strides = x.strides();
  std::array<bool, kMaxDims> seen{};
  for (int i = 0; i < dims.dim(); ++i) {
    order[i] = wrap_dim(dims[i], x.dim(), "permute");
    seen[static_cast<std::size_t>(order[i])] = true;
  }
  if (dims.dim() != x.dim() || std::count(seen.begin(), seen.end(), true) != x.dim())
    throw ShapeError(fmt::format("permute: {} is not an order of the {} dimensions of shape {}",
                                 dims.str(), x.dim(), x.shape().str()));
  for (int i = 0; i < x.dim(); ++i) {
    shape[i] = x.shape()[static_cast<int>(order[i])];
    strides[i] = x.strides()[static_cast<int>(order[i])];
  }
  Tensor y = make_view(x, shape, strides);
  if (auto* node = record<PermuteBackward>(y, x)) node->dims = order;
  return y;
}

Tensor squeeze(const Tensor& x) {
  must_be_defined("squeeze", x);
  Shape shape;
  Strides strides;
  for (int d = 0; d < x.dim(); ++d)
    if (x.shape()[d] != 1) shape.push_back(x.shape()[d]), strides.push_back(x.strides()[d]);
  return reshaped_view(x, shape, strides);
}

Tensor squeeze(const Tensor& x, std::int64_t dim) {
  must_be_defined("squeeze", x);
  const int d = wrap_dim(dim, x.dim(), "squeeze");
  Shape shape = x.shape();
  Strides strides = x.strides();
  if (x.dim() > 0 && shape[d] == 1) shape.erase(d), strides.erase(d);
  return reshaped_view(x, shape, strides);
}

Tensor unsqueeze(const Tensor& x, std::int64_t dim) {
  must_be_defined("unsqueeze", x);
  if (x.dim() == kMaxDims)
    throw ShapeError(
        fmt::format("unsqueeze: shape {} has {} dimensions already, the most there can be",
                    x.shape().str(), kMaxDims));
  const int d = wrap_dim(dim, x.dim() + 1, "unsqueeze");
  Shape shape = x.shape();
  Strides strides = x.strides();
  strides.insert(d, d < x.dim() ? shape[d] * strides[d] : 1);
  shape.insert(d, 1);
  return reshaped_view(x, shape, strides);
}

Tensor expand(const Tensor& x, const Shape& wanted) {
  must_be_defined("expand", x);
  Shape shape = wanted;
  Strides strides = Shape::filled(wanted.dim(), 0);
  const int extra = wanted.dim() - x.dim();
  bool fits = extra >= 0;
  for (int d = 0; fits && d < wanted.dim(); ++d) {
    const bool own = d >= extra;
    if (shape[d] == -1 && own) shape[d] = x.shape()[d - extra];
    if (own && shape[d] == x.shape()[d - extra])
      strides[d] = x.strides()[d - extra];
    else
      fits = shape[d] >= 0 && (!own || x.shape()[d - extra] == 1);
  }
  if (!fits)
    throw ShapeError(
        fmt::format("expand: shape {} cannot be expanded to {}: only sizes of 1 can "
                    "grow, and new dimensions come in front",
                    x.shape().str(), wanted.str()));
  Tensor y = make_view(x, shape, strides);
  record<ExpandBackward>(y, x);
  return y;
}

Tensor slice(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t stop,
             std::int64_t step) {
  must_be_defined("slice", x);
  const int d = wrap_dim(dim, x.dim(), "slice");
  if (x.dim() == 0) throw IndexError("slice: a 0-dim tensor cannot be sliced");
  if (step < 1) throw ValueError(fmt::format("slice: step must be at least 1, found {}", step));
  const std::int64_t size = x.shape()[d];
  const auto clip = [size](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size);
  };
  const std::int64_t first = clip(start), length = std::max<std::int64_t>(0, clip(stop) - first);
  Tensor y = strided(x, d, first, (length + step - 1) / step, step);
  if (auto* node = record<SliceBackward>(y, x))
    node->dim = d, node->start = first, node->step = step;
  return y;
}

Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length) {
  must_be_defined("narrow", x);
  const int d = wrap_dim(dim, x.dim(), "narrow");
  const std::int64_t size = x.dim() ? x.shape()[d] : 0;
  const std::int64_t first = start < 0 ? start + size : start;
  if (x.dim() == 0 || first < 0 || length < 0 || first > size - length)
    throw IndexError(
        fmt::format("narrow: {} elements from {} do not lie within dimension {} of "
                    "shape {}",
                    length, start, dim, x.shape().str()));
  return slice(x, d, first, first + length);
}

Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index) {
  must_be_defined("select", x);
  if (x.dim() == 0) throw IndexError("select: a 0-dim tensor cannot be indexed; hint: item()");
  const int d = wrap_dim(dim, x.dim(), "select");
  const std::int64_t size = x.shape()[d];
  if (index < -size || index >= size)
    throw IndexError(
        fmt::format("select: index {} is out of range for dimension {} of size {} "
                    "(shape {})",
                    index, d, size, x.shape().str()));
  const std::int64_t i = index < 0 ? index + size : index;
  Shape shape = x.shape();
  Strides strides = x.strides();
  const std::int64_t offset = i * strides[d];
  shape.erase(d), strides.erase(d);
  Tensor y = make_view(x, shape, strides, shape.numel() == 0 ? 0 : offset);
  if (auto* node = record<SelectBackward>(y, x)) node->dim = d, node->index = i;
  return y;
}

Tensor diagonal(const Tensor& x) {
  must_be_defined("diagonal", x);
  if (x.dim() != 2)
    throw ShapeError(fmt::format("diagonal: expects a matrix, found shape {}", x.shape().str()));
  const std::int64_t n = std::min(x.shape()[0], x.shape()[1]);
  const Tensor places = arange(n);
  return index_select(flatten(x), 0, places * (x.shape()[1] + 1));
}

// -- Tensor's members
Tensor Tensor::reshape(const Shape& shape) const { return percept::reshape(*this, shape); }
Tensor Tensor::flatten(std::int64_t start, std::int64_t end) const {
  return percept::flatten(*this, start, end);
}
Tensor Tensor::transpose(std::int64_t a, std::int64_t b) const {
  return percept::transpose(*this, a, b);
}
Tensor Tensor::permute(const Shape& dims) const { return percept::permute(*this, dims); }
Tensor Tensor::t() const {
  if (dim() > 2)
    throw ShapeError(
        fmt::format("t: expects at most 2 dimensions, found shape {}; hint: "
                    "transpose or T",
                    shape().str()));
  return dim() < 2 ? *this : percept::transpose(*this, 0, 1);
}
Tensor Tensor::T() const {
  Shape order;
  for (int d = dim() - 1; d >= 0; --d) order.push_back(d);
  return percept::permute(*this, order);
}
Tensor Tensor::squeeze() const { return percept::squeeze(*this); }
Tensor Tensor::squeeze(std::int64_t d) const { return percept::squeeze(*this, d); }
Tensor Tensor::unsqueeze(std::int64_t d) const { return percept::unsqueeze(*this, d); }
Tensor Tensor::expand(const Shape& shape) const { return percept::expand(*this, shape); }
Tensor Tensor::narrow(std::int64_t d, std::int64_t start, std::int64_t length) const {
  return percept::narrow(*this, d, start, length);
}
Tensor Tensor::select(std::int64_t d, std::int64_t index) const {
  return percept::select(*this, d, index);
}

}  // namespace percept
