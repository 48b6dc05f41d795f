// Samples in the plane, and what a classifier thinks of every place in it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "percept/plot/axes.h"
#include "percept/plot/marks.h"

namespace percept::plot {

/// Samples in the plane: x, y of one length; the rest is empty or of that length.
struct Points {
  std::span<const double> x = {};
  std::span<const double> y = {};
  std::span<const int> label = {};         ///< class of each, from 0; empty: one class
  std::span<const int> predicted = {};     ///< what differs from the label is ringed
  std::span<const std::string> name = {};  ///< beside each, where there is room
};

struct ScatterOptions {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<std::string> class_names = {};  ///< empty: numbers
  std::string wrong_label = "misclassified";
  std::optional<Range> x_range = {};  ///< by default the samples'
  std::optional<Range> y_range = {};
  Marks marks = {};
  double size = 560;  ///< of the square to draw in, with its labels
};

/// Samples, their class as colour and glyph. Throws ShapeError for lengths that differ, ValueError
/// for a negative class, a missing class name, an empty range or a mark that is not finite.
Figure scatter(const Points& points, const ScatterOptions& options = {});

/// Probabilities (rows, columns, classes) at the nodes of a grid over x and y; row 0 is y.low. With
/// one class, its numbers are the probability of class 1 of two.
struct ProbabilityGrid {
  std::span<const double> values;
  int rows = 0, columns = 0, classes = 0;
  Range x, y;
};

struct SurfaceOptions {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<std::string> class_names = {};  ///< empty: numbers
  std::string wrong_label = "misclassified";
  std::string boundary_label = "decision boundary";
  std::vector<double> levels = {0.75, 0.9};  ///< iso-probability lines beside the boundary
  Marks marks = {};
  double size = 640;
};

/// The plane coloured by class probability, the boundary between classes strong, lines of equal
/// probability of each class thin, and samples on top. Throws ShapeError unless sizes fit (at least
/// a 2 x 2 grid), ValueError for a probability outside [0, 1], a level outside (0, 1), an empty
/// range, and what scatter() throws.
Figure decision_surface(const ProbabilityGrid& grid, const Points& points = {},
                        const SurfaceOptions& options = {});

/// Lines on which a field (rows, columns) interpolates to `level`, by marching squares, joined end
/// to end; x in [0, columns - 1], y in [0, rows - 1], a closed line repeats its first point. Cells
/// with a value that is not finite have no line. Throws ShapeError unless sizes fit and are at
/// least 2.
std::vector<std::vector<Point>> iso_lines(std::span<const double> field, int rows, int columns,
                                          double level);

}  // namespace percept::plot
