// Small RGB pictures made of numbers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "percept/plot/color.h"

namespace percept::plot {

/// Pixels (height, width, 3), red green blue, row 0 on top.
struct Image {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;

  /// A picture of one colour. Throws ShapeError unless both sizes are positive.
  static Image filled(int width, int height, Color color);
  void set(int x, int y, Color color);  ///< opacity is ignored
};

/// What values are black and white in a picture of floats.
struct Levels {
  double low = 0, high = 1;
};

/// A picture of (height, width) bytes, 0 black and 255 white. Throws ShapeError.
Image gray_image(std::span<const std::uint8_t> values, int width, int height);
/// A picture of (height, width) floats; beyond the levels they are clamped. Throws ShapeError.
Image gray_image(std::span<const float> values, int width, int height, Levels levels = {});
/// A picture of (height, width, 3) bytes. Throws ShapeError.
Image rgb_image(std::span<const std::uint8_t> values, int width, int height);
/// A picture of (3, height, width) floats, the order of a tensor. Throws ShapeError.
Image rgb_image(std::span<const float> values, int width, int height, Levels levels = {});

}  // namespace percept::plot
