#include "plot/place.h"

#include <algorithm>
#include <cmath>

namespace percept::plot {
namespace {

constexpr double kApart = 4;  // pixels between two texts
constexpr double kStep = 6;   // pixels of a line that one obstacle stands for
constexpr int kMaxSteps = 500;

bool overlap(const Rect& a, const Rect& b, double apart) {
  return a.x < b.right() + apart && b.x < a.right() + apart && a.y < b.bottom() + apart &&
         b.y < a.bottom() + apart;
}

}  // namespace

void Places::avoid(Point from, Point to) {
  const double length = std::hypot(to.x - from.x, to.y - from.y);
  const int steps = std::clamp(static_cast<int>(length / kStep), 1, kMaxSteps);
  for (int i = 0; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    avoid(around({std::lerp(from.x, to.x, t), std::lerp(from.y, to.y, t)}, 1), 0.3);
  }
}

double Places::cost(const Rect& candidate) const {
  double sum = 0;
  for (const Obstacle& o : obstacles_) sum += overlap(candidate, o.rect, 0) ? o.cost : 0;
  return sum;
}

bool Places::is_free(const Rect& r) const {
  return r.x >= area_.x && r.y >= area_.y && r.right() <= area_.right() &&
         r.bottom() <= area_.bottom() &&
         std::none_of(taken_.begin(), taken_.end(),
                      [&](const Rect& other) { return overlap(r, other, kApart); });
}

std::optional<Rect> Places::take(const std::vector<Rect>& candidates) {
  const Rect* best = nullptr;
  double least = 0;
  for (const Rect& candidate : candidates) {
    if (!is_free(candidate)) continue;
    const double covered = cost(candidate);
    if (best != nullptr && covered >= least) continue;
    best = &candidate;
    least = covered;
  }
  if (best == nullptr) return std::nullopt;
  taken_.push_back(*best);
  return *best;
}

}  // namespace percept::plot
