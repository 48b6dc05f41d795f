#include "percept/plot/color.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace percept::plot {
namespace {

// Okabe and Ito, "Color universal design" (2008); yellow comes late, it is weak on white.
constexpr std::array<std::uint32_t, 8> kSeries = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7,
                                                  0x56B4E9, 0xE69F00, 0x222222, 0xF0E442};
// Evenly spaced values of the maps: viridis of van der Walt and Smith (2015); Blues and RdBu of
// Brewer, Blues from pure white.
constexpr std::array<std::uint32_t, 11> kViridis = {0x440154, 0x482576, 0x414487, 0x35608D,
                                                    0x2A788E, 0x21908C, 0x22A884, 0x43BF71,
                                                    0x7AD151, 0xBBDF27, 0xFDE725};
constexpr std::array<std::uint32_t, 9> kBlues = {0xFFFFFF, 0xDEEBF7, 0xC6DBEF, 0x9ECAE1, 0x6BAED6,
                                                 0x4292C6, 0x2171B5, 0x08519C, 0x08306B};
constexpr std::array<std::uint32_t, 11> kDiverging = {0x053061, 0x2166AC, 0x4393C3, 0x92C5DE,
                                                      0xD1E5F0, 0xF7F7F7, 0xFDDBC7, 0xF4A582,
                                                      0xD6604D, 0xB2182B, 0x67001F};

std::span<const std::uint32_t> table(ColorMap map) {
  if (map == ColorMap::Viridis) return kViridis;
  if (map == ColorMap::Blues) return kBlues;
  return kDiverging;
}

double luminance(Color c) {
  const auto linear = [](std::uint8_t channel) {
    const double v = channel / 255.0;
    return v <= 0.03928 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}

}  // namespace

Color mix(Color a, Color b, double t) {
  t = std::clamp(t, 0.0, 1.0);
  const auto channel = [t](std::uint8_t from, std::uint8_t to) {
    return static_cast<std::uint8_t>(std::lround(from + t * (to - from)));
  };
  return {channel(a.r, b.r), channel(a.g, b.g), channel(a.b, b.b), a.a + t * (b.a - a.a)};
}

Color series_color(int i) { return rgb(kSeries[static_cast<std::size_t>(i) % kSeries.size()]); }

Color text_color_on(Color background) {
  const double l = luminance(background), ink = luminance(kInk);
  return 1.05 / (l + 0.05) > (l + 0.05) / (ink + 0.05) ? kWhite : kInk;
}

Color color_at(ColorMap map, double t) {
  if (std::isnan(t)) return kGrid;
  const auto colors = table(map);
  const double place = std::clamp(t, 0.0, 1.0) * static_cast<double>(colors.size() - 1);
  const auto i = std::min(static_cast<std::size_t>(place), colors.size() - 2);
  return mix(rgb(colors[i]), rgb(colors[i + 1]), place - static_cast<double>(i));
}

}  // namespace percept::plot
