// Dropout of whole channels; that of single elements is in percept/ops/softmax.h.
#pragma once

#include "percept/ops/softmax.h"
#include "percept/tensor/tensor.h"

namespace percept {

/// x (N, C, ...), of which each x[n][c] is 0 with probability p, else x / (1 - p): neighbours
/// within a channel are too alike to be dropped one by one. Throws ShapeError for fewer than 3
/// dimensions, ValueError unless 0 <= p <= 1. Tompson et al., CVPR 2015.
Tensor dropout2d(const Tensor& x, const DropoutOptions& options = {});

}  // namespace percept
