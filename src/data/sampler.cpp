#include "percept/data/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "data/gather.h"
#include "percept/base/error.h"

namespace percept::data {
namespace {

void check_count(std::int64_t count, const char* what) {
  if (count < 0) throw ValueError(fmt::format("{}: must not be negative, found {}", what, count));
}

}  // namespace

Sampler sequential_sampler(std::int64_t size) {
  check_count(size, "sequential_sampler: size");
  return [size](const Draw&) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    return order;
  };
}

Sampler random_sampler(std::int64_t size) {
  check_count(size, "random_sampler: size");
  return [size](const Draw& draw) { return shuffled(size, draw.seed, kShuffleStream, draw.epoch); };
}

Sampler weighted_random_sampler(std::vector<double> weights, std::int64_t count) {
  check_count(count, "weighted_random_sampler: count");
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (!(weights[i] >= 0) || !std::isfinite(weights[i]))
      throw ValueError(
          fmt::format("weighted_random_sampler: weight {} must be finite and not "
                      "negative, found {}",
                      i, weights[i]));
  std::partial_sum(weights.begin(), weights.end(), weights.begin());
  if (weights.empty() || !(weights.back() > 0) || !std::isfinite(weights.back()))
    throw ValueError("weighted_random_sampler: the weights need a positive, finite sum");
  auto ends = std::make_shared<const std::vector<double>>(std::move(weights));
  return [ends, count](const Draw& draw) {
    const RandomBlock random(draw.seed, kSamplerStream, draw.epoch);
    std::vector<std::int64_t> order;
    order.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      const double at = random.uniform(static_cast<std::uint64_t>(i)) * ends->back();
      // Rounding may lift `at` to the sum itself: then the last index of positive weight is meant.
      auto end = std::upper_bound(ends->begin(), ends->end(), at);
      if (end == ends->end()) end = std::lower_bound(ends->begin(), ends->end(), ends->back());
      order.push_back(end - ends->begin());
    }
    return order;
  };
}

}  // namespace percept::data
