// Colours that people with any colour vision can tell apart, on a light background.
#pragma once

#include <cstdint>

namespace percept::plot {

/// Red, green, blue in 0..255 and opacity in 0..1.
struct Color {
  std::uint8_t r = 0, g = 0, b = 0;
  double a = 1;
  friend bool operator==(const Color&, const Color&) = default;
};

inline constexpr Color kNone{0, 0, 0, 0};
inline constexpr Color kWhite{255, 255, 255};
inline constexpr Color kInk{34, 34, 34};       ///< text and strong lines
inline constexpr Color kGray{110, 110, 110};   ///< frames and secondary text
inline constexpr Color kGrid{225, 225, 225};   ///< grid lines, and what has no value
inline constexpr Color kAlarm{0xD5, 0x5E, 0};  ///< marks what went wrong

/// The colour of 0xRRGGBB.
constexpr Color rgb(std::uint32_t hex) {
  return {static_cast<std::uint8_t>(hex >> 16), static_cast<std::uint8_t>(hex >> 8),
          static_cast<std::uint8_t>(hex)};
}

/// (1 - t) a + t b, channel by channel; t is clamped to [0, 1].
Color mix(Color a, Color b, double t);

/// The same colour with another opacity.
constexpr Color with_alpha(Color c, double alpha) { return {c.r, c.g, c.b, alpha}; }

/// Colour of series or class `i` >= 0: the eight of Okabe and Ito (2008), then again from the
/// first.
Color series_color(int i);

/// Ink or white, whichever reads better on `background` (by relative luminance, WCAG 2).
Color text_color_on(Color background);

/// Viridis and Blues run from low to high; Diverging is blue below, white at 0.5 and red above.
enum class ColorMap { Viridis, Blues, Diverging };

/// Colour of `t` in a map; t is clamped to [0, 1], NaN has no colour of the map but kGrid.
Color color_at(ColorMap map, double t);

}  // namespace percept::plot
