// Philox4x32-10 for a vector of counters at a time, to the same words as percept::philox4x32.
// Compiled once per instruction set by foreach_target; the choice is made at the first call.
#include "engine/random.h"

#include <algorithm>
#include <array>

#include "base/parallel.h"
#include "base/random_key.h"

#include "engine/onednn/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/random.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef PERCEPT_ENGINE_ONEDNN_RANDOM
#define PERCEPT_ENGINE_ONEDNN_RANDOM
namespace percept::engine::onednn {

struct KeptDraw {
  std::array<std::uint32_t, 2> key;
  std::uint64_t step;
  std::uint32_t dropped;  // words >> 8 below it
  float factor;           // of the others
  float* kept;
  std::int64_t n;
};

}  // namespace percept::engine::onednn
#endif

HWY_BEFORE_NAMESPACE();
namespace percept::engine::onednn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void DrawKept(const KeptDraw& of, std::int64_t begin, std::int64_t end) {
  for (std::int64_t block = begin; block < end; ++block) {
    const auto b = static_cast<std::uint64_t>(block);
    const auto words =
        philox4x32({static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32),
                    static_cast<std::uint32_t>(of.step), static_cast<std::uint32_t>(of.step >> 32)},
                   of.key);
    for (std::int64_t i = 4 * block; i < std::min(of.n, 4 * block + 4); ++i)
      of.kept[i] = words[static_cast<std::size_t>(i % 4)] >> 8 < of.dropped ? 0.0f : of.factor;
  }
}

#else

constexpr hn::ScalableTag<std::uint64_t> pairs;  // a word in the lower half of each lane
constexpr hn::Repartition<std::uint32_t, decltype(pairs)> words;
constexpr hn::Repartition<std::int32_t, decltype(pairs)> numbers;
constexpr hn::Repartition<float, decltype(pairs)> floats;
using Pairs = hn::Vec<decltype(pairs)>;

/// The products of the lower halves, whatever the upper halves hold.
HWY_INLINE Pairs times(Pairs x, std::uint32_t factor) {
  return hn::MulEven(hn::BitCast(words, x), hn::Set(words, factor));
}

/// x and y of each lane side by side.
HWY_INLINE Pairs side_by_side(Pairs x, Pairs y) {
  return hn::BitCast(pairs,
                     hn::OddEven(hn::BitCast(words, hn::ShiftLeft<32>(y)), hn::BitCast(words, x)));
}

/// The words of as many blocks as a vector has lanes, the first being `block`, in order.
HWY_INLINE void words_of(const KeptDraw& of, std::uint64_t block, std::uint64_t* to) {
  auto k = of.key;
  const Pairs index = hn::Iota(pairs, block);
  Pairs c0 = index, c1 = hn::ShiftRight<32>(index), c2 = hn::Set(pairs, of.step),
        c3 = hn::Set(pairs, of.step >> 32);
  for (int round = 0; round < 10; ++round) {
    const Pairs p0 = times(c0, 0xD2511F53), p1 = times(c2, 0xCD9E8D57);
    c0 = hn::Xor3(hn::ShiftRight<32>(p1), c1, hn::Set(pairs, k[0]));
    c2 = hn::Xor3(hn::ShiftRight<32>(p0), c3, hn::Set(pairs, k[1]));
    c1 = p1, c3 = p0;
    k[0] += 0x9E3779B9, k[1] += 0xBB67AE85;
  }
  hn::StoreInterleaved2(side_by_side(c0, c1), side_by_side(c2, c3), pairs, to);
}

/// The elements of the blocks [begin, end).
void DrawKept(const KeptDraw& of, std::int64_t begin, std::int64_t end) {
  const auto blocks = static_cast<std::int64_t>(hn::Lanes(pairs));
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(floats));
  const auto dropped = hn::Set(numbers, static_cast<std::int32_t>(of.dropped));
  const auto factor = hn::Set(floats, of.factor);
  HWY_ALIGN std::uint64_t drawn[HWY_MAX_BYTES / 4];  // 4 words a lane of 8 bytes
  HWY_ALIGN float last[HWY_MAX_BYTES / 2];
  const auto* const from = reinterpret_cast<const std::uint32_t*>(drawn);
  for (std::int64_t block = begin; block < end; block += blocks) {
    words_of(of, static_cast<std::uint64_t>(block), drawn);
    const std::int64_t left = std::min(of.n, 4 * end) - 4 * block;
    float* const to = left >= 4 * blocks ? of.kept + 4 * block : last;
    for (std::int64_t i = 0; i < 4 * blocks; i += lanes) {
      const auto word = hn::BitCast(numbers, hn::ShiftRight<8>(hn::Load(words, from + i)));
      const auto drops = hn::RebindMask(floats, hn::Lt(word, dropped));
      hn::StoreU(hn::IfThenZeroElse(drops, factor), floats, to + i);
    }
    if (to == last) std::copy_n(last, left, of.kept + 4 * block);
  }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace percept::engine::onednn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace percept::engine::onednn {

HWY_EXPORT(DrawKept);

void draw_kept(const GeneratorState& from, double p, const Tensor& kept) {
  constexpr std::int64_t kGrain = 4096;  // blocks worth a thread
  const KeptDraw of{.key = random_key(from.seed, from.stream),
                    .step = from.step,
                    .dropped = dropped_below(p),
                    .factor = 1.0f / static_cast<float>(1 - p),
                    .kept = static_cast<float*>(kept.impl().data),
                    .n = kept.numel()};
  parallel_for((of.n + 3) / 4, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(DrawKept)(of, begin, end);
  });
}

}  // namespace percept::engine::onednn
#endif
