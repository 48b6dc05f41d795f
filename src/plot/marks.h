#pragma once

#include "percept/plot/axes.h"
#include "percept/plot/marks.h"
#include "plot/place.h"

namespace percept::plot {

/// Axes and their ranges.
struct Plane {
  const Axes& axes;
  Range x, y;
};

/// Half-planes and outlines, which texts should not cover; colours begin with `first_color`. Throws
/// ValueError for a number that is not finite.
void draw_lines(Figure& figure, const Plane& plane, const Marks& marks, int first_color,
                Places& places);
/// Centres of classes, which lie above their samples.
void draw_centers(Figure& figure, const Axes& axes, const Marks& marks);
/// The legend's entries for all of them.
std::vector<LegendEntry> legend_of(const Marks& marks, int first_color);

}  // namespace percept::plot
