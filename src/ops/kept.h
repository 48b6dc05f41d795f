// What dropout multiplies with.
#pragma once

#include "percept/ops/softmax.h"

namespace percept {

/// Factors of a dropout of `shape`: 0 with probability options.p, else 1 / (1 - p); f32 or f64.
Tensor draw_kept(const Shape& shape, Dtype dtype, const DropoutOptions& options);

}  // namespace percept
