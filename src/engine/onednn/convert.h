// f32 to bf16 and back, and bytes to f32, over dense runs (Highway, dispatched by instruction set
// at run time).
#pragma once

#include <cstdint>

#include "percept/tensor/dtype.h"

namespace percept::engine::onednn {

/// y[i] = x[i] rounded to nearest even, as bfloat16's constructor does.
void round(std::int64_t n, const float* x, bfloat16* y);
/// The same for the inputs of products; where the machine has an instruction for it, three times as
/// fast, and numbers below 2^-126 become 0, as the instructions that multiply take them to be.
void round_input(std::int64_t n, const float* x, bfloat16* y);
void widen(std::int64_t n, const bfloat16* x, float* y);
/// y[i] = x[i] / 255, rounded to nearest: a picture's bytes as numbers in [0, 1].
void scale_bytes(std::int64_t n, const std::uint8_t* x, float* y);

}  // namespace percept::engine::onednn
