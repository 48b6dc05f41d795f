// Softmax, its logarithm, and dropout.
#pragma once

#include "percept/base/random.h"
#include "percept/tensor/tensor.h"

namespace percept {

/// q_i = exp(x_i) / sum_j exp(x_j) along dim, computed from x - max(x), so that nothing overflows.
Tensor softmax(const Tensor& x, std::int64_t dim);
/// log q_i = x_i - max(x) - log(sum_j exp(x_j - max(x))).
Tensor log_softmax(const Tensor& x, std::int64_t dim);

struct DropoutOptions {
  double p = 0.5;        ///< the share of elements set to 0
  bool training = true;  ///< otherwise x is returned unchanged
  Generator* generator = nullptr;
};
/// Each element is 0 with probability p, else x / (1 - p). Throws ValueError unless 0 <= p <= 1.
/// Srivastava et al., JMLR 15 (2014).
Tensor dropout(const Tensor& x, const DropoutOptions& options = {});

}  // namespace percept
