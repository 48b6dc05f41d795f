#include "percept/plot/axes.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "percept/base/error.h"
#include "percept/plot/text.h"
#include "plot/style.h"

namespace percept::plot {
namespace {

constexpr double kTickGap = 7;      // from the frame to a tick's label
constexpr double kSpacing = 18;     // between two labels on the x axis
constexpr double kTickNameGap = 6;  // likewise, where they are names
constexpr double kLeastName = 64;  // where a name finds less room, only each second or third stands
constexpr double kYTickEach = 44;  // pixels of height that a y tick takes at least
constexpr int kBarTicks = 6;       // of a colour bar, which is at least kBarHeight high

double widest(const std::vector<std::string>& texts, double size) {
  double width = 0;
  for (const std::string& t : texts) width = std::max(width, text_width(t, size));
  return width;
}

Ticks make_ticks(const Axis& axis, int max_count) {
  if (!axis.names.empty()) {
    Ticks ticks{{}, axis.names};
    while (ticks.values.size() < axis.names.size()) {
      ticks.values.push_back(static_cast<double>(ticks.values.size()));
    }
    return ticks;
  }
  return axis.log ? log_ticks(axis.range, max_count)
                  : nice_ticks(axis.range, max_count, axis.whole);
}

double share(const Axis& axis, double v) {
  if (!axis.log) return (v - axis.range.low) / (axis.range.high - axis.range.low);
  return std::log(v / axis.range.low) / std::log(axis.range.high / axis.range.low);
}

// As many x ticks as stand apart.
Ticks fit_x_ticks(const Axis& axis, double width) {
  if (!axis.names.empty()) {
    Ticks ticks = make_ticks(axis, 0);
    const double step = width * (share(axis, 1) - share(axis, 0));
    const auto each = static_cast<std::size_t>(
        std::ceil(std::min(kLeastName, widest(ticks.labels, kTick) + kTickNameGap) / step));
    for (std::size_t i = 0; i < ticks.labels.size(); ++i) {
      std::string& name = ticks.labels[i];
      name = i % each == 0 ? fit_text(name, step * static_cast<double>(each) - kTickNameGap, kTick)
                           : "";
    }
    return ticks;
  }
  for (int n = 11; n > 2; --n) {
    Ticks ticks = make_ticks(axis, n);
    bool apart = true;
    for (std::size_t i = 1; i < ticks.values.size(); ++i) {
      const double distance =
          width * (share(axis, ticks.values[i]) - share(axis, ticks.values[i - 1]));
      const double needed =
          (text_width(ticks.labels[i - 1], kTick) + text_width(ticks.labels[i], kTick)) / 2 +
          kSpacing;
      apart = apart && distance >= needed;
    }
    if (apart) return ticks;
  }
  return make_ticks(axis, 2);
}

// Lines one pixel wide are sharp on half coordinates.
double crisp(double v) { return std::floor(v) + 0.5; }

constexpr double kEntryLine = 34;  // length of a legend's line
constexpr double kEntryGlyph = 14;
constexpr double kEntryGap = 22;
constexpr double kLegendRow = kTick * 1.55;
constexpr double kLegendGap = 10;         // below it: a terminal's lines are far apart
constexpr double kLetter = 0.62 * kTick;  // room for one: in a terminal all are equally wide,
constexpr double kColumns = 72;           // and so many make a wide figure

struct Placed {
  double x, width;
  int row;
};

std::vector<Placed> place_entries(std::span<const LegendEntry> entries, double width,
                                  double letter) {
  std::vector<Placed> places;
  double x = 0;
  int row = 0;
  for (const LegendEntry& entry : entries) {
    const double sign = entry.line ? kEntryLine : kEntryGlyph;
    const double name = std::max(text_width(entry.name, kTick), letter * text_columns(entry.name));
    const double needed = std::min(width, sign + 8 + name);
    if (x > 0 && x + needed > width) {
      x = 0;
      ++row;
    }
    places.push_back({x, needed, row});
    x += needed + kEntryGap;
  }
  return places;
}

// Roomy unless that takes more rows.
std::vector<Placed> place_entries(std::span<const LegendEntry> entries, double width) {
  const double letter = std::max(kLetter, width / kColumns);
  auto roomy = place_entries(entries, width, letter), close = place_entries(entries, width, 0);
  return roomy.back().row > close.back().row ? close : roomy;
}

}  // namespace

Axes::Axes(Rect outer, Axis x, Axis y) : x_(std::move(x)), y_(std::move(y)) {
  const double bottom = kTickGap + kTick * 1.1 + 4 + (x_.label.empty() ? 0 : kLabel * kLine);
  const double top = kTick * 0.6;
  area_ = {0, outer.y + top, 0, outer.height - top - bottom};
  y_ticks_ = make_ticks(y_, std::max(2, static_cast<int>(area_.height / kYTickEach)));
  const double left =
      widest(y_ticks_.labels, kTick) + kTickGap + (y_.label.empty() ? 0 : kLabel * kLine + 2);
  area_.x = outer.x + left;
  area_.width = outer.width - left;
  if (!(area_.width >= 40 && area_.height >= 40)) {
    throw ValueError(
        fmt::format("Axes: {} x {} pixels leave no room to draw in", outer.width, outer.height));
  }
  // The last label may stand out on the right by half its width.
  x_ticks_ = fit_x_ticks(x_, area_.width);
  if (!x_ticks_.values.empty()) {
    const double reach = share(x_, x_ticks_.values.back()) * area_.width +
                         text_width(x_ticks_.labels.back(), kTick) / 2;
    if (reach > area_.width) area_.width -= reach - area_.width + 2;
  }
  area_ = {crisp(area_.x), crisp(area_.y), std::floor(area_.width), std::floor(area_.height)};
}

double Axes::at_x(double x) const { return area_.x + area_.width * share(x_, x); }
double Axes::at_y(double y) const { return area_.bottom() - area_.height * share(y_, y); }

void Axes::draw_grid(Figure& figure) const {
  for (const double v : x_.names.empty() ? x_ticks_.values : std::vector<double>{}) {
    const double x = crisp(at_x(v));
    figure.line({x, area_.y}, {x, area_.bottom()}, {.stroke = kGrid});
  }
  for (const double v : y_.names.empty() ? y_ticks_.values : std::vector<double>{}) {
    const double y = crisp(at_y(v));
    figure.line({area_.x, y}, {area_.right(), y}, {.stroke = kGrid});
  }
}

void Axes::draw_frame(Figure& figure) const { figure.rect(area_, {.stroke = kGray}); }

void Axes::draw_labels(Figure& figure) const {
  for (std::size_t i = 0; i < x_ticks_.values.size(); ++i) {
    figure.text({at_x(x_ticks_.values[i]), area_.bottom() + kTickGap + kTick * 0.85},
                x_ticks_.labels[i], {.size = kTick, .anchor = Anchor::Middle});
  }
  for (std::size_t i = 0; i < y_ticks_.values.size(); ++i) {
    figure.text({area_.x - kTickGap, at_y(y_ticks_.values[i]) + kTick * kMiddle},
                y_ticks_.labels[i], {.size = kTick, .anchor = Anchor::End});
  }
  figure.text({area_.x + area_.width / 2, area_.bottom() + kTickGap + kTick * 1.1 + kLabel * 1.1},
              fit_text(x_.label, area_.width, kLabel), {.size = kLabel, .anchor = Anchor::Middle});
  const double left = area_.x - kTickGap - widest(y_ticks_.labels, kTick) - kLabel * 0.6;
  figure.text({left, area_.y + area_.height / 2}, fit_text(y_.label, area_.height, kLabel),
              {.size = kLabel, .anchor = Anchor::Middle, .rotate = -90});
}

double legend_height(std::span<const LegendEntry> entries, double width) {
  if (entries.empty()) return 0;
  return (place_entries(entries, width).back().row + 1) * kLegendRow + kLegendGap;
}

void draw_legend(Figure& figure, Rect place, std::span<const LegendEntry> entries) {
  if (entries.empty()) return;
  const auto places = place_entries(entries, place.width);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const LegendEntry& entry = entries[i];
    const double x = place.x + places[i].x, y = place.y + (places[i].row + 0.5) * kLegendRow;
    const double sign = entry.line ? kEntryLine : kEntryGlyph;
    if (entry.line) figure.line({x, y}, {x + sign, y}, *entry.line);
    if (entry.glyph) figure.marker({x + sign / 2, y}, *entry.glyph, 6, entry.glyph_style);
    figure.text({x + sign + 8, y + kTick * kMiddle},
                fit_text(entry.name, places[i].width - sign - 8 + 0.5, kTick), {.size = kTick});
  }
}

double color_bar_width(Range range, double bar_width, const std::string& label) {
  return bar_width + kTickGap + widest(nice_ticks(range, kBarTicks).labels, kTick) +
         (label.empty() ? 0 : kLabel * 1.75);
}

void draw_color_bar(Figure& figure, Rect place, double bar_width, ColorMap map, Range range,
                    const std::string& label) {
  Image bar = Image::filled(1, 256, kWhite);
  for (int i = 0; i < 256; ++i) bar.set(0, i, color_at(map, 1 - i / 255.0));
  const Rect frame{place.x, place.y, bar_width, place.height};
  figure.picture(frame, std::move(bar), true);
  figure.rect(frame, {.stroke = kGray});
  const Ticks ticks = nice_ticks(range, kBarTicks);
  for (std::size_t i = 0; i < ticks.values.size(); ++i) {
    const double y =
        frame.bottom() - frame.height * (ticks.values[i] - range.low) / (range.high - range.low);
    figure.line({frame.right(), y}, {frame.right() + 4, y}, {.stroke = kGray});
    figure.text({frame.right() + kTickGap, y + kTick * kMiddle}, ticks.labels[i], {.size = kTick});
  }
  figure.text({frame.right() + kTickGap + widest(ticks.labels, kTick) + kLabel * 1.4,
               frame.y + frame.height / 2},
              fit_text(label, frame.height, kLabel),
              {.size = kLabel, .anchor = Anchor::Middle, .rotate = -90});
}

double title_height(const std::string& title, double width) {
  const auto lines = wrap_text(title, width, kTitle, 3, true);
  return lines.empty() ? 0 : static_cast<double>(lines.size()) * kTitle * kLine + 6;
}

void draw_title(Figure& figure, Rect place, const std::string& title) {
  double y = place.y + kTitle;
  for (const std::string& line : wrap_text(title, place.width, kTitle, 3, true)) {
    figure.text({place.x, y}, line, {.size = kTitle, .bold = true});
    y += kTitle * kLine;
  }
}

}  // namespace percept::plot
