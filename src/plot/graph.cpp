#include "percept/plot/graph.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "percept/base/error.h"
#include "percept/plot/axes.h"
#include "percept/plot/text.h"
#include "plot/layered.h"
#include "plot/place.h"
#include "plot/style.h"

namespace percept::plot {
namespace {

constexpr double kPad = 9;  // around the texts of a box
constexpr double kTextLine = kCaption * 1.3;
constexpr double kNarrowestBox = 60;  // of a box
constexpr double kGapX = 52, kGapY = 26;
constexpr double kHead = 9;  // length of an arrow's head

const Color kGradient = mix(kAlarm, kInk, 0.25), kGradientField = mix(kAlarm, kWhite, 0.85);

Color field(GraphRole role) {
  if (role == GraphRole::Data) return rgb(0xE4E4E4);
  if (role == GraphRole::Parameter) return mix(series_color(4), kWhite, 0.6);
  return kWhite;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// A box's three fields from top to bottom; the last two may be empty.
struct Box {
  std::vector<std::string> label, value, gradient;

  static double height(const std::vector<std::string>& lines) {
    return lines.empty() ? 0 : static_cast<double>(lines.size()) * kTextLine + kPad;
  }
  BoxSize size() const {
    double width = kNarrowestBox;
    for (const auto* lines : {&label, &value, &gradient}) {
      for (const std::string& line : *lines) {
        width = std::max(width, text_width(line, kCaption, lines == &label) + 2 * kPad);
      }
    }
    return {width, height(label) + height(value) + height(gradient)};
  }
};

void write(Figure& figure, Rect& field, const std::vector<std::string>& lines, Color fill,
           TextStyle style) {
  field.height = Box::height(lines);
  if (lines.empty()) return;
  figure.rect(field, {.fill = fill});
  style.size = kCaption;
  style.anchor = Anchor::Middle;
  double y = field.y + kPad / 2 + kTextLine / 2 + kCaption * kMiddle;
  for (const std::string& line : lines) {
    figure.text({field.x + field.width / 2, y}, line, style);
    y += kTextLine;
  }
  field.y = field.bottom();
}

void draw_box(Figure& figure, const Rect& place, const Box& box, GraphRole role) {
  Rect field = place;
  write(figure, field, box.label, plot::field(role), {.bold = true});
  write(figure, field, box.value, kWhite, {});
  write(figure, field, box.gradient, kGradientField, {.color = kGradient});
  figure.rect(place, {.stroke = kInk, .width = 1.4});
}

void draw_arrow(Figure& figure, const std::vector<Point>& route) {
  std::vector<Point> line = route;
  const Point tip = line.back();
  line.back().x -= kHead;
  if (line.size() > 2 && line[line.size() - 2].x > line.back().x) line.erase(line.end() - 2);
  figure.polyline(line, {.stroke = kGray, .width = 1.8});
  figure.polygon({tip, {tip.x - kHead, tip.y - kHead / 2}, {tip.x - kHead, tip.y + kHead / 2}},
                 {.fill = kGray});
}

// On the middle of the arrow's longest part, or as near as there is room.
void write_label(Figure& figure, const std::vector<Point>& route, const std::string& label,
                 Places& places) {
  if (label.empty()) return;
  const double width = text_width(label, kCaption) + 6, height = kCaption * 1.25;
  std::vector<Rect> candidates;
  for (const double t : {0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74}) {
    for (std::size_t i = 1; i < route.size(); ++i) {
      const Point a = route[i - 1], b = route[i];
      for (const double side : {0.0, -0.75, 0.75, -1.5, 1.5}) {
        candidates.push_back(centered(
            {std::lerp(a.x, b.x, t), std::lerp(a.y, b.y, t) + side * height}, width, height));
      }
    }
  }
  if (const auto box = places.take(candidates)) {
    figure.rect(*box, {.fill = kWhite});
    figure.text({box->x + width / 2, box->y + height / 2 + kCaption * kMiddle}, label,
                {.size = kCaption, .anchor = Anchor::Middle, .color = kGradient});
  }
}

std::vector<LegendEntry> legend(const std::vector<GraphNode>& nodes, const GraphOptions& options) {
  std::vector<LegendEntry> entries;
  const auto add = [&](const std::string& name, Color fill) {
    entries.push_back({.name = name,
                       .glyph = Glyph::Square,
                       .glyph_style = {.fill = fill, .stroke = kInk, .width = 1.2}});
  };
  for (const auto& [role, name] : {std::pair{GraphRole::Data, options.data_label},
                                   std::pair{GraphRole::Parameter, options.parameter_label},
                                   std::pair{GraphRole::Operation, options.operation_label}}) {
    if (std::any_of(nodes.begin(), nodes.end(), [r = role](const auto& n) { return n.role == r; }))
      add(name, field(role));
  }
  if (std::any_of(nodes.begin(), nodes.end(), [](const auto& n) { return !n.gradient.empty(); }))
    add(options.gradient_label, kGradientField);
  return entries;
}

}  // namespace

Figure computation_graph(const std::vector<GraphNode>& nodes, const std::vector<GraphEdge>& edges,
                         const GraphOptions& options) {
  if (nodes.empty()) throw ValueError("computation_graph: needs a node");
  std::vector<Box> boxes;
  std::vector<BoxSize> sizes;
  for (const GraphNode& node : nodes) {
    boxes.push_back({lines_of(node.label), lines_of(node.value), lines_of(node.gradient)});
    sizes.push_back(boxes.back().size());
  }
  std::vector<std::pair<int, int>> joined;
  double widest = 0;
  for (const GraphEdge& edge : edges) {
    for (const int end : {edge.from, edge.to}) {
      if (end < 0 || end >= static_cast<int>(nodes.size())) {
        throw IndexError(fmt::format("computation_graph: an arrow from {} to {} among {} nodes",
                                     edge.from, edge.to, nodes.size()));
      }
    }
    joined.emplace_back(edge.from, edge.to);
    if (!edge.label.empty()) widest = std::max(widest, text_width(edge.label, kCaption));
  }
  Layered layout = layered_layout(sizes, joined, kGapX + widest, kGapY);

  const auto entries = legend(nodes, options);
  const double inner = std::max(layout.width, 420.0);
  const double title = title_height(options.title, inner);
  const double key = legend_height(entries, inner) + 12;
  Figure figure(inner + 2 * kMargin, title + key + layout.height + 2 * kMargin, options.title);
  draw_title(figure, {kMargin, kMargin, inner, title}, options.title);
  draw_legend(figure, {kMargin, kMargin + title, inner, key}, entries);

  const Point origin{kMargin + (inner - layout.width) / 2, kMargin + title + key};
  Places places({origin.x, origin.y, layout.width, layout.height});
  for (Rect& box : layout.boxes) {
    box = {box.x + origin.x, box.y + origin.y, box.width, box.height};
    places.avoid(box, 100);
  }
  for (auto& route : layout.routes) {
    for (Point& p : route) p = {p.x + origin.x, p.y + origin.y};
    draw_arrow(figure, route);
    for (std::size_t i = 1; i < route.size(); ++i) places.avoid(route[i - 1], route[i]);
  }
  for (std::size_t i = 0; i < edges.size(); ++i) {
    write_label(figure, layout.routes[i], edges[i].label, places);
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    draw_box(figure, layout.boxes[i], boxes[i], nodes[i].role);
  }
  return figure;
}

}  // namespace percept::plot
