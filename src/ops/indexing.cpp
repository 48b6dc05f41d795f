#include "percept/ops/indexing.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/indexing.h"
#include "engine/pointwise.h"
#include "ops/check.h"
#include "ops/promote.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

void must_be_boolean(const Tensor& mask, const char* op, const char* name) {
  if (mask.dtype() != boolean)
    throw DtypeError(fmt::format("{}: {} must be boolean, found {} (shape {}); hint: x != 0", op,
                                 name, name_of(mask.dtype()), mask.shape().str()));
}

Tensor number(const Scalar& value, Dtype dtype) {
  Tensor y = make({}, dtype);
  engine::fill(y, value);
  return y;
}

/// A number as x's elements are; a real one does not fit among integers.
Tensor number_like(const Tensor& x, const Scalar& value, const char* op) {
  if (promote(x.dtype(), value) != x.dtype())
    throw DtypeError(
        fmt::format("{}: the value {} does not fit into elements of type {}; hint: "
                    ".to({}) first",
                    op, value.to_double(), name_of(x.dtype()), name_of(promote(x.dtype(), value))));
  return number(value, x.dtype());
}

bool recorded(const Tensor& x) { return grad_enabled() && x.requires_grad(); }

/// Throws unless index is i64, of x's dimensions, no larger than `room` in any but dim (in any,
/// when dim is -1).
void check_index_shape(const Tensor& index, const Shape& room, int dim, const char* op,
                       const char* name) {
  if (index.dtype() != i64)
    throw DtypeError(fmt::format("{}: the index must be i64, found {}; hint: .to(i64)", op,
                                 name_of(index.dtype())));
  bool fits = index.dim() == room.dim();
  for (int d = 0; fits && d < room.dim(); ++d) fits = d == dim || index.shape()[d] <= room[d];
  if (!fits)
    throw ShapeError(fmt::format(
        "{}: the index of shape {} must have as many dimensions as {} of shape {} and be no larger "
        "in any{}",
        op, index.shape().str(), name, room.str(),
        dim < 0 ? std::string() : fmt::format(" but dimension {}", dim)));
}

void check_range(const Tensor& index, std::int64_t size, int dim, const char* op) {
  const Tensor dense = index.contiguous();
  if (const std::int64_t place = engine::find_outside(dense, 0, size); place >= 0)
    throw IndexError(fmt::format("{}: index {} is out of range for dimension {} of size {}", op,
                                 dense.span<std::int64_t>()[static_cast<std::size_t>(place)], dim,
                                 size));
}

// y = condition ? a : b:  da = condition ? dy : 0,  db = condition ? 0 : dy
struct WhereBackward final : Node {
  Saved condition{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    if (dx.wanted(0)) dx[0] = where(condition, dy, 0);
    if (dx.wanted(1)) dx[1] = where(condition, 0, dy);
  }
};

// y = mask ? value : x:  dx = mask ? 0 : dy
struct MaskedFillBackward final : Node {
  Saved mask{this};
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = masked_fill(dy, mask, 0); }
};

// y[p] = x[index[p]]:  dx[index[p]] += dy[p]
struct GatherBackward final : Node {
  Saved index{this};
  int dim = 0;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = scatter_add(zeros(input(0).shape, {dy.dtype()}), dim, index, dy);
  }
};

// y = x, y[index[p]] = source[p]:  dx = dy, 0 where it was overwritten;  dsource[p] = dy[index[p]]
struct ScatterBackward final : Node {
  Saved index{this};
  int dim = 0;
  void backward(const Tensor& dy, Gradients& dx) override {
    if (dx.wanted(0)) dx[0] = scatter(dy, dim, index, 0);
    if (inputs() > 1 && dx.wanted(1)) dx[1] = gather(dy, dim, index);
  }
};

// y = x, y[index[p]] += source[p]:  dx = dy,  dsource[p] = dy[index[p]]
struct ScatterAddBackward final : Node {
  Saved index{this};
  int dim = 0;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = dy;
    if (dx.wanted(1)) dx[1] = gather(dy, dim, index);
  }
};

/// What scatter and scatter_add agree on: the dimension, and the part of source that index covers.
struct Scattering {
  int dim;
  Tensor source;
};

Scattering check_scatter(const Tensor& x, std::int64_t dim, const Tensor& index,
                         const Tensor& source, const char* op) {
  must_be_defined(op, x, index, source);
  const int d = wrap_dim(dim, x.dim(), op);
  check_index_shape(index, x.shape(), d, op, "x");
  check_index_shape(index, source.shape(), -1, op, "the source");
  if (source.dtype() != x.dtype())
    throw DtypeError(fmt::format("{}: the source must be of x's type {}, found {}; hint: .to({})",
                                 op, name_of(x.dtype()), name_of(source.dtype()),
                                 name_of(x.dtype())));
  check_range(index, x.dim() ? x.shape()[d] : 1, d, op);
  Tensor part = source;
  for (int i = 0; i < index.dim(); ++i)
    if (part.shape()[i] != index.shape()[i]) part = narrow(part, i, 0, index.shape()[i]);
  return {d, part};
}

using ScatterKernel = void(const Tensor&, int, const Tensor&, const Tensor&);

/// The kernel on y itself; a 0-dim tensor counts as having one dimension.
void scatter_into(ScatterKernel* kernel, const Tensor& y, int dim, const Tensor& index,
                  const Tensor& source) {
  const auto lines = [](const Tensor& x) { return x.dim() ? x.detach() : make_view(x, {1}, {1}); };
  kernel(lines(y), dim, lines(index), lines(source));
}

Tensor copy_of(const Tensor& x) { return x.detach().clone(); }

Tensor& scatter_in_place(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  if (recorded(x) || recorded(source))
    return assign_in_place(x, scatter(x, dim, index, source), "scatter_");
  const Scattering s = check_scatter(x, dim, index, source, "scatter_");
  const bool overlap = x.impl().storage == source.impl().storage;
  scatter_into(engine::scatter, x, s.dim, index, overlap ? s.source.clone() : s.source);
  bump_version(x);
  return x;
}

}  // namespace

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  must_be_defined("where", condition, a, b);
  must_be_boolean(condition, "where", "the condition");
  const Dtype dtype = common_dtype(a, b);
  Tensor y = engine::map(engine::where, "where", condition, a.to(dtype), b.to(dtype));
  if (auto* node = record<WhereBackward>(y, a, b)) node->condition = condition;
  return y;
}

Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b) {
  must_be_defined("where", condition, b);
  return where(condition, number(a, promote(b.dtype(), a)), b);
}

Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b) {
  must_be_defined("where", condition, a);
  return where(condition, a, number(b, promote(a.dtype(), b)));
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value) {
  must_be_defined("masked_fill", x, mask);
  must_be_boolean(mask, "masked_fill", "the mask");
  Tensor y =
      engine::map(engine::where, "masked_fill", mask, number_like(x, value, "masked_fill"), x);
  if (auto* node = record<MaskedFillBackward>(y, x)) node->mask = mask;
  return y;
}

Tensor& Tensor::masked_fill_(const Tensor& mask, const Scalar& value) {
  if (recorded(*this))
    return assign_in_place(*this, masked_fill(*this, mask, value), "masked_fill_");
  must_be_boolean(mask, "masked_fill_", "the mask");
  if (broadcast_shapes(shape(), mask.shape(), "masked_fill_") != shape())
    throw ShapeError(fmt::format("masked_fill_: a mask of shape {} does not broadcast to {}",
                                 mask.shape().str(), shape().str()));
  const Tensor fill = number_like(*this, value, "masked_fill_");
  const bool overlap = impl().storage == mask.impl().storage;
  const Tensor condition = overlap ? mask.clone() : mask;
  engine::apply(engine::where, "masked_fill_", *this, {&condition, &fill, this});
  bump_version(*this);
  return *this;
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  must_be_defined("masked_select", x, mask);
  must_be_boolean(mask, "masked_select", "the mask");
  const Shape shape = broadcast_shapes(x.shape(), mask.shape(), "masked_select");
  return x.expand(shape)[mask.expand(shape)];
}

Tensor nonzero(const Tensor& x) {
  must_be_defined("nonzero", x);
  must_be_computed_in("nonzero", x);
  const Tensor mask = ne(x.detach(), 0).contiguous();
  const auto flags = mask.span<bool>();
  const auto count = static_cast<std::int64_t>(std::count(flags.begin(), flags.end(), true));
  Tensor places = make({count, x.dim()}, i64);
  auto at = places.span<std::int64_t>().begin();
  for (std::int64_t flat = 0; flat < mask.numel(); ++flat) {
    if (!flags[static_cast<std::size_t>(flat)]) continue;
    std::int64_t rest = flat;
    for (int d = x.dim() - 1; d >= 0; rest /= x.shape()[d--]) at[d] = rest % x.shape()[d];
    at += x.dim();
  }
  return places;
}

Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index) {
  must_be_defined("gather", x, index);
  const int d = wrap_dim(dim, x.dim(), "gather");
  check_index_shape(index, x.shape(), d, "gather", "x");
  if (x.dim() == 0) return gather(x.reshape({1}), 0, index.reshape({1})).reshape({});
  check_range(index, x.shape()[d], d, "gather");
  Tensor y = make(index.shape(), x.dtype());
  engine::gather(x, d, index, y);
  if (auto* node = record<GatherBackward>(y, x)) node->index = index, node->dim = d;
  return y;
}

Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const Scattering s = check_scatter(x, dim, index, source, "scatter");
  Tensor y = copy_of(x);
  scatter_into(engine::scatter, y, s.dim, index, s.source);
  if (auto* node = record<ScatterBackward>(y, x, s.source)) node->index = index, node->dim = s.dim;
  return y;
}

Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Scalar& value) {
  must_be_defined("scatter", x, index);
  const Tensor source = number_like(x, value, "scatter").expand(index.shape());
  const Scattering s = check_scatter(x, dim, index, source, "scatter");
  Tensor y = copy_of(x);
  scatter_into(engine::scatter, y, s.dim, index, source);
  if (auto* node = record<ScatterBackward>(y, x)) node->index = index, node->dim = s.dim;
  return y;
}

Tensor& Tensor::scatter_(std::int64_t d, const Tensor& index, const Tensor& source) {
  return scatter_in_place(*this, d, index, source);
}

Tensor& Tensor::scatter_(std::int64_t d, const Tensor& index, const Scalar& value) {
  return scatter_in_place(*this, d, index,
                          number_like(*this, value, "scatter_").expand(index.shape()));
}

Tensor scatter_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const Scattering s = check_scatter(x, dim, index, source, "scatter_add");
  Tensor y = copy_of(x);
  scatter_into(engine::scatter_add, y, s.dim, index, s.source);
  if (auto* node = record<ScatterAddBackward>(y, x, s.source))
    node->index = index, node->dim = s.dim;
  return y;
}

Tensor one_hot(const Tensor& classes, std::int64_t num_classes) {
  must_be_defined("one_hot", classes);
  if (classes.dtype() != i64)
    throw DtypeError(fmt::format("one_hot: the classes must be i64, found {}; hint: .to(i64)",
                                 name_of(classes.dtype())));
  if (num_classes < -1 || num_classes == 0)
    throw ValueError(
        fmt::format("one_hot: the number of classes must be at least 1, or -1 to take "
                    "it from the classes; found {}",
                    num_classes));
  if (num_classes == -1) {
    if (classes.numel() == 0)
      throw ValueError("one_hot: no class to take the number of classes from; hint: give it");
    num_classes = max(classes).item<std::int64_t>() + 1;
  }
  const Tensor dense = classes.contiguous();
  if (const std::int64_t place = engine::find_outside(dense, 0, num_classes); place >= 0)
    throw IndexError(fmt::format(
        "one_hot: class {} is out of range; with {} classes they are 0 to "
        "{}",
        dense.span<std::int64_t>()[static_cast<std::size_t>(place)], num_classes, num_classes - 1));
  Shape shape = classes.shape();
  shape.push_back(num_classes);
  return zeros(shape, {i64}).scatter_(-1, unsqueeze(classes, -1), 1);
}

}  // namespace percept
