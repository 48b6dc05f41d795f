// Many elements to few. Dimensions may be negative; keepdim leaves size 1 in their place.
#pragma once

#include <optional>

#include "percept/tensor/tensor.h"

namespace percept {

struct ReduceOptions {
  bool keepdim = false;
};
/// A value and where it stood.
struct ValuesIndices {
  Tensor values, indices;
};

/// The sum over all elements, or over some dimensions. Booleans and integers give i64.
Tensor sum(const Tensor& x);
Tensor sum(const Tensor& x, const Shape& dims, const ReduceOptions& options = {});
/// The mean; throws DtypeError for integers.
Tensor mean(const Tensor& x);
Tensor mean(const Tensor& x, const Shape& dims, const ReduceOptions& options = {});

struct VarOptions {
  std::int64_t correction = 1;  ///< divides by n - correction
  bool keepdim = false;
};
/// Variance and standard deviation.
Tensor var(const Tensor& x, const VarOptions& options = {});
Tensor var(const Tensor& x, const Shape& dims, const VarOptions& options = {});
Tensor std(const Tensor& x, const VarOptions& options = {});
Tensor std(const Tensor& x, const Shape& dims, const VarOptions& options = {});

/// The largest (smallest) element; equal ones share the gradient. Throws ValueError when empty.
Tensor max(const Tensor& x);
Tensor min(const Tensor& x);
/// Along one dimension, with its first place; the gradient goes to that place. NaN wins.
ValuesIndices max(const Tensor& x, std::int64_t dim, const ReduceOptions& options = {});
ValuesIndices min(const Tensor& x, std::int64_t dim, const ReduceOptions& options = {});
/// The first place of the largest (smallest): i64. Throws ValueError when there is none.
Tensor argmax(const Tensor& x);
Tensor argmax(const Tensor& x, std::int64_t dim, const ReduceOptions& options = {});
Tensor argmin(const Tensor& x);
Tensor argmin(const Tensor& x, std::int64_t dim, const ReduceOptions& options = {});

/// log(sum(exp(x))), without overflow.
Tensor logsumexp(const Tensor& x, const Shape& dims, const ReduceOptions& options = {});
/// The p-norm (sum |x|^p)^(1/p); p may be infinity. The gradient at 0 is 0.
Tensor norm(const Tensor& x, double p = 2);
Tensor norm(const Tensor& x, double p, const Shape& dims, const ReduceOptions& options = {});
/// Whether any (all) elements are not 0.
Tensor any(const Tensor& x);
Tensor any(const Tensor& x, std::int64_t dim, const ReduceOptions& options = {});
Tensor all(const Tensor& x);
Tensor all(const Tensor& x, std::int64_t dim, const ReduceOptions& options = {});

}  // namespace percept
