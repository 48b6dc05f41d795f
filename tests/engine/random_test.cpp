// Random numbers in bulk: those that percept/base/random.h gives one by one.
#include "engine/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "percept/base/parallel.h"
#include "percept/ops/reduce.h"
#include "percept/ops/softmax.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

TEST(DrawKept, EnginesAgreeWithTheWordsOneByOne) {
  const int threads = num_threads();
  const std::uint64_t large = std::uint64_t{3} << 40;
  for (const GeneratorState& from : {GeneratorState{0, 0, 0}, GeneratorState{7, 0, 5},
                                     GeneratorState{large + 1, 9, 2}, GeneratorState{1, 2, large}})
    for (const double p : {0.0, 1e-9, 0.1, 0.5, 0.99999999})
      for (const std::int64_t n : {0, 1, 4, 6, 31, 32, 33, 100, 70003})
        for (const int count : {1, 2, 3}) {
          set_num_threads(count);
          const Tensor fast = empty({n}), slow = empty({n}), wide = empty({n}, {.dtype = f64});
          engine::onednn::draw_kept(from, p, fast);
          engine::reference::draw_kept(from, p, slow);
          engine::reference::draw_kept(from, p, wide);
          const RandomBlock block(from.seed, from.stream, from.step);
          for (std::int64_t i = 0; i < n; ++i) {
            const auto at = static_cast<std::uint64_t>(i);
            const double u = static_cast<double>(block.words(at / 4)[at % 4] >> 8) * 0x1p-24;
            const float factor = u < p ? 0.0f : 1.0f / static_cast<float>(1 - p);
            ASSERT_EQ(fast.at<float>(i), factor) << i << " of " << n << ", p " << p;
            ASSERT_EQ(slow.at<float>(i), factor) << i << " of " << n << ", p " << p;
            ASSERT_EQ(wide.at<double>(i), u < p ? 0 : 1 / (1 - p)) << i << " of " << n;
          }
        }
  set_num_threads(threads);
}

TEST(Dropout, DropsItsShare) {
  constexpr std::int64_t n = 1000000;
  Generator generator(11);
  for (const double p : {0.01, 0.25, 0.5, 0.9}) {
    const Tensor y = dropout(ones({n}), {.p = p, .generator = &generator});
    const double kept = sum(y).item() * (1 - p) / n;
    EXPECT_NEAR(kept, 1 - p, 5 * std::sqrt(p * (1 - p) / n)) << p;
  }
}

}  // namespace
}  // namespace percept
