// Resizing signals and images.
#pragma once

#include <optional>
#include <string>

#include "percept/ops/per_dim.h"
#include "percept/tensor/tensor.h"

namespace percept {

/// A factor for all of an image's dimensions, or one for height and one for width.
struct ScaleFactor {
  double h, w;
  bool one = false;  ///< given as one number, and printed so

  ScaleFactor(double both) : h(both), w(both), one(true) {}
  ScaleFactor(double height, double width) : h(height), w(width) {}
  std::string str() const;  ///< as Python prints it: "2.0" or "(2.0, 1.5)"
};

/// linear is of signals, bilinear of images, nearest of both.
enum class InterpolateMode : unsigned char { nearest, linear, bilinear };

struct InterpolateOptions {
  std::optional<PerDim> size = {};               ///< of the result, or
  std::optional<ScaleFactor> scale_factor = {};  ///< result over input, rounded down
  InterpolateMode mode = InterpolateMode::nearest;
  /// The corners of input and result coincide, not their edges; not of nearest.
  bool align_corners = false;
};
/// x (N, C, L) or (N, C, H, W) resized. With s = input size / result size, or 1 / scale_factor, the
/// result's place i shows the input's place floor(i s), or, linearly between its neighbours,
/// (i + 1/2) s - 1/2, or i (input size - 1) / (result size - 1) with align_corners. Throws
/// ShapeError for other dimensions, DtypeError unless x is f32 or f64, ValueError unless exactly
/// one of size and scale_factor is given and the result has elements.
/// https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
Tensor interpolate(const Tensor& x, const InterpolateOptions& options);

}  // namespace percept
