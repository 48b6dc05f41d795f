// How wide text is, and how it is made to fit: layout before drawing.
#pragma once

#include <string>
#include <vector>

namespace percept::plot {

/// Fonts of every figure; the first that has a character draws it.
inline constexpr const char* kFonts = "Noto Sans, Noto Sans CJK SC, DejaVu Sans, sans-serif";

/// Width of one line in pixels, with the fonts of this machine.
double text_width(const std::string& text, double size, bool bold = false);

/// Columns that one line takes in a terminal: two for a wide character as in Chinese.
int text_columns(const std::string& text);

/// `text`, or its beginning and "…" when it is wider than `width`.
std::string fit_text(const std::string& text, double width, double size, bool bold = false);

/// Lines no wider than `width`, broken between words (Chinese: between characters); what does not
/// fit in `max_lines` is cut with "…".
std::vector<std::string> wrap_text(const std::string& text, double width, double size,
                                   int max_lines, bool bold = false);

}  // namespace percept::plot
