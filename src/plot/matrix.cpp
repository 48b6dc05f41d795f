#include "percept/plot/matrix.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "percept/base/error.h"
#include "percept/plot/text.h"
#include "plot/style.h"

namespace percept::plot {
namespace {

constexpr double kScaleWidth = 22;  // width of a colour bar
constexpr double kBarGap = 26;      // between the cells and it
constexpr double kNameGap = 8;      // between the cells and their names
constexpr double kNameRow = 1.2;    // least height of a name's line, in text sizes
constexpr double kSmallest = 9;     // text size below which cells stay without text
constexpr double kNamedCell = 20;   // least size of a cell with a name
constexpr int kManyNames = 128;     // above, names may be left out
constexpr double kSlope = 0.7072;   // sine and cosine of 45 degrees

/// Coloured cells with names, labels, a colour bar, and text in each cell.
struct Cells {
  int rows = 0, columns = 0;
  double cell_width = 0, cell_height = 0;
  std::vector<std::string> row_names = {}, column_names = {};
  std::string title = {}, row_label = {}, column_label = {}, color_label = {};
  ColorMap map = ColorMap::Viridis;
  Range range = {};
  std::vector<double> values = {};      // (rows, columns), of the colours
  std::vector<std::string> texts = {};  // (rows, columns) or none
};

double widest(const std::vector<std::string>& names) {
  double width = 0;
  for (const std::string& n : names) width = std::max(width, text_width(n, kTick));
  return width;
}

std::vector<std::string> numbers(int n) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) names.push_back(std::to_string(i));
  return names;
}

// The least of 1, 2, 5, 10, 20, ... names that leaves `needed` pixels to each.
int stride(double needed, double cell) {
  for (int power = 1;; power *= 10) {
    for (const int mantissa : {1, 2, 5}) {
      if (mantissa * power * cell >= needed) return mantissa * power;
    }
  }
}

// Column names stand level if they fit, else slanted, else upright.
struct NameLayout {
  double rotate, height;
  int stride;
};

NameLayout layout_columns(const Cells& cells) {
  const double width = widest(cells.column_names), line = kTick * kNameRow;
  if (width + 8 <= cells.cell_width) return {0, line, 1};
  const bool numbered = cells.column_names == numbers(cells.columns);
  if (numbered) return {0, line, stride(width + 10, cells.cell_width)};
  if (cells.cell_width * kSlope >= line) return {-45, (width + kTick) * kSlope, 1};
  return {-90, width, stride(line, cells.cell_width)};
}

double text_size(const Cells& cells) {
  double width = 0;
  for (const std::string& t : cells.texts) width = std::max(width, text_width(t, kTick));
  const double fit = width > 0 ? kTick * (cells.cell_width - 6) / width : 0;
  return std::min({kTick, fit, cells.cell_height * 0.6});
}

Color color_of(const Cells& cells, double v) {
  return color_at(cells.map, (v - cells.range.low) / (cells.range.high - cells.range.low));
}

void draw_texts(Figure& figure, const Cells& cells, Rect field) {
  const double size = text_size(cells);
  if (size < kSmallest) return;
  for (std::size_t i = 0; i < cells.texts.size(); ++i) {
    const int row = static_cast<int>(i) / cells.columns,
              column = static_cast<int>(i) % cells.columns;
    const double x = field.x + (column + 0.5) * cells.cell_width;
    const double y = field.y + (row + 0.5) * cells.cell_height;
    figure.text({x, y + size * kMiddle}, cells.texts[i],
                {.size = size,
                 .anchor = Anchor::Middle,
                 .color = text_color_on(color_of(cells, cells.values[i]))});
  }
}

void draw_names(Figure& figure, const Cells& cells, Rect field, const NameLayout& names) {
  const int every = stride(kTick * kNameRow, cells.cell_height);
  for (int i = 0; i < cells.rows; i += every) {
    const double y = field.y + (i + 0.5) * cells.cell_height;
    figure.text({field.x - kNameGap, y + kTick * kMiddle}, cells.row_names[i],
                {.size = kTick, .anchor = Anchor::End});
  }
  for (int i = 0; i < cells.columns; i += names.stride) {
    const double x = field.x + (i + 0.5) * cells.cell_width, y = field.bottom() + kNameGap;
    Point at{x, y + kTick * 0.8};
    if (names.rotate == -45) at = {x + kTick * kMiddle * kSlope, y + kTick * kMiddle};
    if (names.rotate == -90) at = {x + kTick * kMiddle, y};
    figure.text(at, cells.column_names[i],
                {.size = kTick,
                 .anchor = names.rotate == 0 ? Anchor::Middle : Anchor::End,
                 .rotate = names.rotate});
  }
}

Figure draw(const Cells& cells) {
  const double width = cells.columns * cells.cell_width, height = cells.rows * cells.cell_height;
  const NameLayout names = layout_columns(cells);
  const double label = kLabel * kLine;
  double left = widest(cells.row_names) + kNameGap;
  // The first slanted name reaches to the left of the cells.
  if (names.rotate == -45) {
    left = std::max(left, widest(cells.column_names) * kSlope - cells.cell_width / 2);
  }
  const double row_label = cells.row_label.empty() ? 0 : label + 4;
  const double bottom = kNameGap + names.height + (cells.column_label.empty() ? 4 : label + 6);
  const double bar = kBarGap + color_bar_width(cells.range, kScaleWidth, cells.color_label);
  const double inner = std::max(row_label + left + width + bar, 360.0);
  const double title = title_height(cells.title, inner);
  const Rect field{std::floor(kMargin + row_label + left), std::floor(kMargin + title + 2), width,
                   height};

  const double bar_height = std::max(height, kBarHeight);
  Figure figure(inner + 2 * kMargin,
                std::max(field.bottom() + bottom, field.y + bar_height + kTick) + kMargin,
                cells.title);
  draw_title(figure, {kMargin, kMargin, inner, title}, cells.title);
  Image image = Image::filled(cells.columns, cells.rows, kWhite);
  for (int y = 0; y < cells.rows; ++y) {
    for (int x = 0; x < cells.columns; ++x) {
      image.set(x, y,
                color_of(cells, cells.values[static_cast<std::size_t>(y) * cells.columns + x]));
    }
  }
  figure.picture(field, std::move(image));
  if (!cells.texts.empty()) draw_texts(figure, cells, field);
  figure.rect(field, {.stroke = kGray});
  draw_names(figure, cells, field, names);
  figure.text({kMargin + kLabel, field.y + height / 2},
              fit_text(cells.row_label, std::max(height, 120.0), kLabel),
              {.size = kLabel, .anchor = Anchor::Middle, .rotate = -90});
  figure.text({field.x + width / 2, field.bottom() + kNameGap + names.height + kLabel + 4},
              fit_text(cells.column_label, std::max(width, 120.0), kLabel),
              {.size = kLabel, .anchor = Anchor::Middle});
  draw_color_bar(figure, {field.right() + kBarGap, field.y, bar, bar_height}, kScaleWidth,
                 cells.map, cells.range, cells.color_label);
  return figure;
}

void check_names(const char* which, const std::vector<std::string>& names, int n) {
  if (!names.empty() && static_cast<int>(names.size()) != n) {
    throw ShapeError(fmt::format("heat_map: {} {} names for {} of them", names.size(), which, n));
  }
}

Range value_range(std::span<const double> values, ColorMap map) {
  const Range found = padded(data_range(values), 0);
  if (map != ColorMap::Diverging) return found;
  const double size = std::max(std::abs(found.low), std::abs(found.high));
  return {-size, size};
}

}  // namespace

Figure confusion_matrix(std::span<const std::int64_t> counts, const std::vector<std::string>& names,
                        const ConfusionOptions& options) {
  const std::size_t n = names.size();
  if (n == 0) throw ValueError("confusion_matrix: needs at least one class name");
  if (counts.size() != n * n) {
    throw ShapeError(fmt::format("confusion_matrix: {} counts for {} class names, expected {}",
                                 counts.size(), n, n * n));
  }
  const auto classes = static_cast<int>(n);
  Cells cells{.rows = classes, .columns = classes};
  cells.cell_width = cells.cell_height =
      classes <= kManyNames
          ? std::clamp(640.0 / classes, kNamedCell, std::max(64.0, 220.0 / classes))
          : std::max(1.0, 2560.0 / classes);
  cells.row_names = cells.column_names = names;
  cells.title = options.title;
  cells.row_label = options.row_label;
  cells.column_label = options.column_label;
  cells.color_label = options.color_label;
  cells.map = ColorMap::Blues;
  for (std::size_t row = 0; row < n; ++row) {
    const auto line = counts.subspan(row * n, n);
    const double total = std::accumulate(line.begin(), line.end(), 0.0);
    for (const std::int64_t count : line) {
      if (count < 0) {
        throw ValueError(fmt::format(
            "confusion_matrix: counts are never negative, found {} in row {}", count, row));
      }
      cells.values.push_back(total > 0 ? static_cast<double>(count) / total : 0);
      cells.texts.push_back(std::to_string(count));
    }
  }
  return draw(cells);
}

Figure heat_map(std::span<const double> values, int rows, int columns,
                const HeatMapOptions& options) {
  if (rows < 1 || columns < 1) {
    throw ValueError(fmt::format("heat_map: needs rows and columns, found {} x {}", rows, columns));
  }
  if (values.size() != static_cast<std::size_t>(rows) * columns) {
    throw ShapeError(fmt::format("heat_map: {} values are not [rows, columns] [{}, {}]",
                                 values.size(), rows, columns));
  }
  check_names("row", options.row_names, rows);
  check_names("column", options.column_names, columns);
  const Range range = options.range.value_or(value_range(values, options.map));
  if (!(range.low < range.high)) {
    throw ValueError(
        fmt::format("heat_map: range must have low < high, found {} .. {}", range.low, range.high));
  }
  Cells cells{.rows = rows, .columns = columns};
  // Square cells, unless that makes the whole a mere strip.
  const double square = std::min({720.0 / columns, 560.0 / rows, 60.0});
  cells.cell_width = std::max(square, std::min(60.0, 160.0 / columns));
  cells.cell_height = std::max(square, std::min(60.0, 160.0 / rows));
  // Names that were given are all readable, unless there are very many.
  if (!options.row_names.empty() && rows <= kManyNames) {
    cells.cell_height = std::max(cells.cell_height, kNamedCell);
  }
  if (!options.column_names.empty() && columns <= kManyNames) {
    cells.cell_width = std::max(cells.cell_width, kNamedCell);
  }
  cells.row_names = options.row_names.empty() ? numbers(rows) : options.row_names;
  cells.column_names = options.column_names.empty() ? numbers(columns) : options.column_names;
  cells.title = options.title;
  cells.row_label = options.row_label;
  cells.column_label = options.column_label;
  cells.color_label = options.color_label;
  cells.map = options.map;
  cells.range = range;
  cells.values.assign(values.begin(), values.end());
  for (double& v : cells.values) {
    if (!std::isfinite(v)) v = std::numeric_limits<double>::quiet_NaN();
    if (options.values) cells.texts.push_back(std::isnan(v) ? "" : fmt::format("{:.3g}", v));
  }
  return draw(cells);
}

}  // namespace percept::plot
