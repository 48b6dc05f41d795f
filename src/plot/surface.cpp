#include "percept/plot/surface.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "percept/base/error.h"
#include "percept/plot/text.h"
#include "plot/marks.h"
#include "plot/place.h"
#include "plot/style.h"

namespace percept::plot {
namespace {

constexpr double kRing = 4.5;  // from a sample's edge to its ring
constexpr Style kBoundary{.stroke = kInk, .width = 2.6};
constexpr double kPastel = 0.62;   // share of white in the colour of a sure field
constexpr double kLevelText = 14;  // size of the numbers on iso-lines

int class_of(const Points& points, std::size_t i) {
  return points.label.empty() ? 0 : points.label[i];
}

bool is_wrong(const Points& points, std::size_t i) {
  return !points.predicted.empty() && points.predicted[i] != class_of(points, i);
}

// Checks the points and tells how many classes they have.
int check_points(const char* what, const Points& points) {
  const std::size_t n = points.x.size();
  const auto fits = [n](std::size_t size) { return size == 0 || size == n; };
  if (points.y.size() != n || !fits(points.label.size()) || !fits(points.predicted.size()) ||
      !fits(points.name.size())) {
    throw ShapeError(fmt::format(
        "{}: {} x, {} y, {} labels, {} predictions and {} names differ in length", what, n,
        points.y.size(), points.label.size(), points.predicted.size(), points.name.size()));
  }
  int classes = 1;
  for (const int label : points.label) {
    if (label < 0)
      throw ValueError(fmt::format("{}: a class is never negative, found {}", what, label));
    classes = std::max(classes, label + 1);
  }
  return classes;
}

std::vector<std::string> names(const char* what, const std::vector<std::string>& given,
                               int classes) {
  if (!given.empty() && static_cast<int>(given.size()) < classes) {
    throw ValueError(fmt::format("{}: {} class names for {} classes", what, given.size(), classes));
  }
  std::vector<std::string> out = given;
  for (int i = static_cast<int>(out.size()); i < classes; ++i) out.push_back(std::to_string(i));
  return out;
}

Style sample_style(int label) {
  return {.fill = series_color(label), .stroke = kWhite, .width = 1.2};
}

std::vector<LegendEntry> sample_legend(const std::vector<std::string>& class_names,
                                       const Points& points, const std::string& wrong_label) {
  std::vector<LegendEntry> entries;
  for (std::size_t i = 0; i < class_names.size(); ++i) {
    const auto label = static_cast<int>(i);
    entries.push_back(
        {.name = class_names[i], .glyph = series_glyph(label), .glyph_style = sample_style(label)});
  }
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    if (!is_wrong(points, i)) continue;
    entries.push_back(
        {.name = wrong_label, .glyph = Glyph::Circle, .glyph_style = {.stroke = kInk, .width = 2}});
    break;
  }
  return entries;
}

double radius_of(const Points& points) { return points.x.size() <= 20 ? 8 : 5.5; }

// Of the samples that the axes show: where, and which.
std::vector<std::pair<Point, std::size_t>> shown(const Axes& axes, const Points& points) {
  std::vector<std::pair<Point, std::size_t>> out;
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    const Point p = axes.at(points.x[i], points.y[i]);
    if (std::isfinite(p.x) && std::isfinite(p.y)) out.emplace_back(p, i);
  }
  return out;
}

// Names stand beside their samples: on the right, else on the left, below or above.
void draw_names(Figure& figure, const Points& points, Point p, std::size_t i, Places& places) {
  const double width = text_width(points.name[i], kCaption) + 4, height = kCaption * 1.15;
  const double away = radius_of(points) + (is_wrong(points, i) ? kRing : 0) + 2;
  std::vector<Rect> candidates;
  for (const auto& [x, y] : {Point{1, 0},
                             {-1, 0},
                             {0, 1},
                             {0, -1},
                             {0.8, -0.7},
                             {0.8, 0.7},
                             {-0.8, -0.7},
                             {-0.8, 0.7}}) {
    candidates.push_back(
        centered({p.x + x * (away + width / 2), p.y + y * (away + height / 2)}, width, height));
  }
  if (const auto box = places.take(candidates)) {
    figure.text({box->x + width / 2, box->y + height / 2 + kCaption * kMiddle}, points.name[i],
                {.size = kCaption, .anchor = Anchor::Middle});
  }
}

void draw_samples(Figure& figure, const Axes& axes, const Points& points, Places& places) {
  const double radius = radius_of(points);
  for (const auto& [p, i] : shown(axes, points)) {
    const int label = class_of(points, i);
    figure.marker(p, series_glyph(label), radius, sample_style(label));
    if (is_wrong(points, i)) figure.circle(p, radius + kRing, {.stroke = kInk, .width = 2});
    places.avoid(around(p, radius + (is_wrong(points, i) ? kRing : 0)));
  }
  if (points.name.empty()) return;
  for (const auto& [p, i] : shown(axes, points)) draw_names(figure, points, p, i, places);
}

void append(std::vector<LegendEntry>& entries, const std::vector<LegendEntry>& more) {
  entries.insert(entries.end(), more.begin(), more.end());
}

// A square chart below its title and legend; `draw` fills the axes.
template <class Options, class Draw>
Figure chart(const Options& options, const Axis& x, const Axis& y,
             const std::vector<LegendEntry>& legend, Draw draw) {
  if (!(options.size >= 160 && std::isfinite(options.size))) {
    throw ValueError(fmt::format("plot: size must be at least 160 pixels, found {}", options.size));
  }
  const double title = title_height(options.title, options.size);
  const double legend_room = legend_height(legend, options.size);
  Figure figure(options.size + 2 * kMargin, title + legend_room + options.size + 2 * kMargin,
                options.title);
  draw_title(figure, {kMargin, kMargin, options.size, title}, options.title);
  draw_legend(figure, {kMargin, kMargin + title, options.size, legend_room}, legend);
  const Axes axes({kMargin, kMargin + title + legend_room, options.size, options.size}, x, y);
  draw(figure, axes);
  axes.draw_frame(figure);
  axes.draw_labels(figure);
  return figure;
}

// The grid's numbers, class by class: probability(k)[row * columns + column].
std::vector<std::vector<double>> split(const ProbabilityGrid& grid) {
  if (grid.rows < 2 || grid.columns < 2 || grid.classes < 1 ||
      grid.values.size() != static_cast<std::size_t>(grid.rows) * grid.columns * grid.classes) {
    throw ShapeError(fmt::format(
        "decision_surface: {} values are not [rows, columns, classes] [{}, {}, {}] of at least "
        "[2, 2, 1]",
        grid.values.size(), grid.rows, grid.columns, grid.classes));
  }
  const auto given = static_cast<std::size_t>(grid.classes);
  const std::size_t nodes = grid.values.size() / given;
  std::vector<std::vector<double>> classes(std::max<std::size_t>(2, given),
                                           std::vector<double>(nodes));
  for (std::size_t i = 0; i < grid.values.size(); ++i) {
    const double p = grid.values[i];
    if (!(p >= 0 && p <= 1 + 1e-6)) {
      throw ValueError(
          fmt::format("decision_surface: a probability is in [0, 1], found {} at {}", p, i));
    }
    if (given == 1) {
      classes[0][i] = 1 - p;
      classes[1][i] = p;
    } else {
      classes[i % given][i / given] = p;
    }
  }
  return classes;
}

Image field_image(const std::vector<std::vector<double>>& classes, int rows, int columns) {
  Image image = Image::filled(columns, rows, kWhite);
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      double r = 0, g = 0, b = 0, total = 0;
      for (std::size_t k = 0; k < classes.size(); ++k) {
        const double p = classes[k][static_cast<std::size_t>(y) * columns + x];
        const Color c = mix(series_color(static_cast<int>(k)), kWhite, kPastel);
        r += p * c.r;
        g += p * c.g;
        b += p * c.b;
        total += p;
      }
      if (total <= 0) continue;
      const auto channel = [total](double v) {
        return static_cast<std::uint8_t>(std::lround(v / total));
      };
      image.set(x, rows - 1 - y, {channel(r), channel(g), channel(b)});
    }
  }
  return image;
}

// How far class k is ahead of the best other one: 0 on its boundary.
std::vector<double> lead(const std::vector<std::vector<double>>& classes, std::size_t k) {
  std::vector<double> ahead(classes[k].size());
  for (std::size_t i = 0; i < ahead.size(); ++i) {
    double other = 0;
    for (std::size_t j = 0; j < classes.size(); ++j) {
      if (j != k) other = std::max(other, classes[j][i]);
    }
    ahead[i] = classes[k][i] - other;
  }
  return ahead;
}

// Writes a line's level near its middle, but not on short lines.
void write_level(Figure& figure, const std::vector<Point>& line, double level, Places& places) {
  const std::string text = fmt::format("{:g}", level);
  const double width = text_width(text, kLevelText) + 6, height = kLevelText * 1.2;
  double length = 0;
  for (std::size_t i = 1; i < line.size(); ++i) {
    length += std::hypot(line[i].x - line[i - 1].x, line[i].y - line[i - 1].y);
  }
  if (length < 3 * width) return;
  std::vector<Rect> candidates;
  const std::size_t step = std::max<std::size_t>(1, line.size() / 40);
  for (std::size_t away = 0; away < line.size() / 2; away += step) {
    for (const std::size_t i : {line.size() / 2 - away, line.size() / 2 + away}) {
      if (i < line.size()) candidates.push_back(centered(line[i], width, height));
    }
  }
  const auto chosen = places.take(candidates);
  if (!chosen) return;
  figure.rect(*chosen, {.fill = with_alpha(kWhite, 0.8)});
  figure.text({chosen->x + width / 2, chosen->y + height / 2 + kLevelText * kMiddle}, text,
              {.size = kLevelText, .anchor = Anchor::Middle});
}

std::vector<std::vector<Point>> lines_on(const Axes& axes, const ProbabilityGrid& grid,
                                         const std::vector<double>& field, double level) {
  auto lines = iso_lines(field, grid.rows, grid.columns, level);
  for (auto& line : lines) {
    for (Point& p : line) {
      p = axes.at(grid.x.low + p.x / (grid.columns - 1) * (grid.x.high - grid.x.low),
                  grid.y.low + p.y / (grid.rows - 1) * (grid.y.high - grid.y.low));
    }
  }
  return lines;
}

}  // namespace

Figure scatter(const Points& points, const ScatterOptions& options) {
  const int classes = check_points("scatter", points);
  const auto class_names = names("scatter", options.class_names, classes);
  const bool many = classes > 1 || !options.class_names.empty();
  auto legend =
      many ? sample_legend(class_names, points, options.wrong_label) : std::vector<LegendEntry>{};
  append(legend, legend_of(options.marks, classes));
  const Range x = options.x_range.value_or(padded(data_range(points.x), 0.05));
  const Range y = options.y_range.value_or(padded(data_range(points.y), 0.05));
  return chart(options, {options.x_label, x}, {options.y_label, y}, legend,
               [&](Figure& figure, const Axes& axes) {
                 axes.draw_grid(figure);
                 figure.clip(axes.area());
                 Places places(axes.area());
                 draw_lines(figure, {axes, x, y}, options.marks, classes, places);
                 draw_samples(figure, axes, points, places);
                 draw_centers(figure, axes, options.marks);
                 figure.unclip();
               });
}

Figure decision_surface(const ProbabilityGrid& grid, const Points& points,
                        const SurfaceOptions& options) {
  const auto classes = split(grid);
  const int known =
      std::max(check_points("decision_surface", points), static_cast<int>(classes.size()));
  const auto class_names = names("decision_surface", options.class_names, known);
  for (const double level : options.levels) {
    if (!(level > 0 && level < 1)) {
      throw ValueError(fmt::format("decision_surface: a level is in (0, 1), found {}", level));
    }
  }
  auto legend = sample_legend(class_names, points, options.wrong_label);
  legend.push_back({.name = options.boundary_label, .line = kBoundary});
  append(legend, legend_of(options.marks, known));
  return chart(
      options, {options.x_label, grid.x}, {options.y_label, grid.y}, legend,
      [&](Figure& figure, const Axes& axes) {
        const Rect& area = axes.area();
        figure.clip(area);
        // Nodes lie on the area's border, so the outer pixels reach half a cell beyond it.
        const double dx = area.width / (grid.columns - 1), dy = area.height / (grid.rows - 1);
        figure.picture({area.x - dx / 2, area.y - dy / 2, dx * grid.columns, dy * grid.rows},
                       field_image(classes, grid.rows, grid.columns), true);
        std::vector<std::pair<std::vector<Point>, double>> labelled;
        // With two classes, the boundary of one is the boundary of the other.
        for (std::size_t k = classes.size() == 2 ? 1 : 0; k < classes.size(); ++k) {
          for (auto& line : lines_on(axes, grid, lead(classes, k), 0)) {
            figure.polyline(std::move(line), kBoundary);
          }
        }
        for (const auto& probability : classes) {
          for (const double level : options.levels) {
            for (auto& line : lines_on(axes, grid, probability, level)) {
              figure.polyline(line, {.stroke = kGray, .width = 1.3, .dash = Dash::Dashed});
              labelled.emplace_back(std::move(line), level);
            }
          }
        }
        Places places(area);
        draw_lines(figure, {axes, grid.x, grid.y}, options.marks, known, places);
        draw_samples(figure, axes, points, places);
        draw_centers(figure, axes, options.marks);
        for (const auto& [line, level] : labelled) write_level(figure, line, level, places);
        figure.unclip();
      });
}

}  // namespace percept::plot
