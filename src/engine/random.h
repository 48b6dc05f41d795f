// Random numbers for whole tensors. One block of four words (percept/base/random.h) serves four
// elements: element i has word i % 4 of words(i / 4).
#pragma once

#include "engine/engine.h"
#include "percept/base/random.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

/// The share of dropped elements as a whole number: those are dropped whose word's upper 24 bits
/// are below it.
std::uint32_t dropped_below(double p);

/// kept[i] = 0 with probability p, else 1 / (1 - p): the factors of a dropout. kept contiguous, f32
/// or f64; 0 <= p < 1.
void draw_kept(const GeneratorState& from, double p, const Tensor& kept);

namespace reference {
decltype(engine::draw_kept) draw_kept;
}  // namespace reference

namespace onednn {
decltype(engine::draw_kept) draw_kept;  // f32
}  // namespace onednn

}  // namespace percept::engine
