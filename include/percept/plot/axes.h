// What charts share: ranges, round ticks, axes with a grid, legends, colour bars.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "percept/plot/figure.h"

namespace percept::plot {

struct Range {
  double low = 0, high = 1;
  friend bool operator==(const Range&, const Range&) = default;
};

/// Where an axis is marked, ascending, and what stands there.
struct Ticks {
  std::vector<double> values;
  std::vector<std::string> labels;
};

/// At most `max_count` multiples of 1, 2 or 5 times a power of ten within the range, as many as
/// that allows. Throws ValueError unless low < high, both finite, and max_count >= 2.
/// With `whole`, whole numbers only.
Ticks nice_ticks(Range range, int max_count, bool whole = false);
/// Powers of ten within the range; 1, 2 and 5 times them when there is less than a decade or two.
/// Throws ValueError unless 0 < low < high, both finite, and max_count >= 2.
Ticks log_ticks(Range range, int max_count);

/// Smallest and largest finite value (positive too, if `log`); nothing when there is none.
std::optional<Range> data_range(std::span<const double> values, bool log = false);
/// Both ranges in one.
std::optional<Range> join(std::optional<Range> a, std::optional<Range> b);
/// The range with `share` of its length added at both ends; one value becomes a range around it and
/// nothing becomes [0, 1] (log: [1, 10]).
Range padded(std::optional<Range> range, double share, bool log = false);

struct Axis {
  std::string label = {};
  Range range = {};
  bool log = false;
  bool whole = false;  ///< marked at whole numbers only
  /// What stands at 0, 1, 2, ... instead of numbers, cut where it finds no room; without a grid.
  std::vector<std::string> names = {};
};

/// Two axes fitted into a rectangle: room for labels is kept on the left and below.
class Axes {
 public:
  /// Throws ValueError when a range is empty, not finite, or not positive on a log axis, or when
  /// `outer` leaves no room to draw in.
  Axes(Rect outer, Axis x, Axis y);

  const Rect& area() const { return area_; }  ///< inside the frame
  /// Where a value lies in the figure; not finite for a value the axis cannot show.
  Point at(double x, double y) const { return {at_x(x), at_y(y)}; }
  double at_x(double x) const;
  double at_y(double y) const;

  void draw_grid(Figure& figure) const;    ///< before the data
  void draw_frame(Figure& figure) const;   ///< after fields that cover the area
  void draw_labels(Figure& figure) const;  ///< ticks and axis labels

 private:
  Axis x_, y_;
  Ticks x_ticks_, y_ticks_;
  Rect area_;
};

/// A line, a glyph or both, and a name.
struct LegendEntry {
  std::string name;
  std::optional<Style> line = {};
  std::optional<Glyph> glyph = {};
  Style glyph_style = {};
};

/// Height that draw_legend needs for this width; 0 without entries.
double legend_height(std::span<const LegendEntry> entries, double width);
/// Draws the entries from left to right in as many rows as they need, from the top of `place`.
void draw_legend(Figure& figure, Rect place, std::span<const LegendEntry> entries);

/// Width that a colour bar of these values needs beside its `bar_width`.
double color_bar_width(Range range, double bar_width, const std::string& label);
/// Draws a vertical bar over the height of `place`, its ticks and its label on the right.
void draw_color_bar(Figure& figure, Rect place, double bar_width, ColorMap map, Range range,
                    const std::string& label);

/// Height that draw_title needs for this width; 0 for no title.
double title_height(const std::string& title, double width);
/// Draws a title, in up to three lines, from the top of `place`.
void draw_title(Figure& figure, Rect place, const std::string& title);

}  // namespace percept::plot
