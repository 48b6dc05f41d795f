// Bars over named places: probabilities of classes, gradients of logits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "percept/plot/axes.h"

namespace percept::plot {

/// One bar for each name; values that are not finite have none.
struct BarSeries {
  std::string name = {};  ///< in the legend, if given
  std::vector<double> values;
};

struct BarsOptions {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::optional<Range> y_range = {};  ///< by default 0 and the values
  int digits = 3;                     ///< significant ones of the numbers at the bars; 0: none
  double height = 420;                ///< of the axes with their labels
};

/// Bars side by side for each name, one colour a series, from 0 up or down. Throws ValueError (no
/// name, no series, digits outside 0..17, an empty range), ShapeError (a series that has not one
/// value a name).
Figure bars(const std::vector<std::string>& names, const std::vector<BarSeries>& series,
            const BarsOptions& options = {});

}  // namespace percept::plot
