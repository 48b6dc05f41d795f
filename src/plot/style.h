// Sizes that all figures share, in pixels; the text stays readable at half size.
#pragma once

namespace percept::plot {

inline constexpr double kMargin = 20;  // around a figure
inline constexpr double kGap = 28;     // between panels
inline constexpr double kTitle = 21;   // text sizes
inline constexpr double kHeading = 18;
inline constexpr double kLabel = 17;
inline constexpr double kTick = 16;
inline constexpr double kCaption = 15;
inline constexpr double kLine = 1.4;     // height of a line of text, in text sizes
inline constexpr double kMiddle = 0.36;  // from the middle of a line to its baseline, in text sizes
inline constexpr double kBarHeight = 120;  // least height of a colour bar

}  // namespace percept::plot
