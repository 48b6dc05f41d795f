// The fast engine's f32 loops over dense runs (Highway, dispatched by instruction set at run time).
#pragma once

#include "engine/pointwise.h"

namespace percept::engine::onednn {

Loop neg, exp, log, log1p, expm1, sqrt, abs, sigmoid, tanh, relu, silu, add, sub, mul, div, minimum,
    maximum, add_scaled, relu_backward, gelu, gelu_backward;

}  // namespace percept::engine::onednn
