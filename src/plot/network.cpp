#include "percept/plot/network.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "percept/base/error.h"
#include "percept/plot/axes.h"
#include "percept/plot/text.h"
#include "plot/place.h"
#include "plot/style.h"

namespace percept::plot {
namespace {

constexpr int kFewWeights = 24;  // so many are readable as numbers
constexpr double kMinRadius = 23, kMaxRadius = 34;
constexpr double kShare = 0.42;       // radius in the distance of two units
constexpr double kLeastText = 12.5;   // in a unit
constexpr double kTextInUnit = 1.75;  // width of its text in radii
constexpr double kNumber = 16;        // size of a weight's text
constexpr double kThinnest = 0.8;     // width of the line of a weight near 0
constexpr double kThickest = 6;
constexpr double kDot = 3.5;   // radius of the dots for units left out
constexpr double kBias = 6.5;  // half the side of a bias's square

const Color kPositive = rgb(0xB2182B), kNegative = rgb(0x2166AC);  // the ends of Diverging

// A layer's rows from top to bottom: which unit, or -1 for the dots.
std::vector<int> rows_of(const NetworkLayer& layer, int max_units) {
  std::vector<int> rows;
  for (int i = 0; i < layer.units; ++i) {
    if (layer.units <= max_units || i < max_units - 2 || i == layer.units - 1) rows.push_back(i);
    if (layer.units > max_units && i == max_units - 2) rows.push_back(-1);
  }
  return rows;
}

void check(const std::vector<NetworkLayer>& layers, const NetworkOptions& options) {
  if (layers.size() < 2 || options.max_units < 3 || options.digits < 1 || options.digits > 17) {
    throw ValueError(fmt::format(
        "network: needs two layers, max_units of 3 and 1 to 17 digits, found {}, {}, {}",
        layers.size(), options.max_units, options.digits));
  }
  int before = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const NetworkLayer& layer = layers[l];
    if (layer.units < 1) {
      throw ValueError(fmt::format("network: layer {} has {} units", l, layer.units));
    }
    const auto fits = [&](const char* what, std::size_t found, std::size_t expected) {
      if (found != 0 && found != expected) {
        throw ShapeError(fmt::format("network: layer {} of {} units has {} {}, expected {}", l,
                                     layer.units, found, what, expected));
      }
    };
    const auto units = static_cast<std::size_t>(layer.units);
    fits("labels", layer.labels.size(), units);
    fits("values", layer.values.size(), units);
    fits("biases", layer.biases.size(), units);
    fits("weights", layer.weights.size(), units * static_cast<std::size_t>(before));
    for (const auto* numbers : {&layer.values, &layer.biases, &layer.weights}) {
      for (const double v : *numbers) {
        if (!std::isfinite(v)) {
          throw ValueError(
              fmt::format("network: layer {} has a number that is not finite: {}", l, v));
        }
      }
    }
    before = layer.units;
  }
}

struct Edge {
  Point from, to;  // on the circles
  double weight;
};

class Drawing {
 public:
  Drawing(const std::vector<NetworkLayer>& layers, const NetworkOptions& options);
  Figure draw() const;

 private:
  double radius_for_texts() const;
  void connect();
  Style line(double weight) const;
  std::string number(double v) const { return fmt::format("{:.{}g}", v, options_.digits); }
  std::vector<std::string> texts(std::size_t l, std::size_t unit) const;
  std::vector<LegendEntry> legend() const;
  void draw_layer(Figure& figure, std::size_t l) const;
  void draw_unit(Figure& figure, std::size_t l, std::size_t unit, Point center) const;
  void draw_numbers(Figure& figure) const;

  const std::vector<NetworkLayer>& layers_;
  const NetworkOptions& options_;
  std::vector<std::vector<int>> rows_;
  std::vector<std::vector<Point>> centers_;  // of each row
  std::vector<Edge> edges_;                  // weak ones first
  double radius_ = 0, distance_ = 0, heading_ = 0, top_ = 0;
  double width_ = 0, height_ = 0;
  double strongest_ = 0;  // largest |weight| or |bias|
  bool weighted_ = false, biased_ = false, numbers_ = false;
};

Drawing::Drawing(const std::vector<NetworkLayer>& layers, const NetworkOptions& options)
    : layers_(layers), options_(options) {
  std::size_t most = 0, weights = 0, names = 0;
  bool two_lines = false;
  for (const NetworkLayer& layer : layers) {
    rows_.push_back(rows_of(layer, options.max_units));
    if (rows_.size() > 1) weights += rows_.back().size() * rows_[rows_.size() - 2].size();
    most = std::max(most, rows_.back().size());
    two_lines = two_lines || (!layer.labels.empty() && !layer.values.empty());
    weighted_ = weighted_ || !layer.weights.empty();
    biased_ = biased_ || !layer.biases.empty();
    for (const auto* numbers : {&layer.weights, &layer.biases}) {
      for (const double v : *numbers) strongest_ = std::max(strongest_, std::abs(v));
    }
  }
  numbers_ = options.numbers.value_or(weights <= kFewWeights);
  const bool texts_below = numbers_ && biased_;
  const double below = texts_below ? kNumber * kLine : 0;
  // As large as the sheet allows, but never too small for what stands inside.
  const double least = std::max({kMinRadius, two_lines ? 30.0 : 0.0, radius_for_texts()});
  const double spacing =
      std::clamp(480.0 / static_cast<double>(most), least / kShare + below, 132.0 + below);
  radius_ = std::min(std::max(kMaxRadius, least), (spacing - below) * kShare);
  distance_ = 2 * radius_ + (numbers_ ? 200 : 160);
  for (const NetworkLayer& layer : layers) {
    names = std::max(names, wrap_text(layer.name, distance_ - 12, kLabel, 2).size());
  }
  heading_ = static_cast<double>(names) * kLabel * kLine + (names > 0 ? 16 : 0);
  const double columns = distance_ * static_cast<double>(layers.size());
  width_ = std::max(columns, 360.0);
  top_ = kMargin + title_height(options.title, width_) + legend_height(legend(), width_) + heading_;
  const double field = spacing * static_cast<double>(most);
  height_ = top_ + field + kMargin;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const double x = kMargin + (width_ - columns) / 2 + distance_ * (static_cast<double>(l) + 0.5);
    double y = top_ + (field - spacing * (static_cast<double>(rows_[l].size()) - 1)) / 2;
    if (texts_below) y -= kNumber * kLine / 2;
    centers_.emplace_back();
    for (std::size_t row = 0; row < rows_[l].size(); ++row, y += spacing) {
      centers_[l].push_back({x, y});
    }
  }
  connect();
}

double Drawing::radius_for_texts() const {
  double widest = 0;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    for (const int unit : rows_[l]) {
      if (unit < 0) continue;
      for (const std::string& text : texts(l, static_cast<std::size_t>(unit))) {
        widest = std::max(widest, text_width(text, kLeastText, true));
      }
    }
  }
  return std::min(widest / kTextInUnit, kMaxRadius + 8);
}

// What stands in a unit: its label, its value.
std::vector<std::string> Drawing::texts(std::size_t l, std::size_t unit) const {
  std::vector<std::string> out;
  if (!layers_[l].labels.empty()) out.push_back(layers_[l].labels[unit]);
  if (!layers_[l].values.empty()) out.push_back(number(layers_[l].values[unit]));
  return out;
}

void Drawing::connect() {
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    const auto& weights = layers_[l].weights;
    for (std::size_t j = 0; j < rows_[l].size(); ++j) {
      for (std::size_t i = 0; i < rows_[l - 1].size(); ++i) {
        const int to = rows_[l][j], from = rows_[l - 1][i];
        if (to < 0 || from < 0) continue;
        const Point a = centers_[l - 1][i], b = centers_[l][j];
        const double length = std::hypot(b.x - a.x, b.y - a.y);
        const Point step{radius_ * (b.x - a.x) / length, radius_ * (b.y - a.y) / length};
        const auto place = static_cast<std::size_t>(to) * layers_[l - 1].units + from;
        edges_.push_back({{a.x + step.x, a.y + step.y},
                          {b.x - step.x, b.y - step.y},
                          weights.empty() ? std::nan("") : weights[place]});
      }
    }
  }
  std::stable_sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) {
    return std::abs(a.weight) < std::abs(b.weight);
  });
}

Style Drawing::line(double weight) const {
  if (std::isnan(weight)) return {.stroke = kGray, .width = kThinnest};
  const double share = strongest_ > 0 ? std::abs(weight) / strongest_ : 0;
  const Color strong = weight < 0 ? kNegative : kPositive;
  return {.stroke = mix(mix(strong, kWhite, 0.6), strong, share),
          .width = kThinnest + share * (kThickest - kThinnest),
          .dash = weight < 0 ? Dash::Dashed : Dash::Solid};
}

std::vector<LegendEntry> Drawing::legend() const {
  std::vector<LegendEntry> entries;
  if (weighted_) {
    entries.push_back(
        {.name = options_.positive_label, .line = Style{.stroke = kPositive, .width = 3}});
    entries.push_back({.name = options_.negative_label,
                       .line = Style{.stroke = kNegative, .width = 3, .dash = Dash::Dashed}});
  }
  if (biased_ && !numbers_) {
    entries.push_back({.name = options_.bias_label,
                       .glyph = Glyph::Square,
                       .glyph_style = {.fill = kGrid, .stroke = kInk}});
  }
  return entries;
}

void Drawing::draw_unit(Figure& figure, std::size_t l, std::size_t unit, Point center) const {
  const NetworkLayer& layer = layers_[l];
  const bool silent = !layer.values.empty() && layer.values[unit] == 0;
  figure.circle(center, radius_, {.fill = silent ? kGrid : kWhite, .stroke = kInk, .width = 1.6});
  const auto lines = texts(l, unit);
  double size = std::min(kCaption, radius_ * (lines.size() > 1 ? 0.56 : 0.72));
  for (const std::string& text : lines) {
    const double wide = std::max(text_width(text, kCaption, true), 1.0);
    size = std::max(kLeastText, std::min(size, kCaption * radius_ * kTextInUnit / wide));
  }
  double y = center.y + size * kMiddle - (static_cast<double>(lines.size()) - 1) * size * 0.58;
  for (const std::string& text : lines) {
    const bool bold = &text != &lines.front();
    figure.text({center.x, y}, fit_text(text, radius_ * 1.85, size, bold),
                {.size = size, .anchor = Anchor::Middle, .bold = bold});
    y += size * 1.16;
  }
  if (layer.biases.empty() || numbers_) return;
  const double bias = layer.biases[unit], share = strongest_ > 0 ? bias / strongest_ : 0;
  const double d = radius_ * 0.75;
  figure.rect(around({center.x - d, center.y + d}, kBias),
              {.fill = color_at(ColorMap::Diverging, 0.5 + share / 2), .stroke = kInk});
}

void Drawing::draw_layer(Figure& figure, std::size_t l) const {
  const NetworkLayer& layer = layers_[l];
  const double x = centers_[l].front().x;
  const auto names = wrap_text(layer.name, distance_ - 12, kLabel, 2);
  double y = top_ - 8 - static_cast<double>(names.size()) * kLabel * kLine + kLabel;
  for (const std::string& name : names) {
    figure.text({x, y}, name, {.size = kLabel, .anchor = Anchor::Middle});
    y += kLabel * kLine;
  }
  for (std::size_t row = 0; row < rows_[l].size(); ++row) {
    const Point center = centers_[l][row];
    if (rows_[l][row] >= 0) {
      draw_unit(figure, l, static_cast<std::size_t>(rows_[l][row]), center);
      continue;
    }
    for (const double dy : {-4 * kDot, 0.0, 4 * kDot}) {
      figure.circle({center.x, center.y + dy}, kDot, {.fill = kInk});
    }
    const std::string count = std::to_string(layer.units);
    const double wide = text_width(count, kNumber) + 6;
    figure.rect({center.x + 2 * kDot, center.y - kNumber * 0.6, wide, kNumber * 1.2},
                {.fill = kWhite});
    figure.text({center.x + 2 * kDot + 3, center.y + kNumber * kMiddle}, count, {.size = kNumber});
  }
}

// Each number beside its line where it covers least of the others.
void Drawing::draw_numbers(Figure& figure) const {
  const double height = kNumber * 1.2;
  Places places({0, top_ - heading_, width_ + 2 * kMargin, height_});
  const auto write = [&](const Rect& box, const std::string& text, double v) {
    figure.rect(box, {.fill = kWhite});
    figure.text({box.x + box.width / 2, box.y + height / 2 + kNumber * kMiddle}, text,
                {.size = kNumber,
                 .anchor = Anchor::Middle,
                 .color = mix(v < 0 ? kNegative : kPositive, kInk, 0.35)});
  };
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    for (std::size_t row = 0; row < rows_[l].size(); ++row) {
      const Point center = centers_[l][row];
      places.avoid(around(center, radius_ + 2), 100);
      if (rows_[l][row] < 0 || layers_[l].biases.empty()) continue;
      const double bias = layers_[l].biases[static_cast<std::size_t>(rows_[l][row])];
      const std::string text = "b = " + number(bias);
      const auto box = places.take({centered({center.x, center.y + radius_ + 4 + height / 2},
                                             text_width(text, kNumber) + 6, height)});
      if (box) write(*box, text, bias);
    }
  }
  for (const Edge& edge : edges_) places.avoid(edge.from, edge.to);
  for (const Edge& edge : edges_) {
    if (std::isnan(edge.weight)) continue;
    const std::string text = number(edge.weight);
    std::vector<Rect> candidates;
    for (const double t :
         {0.3, 0.7, 0.26, 0.74, 0.34, 0.66, 0.22, 0.78, 0.38, 0.62, 0.18, 0.82, 0.42, 0.58, 0.5}) {
      candidates.push_back(
          centered({std::lerp(edge.from.x, edge.to.x, t), std::lerp(edge.from.y, edge.to.y, t)},
                   text_width(text, kNumber) + 6, height));
    }
    if (const auto box = places.take(candidates)) write(*box, text, edge.weight);
  }
}

Figure Drawing::draw() const {
  Figure figure(width_ + 2 * kMargin, height_, options_.title);
  const double title = title_height(options_.title, width_);
  draw_title(figure, {kMargin, kMargin, width_, title}, options_.title);
  const auto entries = legend();
  draw_legend(figure, {kMargin, kMargin + title, width_, legend_height(entries, width_)}, entries);
  for (const Edge& edge : edges_) figure.line(edge.from, edge.to, line(edge.weight));
  for (std::size_t l = 0; l < layers_.size(); ++l) draw_layer(figure, l);
  if (numbers_) draw_numbers(figure);
  return figure;
}

}  // namespace

Figure network(const std::vector<NetworkLayer>& layers, const NetworkOptions& options) {
  check(layers, options);
  return Drawing(layers, options).draw();
}

}  // namespace percept::plot
