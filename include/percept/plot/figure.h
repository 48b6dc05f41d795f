// Figure: shapes, text and pictures in drawing order, written as SVG or PNG from the same list.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "percept/plot/color.h"
#include "percept/plot/image.h"

namespace percept::plot {

struct Point {
  double x = 0, y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

/// (x, y) is the upper left corner; y grows downwards, in pixels at scale 1.
struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
};

enum class Dash { Solid, Dashed, Dotted, DashDot };
enum class Glyph { Circle, Square, Triangle, Diamond, Cross, Plus, TriangleDown, Star };
enum class Anchor { Start, Middle, End };

/// How a shape is filled and outlined; kNone leaves either out.
struct Style {
  Color fill = kNone;
  Color stroke = kNone;
  double width = 1;
  Dash dash = Dash::Solid;
};

struct TextStyle {
  double size = 15;  ///< pixels
  Anchor anchor = Anchor::Start;
  Color color = kInk;
  bool bold = false;
  double rotate = 0;  ///< degrees clockwise about the anchor
};

/// The parts a figure is made of, in pixels.
namespace element {
struct Box {
  Rect rect;
  Style style;
};
struct Path {
  std::vector<Point> points;
  bool closed;
  Style style;
};
struct Circle {
  Point center;
  double radius;
  Style style;
};
struct Marker {
  Point center;
  Glyph glyph;
  double radius;
  Style style;
};
struct Text {
  Point baseline;
  std::string text;
  TextStyle style;
};
struct Picture {
  Rect rect;
  Image image;
  bool smooth;
};
struct ClipBegin {
  Rect rect;
};
struct ClipEnd {};
}  // namespace element
using Element = std::variant<element::Box, element::Path, element::Circle, element::Marker,
                             element::Text, element::Picture, element::ClipBegin, element::ClipEnd>;

struct SaveOptions {
  double scale = 1;  ///< PNG pixels per figure pixel; SVG needs none
};

/// A white sheet to draw on. Every drawing function throws ValueError for a number that is not
/// finite.
class Figure {
 public:
  /// `title` names the picture to a screen reader; it is not drawn. Throws ValueError unless both
  /// sizes are positive and finite.
  Figure(double width, double height, const std::string& title = {});

  double width() const { return width_; }
  double height() const { return height_; }
  const std::string& title() const { return title_; }
  const std::vector<Element>& elements() const { return elements_; }

  void rect(Rect rect, Style style);
  void line(Point from, Point to, Style style);
  void polyline(std::vector<Point> points, Style style);
  void polygon(std::vector<Point> points, Style style);
  void circle(Point center, double radius, Style style);
  /// A sample's sign; `radius` is half its height.
  void marker(Point center, Glyph glyph, double radius, Style style);
  /// One line of UTF-8 text from `baseline`; bytes that are no text become U+FFFD.
  void text(Point baseline, const std::string& text, TextStyle style = {});
  /// Stretches an image over `rect`: pixels stay squares unless `smooth`.
  void picture(Rect rect, Image image, bool smooth = false);
  void clip(Rect rect);  ///< what follows shows only inside, until unclip()
  void unclip();         ///< throws ValueError when nothing is clipped

  /// The figure as an SVG 1.1 document.
  std::string svg() const;
  /// The figure as the bytes of a PNG file. Throws ValueError (scale), LimitError (too large).
  std::string png(SaveOptions options = {}) const;
  /// Writes `path` whole or not at all, as .svg or .png by its ending. Throws ValueError for
  /// another ending, IoError when it cannot be written, and what png() throws.
  void save(const std::string& path, SaveOptions options = {}) const;

 private:
  double width_, height_;
  std::string title_;
  std::vector<Element> elements_;
  int clips_ = 0;
};

/// Sign of class `i` >= 0: eight of them, then again from the second, so that no two of 64 classes
/// share both sign and colour.
Glyph series_glyph(int i);

}  // namespace percept::plot
