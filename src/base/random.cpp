#include "percept/base/random.h"

#include "base/random_key.h"

namespace percept {

__extension__ using Uint128 = unsigned __int128;

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> c,
                                        std::array<std::uint32_t, 2> k) {
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = kMultiplier0 * c[0], p1 = kMultiplier1 * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
    k[0] += kWeyl0;
    k[1] += kWeyl1;
  }
  return c;
}

// The stream is folded into the key by one Philox round trip, so that streams of one seed are as
// far apart as seeds are.
std::array<std::uint32_t, 2> random_key(std::uint64_t seed, std::uint32_t stream) {
  const std::array key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  if (stream == 0) return key;
  const auto mixed = philox4x32({stream, 0x5eed, 0, 0}, key);
  return {mixed[0], mixed[1]};
}

// The counter is (index, step).
RandomBlock::RandomBlock(std::uint64_t seed, std::uint32_t stream, std::uint64_t step)
    : stream_(stream), step_(step), key_(random_key(seed, stream)) {}

std::array<std::uint32_t, 4> RandomBlock::words(std::uint64_t i) const {
  return philox4x32({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32),
                     static_cast<std::uint32_t>(step_), static_cast<std::uint32_t>(step_ >> 32)},
                    key_);
}

double RandomBlock::uniform(std::uint64_t i) const {
  const auto w = words(i);
  return static_cast<double>((std::uint64_t{w[0]} << 21) ^ (w[1] >> 11)) * 0x1p-53;
}

std::uint64_t RandomBlock::below(std::uint64_t i, std::uint64_t n) const {
  const auto w = words(i);
  const std::uint64_t bits = (std::uint64_t{w[0]} << 32) | w[1];
  return static_cast<std::uint64_t>((static_cast<Uint128>(bits) * n) >> 64);
}

RandomBlock Generator::next() { return {state_.seed, state_.stream, state_.step++}; }

Generator& default_generator() {
  static Generator generator{0};
  return generator;
}

void manual_seed(std::uint64_t seed) { default_generator().manual_seed(seed); }

}  // namespace percept
