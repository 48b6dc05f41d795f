// What is drawn over a plane beside its samples: where a neuron changes its mind, outlines,
// centres.
#pragma once

#include <string>
#include <vector>

#include "percept/plot/figure.h"

namespace percept::plot {

/// The line w_x x + w_y y + b = 0 of one neuron; an arrow points to the side where it is positive.
struct HalfPlane {
  double w_x = 0, w_y = 0, b = 0;  ///< without a line where both weights are 0
  std::string name = {};           ///< in the legend, if given
  bool filled = false;             ///< tints the positive side
};

/// Straight lines from corner to corner, in the units of the axes.
struct Outline {
  std::vector<Point> corners;
  std::string name = {};  ///< in the legend, if given
  bool closed = true;
  bool filled = false;  ///< tints the inside
};

/// Half-planes, then outlines, take the colours that follow those of the classes.
struct Marks {
  std::vector<HalfPlane> half_planes = {};
  std::vector<Outline> outlines = {};
  std::vector<Point> centers = {};  ///< of class 0, 1, ...: its glyph, large
  std::string center_label = {};    ///< in the legend, if given
};

}  // namespace percept::plot
