// The key of a block of random numbers, for kernels that make many at once.
#pragma once

#include <array>
#include <cstdint>

namespace percept {

/// What philox4x32 takes beside a counter, for numbers of this seed and stream.
std::array<std::uint32_t, 2> random_key(std::uint64_t seed, std::uint32_t stream);

}  // namespace percept
