// The figure as SVG 1.1: one element of the figure is one element of the document.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

#include "percept/plot/figure.h"
#include "percept/plot/text.h"
#include "plot/glyph.h"
#include "plot/raster.h"

namespace percept::plot {
namespace {

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

// RFC 4648, section 4.
std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    unsigned word = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      word = word << 8 | (j < n ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= n ? kDigits[word >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

// Hundredths of a pixel, without trailing zeros.
std::string number(double v) {
  std::string s = fmt::format("{:.2f}", v);
  s.erase(s.find_last_not_of('0') + 1);
  if (s.back() == '.') s.pop_back();
  return s == "-0" ? "0" : s;
}

std::string hex(Color c) { return fmt::format("#{:02x}{:02x}{:02x}", c.r, c.g, c.b); }

std::string attributes(const Style& style) {
  std::string out = "fill=\"none\"";
  if (style.fill.a > 0) {
    out = fmt::format("fill=\"{}\"", hex(style.fill));
    if (style.fill.a < 1) out += fmt::format(" fill-opacity=\"{}\"", number(style.fill.a));
  }
  if (style.stroke.a > 0) {
    out +=
        fmt::format(" stroke=\"{}\" stroke-width=\"{}\"", hex(style.stroke), number(style.width));
    if (style.stroke.a < 1) out += fmt::format(" stroke-opacity=\"{}\"", number(style.stroke.a));
    std::string dashes;
    for (const double d : dash_pattern(style.dash, style.width)) {
      if (!dashes.empty()) dashes += ' ';
      dashes += number(d);
    }
    if (!dashes.empty()) out += fmt::format(" stroke-dasharray=\"{}\"", dashes);
  }
  return out;
}

std::string attributes(const Rect& r) {
  return fmt::format("x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", number(r.x), number(r.y),
                     number(r.width), number(r.height));
}

// Many viewers smooth what they enlarge, whatever they are told: pixels that must stay squares are
// enlarged to twice the picture's size beforehand, which PNG stores in few bytes.
Image enlarged(const Image& image, const Rect& rect) {
  constexpr double kMaxSide = 4096;
  const auto factor = [](double size, int pixels) {
    return std::max(1, static_cast<int>(std::min(std::ceil(2 * size / pixels), kMaxSide / pixels)));
  };
  const int fx = factor(rect.width, image.width), fy = factor(rect.height, image.height);
  Image out = Image::filled(image.width * fx, image.height * fy, kWhite);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const auto from = 3 * (static_cast<std::size_t>(y / fy) * image.width + x / fx);
      out.set(x, y, {image.rgb[from], image.rgb[from + 1], image.rgb[from + 2]});
    }
  }
  return out;
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void operator()(const element::Box& box) {
    add("<rect {} {}/>\n", attributes(box.rect), attributes(box.style));
  }
  void operator()(const element::Path& path) {
    std::string points;
    for (const Point p : path.points) {
      if (!points.empty()) points += ' ';
      points += number(p.x) + ',' + number(p.y);
    }
    add("<{} points=\"{}\" {}/>\n", path.closed ? "polygon" : "polyline", points,
        attributes(path.style));
  }
  void operator()(const element::Circle& circle) {
    add("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" {}/>\n", number(circle.center.x),
        number(circle.center.y), number(circle.radius), attributes(circle.style));
  }
  void operator()(const element::Marker& marker) {
    for (const Element& shape : shapes_of(marker)) std::visit(*this, shape);
  }
  void operator()(const element::Text& text) {
    const TextStyle& style = text.style;
    const std::string x = number(text.baseline.x), y = number(text.baseline.y);
    std::string more;
    if (style.anchor == Anchor::Middle) more += " text-anchor=\"middle\"";
    if (style.anchor == Anchor::End) more += " text-anchor=\"end\"";
    if (style.bold) more += " font-weight=\"bold\"";
    if (style.color.a < 1) more += fmt::format(" fill-opacity=\"{}\"", number(style.color.a));
    if (style.rotate != 0) {
      more += fmt::format(" transform=\"rotate({} {} {})\"", number(style.rotate), x, y);
    }
    add("<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\"{}>{}</text>\n", x, y,
        number(style.size), hex(style.color), more, escape(text.text));
  }
  void operator()(const element::Picture& picture) {
    add("<image {} preserveAspectRatio=\"none\"{} xlink:href=\"data:image/png;base64,{}\"/>\n",
        attributes(picture.rect), picture.smooth ? "" : " style=\"image-rendering:pixelated\"",
        base64(encode_png(picture.smooth ? picture.image : enlarged(picture.image, picture.rect))));
  }
  // A nested viewport clips without an id, so that several figures can live in one HTML page.
  void operator()(const element::ClipBegin& clip) {
    const Rect& r = clip.rect;
    add("<svg {} viewBox=\"{} {} {} {}\">\n", attributes(r), number(r.x), number(r.y),
        number(r.width), number(r.height));
    ++open_;
  }
  void operator()(const element::ClipEnd&) {
    add("</svg>\n");
    --open_;
  }
  void close() {
    for (; open_ >= 0; --open_) add("</svg>\n");
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  std::string& out_;
  int open_ = 0;
};

}  // namespace

std::string Figure::svg() const {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
      "width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" font-family=\"{2}\" "
      "stroke-linejoin=\"round\">\n<title>{3}</title>\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
      number(width_), number(height_), kFonts, escape(title_));
  Writer writer(out);
  for (const Element& e : elements_) std::visit(writer, e);
  writer.close();
  return out;
}

}  // namespace percept::plot
