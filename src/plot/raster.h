#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "percept/plot/figure.h"

namespace percept::plot {

/// A figure as the bytes of a PNG file of width * scale x height * scale pixels.
std::string rasterize(const Figure& figure, double scale);

enum class Part { Shapes, Pictures };

/// One part of a figure, without texts and markers, stretched to width x height pixels 0xAARRGGBB
/// (colours times opacity) on transparent ground: lines are at least a pixel wide, and none is half
/// covered.
std::vector<std::uint32_t> rasterize_part(const Figure& figure, Part part, int width, int height);

/// An image as the bytes of a PNG file.
std::string encode_png(const Image& image);

/// Lengths of a pattern's strokes and gaps for a line of this width; empty for a solid one.
std::vector<double> dash_pattern(Dash dash, double width);

}  // namespace percept::plot
