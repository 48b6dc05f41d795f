// A network of fully connected layers as circles and lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "percept/plot/figure.h"

namespace percept::plot {

/// One column of units. What is empty is not drawn.
struct NetworkLayer {
  int units = 0;
  std::string name = {};                 ///< above the column
  std::vector<std::string> labels = {};  ///< [units], inside the circles
  std::vector<double> values = {};       ///< [units], inside the circles; a unit at 0 is gray
  std::vector<double> weights = {};      ///< [units, units of the layer before], as nn::Linear's
  std::vector<double> biases = {};       ///< [units]
};

struct NetworkOptions {
  std::string title = {};
  int max_units = 10;                ///< of a column; of more, the middle becomes dots
  std::optional<bool> numbers = {};  ///< weights and biases as text; by default up to 24 weights
  int digits = 3;                    ///< significant ones of values, weights and biases
  std::string positive_label = "positive weight";
  std::string negative_label = "negative weight";
  std::string bias_label = "bias";
};

/// Layers from left to right; a weight's sign is its line's colour and dash, its size the line's
/// width. Throws ValueError (fewer than two layers, a layer without a unit, max_units < 3, digits
/// outside 1..17, a number that is not finite), ShapeError (labels, values, weights or biases that
/// do not fit the units).
Figure network(const std::vector<NetworkLayer>& layers, const NetworkOptions& options = {});

}  // namespace percept::plot
