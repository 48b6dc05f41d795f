// x.index({...}) and its assignment: integers, slices, Ellipsis and None make a view; tensors among
// the entries then pick from that view.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "engine/indexing.h"
#include "engine/pointwise.h"
#include "ops/check.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/indexing.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

/// The tensors of an index, brought to one shape (i...): entry k of `places` names positions of
/// dimension dims[k], none negative. The picked dimensions are replaced by (i...) where they stood
/// when they are neighbours, else (i...) comes first.
struct Picks {
  std::vector<int> dims;
  std::vector<Tensor> places;  // i64, contiguous, nobody else's
  Shape shape;                 // i...

  std::int64_t count() const { return shape.numel(); }
  bool picked(int dim) const { return std::find(dims.begin(), dims.end(), dim) != dims.end(); }
  /// Where (i...) stands in the result.
  int position() const {
    return dims.back() - dims.front() + 1 == static_cast<int>(dims.size()) ? dims.front() : 0;
  }
  Shape result_shape(const Shape& from) const {
    Shape result;
    for (int d = 0; d < from.dim(); ++d)
      if (!picked(d)) result.push_back(from[d]);
    for (int i = 0; i < shape.dim(); ++i) result.insert(position() + i, shape[i]);
    return result;
  }
};

/// What is left of x when one position of every picked dimension is taken.
Tensor block_of(const Tensor& x, const Picks& picks) {
  Shape shape;
  Strides strides;
  for (int d = 0; d < x.dim(); ++d)
    if (!picks.picked(d)) shape.push_back(x.shape()[d]), strides.push_back(x.strides()[d]);
  return make_view(x, shape, strides);
}

/// (count): where in x, in elements, each block begins.
Tensor offsets_in(const Tensor& x, const Picks& picks) {
  Tensor offset = zeros({picks.count()}, {i64});
  for (std::size_t k = 0; k < picks.dims.size(); ++k) {
    const auto stride = static_cast<double>(x.strides()[picks.dims[k]]);
    const Tensor place = make_view(picks.places[k], offset.shape(), offset.strides());
    engine::apply(engine::add_scaled, "index", offset, {&offset, &place}, {stride});
  }
  return offset;
}

/// The result (.., i.., ..) as rows (count, ..), one a block: a view of y where that is possible.
Tensor rows_of(const Tensor& y, const Picks& picks) {
  const Tensor detached = y.detach();
  const int at = picks.position(), n = picks.shape.dim();
  Shape order, shape{picks.count()};
  for (int i = 0; i < n; ++i) order.push_back(at + i);
  for (int d = 0; d < y.dim(); ++d)
    if (d < at || d >= at + n) order.push_back(d), shape.push_back(y.shape()[d]);
  return detached.permute(order).reshape(shape);
}

Tensor pick(const Tensor& x, const Picks& picks);
Tensor add_picked(const Tensor& dy, const Picks& picks, const Shape& shape);

// dx[places] += dy:  ddy = ddx[places]
struct IndexAddBackward final : Node {
  Picks picks;
  void backward(const Tensor& ddx, Gradients& ddy) override { ddy[0] = pick(ddx, picks); }
};

// y = x[places]:  dx[places] += dy
struct IndexBackward : Node {
  Picks picks;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = add_picked(dy, picks, input(0).shape);
  }
};
struct IndexSelectBackward final : IndexBackward {};

/// Zeros of that shape with y added at the places.
Tensor add_picked(const Tensor& dy, const Picks& picks, const Shape& shape) {
  Tensor dx = zeros(shape, {dy.dtype()});
  engine::add_blocks(block_of(dx, picks), offsets_in(dx, picks), rows_of(dy, picks));
  if (auto* node = record<IndexAddBackward>(dx, dy)) node->picks = picks;
  return dx;
}

template <class N>
Tensor pick_as(const Tensor& x, const Picks& picks) {
  Tensor y = make(picks.result_shape(x.shape()), x.dtype());
  if (y.numel() > 0)
    engine::take_blocks(block_of(x, picks), offsets_in(x, picks), rows_of(y, picks));
  if (auto* node = record<N>(y, x)) node->picks = picks;
  return y;
}

Tensor pick(const Tensor& x, const Picks& picks) { return pick_as<IndexBackward>(x, picks); }

/// A checked copy of `index` in `shape`, contiguous; negative entries count from the end.
Tensor checked_places(const Tensor& index, const Shape& shape, std::int64_t size, int dim,
                      bool from_end, const char* op) {
  Tensor places = make(shape, i64);
  engine::copy(index, places);
  if (const std::int64_t bad = engine::find_outside(places, from_end ? -size : 0, size); bad >= 0)
    throw IndexError(fmt::format("{}: index {} is out of range for dimension {} of size {}", op,
                                 places.span<std::int64_t>()[static_cast<std::size_t>(bad)], dim,
                                 size));
  if (!from_end || places.numel() == 0) return places;
  return engine::map(engine::remainder, op, places, Scalar(size));
}

/// An index taken apart: the view its basic entries make, and what is picked from that.
struct Parts {
  Tensor view;
  Picks picks;
};

using Indices = std::span<const TensorIndex>;

class Parser {
 public:
  Parser(const Tensor& x, Indices indices, const char* op) : x_(x), view_(x), op_(op) {
    const int named = count(indices);
    if (named > x.dim())
      throw IndexError(fmt::format("{}: the indices name {} dimensions, but shape {} has {}", op,
                                   named, x.shape().str(), x.dim()));
    bool ellipsis = false;
    for (const TensorIndex& entry : indices) {
      if (std::holds_alternative<Ellipsis_>(entry.value)) {
        if (std::exchange(ellipsis, true))
          throw IndexError(fmt::format("{}: at most one Ellipsis is allowed", op));
        at_ += x.dim() - named, dim_of_x_ += x.dim() - named;
      } else {
        std::visit([this](const auto& value) { take(value); }, entry.value);
      }
    }
  }

  Parts parts() {
    Picks picks;
    for (const Entry& entry : tensors_)
      picks.shape = broadcast_shapes(picks.shape, entry.index.shape(), op_);
    for (const auto& [at, dim_of_x, index] : tensors_) {
      picks.dims.push_back(at);
      picks.places.push_back(
          checked_places(index, picks.shape, view_.shape()[at], dim_of_x, true, op_));
    }
    return {view_, picks};
  }

 private:
  /// A tensor that picks from a dimension of the view, and which that is of x.
  struct Entry {
    int at, dim_of_x;
    Tensor index;
  };

  /// Dimensions of x that the entries name.
  static int count(Indices indices) {
    int n = 0;
    for (const TensorIndex& entry : indices) {
      if (const auto* tensor = std::get_if<Tensor>(&entry.value))
        n += tensor->dtype() == boolean ? tensor->dim() : 1;
      else if (std::holds_alternative<std::int64_t>(entry.value) ||
               std::holds_alternative<Slice>(entry.value))
        ++n;
    }
    return n;
  }

  void take(std::int64_t i) {
    const std::int64_t size = view_.shape()[at_];
    if (i < -size || i >= size)
      throw IndexError(
          fmt::format("{}: index {} is out of range for dimension {} of size {} (shape "
                      "{})",
                      op_, i, dim_of_x_, size, x_.shape().str()));
    view_ = select(view_, at_, i);
    ++dim_of_x_;
  }
  void take(const Slice& part) {
    const std::int64_t size = view_.shape()[at_];
    if (part.start || part.stop || part.step != 1)
      view_ = slice(view_, at_, part.start.value_or(0), part.stop.value_or(size), part.step);
    ++at_, ++dim_of_x_;
  }
  void take(None_) { view_ = unsqueeze(view_, at_++); }
  void take(Ellipsis_) {}
  void take(const Tensor& index) {
    if (index.dtype() == boolean) return take_mask(index);
    if (index.dtype() != i64)
      throw DtypeError(
          fmt::format("{}: a tensor among the indices must be i64 or boolean, found {} "
                      "(shape {}); hint: .to(i64)",
                      op_, name_of(index.dtype()), index.shape().str()));
    if (index.dim() == 0) return take(index.item<std::int64_t>());
    tensors_.push_back({at_++, dim_of_x_++, index.detach()});
  }
  /// A mask of n dimensions stands for n tensors: where it is true. One of none adds a dimension.
  void take_mask(const Tensor& mask) {
    if (mask.dim() == 0) {
      view_ = unsqueeze(view_, at_);
      tensors_.push_back({at_++, dim_of_x_, zeros({mask.item<bool>() ? 1 : 0}, {i64})});
      return;
    }
    for (int d = 0; d < mask.dim(); ++d)
      if (mask.shape()[d] != view_.shape()[at_ + d])
        throw IndexError(fmt::format("{}: a mask of shape {} does not fit shape {} at dimension {}",
                                     op_, mask.shape().str(), x_.shape().str(), dim_of_x_ + d));
    const Tensor places = nonzero(mask);
    for (int d = 0; d < mask.dim(); ++d)
      tensors_.push_back({at_++, dim_of_x_++, select(places, 1, d)});
  }

  Tensor x_, view_;
  const char* op_;
  int at_ = 0, dim_of_x_ = 0;  // the next dimension of view_ and of x_
  std::vector<Entry> tensors_;
};

Tensor index_with(const Tensor& x, Indices indices) {
  const auto [view, picks] = Parser(x, indices, "index").parts();
  return picks.dims.empty() ? view : pick(view, picks);
}

/// x[indices] = values in x's own memory, unrecorded.
void put(const Tensor& x, Indices indices, const Tensor& values, const char* op) {
  const auto [view, picks] = Parser(x.detach(), indices, op).parts();
  const Shape shape = picks.dims.empty() ? view.shape() : picks.result_shape(view.shape());
  if (broadcast_shapes(shape, values.shape(), op) != shape)
    throw ShapeError(
        fmt::format("{}: values of shape {} do not broadcast to the indexed part of "
                    "shape {}",
                    op, values.shape().str(), shape.str()));
  const bool overlap = x.impl().storage == values.impl().storage;
  const Tensor source = overlap ? values.detach().clone() : values.detach();
  if (picks.dims.empty()) return engine::copy(source, view);
  engine::put_blocks(block_of(view, picks), offsets_in(view, picks),
                     rows_of(source.to(x.dtype()).expand(shape), picks));
}

// y = x, y[indices] = values:  dx = dy with 0 at the places,  dvalues = dy[indices]
struct IndexPutBackward final : Node {
  std::vector<TensorIndex> indices;
  void backward(const Tensor& dy, Gradients& dx) override;
};

Tensor put_into_copy(const Tensor& x, Indices indices, const Tensor& values) {
  must_be_defined("index_put", x, values);
  Tensor y = x.detach().clone();
  put(y, indices, values, "index_put");
  if (auto* node = record<IndexPutBackward>(y, x, values)) {
    for (const TensorIndex& entry : indices) {
      const auto* tensor = std::get_if<Tensor>(&entry.value);
      node->indices.push_back(tensor ? TensorIndex(tensor->detach().clone()) : entry);
    }
  }
  return y;
}

void IndexPutBackward::backward(const Tensor& dy, Gradients& dx) {
  if (dx.wanted(0)) dx[0] = put_into_copy(dy, indices, zeros({}, {dy.dtype()}));
  if (dx.wanted(1)) dx[1] = index_with(dy, indices);
}

}  // namespace

Tensor Tensor::index(std::initializer_list<TensorIndex> indices) const {
  must_be_defined("index", *this);
  return index_with(*this, {indices.begin(), indices.size()});
}

Tensor Tensor::operator[](const Tensor& picked) const { return index({picked}); }

Tensor index_put(const Tensor& x, std::initializer_list<TensorIndex> indices,
                 const Tensor& values) {
  return put_into_copy(x, {indices.begin(), indices.size()}, values);
}

Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Tensor& values) {
  const Indices entries(indices.begin(), indices.size());
  if (grad_enabled() && (requires_grad() || values.requires_grad()))
    return assign_in_place(*this, put_into_copy(*this, entries, values), "index_put_");
  put(*this, entries, values, "index_put_");
  bump_version(*this);
  return *this;
}

Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value) {
  return index_put_(indices, full({}, value, {dtype()}));
}

Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index) {
  must_be_defined("index_select", x, index);
  const int d = wrap_dim(dim, x.dim(), "index_select");
  if (index.dtype() != i64)
    throw DtypeError(fmt::format("index_select: the index must be i64, found {}; hint: .to(i64)",
                                 name_of(index.dtype())));
  if (index.dim() != 1 || x.dim() == 0)
    throw ShapeError(
        fmt::format("index_select: expects an index of one dimension and an x of at "
                    "least one, found shapes {} and {}",
                    index.shape().str(), x.shape().str()));
  const Picks picks{{d},
                    {checked_places(index, index.shape(), x.shape()[d], d, false, "index_select")},
                    index.shape()};
  return pick_as<IndexSelectBackward>(x, picks);
}

}  // namespace percept
