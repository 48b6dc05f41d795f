// Making a tensor wider at its edges.
#pragma once

#include <vector>

#include "percept/tensor/tensor.h"

namespace percept {

/// What stands beyond the edge: a number, the mirror image (the edge itself not repeated), the
/// edge, or what comes in at the other side.
enum class PadMode : unsigned char { constant, reflect, replicate, circular };

struct PadOptions {
  PadMode mode = PadMode::constant;
  Scalar value = 0;  ///< of mode constant
};
/// x with pads[0] elements put before and pads[1] behind its last dimension, pads[2] and pads[3]
/// around the one before it, and so on; negative ones take elements away. In the other modes the
/// pads are of an image's places: x (N, C, ...) or (C, ...), with 2 pads for each dimension behind
/// the channels. Throws ValueError for pads that x has no dimensions or not enough elements for,
/// ShapeError when nothing is left.
/// https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
Tensor pad(const Tensor& x, const std::vector<std::int64_t>& pads, const PadOptions& options = {});

}  // namespace percept
