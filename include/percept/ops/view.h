// Other shapes of the same data: views where possible. Also members of Tensor.
#pragma once

#include "percept/tensor/tensor.h"

namespace percept {

/// The same elements in another shape, one size of which may be -1: a view, or where strides do not
/// allow one, a copy. Throws ShapeError when the counts differ.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Dimensions start..end (both included) as one.
Tensor flatten(const Tensor& x, std::int64_t start = 0, std::int64_t end = -1);
/// Dimension dim as several, one of which may be -1.
Tensor unflatten(const Tensor& x, std::int64_t dim, const Shape& sizes);
Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1);
/// Dimension i of the result is dimension dims[i] of x.
Tensor permute(const Tensor& x, const Shape& dims);
/// Without the dimensions of size 1 (or that one, if its size is 1).
Tensor squeeze(const Tensor& x);
Tensor squeeze(const Tensor& x, std::int64_t dim);
/// With a dimension of size 1 put in before `dim`.
Tensor unsqueeze(const Tensor& x, std::int64_t dim);
/// Dimensions of size 1 repeated without copying; -1 keeps a size; new ones come in front.
Tensor expand(const Tensor& x, const Shape& shape);
/// start, start+1, ..., start+length-1 of dimension dim.
Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length);
/// One index of a dimension, which goes away.
Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index);
/// start, start+step, ... below stop (clipped to the size) of dimension dim.
Tensor slice(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t stop,
             std::int64_t step = 1);
/// The diagonal of a matrix.
Tensor diagonal(const Tensor& x);

}  // namespace percept
