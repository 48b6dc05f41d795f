#include "percept/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "percept/ops/arithmetic.h"
#include "percept/ops/reduce.h"
#include "percept/ops/sort.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

// Known answers of Random123, the authors' own library.
TEST(Philox, GivesTheKnownAnswers) {
  using Words = std::array<std::uint32_t, 4>;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t all = 0xffffffff;
  EXPECT_EQ(philox4x32({all, all, all, all}, {all, all}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Generator, GoesOnFromASavedState) {
  Generator generator(7);
  rand({5}, {}, &generator);
  const GeneratorState state = generator.state();
  const Tensor first = randn({5}, {}, &generator);
  generator.set_state(state);
  EXPECT_TRUE(equal(first, randn({5}, {}, &generator)));
  EXPECT_FALSE(equal(first, randn({5}, {}, &generator)));
}

TEST(Generator, StreamsAndSeedsDiffer) {
  std::set<std::uint32_t> seen;
  for (std::uint64_t seed : {0, 1, 2})
    for (std::uint32_t stream : {0u, 1u, 2u})
      for (std::uint64_t step : {0, 1, 2}) seen.insert(RandomBlock(seed, stream, step).words(0)[0]);
  EXPECT_EQ(seen.size(), 27u);
}

TEST(Random, MomentsAreThoseOfTheDistribution) {
  manual_seed(3);
  constexpr std::int64_t n = 200000;
  const double error =
      5 / std::sqrt(static_cast<double>(n));  // five standard errors, at unit variance
  for (Dtype dtype : {f32, f64}) {
    const Tensor u = rand({n}, {.dtype = dtype}), z = randn({n}, {.dtype = dtype});
    EXPECT_NEAR(u.to(f64).mean().item(), 0.5, error * std::sqrt(1.0 / 12));
    EXPECT_NEAR(var(u.to(f64)).item(), 1.0 / 12, error * 0.1);
    EXPECT_GE(u.min().item(), 0);
    EXPECT_LT(u.max().item(), 1);
    EXPECT_NEAR(z.to(f64).mean().item(), 0, error);
    EXPECT_NEAR(var(z.to(f64)).item(), 1, error * 1.5);
    EXPECT_NEAR(z.to(f64).pow(4).mean().item(), 3, error * 10);
  }
}

TEST(Random, IntegersAreUniformAndInRange) {
  manual_seed(4);
  const std::vector<std::int64_t> draws = randint(-3, 4, {70000}).to_vector<std::int64_t>();
  std::vector<int> counts(7);
  for (std::int64_t x : draws) ++counts.at(static_cast<std::size_t>(x + 3));
  for (int count : counts) EXPECT_NEAR(count, 10000, 5 * std::sqrt(10000.0));
}

TEST(Random, APermutationHoldsEveryNumberOnce) {
  manual_seed(5);
  const Tensor order = randperm(1000);
  EXPECT_TRUE(equal(sort(order).values, arange(1000)));
  EXPECT_FALSE(equal(order, arange(1000)));
  EXPECT_EQ(randperm(0).numel(), 0);
}

}  // namespace
}  // namespace percept
