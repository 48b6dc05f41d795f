// Choosing elements: where, gather, scatter, index. See torch.where, torch.gather, Tensor indexing.
#pragma once

#include <initializer_list>
#include <variant>
#include <vector>

#include "percept/tensor/tensor.h"

namespace percept {

/// start:stop:step of one dimension; a bound left out means the end. Step must be positive.
struct Slice {
  std::optional<std::int64_t> start = {}, stop = {};
  std::int64_t step = 1;
};
/// As many whole dimensions as are needed to name every one.
struct Ellipsis_ {};
inline constexpr Ellipsis_ Ellipsis{};
/// A new dimension of size 1.
struct None_ {};
inline constexpr None_ None{};

/// One entry of x.index({...}): an integer, Slice, Ellipsis, None, or a tensor of integers or
/// booleans.
struct TensorIndex {
  std::variant<std::int64_t, Slice, Ellipsis_, None_, Tensor> value;
  TensorIndex(int i) : value(std::int64_t{i}) {}
  TensorIndex(std::int64_t i) : value(i) {}
  TensorIndex(Slice slice) : value(slice) {}
  TensorIndex(Ellipsis_ all) : value(all) {}
  TensorIndex(None_ none) : value(none) {}
  TensorIndex(Tensor tensor) : value(std::move(tensor)) {}
};

/// condition ? a : b, element by element, broadcast. Throws DtypeError unless condition is boolean.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b);
/// x with `value` where mask is true; both broadcast. Throws DtypeError for a mask that is not
/// boolean and a value that does not fit the type.
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value);
/// The elements where mask is true, one-dimensional.
Tensor masked_select(const Tensor& x, const Tensor& mask);
/// Indices (i64) of elements that are not 0: shape (count, dims).
Tensor nonzero(const Tensor& x);
/// y[i][j] = x[index[i][j]][j] for dim 0, and so on. index: i64, of x's dims.
Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index);
/// x with y[index[i][j]][j] = source[i][j] for dim 0, and so on.
Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Scalar& value);
/// As scatter, but adding.
Tensor scatter_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
/// The rows (of dimension dim) with these numbers. index: i64, one-dimensional.
Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index);
/// x with values put at the places that indices name.
Tensor index_put(const Tensor& x, std::initializer_list<TensorIndex> indices, const Tensor& values);
/// i64 classes (...) to i64 zeros and ones (..., num_classes); -1 takes the largest class plus one.
Tensor one_hot(const Tensor& classes, std::int64_t num_classes = -1);

}  // namespace percept
