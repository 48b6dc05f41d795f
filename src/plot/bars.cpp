#include "percept/plot/bars.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "percept/base/error.h"
#include "percept/plot/text.h"
#include "plot/style.h"

namespace percept::plot {
namespace {

constexpr double kMinBar = 18, kMaxBar = 64;
constexpr double kBetween = 0.35;  // room between two names, in bars
constexpr double kNarrowest = 460, kWidest = 1600;
constexpr double kLeft = 90;  // about what the y axis takes

std::string number(double v, int digits) { return fmt::format("{:.{}g}", v, digits); }

Range range_of(const std::vector<BarSeries>& series) {
  Range range{0, 0};
  for (const BarSeries& s : series) {
    if (const auto found = data_range(s.values)) {
      range = {std::min(range.low, found->low), std::max(range.high, found->high)};
    }
  }
  if (range.low == range.high) return {0, 1};
  const double room = 0.1 * (range.high - range.low);  // for the numbers
  return {range.low - (range.low < 0 ? room : 0), range.high + (range.high > 0 ? room : 0)};
}

// What a name takes with its bars, the numbers at them and the room to the next.
double step_for(const std::vector<std::string>& names, const std::vector<BarSeries>& series,
                int digits) {
  double bar = kMinBar, name = 0;
  for (const BarSeries& s : series) {
    for (const double v : s.values) {
      if (digits > 0) bar = std::max(bar, text_width(number(v, digits), kCaption) + 6);
    }
  }
  for (const std::string& n : names) name = std::max(name, text_width(n, kTick) + 18);
  const auto n = static_cast<double>(series.size());
  return std::max(std::min(name, 180.0), bar * (n + kBetween));
}

void draw_bar(Figure& figure, const Axes& axes, double middle, double width, double value,
              Color color, int digits) {
  const double zero = std::clamp(axes.at_y(0), axes.area().y, axes.area().bottom());
  const double end = std::clamp(axes.at_y(value), axes.area().y, axes.area().bottom());
  figure.rect({middle - width / 2, std::min(zero, end), width, std::abs(end - zero)},
              {.fill = color});
  if (digits == 0) return;
  // Beyond the bar's end, or inside where the axes end too.
  const double size = kCaption * 1.1;
  const bool inside =
      value < 0 ? end + size > axes.area().bottom() : end - size - 4 < axes.area().y;
  const double away = (value < 0) != inside ? size : -5;
  figure.text(
      {middle, end + away}, number(value, digits),
      {.size = kCaption, .anchor = Anchor::Middle, .color = inside ? text_color_on(color) : kInk});
}

}  // namespace

Figure bars(const std::vector<std::string>& names, const std::vector<BarSeries>& series,
            const BarsOptions& options) {
  if (names.empty() || series.empty() || options.digits < 0 || options.digits > 17) {
    throw ValueError(
        fmt::format("bars: needs names, series and 0 to 17 digits, found {}, {} and {}",
                    names.size(), series.size(), options.digits));
  }
  std::vector<LegendEntry> legend;
  for (std::size_t s = 0; s < series.size(); ++s) {
    if (series[s].values.size() != names.size()) {
      throw ShapeError(fmt::format("bars: series '{}' has {} values for {} names", series[s].name,
                                   series[s].values.size(), names.size()));
    }
    if (series[s].name.empty()) continue;
    legend.push_back({.name = series[s].name,
                      .glyph = Glyph::Square,
                      .glyph_style = {.fill = series_color(static_cast<int>(s))}});
  }
  const auto count = static_cast<double>(names.size()), each = static_cast<double>(series.size());
  const double wanted = kLeft + count * step_for(names, series, options.digits);
  const int digits = wanted > kWidest ? 0 : options.digits;
  const double inner = std::clamp(wanted, kNarrowest, kWidest);
  const double title = title_height(options.title, inner);
  const double key = legend_height(legend, inner);
  Figure figure(inner + 2 * kMargin, title + key + options.height + 2 * kMargin, options.title);
  draw_title(figure, {kMargin, kMargin, inner, title}, options.title);
  draw_legend(figure, {kMargin, kMargin + title, inner, key}, legend);
  const Axes axes({kMargin, kMargin + title + key, inner, options.height},
                  {.label = options.x_label, .range = {-0.5, count - 0.5}, .names = names},
                  {.label = options.y_label, .range = options.y_range.value_or(range_of(series))});
  axes.draw_grid(figure);
  const double step = axes.area().width / count;
  const double width = std::min(kMaxBar, step / (each + kBetween));
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t s = 0; s < series.size(); ++s) {
      const double v = series[s].values[i];
      const double shift = (static_cast<double>(s) - (each - 1) / 2) * width;
      if (std::isfinite(v)) {
        draw_bar(figure, axes, axes.at_x(static_cast<double>(i)) + shift, 0.92 * width, v,
                 series_color(static_cast<int>(s)), digits);
      }
    }
  }
  const double zero = std::round(axes.at_y(0)) + 0.5;
  if (zero > axes.area().y && zero < axes.area().bottom()) {
    figure.line({axes.area().x, zero}, {axes.area().right(), zero}, {.stroke = kInk});
  }
  axes.draw_frame(figure);
  axes.draw_labels(figure);
  return figure;
}

}  // namespace percept::plot
