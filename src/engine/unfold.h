// Images as matrices of their patches, and back.
#pragma once

#include "engine/conv.h"

namespace percept::engine {

/// The patches of an image: where a kernel of that size stands.
struct Patches {
  std::array<std::int64_t, 2> kernel;  ///< rows, columns
  std::array<std::int64_t, 2> places;  ///< rows, columns of places
  Sliding sliding;
};

/// y[n][(c kH + p) kW + q][i W' + j] = x[n][c][i s + p d - a][j s + q d - a], 0 outside of x.
/// x (N, C, H, W) of any strides, y (N, C kH kW, H' W') dense; f32 or f64.
void unfold(const Tensor& x, const Tensor& y, const Patches& patches);
/// x = the sum of the patches y; x dense, y of any strides.
void fold(const Tensor& y, const Tensor& x, const Patches& patches);

namespace reference {
decltype(engine::unfold) unfold;
decltype(engine::fold) fold;
}  // namespace reference

}  // namespace percept::engine
