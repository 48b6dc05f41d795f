// Matrices as coloured cells.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "percept/plot/axes.h"

namespace percept::plot {

struct ConfusionOptions {
  std::string title = {};
  std::string row_label = "true class";
  std::string column_label = "predicted class";
  std::string color_label = "share of the true class";
};

/// Counts (classes, classes) in cells, row = true class, column = predicted; the colour is a cell's
/// share of its row. Throws ShapeError unless there are names.size() squared counts, ValueError
/// without a class or for a negative count.
Figure confusion_matrix(std::span<const std::int64_t> counts, const std::vector<std::string>& names,
                        const ConfusionOptions& options = {});

struct HeatMapOptions {
  std::string title = {};
  std::string row_label = {};
  std::string column_label = {};
  std::string color_label = {};
  std::vector<std::string> row_names = {};     ///< empty: numbers
  std::vector<std::string> column_names = {};  ///< empty: numbers
  ColorMap map = ColorMap::Viridis;
  std::optional<Range> range =
      {};               ///< of the colours; by default the values', symmetric if Diverging
  bool values = false;  ///< writes each value into its cell
};

/// Values (rows, columns) as colours with a colour bar; what is not finite stays gray. Throws
/// ShapeError unless sizes and names fit, ValueError for an empty matrix or range.
Figure heat_map(std::span<const double> values, int rows, int columns,
                const HeatMapOptions& options = {});

}  // namespace percept::plot
