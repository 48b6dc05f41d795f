#include "percept/ops/join.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engine/pointwise.h"
#include "ops/check.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/view.h"
#include "tensor/make.h"

namespace percept {
namespace {

// y = x0 | x1 | ...:  dx_i = the part of dy where x_i went
struct CatBackward final : Node {
  int dim = 0;
  void backward(const Tensor& dy, Gradients& dx) override {
    std::int64_t start = 0;
    for (int i = 0; i < inputs(); ++i) {
      const std::int64_t length = input(i).shape[dim];
      if (dx.wanted(i)) dx[i] = narrow(dy, dim, start, length);
      start += length;
    }
  }
};

/// A one-dimensional tensor without elements joins anything, as in PyTorch.
bool joins_anything(const Tensor& x) { return x.dim() == 1 && x.numel() == 0; }

void must_all_be_defined(const std::vector<Tensor>& tensors, const char* op) {
  if (tensors.empty())
    throw ValueError(fmt::format("{}: expects at least one tensor, found none", op));
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (!tensors[i].defined()) throw_undefined_input(op, static_cast<int>(i));
}

int dim_to_split(const Tensor& x, std::int64_t dim, const char* op) {
  must_be_defined(op, x);
  if (x.dim() == 0)
    throw ShapeError(fmt::format("{}: a 0-dim tensor has no dimension to split", op));
  return wrap_dim(dim, x.dim(), op);
}

}  // namespace

Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim) {
  must_all_be_defined(tensors, "cat");
  const auto first = std::find_if_not(tensors.begin(), tensors.end(), joins_anything);
  const int dims = first == tensors.end() ? 1 : first->dim();
  std::vector<const Tensor*> parts;
  Dtype dtype = tensors.front().dtype();
  for (const Tensor& x : tensors) {
    if (x.dim() == 0) throw ShapeError("cat: 0-dim tensors have no dimension to join; hint: stack");
    dtype = promote(dtype, x.dtype());
    if (dims == 1 || !joins_anything(x)) parts.push_back(&x);
  }

  Shape shape = parts.front()->shape();
  const int d = wrap_dim(dim, shape.dim(), "cat");
  shape[d] = 0;
  for (const Tensor* x : parts) {
    Shape other = x->shape();
    if (other.dim() == shape.dim()) other[d] = shape[d];
    if (other != shape)
      throw ShapeError(
          fmt::format("cat: shapes {} and {} differ in more than dimension {}, along "
                      "which they are joined",
                      parts.front()->shape().str(), x->shape().str(), d));
    shape[d] += x->shape()[d];
  }

  Tensor y = make(shape, dtype);
  std::int64_t offset = 0;
  for (const Tensor* x : parts) {
    if (x->numel() == 0) continue;
    engine::copy(*x, make_view(y, x->shape(), y.strides(), offset));
    offset += x->shape()[d] * y.strides()[d];
  }
  const Tensor* const* inputs = parts.data();
  if (auto* node = record<CatBackward>(y, inputs, parts.size())) node->dim = d;
  return y;
}

Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim) {
  must_all_be_defined(tensors, "stack");
  const Shape& shape = tensors.front().shape();
  const int d = wrap_dim(dim, shape.dim() + 1, "stack");
  std::vector<Tensor> rows;
  rows.reserve(tensors.size());
  for (const Tensor& x : tensors) {
    if (x.shape() != shape)
      throw ShapeError(
          fmt::format("stack: expects equal shapes, found {} at entry 0 and {} at "
                      "entry {}",
                      shape.str(), x.shape().str(), rows.size()));
    rows.push_back(unsqueeze(x, d));
  }
  return cat(rows, d);
}

std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t dim) {
  const int d = dim_to_split(x, dim, "split");
  const std::int64_t whole = x.shape()[d];
  if (size < 1 && !(size == 0 && whole == 0))
    throw ValueError(fmt::format("split: the size must be at least 1, found {}", size));
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  do {  // an empty dimension still gives one part
    const std::int64_t length = std::min(size, whole - start);
    parts.push_back(narrow(x, d, start, length));
    start += length;
  } while (start < whole);
  return parts;
}

std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes,
                          std::int64_t dim) {
  const int d = dim_to_split(x, dim, "split");
  const std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  const bool negative = std::any_of(sizes.begin(), sizes.end(), [](auto n) { return n < 0; });
  if (negative || total != x.shape()[d])
    throw ValueError(
        fmt::format("split: sizes {} must not be negative and must add up to {}, the "
                    "size of dimension {} of shape {}",
                    fmt::format("[{}]", fmt::join(sizes, ", ")), x.shape()[d], d, x.shape().str()));
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  for (std::int64_t length : sizes) {
    parts.push_back(narrow(x, d, start, length));
    start += length;
  }
  return parts;
}

std::vector<Tensor> chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim) {
  const int d = dim_to_split(x, dim, "chunk");
  if (chunks < 1)
    throw ValueError(
        fmt::format("chunk: the number of chunks must be at least 1, found {}", chunks));
  const std::int64_t whole = x.shape()[d];
  if (whole == 0) return std::vector<Tensor>(static_cast<std::size_t>(chunks), narrow(x, d, 0, 0));
  return split(x, (whole + chunks - 1) / chunks, d);
}

std::vector<Tensor> unbind(const Tensor& x, std::int64_t dim) {
  const int d = dim_to_split(x, dim, "unbind");
  std::vector<Tensor> parts;
  for (std::int64_t i = 0; i < x.shape()[d]; ++i) parts.push_back(select(x, d, i));
  return parts;
}

}  // namespace percept
