#include "plot/marks.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "percept/base/error.h"
#include "plot/style.h"

namespace percept::plot {
namespace {

constexpr double kArrow = 26;   // pixels from a line to the tip of its arrow
constexpr double kTint = 0.16;  // opacity of what is filled
constexpr double kCenter = 12;  // radius of a class centre
constexpr Style kCenterStyle{.fill = kNone, .stroke = kInk, .width = 2.4};

Style line_style(int color) {
  return {.stroke = series_color(color), .width = 2.6, .dash = static_cast<Dash>(color % 4)};
}

double value(const HalfPlane& h, Point p) { return h.w_x * p.x + h.w_y * p.y + h.b; }

// The part of a convex polygon where h is positive, and the two ends of the cut, if there is one.
struct Cut {
  std::vector<Point> inside, ends;
};

Cut cut(const std::vector<Point>& polygon, const HalfPlane& h) {
  Cut out;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point a = polygon[i], b = polygon[(i + 1) % polygon.size()];
    const double at_a = value(h, a), at_b = value(h, b);
    if (at_a > 0) out.inside.push_back(a);
    if ((at_a > 0) == (at_b > 0)) continue;
    const double t = at_a / (at_a - at_b);
    out.ends.push_back({std::lerp(a.x, b.x, t), std::lerp(a.y, b.y, t)});
    out.inside.push_back(out.ends.back());
  }
  return out;
}

// From the middle of a line on the sheet towards the side of `positive`, another place on it.
void draw_arrow(Figure& figure, Point a, Point b, Point positive, Style style, Places& places) {
  const double length = std::hypot(b.x - a.x, b.y - a.y);
  if (length < 2 * kArrow) return;
  const Point middle{(a.x + b.x) / 2, (a.y + b.y) / 2};
  Point normal{-(b.y - a.y) / length, (b.x - a.x) / length};
  if (normal.x * (positive.x - middle.x) + normal.y * (positive.y - middle.y) < 0) {
    normal = {-normal.x, -normal.y};
  }
  const auto at = [&](double out, double along) {
    return Point{middle.x + out * normal.x - along * normal.y,
                 middle.y + out * normal.y + along * normal.x};
  };
  style.dash = Dash::Solid;
  figure.line(middle, at(kArrow - 8, 0), style);
  figure.polygon({at(kArrow, 0), at(kArrow - 10, 6), at(kArrow - 10, -6)}, {.fill = style.stroke});
  places.avoid(around(at(kArrow / 2, 0), kArrow / 2));
}

void draw(Figure& figure, const Plane& plane, const HalfPlane& h, int color, Places& places) {
  for (const double v : {h.w_x, h.w_y, h.b}) {
    if (!std::isfinite(v)) {
      throw ValueError(
          fmt::format("plot: the half-plane '{}' has a number that is not finite: {}", h.name, v));
    }
  }
  const Range &x = plane.x, &y = plane.y;
  Cut found = cut({{x.low, y.low}, {x.high, y.low}, {x.high, y.high}, {x.low, y.high}}, h);
  for (auto* points : {&found.inside, &found.ends}) {
    for (Point& p : *points) p = plane.axes.at(p.x, p.y);
  }
  const Style style = line_style(color);
  if (h.filled && !found.inside.empty()) {
    figure.polygon(found.inside, {.fill = with_alpha(style.stroke, kTint)});
  }
  if (found.ends.size() != 2) return;
  figure.line(found.ends[0], found.ends[1], style);
  places.avoid(found.ends[0], found.ends[1]);
  // The corners of the positive part lie on its side: so does their mean.
  Point mean{0, 0};
  for (const Point p : found.inside) {
    mean.x += p.x / static_cast<double>(found.inside.size());
    mean.y += p.y / static_cast<double>(found.inside.size());
  }
  draw_arrow(figure, found.ends[0], found.ends[1], mean, style, places);
}

void draw(Figure& figure, const Plane& plane, const Outline& outline, int color, Places& places) {
  std::vector<Point> points;
  for (const Point p : outline.corners) points.push_back(plane.axes.at(p.x, p.y));
  Style style = line_style(color);
  if (outline.filled) style.fill = with_alpha(style.stroke, kTint);
  if (outline.closed) {
    figure.polygon(points, style);
  } else {
    figure.polyline(points, style);
  }
  for (std::size_t i = outline.closed ? 0 : 1; i < points.size(); ++i) {
    places.avoid(points[(i + points.size() - 1) % points.size()], points[i]);
  }
}

}  // namespace

void draw_lines(Figure& figure, const Plane& plane, const Marks& marks, int first_color,
                Places& places) {
  int color = first_color;
  for (const HalfPlane& h : marks.half_planes) draw(figure, plane, h, color++, places);
  for (const Outline& o : marks.outlines) draw(figure, plane, o, color++, places);
}

void draw_centers(Figure& figure, const Axes& axes, const Marks& marks) {
  for (std::size_t i = 0; i < marks.centers.size(); ++i) {
    const auto label = static_cast<int>(i);
    Style style = kCenterStyle;
    style.fill = series_color(label);
    figure.marker(axes.at(marks.centers[i].x, marks.centers[i].y), series_glyph(label), kCenter,
                  style);
  }
}

std::vector<LegendEntry> legend_of(const Marks& marks, int first_color) {
  std::vector<LegendEntry> entries;
  const auto add = [&](const std::string& name, int color) {
    if (!name.empty()) entries.push_back({.name = name, .line = line_style(color)});
  };
  int color = first_color;
  for (const HalfPlane& h : marks.half_planes) add(h.name, color++);
  for (const Outline& o : marks.outlines) add(o.name, color++);
  if (!marks.center_label.empty() && !marks.centers.empty()) {
    Style style = kCenterStyle;
    style.fill = kWhite;
    entries.push_back({.name = marks.center_label, .glyph = Glyph::Circle, .glyph_style = style});
  }
  return entries;
}

}  // namespace percept::plot
