// Where the boxes of a directed graph lie when every edge points to the right (Sugiyama, Tagawa and
// Toda 1981): columns by longest path, order by the mean of the neighbours, then heights.
#pragma once

#include <utility>
#include <vector>

#include "percept/plot/figure.h"

namespace percept::plot {

struct BoxSize {
  double width, height;
};

struct Layered {
  std::vector<Rect> boxes;                 ///< of each node
  std::vector<std::vector<Point>> routes;  ///< of each edge: from box to box around the others
  double width = 0, height = 0;
};

/// Places boxes with `gap_x` between columns and at least `gap_y` between rows. Throws ValueError
/// for a cycle.
Layered layered_layout(const std::vector<BoxSize>& sizes,
                       const std::vector<std::pair<int, int>>& edges, double gap_x, double gap_y);

}  // namespace percept::plot
