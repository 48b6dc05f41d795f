// Figures as lines of text.
#pragma once

#include <string>

#include "percept/plot/figure.h"

namespace percept::plot {

struct TerminalOptions {
  int width = 78;      ///< columns at most
  int height = 24;     ///< lines at most, without turned texts; what is taller is pressed flat
  bool utf8 = true;    ///< braille dots; else ASCII
  bool color = false;  ///< ANSI escapes for 256 colours
};

/// A figure as lines that each end in \n: shapes as dots, markers as signs, pictures as colours or
/// as dots more or less dense, and texts where there is room for them. Turned texts follow below,
/// after an arrow. Throws ValueError for a width below 16 or a height below 6.
std::string terminal(const Figure& figure, const TerminalOptions& options = {});

}  // namespace percept::plot
