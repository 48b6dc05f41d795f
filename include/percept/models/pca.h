// Principal components: the best that a linear code can do.
#pragma once

#include "percept/base/random.h"
#include "percept/tensor/tensor.h"

namespace percept::models {

/// Directions in which samples vary most, at right angles to each other.
struct Pca {
  Tensor mean;        ///< (d)
  Tensor components;  ///< (k, d), rows of length 1, by falling variance
  Tensor variances;   ///< (k), of the samples along each

  /// (n, d) -> (n, k)
  Tensor encode(const Tensor& x) const;
  /// (n, k) -> (n, d): the point of the components' plane with these coordinates
  Tensor decode(const Tensor& code) const;
};

struct PcaOptions {
  std::int64_t most_iterations = 1000;
  double tolerance = 1e-9;  ///< it ends when the variance found grows by less than this share
  Generator* generator = nullptr;
};

/// The k first principal components of the samples x (n, d), or as many as they vary in, by
/// orthogonal iteration Q ← orth(Q C) with the covariance C (Golub, Van Loan, Matrix Computations,
/// 7.3.2). Throws ShapeError, and ValueError unless 1 <= k <= d.
Pca pca(const Tensor& x, std::int64_t k, const PcaOptions& options = {});

}  // namespace percept::models
