// Shape: up to eight sizes, held in place.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace percept {

inline constexpr int kMaxDims = 8;

/// Sizes (or strides, in elements) of a tensor, outermost first; `Shape{}` is a single number.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes)
      : Shape(std::span<const std::int64_t>(sizes.begin(), sizes.size())) {}
  /// Throws ShapeError for more than kMaxDims sizes.
  explicit Shape(std::span<const std::int64_t> sizes);
  /// `n` sizes, all equal.
  static Shape filled(int n, std::int64_t size);

  int dim() const { return dim_; }
  std::int64_t operator[](int i) const { return size_[static_cast<std::size_t>(i)]; }
  std::int64_t& operator[](int i) { return size_[static_cast<std::size_t>(i)]; }
  const std::int64_t* begin() const { return size_.data(); }
  const std::int64_t* end() const { return size_.data() + dim_; }
  std::int64_t back() const { return size_[static_cast<std::size_t>(dim_ - 1)]; }

  void push_back(std::int64_t size) { insert(dim_, size); }
  void insert(int at, std::int64_t size);
  void erase(int at);

  std::int64_t numel() const;  ///< the product; 1 for `Shape{}`
  std::string str() const;     ///< "[64, 784]"

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.dim_ != b.dim_) return false;
    for (int i = 0; i < a.dim_; ++i)
      if (a[i] != b[i]) return false;
    return true;
  }

 private:
  std::array<std::int64_t, kMaxDims> size_;  // [dim_..) is never read
  int dim_ = 0;
};

using Strides = Shape;

/// Strides of a row-major tensor: the last dimension's is 1.
Strides contiguous_strides(const Shape& shape);

/// The shape both broadcast to. Throws ShapeError naming `op` when they do not.
Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op);

/// `dim` counted from the end when negative. Throws IndexError unless -n <= dim < n; a 0-dim tensor
/// counts as having one dimension, as in PyTorch.
int wrap_dim(std::int64_t dim, int n, const char* op);

}  // namespace percept
