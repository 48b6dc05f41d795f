#include "percept/plot/pictures.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "percept/base/error.h"
#include "percept/plot/axes.h"
#include "percept/plot/text.h"
#include "plot/style.h"

namespace percept::plot {
namespace {

constexpr double kTileGap = 16;
constexpr double kCaptionLine = kCaption * 1.25;
constexpr double kStripWidth = 20;  // width of a colour bar

// The value that 99 % of |weights| stay below, so that a few strong ones do not bleach the rest.
double usual_limit(std::span<const float> weights) {
  std::vector<float> sizes;
  for (const float w : weights) {
    if (std::isfinite(w)) sizes.push_back(std::abs(w));
  }
  if (sizes.empty()) return 1;
  const auto place = sizes.begin() + static_cast<std::ptrdiff_t>((sizes.size() - 1) * 99 / 100);
  std::nth_element(sizes.begin(), place, sizes.end());
  if (*place > 0) return *place;
  const float most = *std::max_element(sizes.begin(), sizes.end());
  return most > 0 ? most : 1;
}

}  // namespace

Figure contact_sheet(const std::vector<Sample>& samples, const ContactSheetOptions& options) {
  if (samples.empty() || options.columns < 1 || !(options.tile >= 16)) {
    throw ValueError(fmt::format(
        "contact_sheet: needs a picture, a column and tiles of 16 pixels or more, found {}, {}, {}",
        samples.size(), options.columns, options.tile));
  }
  const double tile = options.tile;
  const int columns = std::min(options.columns, static_cast<int>(samples.size()));
  const int rows = (static_cast<int>(samples.size()) + columns - 1) / columns;
  double height = 0;
  std::size_t lines = 0;
  std::vector<std::vector<std::string>> captions;
  for (const Sample& s : samples) {
    height = std::max(height, tile * s.image.height / std::max(1, s.image.width));
    captions.push_back(wrap_text(s.caption, tile + kTileGap / 4, kCaption, 3, s.wrong));
    lines = std::max(lines, captions.back().size());
  }
  const double step = height + static_cast<double>(lines) * kCaptionLine + kTileGap;
  const double inner = columns * (tile + kTileGap) - kTileGap;
  const double title = title_height(options.title, inner);
  Figure figure(inner + 2 * kMargin, title + rows * step - kTileGap + 2 * kMargin, options.title);
  draw_title(figure, {kMargin, kMargin, inner, title}, options.title);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Image& image = samples[i].image;
    const double tall = tile * image.height / std::max(1, image.width);
    const int row = static_cast<int>(i) / columns, column = static_cast<int>(i) % columns;
    const Rect place{kMargin + column * (tile + kTileGap), kMargin + title + row * step, tile,
                     tall};
    figure.picture(place, image);
    const bool wrong = samples[i].wrong;
    figure.rect(place, {.stroke = wrong ? kAlarm : kGray, .width = wrong ? 4.0 : 1.0});
    double y = place.bottom() + kCaptionLine;
    for (const std::string& line : captions[i]) {
      figure.text({place.x + tile / 2, y}, line,
                  {.size = kCaption,
                   .anchor = Anchor::Middle,
                   .color = wrong ? mix(kAlarm, kInk, 0.25) : kInk,
                   .bold = wrong});
      y += kCaptionLine;
    }
  }
  return figure;
}

Figure weight_tiles(std::span<const float> weights, int units, int height, int width,
                    const WeightTilesOptions& options) {
  if (units < 1 || options.columns < 1 || !(options.pixel > 0) ||
      !(options.limit.value_or(1) > 0)) {
    throw ValueError(fmt::format(
        "weight_tiles: units, columns, pixel and limit must be positive, found {}, {}, {}, {}",
        units, options.columns, options.pixel, options.limit.value_or(1)));
  }
  if (height < 1 || width < 1 ||
      weights.size() != static_cast<std::size_t>(units) * height * width) {
    throw ShapeError(
        fmt::format("weight_tiles: {} weights are not [units, height, width] [{}, {}, {}]",
                    weights.size(), units, height, width));
  }
  const double limit = options.limit.value_or(usual_limit(weights));
  const int columns = std::min(options.columns, units), rows = (units + columns - 1) / columns;
  constexpr int kBetween = 2;  // weights of white between tiles
  const int tile_x = width + kBetween, tile_y = height + kBetween;
  Image sheet = Image::filled(columns * tile_x - kBetween, rows * tile_y - kBetween, kWhite);
  for (int unit = 0; unit < units; ++unit) {
    const float* weight = weights.data() + static_cast<std::size_t>(unit) * height * width;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        sheet.set(unit % columns * tile_x + x, unit / columns * tile_y + y,
                  color_at(ColorMap::Diverging, 0.5 + *weight++ / (2 * limit)));
      }
    }
  }
  const Range range{-limit, limit};
  const double wide = sheet.width * options.pixel;
  const double tall = std::max(sheet.height * options.pixel, kBarHeight);
  const double bar = 20 + color_bar_width(range, kStripWidth, options.color_label);
  const double inner = std::max(wide + bar, 320.0);
  const double title = title_height(options.title, inner);
  Figure figure(inner + 2 * kMargin, title + tall + 2 * kMargin, options.title);
  draw_title(figure, {kMargin, kMargin, inner, title}, options.title);
  const double top = kMargin + title;
  const Rect place{kMargin, top, wide, sheet.height * options.pixel};
  figure.picture(place, std::move(sheet));
  draw_color_bar(figure, {kMargin + wide + 20, top, bar, tall}, kStripWidth, ColorMap::Diverging,
                 range, options.color_label);
  return figure;
}

}  // namespace percept::plot
