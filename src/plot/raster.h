#pragma once

#include <string>

#include "percept/plot/figure.h"

namespace percept::plot {

/// A figure as the bytes of a PNG file of width * scale x height * scale pixels.
std::string rasterize(const Figure& figure, double scale);

/// An image as the bytes of a PNG file.
std::string encode_png(const Image& image);

/// Lengths of a pattern's strokes and gaps for a line of this width; empty for a solid one.
std::vector<double> dash_pattern(Dash dash, double width);

}  // namespace percept::plot
