#include "percept/tensor/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "percept/base/error.h"

namespace percept {

Shape::Shape(std::span<const std::int64_t> sizes) : dim_(static_cast<int>(sizes.size())) {
  if (sizes.size() > kMaxDims)
    throw ShapeError(fmt::format("shape [{}]: a tensor has at most {} dimensions, found {}",
                                 fmt::join(sizes, ", "), kMaxDims, sizes.size()));
  std::copy(sizes.begin(), sizes.end(), size_.begin());
}

Shape Shape::filled(int n, std::int64_t size) {
  Shape shape;
  for (int i = 0; i < n; ++i) shape.push_back(size);
  return shape;
}

void Shape::insert(int at, std::int64_t size) {
  if (dim_ == kMaxDims)
    throw ShapeError(fmt::format("a tensor has at most {} dimensions, found {} in {}", kMaxDims,
                                 dim_ + 1, str()));
  for (int i = dim_; i > at; --i) (*this)[i] = (*this)[i - 1];
  (*this)[at] = size;
  ++dim_;
}

void Shape::erase(int at) {
  for (int i = at; i + 1 < dim_; ++i) (*this)[i] = (*this)[i + 1];
  --dim_;
}

std::int64_t Shape::numel() const {
  std::int64_t n = 1;
  for (std::int64_t size : *this) n *= size;
  return n;
}

std::string Shape::str() const { return fmt::format("[{}]", fmt::join(begin(), end(), ", ")); }

Strides contiguous_strides(const Shape& shape) {
  Strides strides = shape;
  std::int64_t step = 1;
  for (int i = shape.dim() - 1; i >= 0; --i) {
    strides[i] = step;
    step *= std::max<std::int64_t>(shape[i], 1);
  }
  return strides;
}

Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op) {
  if (a == b) return a;
  const Shape& wide = a.dim() >= b.dim() ? a : b;
  const Shape& narrow = a.dim() >= b.dim() ? b : a;
  Shape out = wide;
  for (int i = 1; i <= narrow.dim(); ++i) {
    std::int64_t& size = out[out.dim() - i];
    const std::int64_t other = narrow[narrow.dim() - i];
    if (size == other || other == 1) continue;
    if (size != 1)
      throw ShapeError(fmt::format(
          "{}: shapes {} and {} do not broadcast: sizes {} and {} at dimension {} must be equal, "
          "or one of them 1",
          op, a.str(), b.str(), a[a.dim() - i], b[b.dim() - i], out.dim() - i));
    size = other;
  }
  return out;
}

int wrap_dim(std::int64_t dim, int n, const char* op) {
  const int range = std::max(n, 1);
  if (dim < -range || dim >= range)
    throw IndexError(
        fmt::format("{}: dimension {} is out of range for a tensor of {} dimensions; "
                    "allowed are {} to {}",
                    op, dim, n, -range, range - 1));
  return static_cast<int>(dim < 0 ? dim + range : dim);
}

}  // namespace percept
