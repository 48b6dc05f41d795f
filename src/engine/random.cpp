#include "engine/random.h"

#include <cmath>

namespace percept::engine {

std::uint32_t dropped_below(double p) { return static_cast<std::uint32_t>(std::ceil(p * 0x1p24)); }

void draw_kept(const GeneratorState& from, double p, const Tensor& kept) {
  (fast(kept.dtype()) ? onednn::draw_kept : reference::draw_kept)(from, p, kept);
}

}  // namespace percept::engine
