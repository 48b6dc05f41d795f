// Marching squares. Every edge of the grid is crossed at most once, so a crossing is known by its
// edge; the pieces of lines in the cells are then joined where they share a crossing.
#include <fmt/core.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "percept/base/error.h"
#include "percept/plot/surface.h"

namespace percept::plot {
namespace {

using GridEdge = std::int64_t;

class Marcher {
 public:
  Marcher(std::span<const double> field, int rows, int columns, double level)
      : field_(field), rows_(rows), columns_(columns), level_(level) {}

  std::vector<std::vector<Point>> run() {
    for (int y = 0; y + 1 < rows_; ++y) {
      for (int x = 0; x + 1 < columns_; ++x) march(x, y);
    }
    std::vector<std::vector<Point>> lines;
    // Open lines first, from one of their ends; what is left then is closed.
    for (const bool open : {true, false}) {
      for (const GridEdge start : order_) {
        if (visited_.contains(start) || (open && neighbours_.at(start)[1] >= 0)) continue;
        lines.push_back(walk(start));
      }
    }
    return lines;
  }

 private:
  double value(int x, int y) const {
    return field_[static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_) + x];
  }
  bool above(int x, int y) const { return value(x, y) >= level_; }

  // Two numbers a node: its edge to the right and its edge upwards in y.
  GridEdge right_of(int x, int y) const { return 2 * (GridEdge{y} * columns_ + x); }
  GridEdge up_from(int x, int y) const { return 2 * (GridEdge{y} * columns_ + x) + 1; }

  Point crossing(GridEdge edge) const {
    const int x = static_cast<int>(edge / 2 % columns_), y = static_cast<int>(edge / 2 / columns_);
    const int dx = edge % 2 == 0, dy = 1 - dx;
    const double a = value(x, y), b = value(x + dx, y + dy);
    const double t = (level_ - a) / (b - a);
    return {x + t * dx, y + t * dy};
  }

  void connect(GridEdge a, GridEdge b) {
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      const auto [place, fresh] = neighbours_.try_emplace(from, std::array<GridEdge, 2>{to, -1});
      if (fresh) {
        order_.push_back(from);
      } else {
        place->second[1] = to;
      }
    }
  }

  void march(int x, int y) {
    double sum = 0;
    for (const int i : {0, 1, 2, 3}) sum += value(x + i % 2, y + i / 2);
    if (!std::isfinite(sum)) return;
    const bool a = above(x, y), b = above(x + 1, y), c = above(x + 1, y + 1), d = above(x, y + 1);
    // Around the cell: below, right, above, left.
    const std::array<GridEdge, 4> edges = {right_of(x, y), up_from(x + 1, y), right_of(x, y + 1),
                                           up_from(x, y)};
    std::vector<GridEdge> crossed;
    if (a != b) crossed.push_back(edges[0]);
    if (b != c) crossed.push_back(edges[1]);
    if (c != d) crossed.push_back(edges[2]);
    if (d != a) crossed.push_back(edges[3]);
    if (crossed.size() == 2) connect(crossed[0], crossed[1]);
    if (crossed.size() != 4) return;
    // A saddle: the mean tells whether the corners like (x, y) are joined across the cell.
    if ((sum / 4 >= level_) == a) {
      connect(edges[0], edges[1]);
      connect(edges[2], edges[3]);
    } else {
      connect(edges[3], edges[0]);
      connect(edges[1], edges[2]);
    }
  }

  std::vector<Point> walk(GridEdge start) {
    std::vector<Point> line;
    GridEdge previous = -1, edge = start;
    while (edge >= 0 && !visited_.contains(edge)) {
      visited_.insert(edge);
      line.push_back(crossing(edge));
      const auto& next = neighbours_.at(edge);
      const GridEdge onward = next[0] != previous ? next[0] : next[1];
      previous = edge;
      edge = onward;
    }
    if (edge == start) line.push_back(line.front());
    return line;
  }

  std::span<const double> field_;
  int rows_, columns_;
  double level_;
  std::unordered_map<GridEdge, std::array<GridEdge, 2>> neighbours_;
  std::unordered_set<GridEdge> visited_;
  std::vector<GridEdge> order_;
};

}  // namespace

std::vector<std::vector<Point>> iso_lines(std::span<const double> field, int rows, int columns,
                                          double level) {
  if (rows < 2 || columns < 2 || field.size() != static_cast<std::size_t>(rows) * columns) {
    throw ShapeError(
        fmt::format("iso_lines: {} values are no grid of {} x {} nodes, at least 2 x 2",
                    field.size(), rows, columns));
  }
  return Marcher(field, rows, columns, level).run();
}

}  // namespace percept::plot
