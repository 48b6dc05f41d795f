// Figures side by side.
#pragma once

#include <string>
#include <vector>

#include "percept/plot/figure.h"

namespace percept::plot {

struct GridOptions {
  std::string title = {};
  int columns = 2;
};

/// Figures in rows from left to right, each in a cell of the largest one's size. Throws ValueError
/// without a figure or column.
Figure grid(const std::vector<Figure>& figures, const GridOptions& options = {});

}  // namespace percept::plot
