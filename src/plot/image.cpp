#include "percept/plot/image.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "percept/base/error.h"

namespace percept::plot {
namespace {

std::size_t pixels(const char* what, std::size_t found, int width, int height, int channels) {
  const auto expected = width > 0 && height > 0 ? static_cast<std::size_t>(width) *
                                                      static_cast<std::size_t>(height) * channels
                                                : 0;
  if (expected == 0 || found != expected) {
    throw ShapeError(
        fmt::format("{}: {} values do not fill a picture of {} x {} pixels with {} "
                    "channel(s) each",
                    what, found, width, height, channels));
  }
  return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
}

std::uint8_t byte(float value, Levels levels) {
  if (std::isnan(value)) return 0;
  const double t = (static_cast<double>(value) - levels.low) / (levels.high - levels.low);
  return static_cast<std::uint8_t>(std::lround(std::clamp(t, 0.0, 1.0) * 255));
}

void check(const char* what, Levels levels) {
  if (!(levels.low < levels.high)) {
    throw ValueError(fmt::format("{}: levels must have low < high, found {} and {}", what,
                                 levels.low, levels.high));
  }
}

}  // namespace

Image Image::filled(int width, int height, Color color) {
  if (width < 1 || height < 1) {
    throw ShapeError(fmt::format("Image::filled: {} x {} pixels are no picture", width, height));
  }
  const auto n = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  Image image{width, height, std::vector<std::uint8_t>(n * 3)};
  const std::uint8_t channels[] = {color.r, color.g, color.b};
  for (std::size_t i = 0; i < n * 3; ++i) image.rgb[i] = channels[i % 3];
  return image;
}

void Image::set(int x, int y, Color color) {
  std::uint8_t* pixel =
      &rgb[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + x) * 3];
  pixel[0] = color.r;
  pixel[1] = color.g;
  pixel[2] = color.b;
}

Image gray_image(std::span<const std::uint8_t> values, int width, int height) {
  const std::size_t n = pixels("gray_image", values.size(), width, height, 1);
  Image image{width, height, std::vector<std::uint8_t>(n * 3)};
  for (std::size_t i = 0; i < n * 3; ++i) image.rgb[i] = values[i / 3];
  return image;
}

Image gray_image(std::span<const float> values, int width, int height, Levels levels) {
  check("gray_image", levels);
  const std::size_t n = pixels("gray_image", values.size(), width, height, 1);
  Image image{width, height, std::vector<std::uint8_t>(n * 3)};
  for (std::size_t i = 0; i < n * 3; ++i) image.rgb[i] = byte(values[i / 3], levels);
  return image;
}

Image rgb_image(std::span<const std::uint8_t> values, int width, int height) {
  pixels("rgb_image", values.size(), width, height, 3);
  return {width, height, {values.begin(), values.end()}};
}

Image rgb_image(std::span<const float> values, int width, int height, Levels levels) {
  check("rgb_image", levels);
  const std::size_t n = pixels("rgb_image", values.size(), width, height, 3);
  Image image{width, height, std::vector<std::uint8_t>(n * 3)};
  for (std::size_t i = 0; i < n * 3; ++i) {
    image.rgb[i] = byte(values[i % 3 * n + i / 3], levels);
  }
  return image;
}

}  // namespace percept::plot
