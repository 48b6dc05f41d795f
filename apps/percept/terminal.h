// What the program knows about where its output goes: terminal or file, colours, widths in cells.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace percept::app {

/// Cells that UTF-8 text takes on a terminal: 2 for Chinese characters, 0 for combining ones.
std::size_t cells(std::string_view text);
/// As much of `text` as fits into `width` cells.
std::string cut(std::string_view text, std::size_t width);
/// `text` with blanks after (or before) it up to `width` cells; longer text stays as it is.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);
/// Lines of at most `width` cells: broken at blanks, and between Chinese characters.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

enum class ColorMode { automatic, always, never };

enum class Paint { plain, bold, dim, green, red, cyan };

/// A stream and how to write to it.
struct Terminal {
  std::FILE* stream = nullptr;
  bool redraws = false;  ///< a line may be overwritten: a terminal, and not a dumb one
  bool colors = false;   ///< --color, else NO_COLOR, CLICOLOR_FORCE, TERM=dumb, terminal or not
  bool utf8 = false;     ///< the locale's characters; else what ASCII has
  std::size_t width() const;   ///< of the window now; 80 where there is none
  std::size_t height() const;  ///< its lines; 24 where there is none
  std::string paint(Paint paint, std::string_view text) const;
};
Terminal terminal(std::FILE* stream, ColorMode mode);

/// Writes to stdout, at once. Throws IoError.
void print(std::string_view text);
/// Writes a message to stderr.
void note(std::string_view text);

}  // namespace percept::app
