// Order along a dimension.
#pragma once

#include "percept/ops/reduce.h"
#include "percept/tensor/tensor.h"

namespace percept {

/// y[i] = x[0] + ... + x[i]
Tensor cumsum(const Tensor& x, std::int64_t dim);

struct SortOptions {
  std::int64_t dim = -1;
  bool descending = false;
};
/// Sorted, stable, with the old places; NaN is the largest.
ValuesIndices sort(const Tensor& x, const SortOptions& options = {});
/// The old places alone.
Tensor argsort(const Tensor& x, const SortOptions& options = {});

struct TopkOptions {
  std::int64_t dim = -1;
  bool largest = true;
};
/// The k largest (smallest), in order, with their places. Throws ValueError when k does not fit.
ValuesIndices topk(const Tensor& x, std::int64_t k, const TopkOptions& options = {});

}  // namespace percept
