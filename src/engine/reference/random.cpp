#include "engine/random.h"

#include "base/parallel.h"

namespace percept::engine::reference {
namespace {

template <class T>
void draw_kept_of(const RandomBlock& block, double p, T* kept, std::int64_t n) {
  constexpr std::int64_t kGrain = 4096;  // elements worth a thread
  const std::uint32_t dropped = dropped_below(p);
  const T factor = T(1) / static_cast<T>(1 - p);
  parallel_for(n, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const auto index = static_cast<std::uint64_t>(i);
      kept[i] = block.words(index / 4)[index % 4] >> 8 < dropped ? T(0) : factor;
    }
  });
}

}  // namespace

void draw_kept(const GeneratorState& from, double p, const Tensor& kept) {
  const RandomBlock block(from.seed, from.stream, from.step);
  if (kept.dtype() == f64)
    draw_kept_of(block, p, static_cast<double*>(kept.impl().data), kept.numel());
  else
    draw_kept_of(block, p, static_cast<float*>(kept.impl().data), kept.numel());
}

}  // namespace percept::engine::reference
