// How a kernel's sizes, strides and paddings are given.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "percept/tensor/shape.h"

namespace percept {

/// One number for all dimensions that a kernel moves along, or one for each: `2` or `{2, 1}`.
class PerDim {
 public:
  PerDim(int all) : given_{all} {}
  PerDim(std::int64_t all) : given_{all} {}
  PerDim(std::initializer_list<std::int64_t> sizes) : given_(sizes) {}
  explicit PerDim(const Shape& sizes) : given_(sizes) {}

  /// `dims` numbers. Throws ValueError, naming `op` and what they are, unless 1 or `dims` were
  /// given and none is below `least`.
  Shape of(int dims, const char* op, const char* what, std::int64_t least) const;
  /// As Python writes them: 2, or (2, 1).
  std::string str() const;

 private:
  Shape given_;
};

/// Zeros put around an image: so many on both sides of a dimension, or "same", as many as keep the
/// image's size (the odd one at the end), or "valid", none.
class Padding : public PerDim {
 public:
  using PerDim::PerDim;
  /// Throws ValueError for another name.
  Padding(const char* name);
  bool same() const { return name_ == "same"; }
  const std::string& name() const { return name_; }  ///< empty for numbers

 private:
  std::string name_;
};

}  // namespace percept
