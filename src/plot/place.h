// Where small texts go so that they hide as little as possible.
#pragma once

#include <optional>
#include <vector>

#include "percept/plot/figure.h"

namespace percept::plot {

class Places {
 public:
  explicit Places(Rect area) : area_(area) {}

  /// Something that a text should not cover; a larger cost weighs more.
  void avoid(Rect rect, double cost = 1) { obstacles_.push_back({rect, cost}); }
  /// The line between two points, likewise.
  void avoid(Point from, Point to);
  /// Takes the first of the candidates that covers least, lies within the area and touches no place
  /// taken before; none when there is none.
  std::optional<Rect> take(const std::vector<Rect>& candidates);

 private:
  struct Obstacle {
    Rect rect;
    double cost;
  };
  double cost(const Rect& candidate) const;
  bool is_free(const Rect& candidate) const;

  Rect area_;
  std::vector<Obstacle> obstacles_;
  std::vector<Rect> taken_;
};

/// The square around a point.
inline Rect around(Point p, double radius) {
  return {p.x - radius, p.y - radius, 2 * radius, 2 * radius};
}

/// A rectangle of this size about its middle.
inline Rect centered(Point p, double width, double height) {
  return {p.x - width / 2, p.y - height / 2, width, height};
}

}  // namespace percept::plot
