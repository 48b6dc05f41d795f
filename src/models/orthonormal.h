// Bases of rows at right angles.
#pragma once

#include <vector>

#include "percept/ops/arithmetic.h"
#include "percept/ops/join.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"

namespace percept::models {

/// Rows of length 1, at right angles, that span what the rows of x (n, d) span, n or fewer of them:
/// Gram and Schmidt, each row freed from the others twice, so that rounding leaves nothing of them.
/// A row counts as a mixture of the earlier ones when less than `least` of its length is left.
inline Tensor orthonormal_rows(const Tensor& x, double least) {
  std::vector<Tensor> basis;
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    Tensor row = x[i];
    const double length = norm(row).item();
    for (int twice = 0; twice < 2 && !basis.empty(); ++twice) {
      const Tensor q = stack(basis);
      row = row - matmul(matmul(q, row), q);
    }
    const double left = norm(row).item();
    if (left > least * length) basis.push_back(row / left);
  }
  return stack(basis);
}

}  // namespace percept::models
