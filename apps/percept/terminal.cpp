#include "terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <cwchar>

#include "base/text.h"
#include "percept/base/error.h"

namespace percept::app {
namespace {

/// One character of UTF-8: its bytes and cells.
struct Character {
  std::size_t bytes = 1, cells = 1;
  wchar_t code = 0;
};

Character first(std::string_view text) {
  static const bool utf8 = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
  std::mbstate_t state{};
  Character c;
  const std::size_t bytes = utf8 ? std::mbrtowc(&c.code, text.data(), text.size(), &state) : 1;
  if (bytes == 0 || bytes > text.size()) return c;  // NUL, or not UTF-8
  c.bytes = bytes;
  c.cells = static_cast<std::size_t>(std::max(0, ::wcwidth(c.code)));
  return c;
}

bool may_not_begin_a_line(wchar_t c) {
  return c != 0 && std::wcschr(L"，。、；：？！）》」』”’", c) != nullptr;
}

bool may_not_end_a_line(wchar_t c) { return c != 0 && std::wcschr(L"（《「“", c) != nullptr; }

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value && *value;
}

bool locale_has_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (is_set(name)) {
      const std::string_view locale = std::getenv(name);
      return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
    }
  return false;
}

winsize window(std::FILE* stream) {
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0) return {};
  return size;
}

}  // namespace

std::size_t cells(std::string_view text) {
  std::size_t sum = 0;
  while (!text.empty()) {
    const Character c = first(text);
    sum += c.cells;
    text.remove_prefix(c.bytes);
  }
  return sum;
}

std::string cut(std::string_view text, std::size_t width) {
  std::size_t used = 0, bytes = 0;
  while (bytes < text.size()) {
    const Character c = first(text.substr(bytes));
    if (used + c.cells > width) break;
    used += c.cells;
    bytes += c.bytes;
  }
  return std::string(text.substr(0, bytes));
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t used = cells(text);
  return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t used = cells(text);
  return std::string(used < width ? width - used : 0, ' ') + std::string(text);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  // Pieces that may not be broken: a word, or a wide character with the punctuation behind it.
  struct Piece {
    std::string text;
    bool blank_before;
  };
  std::vector<Piece> pieces;
  bool bracket = false;              // the last character may not end a line
  bool blank = false, open = false;  // open: the next character may not begin a line
  while (!text.empty()) {
    const Character c = first(text);
    const std::string_view bytes = text.substr(0, c.bytes);
    const bool narrow = c.cells < 2;
    if (bytes == " ") {
      blank = true, open = false;
    } else if (!pieces.empty() && !blank &&
               (may_not_begin_a_line(c.code) || (open && (narrow || bracket)))) {
      pieces.back().text += bytes;
      open = narrow;
    } else {
      pieces.push_back({std::string(bytes), blank});
      blank = false;
      open = narrow;
    }
    bracket = may_not_end_a_line(c.code);
    open = open || bracket;
    text.remove_prefix(c.bytes);
  }
  std::vector<std::string> lines;
  std::size_t used = 0;
  for (const Piece& piece : pieces) {
    const std::size_t wide = cells(piece.text), gap = piece.blank_before ? 1 : 0;
    if (lines.empty() || used + gap + wide > width) {
      lines.push_back(piece.text);
      used = wide;
    } else {
      lines.back() += std::string(gap, ' ') + piece.text;
      used += gap + wide;
    }
  }
  return lines;
}

std::size_t Terminal::width() const {
  const std::size_t columns = window(stream).ws_col;
  return columns > 0 ? columns : 80;
}

std::size_t Terminal::height() const {
  const std::size_t rows = window(stream).ws_row;
  return rows > 0 ? rows : 24;
}

std::string Terminal::paint(Paint paint, std::string_view text) const {
  if (!colors || paint == Paint::plain) return std::string(text);
  const char* code = paint == Paint::bold    ? "1"
                     : paint == Paint::dim   ? "2"
                     : paint == Paint::green ? "32"
                     : paint == Paint::red   ? "31"
                                             : "36";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

Terminal terminal(std::FILE* stream, ColorMode mode) {
  const bool tty = ::isatty(::fileno(stream)) == 1;
  const char* term = std::getenv("TERM");
  const bool dumb = term && std::strcmp(term, "dumb") == 0;
  const char* force = std::getenv("CLICOLOR_FORCE");
  const bool forced = is_set("CLICOLOR_FORCE") && std::strcmp(force, "0") != 0;
  Terminal result{.stream = stream, .redraws = tty && !dumb, .utf8 = locale_has_utf8()};
  if (mode == ColorMode::automatic)
    result.colors = !is_set("NO_COLOR") && (forced || (tty && !dumb));
  else
    result.colors = mode == ColorMode::always;
  return result;
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw IoError(fmt::format("standard output: cannot be written: {}", std::strerror(errno)));
}

void note(std::string_view text) { fmt::print(stderr, "percept: {}\n", escaped(text)); }

}  // namespace percept::app
