// Line charts: loss and accuracy over steps or epochs, activation functions, anything of one
// variable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "percept/plot/axes.h"

namespace percept::plot {

/// One line. Values that are not finite leave a gap.
struct Series {
  std::string name;
  std::vector<double> x = {};  ///< empty: 1, 2, 3, ... (epochs)
  std::vector<double> y = {};
  /// In [0, 1): weight of the past in a running mean, drawn strong over the pale values.
  double smoothing = 0;
  std::optional<Color> color = {};  ///< by position in the panel
  std::optional<Dash> dash = {};    ///< by position in the panel
  /// Glyphs at the values; by default when there are at most 30.
  std::optional<bool> markers = {};
};

/// One chart. Ranges follow the data unless given.
struct Panel {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<Series> series = {};
  std::optional<Range> x_range = {};
  std::optional<Range> y_range = {};
  bool log_x = false;
  bool whole_x = false;  ///< the x axis counts: epochs, steps
  bool log_y = false;
};

struct CurvesOptions {
  std::string title = {};
  int columns = 2;  ///< panels side by side
  double panel_width = 520;
  double panel_height = 400;
};

/// Charts side by side, with legends above them: 'loss' and 'accuracy' of a training run.
/// Throws ValueError (no panel, a smoothing outside [0, 1), a range the axis cannot show),
/// ShapeError (a series' x and y of different length).
Figure curves(const std::vector<Panel>& panels, const CurvesOptions& options = {});

}  // namespace percept::plot
