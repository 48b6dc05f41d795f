#include "percept/plot/curves.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "percept/base/error.h"
#include "percept/plot/text.h"
#include "plot/style.h"

namespace percept::plot {
namespace {

constexpr double kLineWidth = 2.4;
constexpr double kMarker = 4.5;
constexpr std::size_t kFewPoints = 30;
constexpr double kPale = 0.3;

// How one series is drawn, and its numbers.
struct Drawn {
  std::vector<double> x, y, smooth;
  Style line;
  bool markers;
  Glyph glyph;
};

// Running mean with the start corrected, as Adam corrects its moments; gaps stay gaps.
std::vector<double> smoothed(const std::vector<double>& y, double weight) {
  std::vector<double> out(y.size());
  double mean = 0, total = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (std::isfinite(y[i])) {
      mean = weight * mean + (1 - weight) * y[i];
      total = weight * total + (1 - weight);
      out[i] = mean / total;
    } else {
      out[i] = y[i];
    }
  }
  return out;
}

Drawn prepare(const Series& series, int i) {
  if (!series.x.empty() && series.x.size() != series.y.size()) {
    throw ShapeError(fmt::format("curves: series '{}' has {} x and {} y values", series.name,
                                 series.x.size(), series.y.size()));
  }
  if (!(series.smoothing >= 0 && series.smoothing < 1)) {
    throw ValueError(fmt::format("curves: smoothing of series '{}' must be in [0, 1), found {}",
                                 series.name, series.smoothing));
  }
  Drawn drawn{series.x, series.y, {}, {}, false, series_glyph(i)};
  if (series.x.empty()) {
    for (std::size_t k = 1; k <= series.y.size(); ++k) drawn.x.push_back(static_cast<double>(k));
  }
  if (series.smoothing > 0) drawn.smooth = smoothed(series.y, series.smoothing);
  drawn.markers = series.markers.value_or(series.y.size() <= kFewPoints);
  drawn.line = {.stroke = series.color.value_or(series_color(i)),
                .width = kLineWidth,
                .dash = series.dash.value_or(static_cast<Dash>(i % 4))};
  return drawn;
}

// Keeps the first, lowest, highest and last of the points in each column of pixels: looks the same
// and bounds the file's size by the figure's width.
std::vector<Point> thinned(const std::vector<Point>& points) {
  std::vector<Point> out;
  for (std::size_t begin = 0, end = 0; begin < points.size(); begin = end) {
    const double column = std::floor(points[begin].x);
    std::size_t low = begin, high = begin;
    for (end = begin; end < points.size() && std::floor(points[end].x) == column; ++end) {
      if (points[end].y < points[low].y) low = end;
      if (points[end].y > points[high].y) high = end;
    }
    std::vector<std::size_t> keep = {begin, low, high, end - 1};
    std::sort(keep.begin(), keep.end());
    keep.erase(std::unique(keep.begin(), keep.end()), keep.end());
    for (const std::size_t i : keep) out.push_back(points[i]);
  }
  return out;
}

// A value alone between two gaps becomes a dot.
void draw_line(Figure& figure, const Axes& axes, const std::vector<double>& x,
               const std::vector<double>& y, const Style& style) {
  std::vector<Point> run;
  const auto flush = [&] {
    if (run.size() == 1) figure.circle(run[0], style.width, {.fill = style.stroke});
    if (run.size() > 1) figure.polyline(thinned(run), style);
    run.clear();
  };
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Point p = axes.at(x[i], y[i]);
    if (std::isfinite(p.x) && std::isfinite(p.y)) {
      run.push_back(p);
    } else {
      flush();
    }
  }
  flush();
}

void draw_series(Figure& figure, const Axes& axes, const Drawn& drawn) {
  if (drawn.smooth.empty()) {
    draw_line(figure, axes, drawn.x, drawn.y, drawn.line);
  } else {
    const Style pale{.stroke = with_alpha(drawn.line.stroke, kPale), .width = 1};
    draw_line(figure, axes, drawn.x, drawn.y, pale);
    draw_line(figure, axes, drawn.x, drawn.smooth, drawn.line);
  }
  if (!drawn.markers) return;
  for (std::size_t i = 0; i < drawn.x.size(); ++i) {
    const Point p = axes.at(drawn.x[i], drawn.y[i]);
    if (std::isfinite(p.x) && std::isfinite(p.y)) {
      figure.marker(p, drawn.glyph, kMarker, {.fill = drawn.line.stroke, .stroke = kWhite});
    }
  }
}

std::vector<LegendEntry> legend(const Panel& panel, const std::vector<Drawn>& drawn) {
  std::vector<LegendEntry> entries;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (panel.series[i].name.empty()) continue;
    LegendEntry entry{.name = panel.series[i].name, .line = drawn[i].line};
    if (drawn[i].markers) {
      entry.glyph = drawn[i].glyph;
      entry.glyph_style = {.fill = drawn[i].line.stroke, .stroke = kWhite};
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

Axes fit_axes(const Panel& panel, const std::vector<Drawn>& drawn, Rect outer) {
  std::optional<Range> x, y;
  for (const Drawn& d : drawn) {
    x = join(x, data_range(d.x, panel.log_x));
    y = join(y, data_range(d.y, panel.log_y));
  }
  return {outer,
          {panel.x_label, panel.x_range.value_or(padded(x, 0.02, panel.log_x)), panel.log_x,
           panel.whole_x},
          {panel.y_label, panel.y_range.value_or(padded(y, 0.05, panel.log_y)), panel.log_y}};
}

}  // namespace

Figure curves(const std::vector<Panel>& panels, const CurvesOptions& options) {
  if (panels.empty() || options.columns < 1) {
    throw ValueError(fmt::format("curves: needs at least one panel and one column, found {} and {}",
                                 panels.size(), options.columns));
  }
  const int columns = std::min(options.columns, static_cast<int>(panels.size()));
  const int rows = (static_cast<int>(panels.size()) + columns - 1) / columns;
  const double inner = columns * options.panel_width + (columns - 1) * kGap;
  const double title = title_height(options.title, inner);

  // All panels keep the same room for heading and legend, so that their axes are level.
  std::vector<std::vector<Drawn>> drawn(panels.size());
  std::vector<std::vector<LegendEntry>> legends;
  double heading = 0, legend_room = 0;
  for (std::size_t p = 0; p < panels.size(); ++p) {
    for (std::size_t i = 0; i < panels[p].series.size(); ++i) {
      drawn[p].push_back(prepare(panels[p].series[i], static_cast<int>(i)));
    }
    legends.push_back(legend(panels[p], drawn[p]));
    if (!panels[p].title.empty()) heading = kHeading * kLine;
    legend_room = std::max(legend_room, legend_height(legends[p], options.panel_width));
  }

  const double cell = heading + legend_room + options.panel_height;
  Figure figure(inner + 2 * kMargin, title + rows * cell + (rows - 1) * kGap + 2 * kMargin,
                options.title);
  draw_title(figure, {kMargin, kMargin, inner, title}, options.title);
  for (std::size_t p = 0; p < panels.size(); ++p) {
    const int row = static_cast<int>(p) / columns, column = static_cast<int>(p) % columns;
    const double x = kMargin + column * (options.panel_width + kGap);
    const double y = kMargin + title + row * (cell + kGap);
    figure.text({x, y + kHeading}, fit_text(panels[p].title, options.panel_width, kHeading, true),
                {.size = kHeading, .bold = true});
    draw_legend(figure, {x, y + heading, options.panel_width, legend_room}, legends[p]);
    const Axes axes =
        fit_axes(panels[p], drawn[p],
                 {x, y + heading + legend_room, options.panel_width, options.panel_height});
    axes.draw_grid(figure);
    figure.clip(axes.area());
    for (const Drawn& d : drawn[p]) draw_series(figure, axes, d);
    figure.unclip();
    axes.draw_frame(figure);
    axes.draw_labels(figure);
  }
  return figure;
}

}  // namespace percept::plot
