#include "percept/plot/grid.h"

#include <fmt/core.h>

#include <algorithm>

#include "percept/base/error.h"
#include "percept/plot/axes.h"
#include "plot/style.h"

namespace percept::plot {
namespace {

/// Draws what it is shown into another figure, moved.
struct Copy {
  Figure& to;
  double dx, dy;

  Point moved(Point p) const { return {p.x + dx, p.y + dy}; }
  Rect moved(Rect r) const { return {r.x + dx, r.y + dy, r.width, r.height}; }

  void operator()(const element::Box& x) const { to.rect(moved(x.rect), x.style); }
  void operator()(const element::Path& x) const {
    std::vector<Point> points;
    for (const Point p : x.points) points.push_back(moved(p));
    x.closed ? to.polygon(std::move(points), x.style) : to.polyline(std::move(points), x.style);
  }
  void operator()(const element::Circle& x) const { to.circle(moved(x.center), x.radius, x.style); }
  void operator()(const element::Marker& x) const {
    to.marker(moved(x.center), x.glyph, x.radius, x.style);
  }
  void operator()(const element::Text& x) const { to.text(moved(x.baseline), x.text, x.style); }
  void operator()(const element::Picture& x) const { to.picture(moved(x.rect), x.image, x.smooth); }
  void operator()(const element::ClipBegin& x) const { to.clip(moved(x.rect)); }
  void operator()(const element::ClipEnd&) const { to.unclip(); }
};

}  // namespace

Figure grid(const std::vector<Figure>& figures, const GridOptions& options) {
  if (figures.empty() || options.columns < 1) {
    throw ValueError(fmt::format("grid: at least one figure and column, found {} and {}",
                                 figures.size(), options.columns));
  }
  const int count = static_cast<int>(figures.size());
  const int columns = std::min(count, options.columns), rows = (count + columns - 1) / columns;
  double width = 0, height = 0;
  for (const Figure& figure : figures) {
    width = std::max(width, figure.width());
    height = std::max(height, figure.height());
  }
  // Each figure brings a margin of its own.
  const double inner = columns * width - 2 * kMargin;
  const double title = title_height(options.title, inner);
  const double top = title > 0 ? kMargin + title - kMargin / 2 : 0;
  Figure out(columns * width, top + rows * height, options.title);
  draw_title(out, {kMargin, kMargin, inner, title}, options.title);
  for (int i = 0; i < count; ++i) {
    const int row = i / columns, column = i % columns;
    const Copy copy{out, column * width, top + row * height};
    for (const Element& e : figures[static_cast<std::size_t>(i)].elements()) std::visit(copy, e);
  }
  return out;
}

}  // namespace percept::plot
