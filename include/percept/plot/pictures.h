// Sheets of small pictures: samples with their predictions, weights as the network sees them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "percept/plot/figure.h"

namespace percept::plot {

/// A picture and what stands under it.
struct Sample {
  Image image;
  std::string caption = {};  ///< e.g. "Sneaker → Sandal 0.98"
  bool wrong = false;        ///< framed and written in the colour of errors
};

struct ContactSheetOptions {
  std::string title = {};
  int columns = 8;
  double tile = 128;  ///< width of a picture; heights keep the pictures' shape
};

/// Pictures in rows, pixels left square, captions in up to three lines. Throws ValueError without
/// a picture or column.
Figure contact_sheet(const std::vector<Sample>& samples, const ContactSheetOptions& options = {});

struct WeightTilesOptions {
  std::string title = {};
  int columns = 16;
  double pixel = 2;                  ///< size of one weight
  std::string color_label = {};      ///< beside the colour bar
  std::optional<double> limit = {};  ///< |weight| of the strongest colour; default: 99 % are below
};

/// Weights (units, height, width) of a first layer as one tile a unit: blue negative, red positive.
/// Throws ShapeError unless sizes fit, ValueError for no unit or column or a limit <= 0.
Figure weight_tiles(std::span<const float> weights, int units, int height, int width,
                    const WeightTilesOptions& options = {});

}  // namespace percept::plot
