#include "plot/glyph.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace percept::plot {
namespace {

// Corners of a glyph in units of its radius, y down; Circle, Cross and Plus are drawn otherwise.
std::vector<Point> corners(Glyph glyph) {
  switch (glyph) {
    case Glyph::Square:
      return {{-0.85, -0.85}, {0.85, -0.85}, {0.85, 0.85}, {-0.85, 0.85}};
    case Glyph::Triangle:
      return {{0, -1.1}, {1, 0.8}, {-1, 0.8}};
    case Glyph::TriangleDown:
      return {{0, 1.1}, {1, -0.8}, {-1, -0.8}};
    case Glyph::Diamond:
      return {{0, -1.2}, {1, 0}, {0, 1.2}, {-1, 0}};
    default:
      break;
  }
  std::vector<Point> star;
  for (int i = 0; i < 10; ++i) {
    const double angle = i * std::numbers::pi / 5, radius = i % 2 == 0 ? 1.25 : 0.55;
    star.push_back({radius * std::sin(angle), -radius * std::cos(angle)});
  }
  return star;
}

}  // namespace

std::vector<Element> shapes_of(const element::Marker& marker) {
  const auto& [center, glyph, radius, style] = marker;
  const auto at = [&](Point p) {
    return Point{marker.center.x + marker.radius * p.x, marker.center.y + marker.radius * p.y};
  };
  if (glyph == Glyph::Circle) return {element::Circle{center, radius, style}};
  if (glyph == Glyph::Cross || glyph == Glyph::Plus) {
    // Strokes have no inside: they take the colour of the fill.
    const Style stroke{.stroke = style.fill == kNone ? style.stroke : style.fill,
                       .width = std::max(style.width, radius * 0.45)};
    const double d = glyph == Glyph::Cross ? 0.85 : 0, e = glyph == Glyph::Cross ? 0.85 : 1.1;
    return {element::Path{{at({-e, -d}), at({e, d})}, false, stroke},
            element::Path{{at({d, -e}), at({-d, e})}, false, stroke}};
  }
  std::vector<Point> points = corners(glyph);
  for (Point& p : points) p = at(p);
  return {element::Path{std::move(points), true, style}};
}

}  // namespace percept::plot
