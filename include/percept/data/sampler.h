// Samplers: in which order a loader visits a dataset.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "percept/data/transform.h"

namespace percept::data {

/// The indices of one epoch, a pure function of draw.seed and draw.epoch.
using Sampler = std::function<std::vector<std::int64_t>(const Draw& draw)>;

/// 0, 1, ... size-1. Throws ValueError for a negative size.
Sampler sequential_sampler(std::int64_t size);

/// Every index once, in another order each epoch. Throws ValueError for a negative size.
Sampler random_sampler(std::int64_t size);

/// `count` indices, drawn with replacement in proportion to the weights. Throws ValueError unless
/// the weights are finite and >= 0 with a positive sum.
Sampler weighted_random_sampler(std::vector<double> weights, std::int64_t count);

}  // namespace percept::data
