// The figure as pixels: Cairo draws the shapes, Pango the text.
#include "plot/raster.h"

#include <cairo.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numbers>

#include "percept/base/error.h"
#include "plot/glyph.h"
#include "plot/pango.h"

namespace percept::plot {
namespace {

constexpr double kMaxSide = 32000;       // Cairo's coordinates end at 32767
constexpr double kMaxPixels = 1u << 27;  // 512 MB of memory

struct SurfaceDelete {
  void operator()(cairo_surface_t* s) const { cairo_surface_destroy(s); }
};
struct CairoDelete {
  void operator()(cairo_t* c) const { cairo_destroy(c); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceDelete>;

Surface make_surface(int width, int height, cairo_format_t format = CAIRO_FORMAT_RGB24) {
  Surface surface(cairo_image_surface_create(format, width, height));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) {
    throw LimitError(fmt::format("plot: no memory for a picture of {} x {} pixels", width, height));
  }
  return surface;
}

// (height, width, 3) bytes become 32-bit words 0x00RRGGBB in rows of Cairo's stride.
Surface make_surface(const Image& image) {
  Surface surface = make_surface(image.width, image.height);
  unsigned char* data = cairo_image_surface_get_data(surface.get());
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface.get()));
  const std::uint8_t* pixel = image.rgb.data();
  for (int y = 0; y < image.height; ++y) {
    auto* row = reinterpret_cast<std::uint32_t*>(data + static_cast<std::size_t>(y) * stride);
    for (int x = 0; x < image.width; ++x, pixel += 3) {
      row[x] = std::uint32_t{pixel[0]} << 16 | std::uint32_t{pixel[1]} << 8 | pixel[2];
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

std::string encode(const Surface& surface) {
  std::string bytes;
  const auto append = [](void* to, const unsigned char* data, unsigned length) {
    static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
  };
  const cairo_status_t status = cairo_surface_write_to_png_stream(surface.get(), append, &bytes);
  if (status != CAIRO_STATUS_SUCCESS) {
    throw IoError(fmt::format("plot: PNG cannot be made: {}", cairo_status_to_string(status)));
  }
  return bytes;
}

class Painter {
 public:
  Painter(const Surface& surface, double scale_x, double scale_y)
      : cairo_(cairo_create(surface.get())), context_(make_context()) {
    cairo_scale(cr(), scale_x, scale_y);
    cairo_set_line_join(cr(), CAIRO_LINE_JOIN_ROUND);
  }
  void paint_white() {
    cairo_set_source_rgb(cr(), 1, 1, 1);
    cairo_paint(cr());
  }
  /// Every line at least a pixel wide, and no pixel half covered.
  void make_coarse() {
    coarse_ = true;
    cairo_set_antialias(cr(), CAIRO_ANTIALIAS_NONE);
  }

  void operator()(const element::Box& box) {
    cairo_rectangle(cr(), box.rect.x, box.rect.y, box.rect.width, box.rect.height);
    paint(box.style);
  }
  void operator()(const element::Path& path) {
    for (const Point p : path.points) cairo_line_to(cr(), p.x, p.y);
    if (path.closed) cairo_close_path(cr());
    paint(path.style);
  }
  void operator()(const element::Circle& circle) {
    cairo_new_sub_path(cr());
    cairo_arc(cr(), circle.center.x, circle.center.y, circle.radius, 0, 2 * std::numbers::pi);
    paint(circle.style);
  }
  void operator()(const element::Marker& marker) {
    for (const Element& shape : shapes_of(marker)) std::visit(*this, shape);
  }
  void operator()(const element::Text& text) {
    const Layout layout = make_layout(context_.get(), text.text, text.style.size, text.style.bold);
    int width = 0;
    pango_layout_get_size(layout.get(), &width, nullptr);
    const double align = text.style.anchor == Anchor::Start    ? 0
                         : text.style.anchor == Anchor::Middle ? 0.5
                                                               : 1;
    cairo_save(cr());
    cairo_translate(cr(), text.baseline.x, text.baseline.y);
    cairo_rotate(cr(), text.style.rotate * std::numbers::pi / 180);
    cairo_translate(cr(), -align * width / PANGO_SCALE,
                    -static_cast<double>(pango_layout_get_baseline(layout.get())) / PANGO_SCALE);
    source(text.style.color);
    pango_cairo_show_layout(cr(), layout.get());
    cairo_restore(cr());
  }
  void operator()(const element::Picture& picture) {
    const Surface image = make_surface(picture.image);
    cairo_save(cr());
    cairo_translate(cr(), picture.rect.x, picture.rect.y);
    cairo_scale(cr(), picture.rect.width / picture.image.width,
                picture.rect.height / picture.image.height);
    cairo_set_source_surface(cr(), image.get(), 0, 0);
    cairo_pattern_t* pattern = cairo_get_source(cr());
    cairo_pattern_set_filter(pattern, coarse_          ? CAIRO_FILTER_GOOD
                                      : picture.smooth ? CAIRO_FILTER_BILINEAR
                                                       : CAIRO_FILTER_NEAREST);
    cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD);
    cairo_rectangle(cr(), 0, 0, picture.image.width, picture.image.height);
    cairo_fill(cr());
    cairo_restore(cr());
  }
  void operator()(const element::ClipBegin& clip) {
    cairo_save(cr());
    cairo_rectangle(cr(), clip.rect.x, clip.rect.y, clip.rect.width, clip.rect.height);
    cairo_clip(cr());
  }
  void operator()(const element::ClipEnd&) { cairo_restore(cr()); }

 private:
  cairo_t* cr() const { return cairo_.get(); }

  void source(Color c) { cairo_set_source_rgba(cr(), c.r / 255.0, c.g / 255.0, c.b / 255.0, c.a); }
  void paint(const Style& style) {
    if (style.fill.a > 0) {
      source(style.fill);
      cairo_fill_preserve(cr());
    }
    if (style.stroke.a > 0) {
      source(style.stroke);
      cairo_save(cr());
      double width = style.width;
      if (coarse_) {  // the pen is round whatever the scales are
        cairo_user_to_device_distance(cr(), &width, &width);
        width = std::max(1.0, width);
        cairo_identity_matrix(cr());
      }
      cairo_set_line_width(cr(), width);
      const auto dashes = dash_pattern(style.dash, width);
      cairo_set_dash(cr(), dashes.data(), static_cast<int>(dashes.size()), 0);
      cairo_stroke_preserve(cr());
      cairo_restore(cr());
    }
    cairo_new_path(cr());
  }

  bool coarse_ = false;

  std::unique_ptr<cairo_t, CairoDelete> cairo_;
  std::unique_ptr<PangoContext, Unref> context_;
};

}  // namespace

std::vector<double> dash_pattern(Dash dash, double width) {
  if (dash == Dash::Dashed) return {4 * width, 2.5 * width};
  if (dash == Dash::Dotted) return {1.2 * width, 1.8 * width};
  if (dash == Dash::DashDot) return {5 * width, 2 * width, 1.2 * width, 2 * width};
  return {};
}

std::string rasterize(const Figure& figure, double scale) {
  if (!(scale > 0 && std::isfinite(scale))) {
    throw ValueError(fmt::format("png: scale must be positive and finite, found {}", scale));
  }
  const double width = std::ceil(figure.width() * scale - 1e-6);
  const double height = std::ceil(figure.height() * scale - 1e-6);
  if (width > kMaxSide || height > kMaxSide || width * height > kMaxPixels) {
    throw LimitError(fmt::format(
        "png: {:.0f} x {:.0f} pixels are more than {:.0f} a side or {:.0f} in all; take a smaller "
        "scale or SVG",
        width, height, kMaxSide, kMaxPixels));
  }
  const Surface surface = make_surface(static_cast<int>(width), static_cast<int>(height));
  Painter painter(surface, scale, scale);
  painter.paint_white();
  for (const Element& e : figure.elements()) std::visit(painter, e);
  return encode(surface);
}

std::vector<std::uint32_t> rasterize_part(const Figure& figure, Part part, int width, int height) {
  const Surface surface = make_surface(width, height, CAIRO_FORMAT_ARGB32);
  Painter painter(surface, width / figure.width(), height / figure.height());
  painter.make_coarse();
  for (const Element& e : figure.elements()) {
    const bool text =
        std::holds_alternative<element::Text>(e) || std::holds_alternative<element::Marker>(e);
    const bool clip = std::holds_alternative<element::ClipBegin>(e) ||
                      std::holds_alternative<element::ClipEnd>(e);
    const bool picture = std::holds_alternative<element::Picture>(e);
    if (clip || (!text && picture == (part == Part::Pictures))) std::visit(painter, e);
  }
  cairo_surface_flush(surface.get());
  const unsigned char* data = cairo_image_surface_get_data(surface.get());
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface.get()));
  std::vector<std::uint32_t> out(static_cast<std::size_t>(width) * height);
  for (int y = 0; y < height; ++y) {
    std::memcpy(&out[static_cast<std::size_t>(y) * width],
                data + static_cast<std::size_t>(y) * stride,
                static_cast<std::size_t>(width) * sizeof(std::uint32_t));
  }
  return out;
}

std::string encode_png(const Image& image) { return encode(make_surface(image)); }

}  // namespace percept::plot
