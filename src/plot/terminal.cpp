#include "percept/plot/terminal.h"

#include <fmt/core.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "base/text.h"
#include "percept/base/error.h"
#include "percept/plot/text.h"
#include "plot/raster.h"
#include "plot/style.h"

namespace percept::plot {
namespace {

constexpr double kColumn = 8.5;  // pixels of a figure that a column stands for: a letter at kTick
constexpr double kLine = 24;     // and a line at most: lines of text stay apart in wide figures
constexpr int kDotsX = 2, kDotsY = 4;
const std::string kRightHalf(1, '\0');  // stands for the right half of a wide character
constexpr double kLarge = 9;            // markers with a larger radius stand in brackets

// One character of the page.
struct Cell {
  std::string glyph = {};           // empty: the dots
  std::uint8_t dots = 0;            // bit 2 row + column
  bool text = false;                // the glyph belongs to a text
  bool shape = false;               // some of the dots are of a line or area
  std::optional<Color> color = {};  // of dots or glyph; none: the terminal's own
  std::optional<Color> field = {};  // behind them
};

// The characters of a text, those without a width joined to the one before.
std::vector<std::pair<std::string, int>> characters(const std::string& text) {
  std::vector<std::pair<std::string, int>> out;
  for (const char* p = text.c_str(); *p != 0; p = g_utf8_next_char(p)) {
    const std::string bytes(p, static_cast<std::size_t>(g_utf8_next_char(p) - p));
    const int columns = text_columns(bytes);
    if (columns == 0 && !out.empty()) {
      out.back().first += bytes;
    } else {
      out.emplace_back(bytes, columns);
    }
  }
  return out;
}

// The nearest in ASCII: "x₁" is x1, and what has none is a question mark.
std::string nearest_text(const std::string& text) {
  const auto owned = [](char* p) { return std::unique_ptr<char, decltype(&g_free)>(p, g_free); };
  const auto plain = owned(g_utf8_normalize(ascii(text).c_str(), -1, G_NORMALIZE_ALL));
  return owned(g_str_to_ascii(plain.get(), "C")).get();
}

// Braille patterns number their dots 1 2 3 7 down the left and 4 5 6 8 down the right side
// (Unicode 15, chapter 21.1).
std::string braille(std::uint8_t dots) {
  constexpr std::array<int, 8> kBit = {0, 3, 1, 4, 2, 5, 6, 7};
  unsigned code = 0x2800;
  for (unsigned i = 0; i < 8; ++i) code |= (dots >> i & 1u) << kBit[i];
  return {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
          static_cast<char>(0x80 | (code & 0x3F))};
}

// The ASCII character whose shape is nearest; rows of dots from top to bottom.
char nearest_ascii(std::uint8_t dots) {
  struct Shape {
    char sign;
    const char* rows;
  };
  static constexpr std::array<Shape, 33> kShapes = {{
      {' ', "00000000"},  {'.', "00000010"},  {'.', "00000001"},  {',', "00001010"},
      {',', "00000101"},  {'_', "00000011"},  {'-', "00001100"},  {'-', "00110000"},
      {'"', "11000000"},  {'\'', "10100000"}, {'\'', "01010000"}, {'`', "10000000"},
      {'`', "01000000"},  {'=', "00110011"},  {'=', "11001100"},  {'|', "10101010"},
      {'|', "01010101"},  {'/', "01011010"},  {'/', "00011000"},  {'/', "00010110"},
      {'/', "01101000"},  {'\\', "10100101"}, {'\\', "00100100"}, {'\\', "00101001"},
      {'\\', "10010100"}, {'+', "10111010"},  {'+', "01110101"},  {'+', "10101110"},
      {'+', "01011101"},  {'%', "10011001"},  {'%', "01100110"},  {'#', "11111111"},
      {':', "10001000"},
  }};
  char best = ' ';
  int least = 9;
  for (const Shape& shape : kShapes) {
    unsigned pattern = 0;
    for (unsigned i = 0; i < 8; ++i) pattern |= (shape.rows[i] == '1' ? 1u : 0u) << i;
    const int distance = std::popcount(pattern ^ dots);
    // A blank is never near enough to something.
    if (distance >= least || (shape.sign == ' ' && dots != 0)) continue;
    best = shape.sign;
    least = distance;
  }
  return best;
}

std::string sign_of(const element::Marker& marker, bool utf8) {
  static constexpr std::array<const char*, 8> kUtf8 = {"●", "■", "▲", "◆", "×", "+", "▼", "★"};
  static constexpr std::array<const char*, 8> kAscii = {"o", "#", "^", "%", "x", "+", "v", "*"};
  const auto i = static_cast<std::size_t>(marker.glyph);
  if (!utf8) return kAscii[i];
  return marker.glyph == Glyph::Circle && marker.style.fill == kNone ? "○" : kUtf8[i];
}

Color color_of(std::uint32_t argb) {
  const double a = (argb >> 24) / 255.0;
  const auto channel = [&](unsigned shift) {
    return static_cast<std::uint8_t>(
        std::lround(std::min(255.0, (argb >> shift & 255) / std::max(a, 0.01))));
  };
  return {channel(16), channel(8), channel(0), a};
}

double darkness(Color c) { return 1 - (0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b) / 255; }

// Black, gray and white leave the choice to the terminal, whatever its ground is.
std::optional<Color> own(Color c) {
  if (std::max({c.r, c.g, c.b}) - std::min({c.r, c.g, c.b}) < 40) return std::nullopt;
  return c;
}

// Of the 6 x 6 x 6 colours and 24 grays of a terminal, the nearest.
int terminal_color(Color c) {
  constexpr std::array<int, 6> kLevels = {0, 95, 135, 175, 215, 255};
  const auto nearest = [&](int v) {
    int best = 0;
    for (int i = 1; i < 6; ++i) {
      if (std::abs(kLevels[static_cast<std::size_t>(i)] - v) <
          std::abs(kLevels[static_cast<std::size_t>(best)] - v)) {
        best = i;
      }
    }
    return best;
  };
  const auto away = [&](int r, int g, int b) {
    return std::abs(c.r - r) + std::abs(c.g - g) + std::abs(c.b - b);
  };
  const int r = nearest(c.r), g = nearest(c.g), b = nearest(c.b);
  const auto level = [&](int i) { return kLevels[static_cast<std::size_t>(i)]; };
  const int gray = std::clamp((c.r + c.g + c.b - 24 + 15) / 30, 0, 23), shade = 8 + 10 * gray;
  if (away(shade, shade, shade) < away(level(r), level(g), level(b))) return 232 + gray;
  return 16 + 36 * r + 6 * g + b;
}

class Page {
 public:
  Page(const Figure& figure, const TerminalOptions& options);
  std::string text() const;

 private:
  Cell& cell(int row, int column) {
    return cells_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
                  static_cast<std::size_t>(column)];
  }
  const Cell& cell(int row, int column) const { return const_cast<Page*>(this)->cell(row, column); }
  void draw_dots(const Figure& figure);
  void add(const element::Marker& marker);
  void add(const element::Text& text);
  std::optional<int> cost(int row, int column, int width) const;
  void put(int row, int column, const std::string& glyph, int width, std::optional<Color> color);
  void write(int row, int column, const std::string& text, int width, Color color);
  std::string style_of(const Cell& cell) const;
  std::string turned() const;

  TerminalOptions options_;
  int columns_, rows_;
  double column_, row_;  // pixels of the figure that a cell stands for
  std::vector<Cell> cells_;
  std::vector<Rect> clips_;
  std::vector<std::pair<int, std::string>> turned_;  // where texts that are turned belong
};

Page::Page(const Figure& figure, const TerminalOptions& options) : options_(options) {
  columns_ = std::clamp(static_cast<int>(std::ceil(figure.width() / kColumn)), 16, options.width);
  column_ = figure.width() / columns_;
  rows_ = std::clamp(static_cast<int>(std::ceil(figure.height() / std::min(2 * column_, kLine))), 1,
                     options.height);
  row_ = figure.height() / rows_;
  cells_.resize(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns_));
  draw_dots(figure);
  for (const Element& e : figure.elements()) {
    if (const auto* clip = std::get_if<element::ClipBegin>(&e)) clips_.push_back(clip->rect);
    if (std::holds_alternative<element::ClipEnd>(e)) clips_.pop_back();
    if (const auto* marker = std::get_if<element::Marker>(&e)) add(*marker);
  }
  for (const Element& e : figure.elements()) {
    if (const auto* text = std::get_if<element::Text>(&e)) add(*text);
  }
}

void Page::draw_dots(const Figure& figure) {
  const int width = columns_ * kDotsX, height = rows_ * kDotsY;
  const auto shapes = rasterize_part(figure, Part::Shapes, width, height);
  const auto pictures = rasterize_part(figure, Part::Pictures, width, height);
  // Bayer's 4 x 4 thresholds for ordered dithering.
  static constexpr std::array<int, 16> kBayer = {0, 8,  2, 10, 12, 4, 14, 6,
                                                 3, 11, 1, 9,  15, 7, 13, 5};
  for (int row = 0; row < rows_; ++row) {
    for (int column = 0; column < columns_; ++column) {
      Cell& here = cell(row, column);
      std::array<double, 4> line{}, field{};  // sums of red, green, blue, and their number
      for (int i = 0; i < kDotsX * kDotsY; ++i) {
        const int x = column * kDotsX + i % kDotsX, y = row * kDotsY + i / kDotsX;
        const auto at = static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                        static_cast<std::size_t>(x);
        const Color shape = color_of(shapes[at]), picture = color_of(pictures[at]);
        const auto sum = [](std::array<double, 4>& to, Color c) {
          to[0] += c.r;
          to[1] += c.g;
          to[2] += c.b;
          to[3] += 1;
        };
        bool dot = false;
        if (shape.a > 0.5) {
          dot = std::min({shape.r, shape.g, shape.b}) < 150;  // all but what is pale
          here.shape = here.shape || dot;
          if (dot) sum(line, shape);
        } else if (picture.a > 0.5 && !options_.color) {
          const double threshold = (kBayer[static_cast<std::size_t>(y % 4 * 4 + x % 4)] + 0.5) / 16;
          dot = (darkness(picture) - 0.25) / 0.75 > threshold;  // pastels stay blank
        }
        if (picture.a > 0.5) sum(field, picture);
        if (dot) here.dots = static_cast<std::uint8_t>(here.dots | 1u << i);
      }
      const auto mean = [](const std::array<double, 4>& s) {
        const auto channel = [&](int i) {
          return static_cast<std::uint8_t>(std::lround(s[static_cast<std::size_t>(i)] / s[3]));
        };
        return Color{channel(0), channel(1), channel(2)};
      };
      if (field[3] * 2 > kDotsX * kDotsY && options_.color) here.field = mean(field);
      if (line[3] > 0) here.color = own(mean(line));
    }
  }
}

void Page::put(int row, int column, const std::string& glyph, int width,
               std::optional<Color> color) {
  if (row < 0 || row >= rows_ || column < 0 || column + width > columns_) return;
  Cell& here = cell(row, column);
  here.glyph = glyph;
  here.color = color;
  if (width == 2) cell(row, column + 1).glyph = kRightHalf;
}

void Page::add(const element::Marker& marker) {
  for (const Rect& clip : clips_) {
    if (marker.center.x < clip.x || marker.center.x > clip.right() || marker.center.y < clip.y ||
        marker.center.y > clip.bottom()) {
      return;
    }
  }
  const int row = static_cast<int>(marker.center.y / row_);
  const int column = static_cast<int>(marker.center.x / column_);
  const Color c = marker.style.fill.a > 0 ? marker.style.fill : marker.style.stroke;
  put(row, column, sign_of(marker, options_.utf8), 1, own(c));
  if (marker.radius < kLarge) return;
  put(row, column - 1, "(", 1, own(c));
  put(row, column + 1, ")", 1, own(c));
}

// How much a text would cover, or nothing where another text or a marker is in its way: at least a
// column is left between two texts.
std::optional<int> Page::cost(int row, int column, int width) const {
  if (row < 0 || row >= rows_ || column < 0 || column + width > columns_) return std::nullopt;
  int covered = 0;
  for (int x = std::max(0, column - 1); x < std::min(columns_, column + width + 1); ++x) {
    const Cell& here = cell(row, x);
    const bool beside = x < column || x >= column + width;
    if (here.text || (!beside && !here.glyph.empty())) return std::nullopt;
    covered += !beside && here.shape ? 1 : 0;
  }
  return covered;
}

void Page::write(int row, int column, const std::string& text, int width, Color color) {
  // A text in a picture needs a gap to be told from it.
  for (const int x : {column - 1, column + width}) {
    if (x >= 0 && x < columns_ && !cell(row, x).shape) cell(row, x).dots = 0;
  }
  for (const auto& [glyph, wide] : characters(text)) {
    put(row, column, glyph, wide, own(color));
    if (cell(row, column).field) cell(row, column).color = color;
    for (int x = column; x < std::min(columns_, column + wide); ++x) cell(row, x).text = true;
    column += wide;
  }
}

void Page::add(const element::Text& text) {
  const std::string shown = options_.utf8 ? text.text : nearest_text(text.text);
  if (std::abs(text.style.rotate) > 45) {
    turned_.emplace_back(static_cast<int>(text.baseline.x / column_), shown);
    return;
  }
  const int width = text_columns(shown);
  const double share = text.style.anchor == Anchor::Start    ? 0
                       : text.style.anchor == Anchor::Middle ? 0.5
                                                             : 1;
  const double left = text.baseline.x / column_ - share * width;
  const int column =
      std::clamp(static_cast<int>(std::lround(left)), 0, std::max(0, columns_ - width));
  const int row = static_cast<int>((text.baseline.y - text.style.size * kMiddle) / row_);
  struct Place {
    int row, column, cost;
  };
  std::optional<Place> best;
  for (const int down : {0, 1, -1}) {
    for (const int right : {0, 1, -1, 2, -2, 3}) {
      const auto covered = cost(row + down, column + right, width);
      if (!covered) continue;
      // Away from its line a text is read with the wrong thing: in a legend, with another's sign.
      const int sum = *covered + std::abs(right) + 20 * std::abs(down);
      if (!best || sum < best->cost) best = Place{row + down, column + right, sum};
    }
  }
  if (best) write(best->row, best->column, shown, width, text.style.color);
}

std::string Page::style_of(const Cell& cell) const {
  if (!options_.color) return "";
  std::string style = "\x1b[0m";
  const Color ink = cell.color.value_or(kInk);
  if (cell.field) style += fmt::format("\x1b[48;5;{}m", terminal_color(*cell.field));
  if (cell.field || cell.color) style += fmt::format("\x1b[38;5;{}m", terminal_color(ink));
  return style == "\x1b[0m" ? "" : style.substr(4);
}

std::string Page::text() const {
  std::string out, blank_lines;  // the latter only when something follows
  for (int row = 0; row < rows_; ++row) {
    std::string line, seen, style;
    for (int column = 0; column < columns_; ++column) {
      const Cell& here = cell(row, column);
      if (here.glyph == kRightHalf) continue;
      const bool blank = here.glyph.empty() && here.dots == 0;
      const std::string wanted = blank && !here.field ? "" : style_of(here);
      if (wanted != style) line += style.empty() ? wanted : "\x1b[0m" + wanted;
      style = wanted;
      line += !here.glyph.empty() ? here.glyph
              : blank             ? " "
              : options_.utf8     ? braille(here.dots)
                                  : std::string(1, nearest_ascii(here.dots));
      if (!blank || here.field) seen = line + (style.empty() ? "" : "\x1b[0m");
    }
    if (seen.empty()) {
      blank_lines += '\n';
      continue;
    }
    if (!out.empty()) out += blank_lines;
    out += seen;
    out += '\n';
    blank_lines.clear();
  }
  return out + turned();
}

// The turned texts side by side, each below its place, or on a line of its own.
std::string Page::turned() const {
  std::string out, line;
  int at = 0;
  for (const auto& [column, text] : turned_) {
    const std::string shown = (options_.utf8 ? "↑ " : "^ ") + text;
    const int width = text_columns(shown);
    int gap = at == 0 ? column : std::max(2, column - at);
    if (at > 0 && at + gap + width > columns_) {
      out += line + "\n";
      line.clear();
      at = 0;
    }
    if (at == 0) gap = std::clamp(column, 0, std::max(0, columns_ - width));
    line += std::string(static_cast<std::size_t>(gap), ' ');
    at += gap;
    for (const auto& [glyph, wide] : characters(shown)) {
      if (at + wide > columns_) break;
      line += glyph;
      at += wide;
    }
  }
  return line.empty() ? out : out + line + "\n";
}

}  // namespace

std::string terminal(const Figure& figure, const TerminalOptions& options) {
  if (options.width < 16 || options.height < 6) {
    throw ValueError(fmt::format("terminal: needs 16 columns and 6 lines, found {} and {}",
                                 options.width, options.height));
  }
  return Page(figure, options).text();
}

}  // namespace percept::plot
