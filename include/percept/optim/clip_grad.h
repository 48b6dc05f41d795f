// Gradients kept in bounds: torch.nn.utils.clip_grad_norm_, clip_grad_value_.
#pragma once

#include <vector>

#include "percept/tensor/tensor.h"

namespace percept::optim {

struct ClipGradNormOptions {
  double norm_type = 2;  ///< p, or infinity for the largest magnitude
  bool error_if_nonfinite = false;
};

/// Scales all gradients by max_norm / (norm + 1e-6) where that is below 1, norm being that of all
/// gradients as one vector: (sum |g|^p)^(1/p). Returns the norm. Throws ValueError unless
/// norm_type > 0, and with error_if_nonfinite DivergedError when the norm is not finite.
double clip_grad_norm_(const std::vector<Tensor>& params, double max_norm,
                       const ClipGradNormOptions& options = {});

/// Limits every element of every gradient to [-clip_value, clip_value].
void clip_grad_value_(const std::vector<Tensor>& params, double clip_value);

}  // namespace percept::optim
