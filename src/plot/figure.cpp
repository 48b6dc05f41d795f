#include "percept/plot/figure.h"

#include <fmt/core.h>

#include <cmath>
#include <initializer_list>
#include <utility>

#include "percept/base/error.h"
#include "percept/base/file.h"
#include "plot/pango.h"
#include "plot/raster.h"

namespace percept::plot {
namespace {

void check_finite(const char* what, std::initializer_list<double> numbers) {
  for (const double v : numbers) {
    if (!std::isfinite(v)) {
      throw ValueError(fmt::format("Figure::{}: every number must be finite, found {}", what, v));
    }
  }
}

void check_finite(const char* what, const std::vector<Point>& points) {
  for (const Point p : points) check_finite(what, {p.x, p.y});
}

}  // namespace

Figure::Figure(double width, double height, const std::string& title)
    : width_(width), height_(height), title_(clean_text(title)) {
  if (!(width > 0 && height > 0 && std::isfinite(width) && std::isfinite(height))) {
    throw ValueError(
        fmt::format("Figure: sizes must be positive and finite, found {} x {}", width, height));
  }
}

void Figure::rect(Rect rect, Style style) {
  check_finite("rect", {rect.x, rect.y, rect.width, rect.height, style.width});
  elements_.emplace_back(element::Box{rect, style});
}

void Figure::line(Point from, Point to, Style style) { polyline({from, to}, style); }

void Figure::polyline(std::vector<Point> points, Style style) {
  check_finite("polyline", points);
  check_finite("polyline", {style.width});
  elements_.emplace_back(element::Path{std::move(points), false, style});
}

void Figure::polygon(std::vector<Point> points, Style style) {
  check_finite("polygon", points);
  check_finite("polygon", {style.width});
  elements_.emplace_back(element::Path{std::move(points), true, style});
}

void Figure::circle(Point center, double radius, Style style) {
  check_finite("circle", {center.x, center.y, radius, style.width});
  elements_.emplace_back(element::Circle{center, radius, style});
}

void Figure::marker(Point center, Glyph glyph, double radius, Style style) {
  check_finite("marker", {center.x, center.y, radius, style.width});
  elements_.emplace_back(element::Marker{center, glyph, radius, style});
}

void Figure::text(Point baseline, const std::string& text, TextStyle style) {
  check_finite("text", {baseline.x, baseline.y, style.size, style.rotate});
  std::string clean = clean_text(text);
  if (!clean.empty()) elements_.emplace_back(element::Text{baseline, std::move(clean), style});
}

void Figure::picture(Rect rect, Image image, bool smooth) {
  check_finite("picture", {rect.x, rect.y, rect.width, rect.height});
  if (image.width < 1 || image.height < 1 ||
      image.rgb.size() != static_cast<std::size_t>(image.width) * image.height * 3) {
    throw ShapeError(fmt::format("Figure::picture: {} bytes are no picture of {} x {} RGB pixels",
                                 image.rgb.size(), image.width, image.height));
  }
  elements_.emplace_back(element::Picture{rect, std::move(image), smooth});
}

void Figure::clip(Rect rect) {
  check_finite("clip", {rect.x, rect.y, rect.width, rect.height});
  elements_.emplace_back(element::ClipBegin{rect});
  ++clips_;
}

void Figure::unclip() {
  if (clips_ == 0) throw ValueError("Figure::unclip: nothing is clipped");
  elements_.emplace_back(element::ClipEnd{});
  --clips_;
}

std::string Figure::png(SaveOptions options) const { return rasterize(*this, options.scale); }

void Figure::save(const std::string& path, SaveOptions options) const {
  const auto slash = path.rfind('/') + 1;  // npos + 1 == 0
  const auto dot = path.rfind('.');
  const std::string ending = dot == std::string::npos || dot < slash ? "" : path.substr(dot);
  if (ending != ".svg" && ending != ".png") {
    throw ValueError(fmt::format("save: '{}' must end in .svg or .png, found {}", path,
                                 ending.empty() ? "no ending" : "'" + ending + "'"));
  }
  write_atomic(path, ending == ".svg" ? svg() : png(options));
}

Glyph series_glyph(int i) {
  const auto n = static_cast<unsigned>(i);
  return static_cast<Glyph>((n + n / 8) % 8);
}

}  // namespace percept::plot
