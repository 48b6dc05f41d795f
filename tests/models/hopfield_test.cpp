// Hopfield's network: energies by hand, what it recalls, and that energy never rises.
#include <gtest/gtest.h>

#include <algorithm>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::models {
namespace {

Tensor two_patterns() {
  return tensor({{1., 1., 1., -1., -1., -1.}, {1., -1., 1., -1., 1., -1.}}, {.dtype = f64});
}

/// Rows of 1 and -1.
Tensor random_patterns(std::int64_t count, std::int64_t units, Generator& generator) {
  return randint(0, 2, {count, units}, {.dtype = i64}, &generator).to(f64) * 2 - 1;
}

TEST(Hopfield, EnergiesByHand) {
  Hopfield net(6, f64);
  audit(net);
  net.store(two_patterns());
  // W = p1 p1ᵀ + p2 p2ᵀ without its diagonal; E = -½ ((p1·s)² + (p2·s)² - 2 · 6).
  EXPECT_TRUE(equal(net.energy(two_patterns()), tensor({-14., -14.}, {.dtype = f64})));
  const Tensor start = tensor({-1., 1., 1., -1., -1., -1.}, {.dtype = f64});
  EXPECT_EQ(net.energy(start).item(), -2);
  const Recall recall = net.recall(start);
  EXPECT_TRUE(recall.settled);
  EXPECT_EQ(recall.energy, (std::vector<double>{-2, -14}));
  EXPECT_TRUE(equal(recall.state, two_patterns()[0]));
  EXPECT_TRUE(equal(net(two_patterns()), two_patterns()));  // both rest
}

TEST(Hopfield, EnergyNeverRisesUnitByUnit) {
  Generator generator(3);
  for (const Storage how : {Storage::hebbian, Storage::pseudo_inverse})
    for (int trial = 0; trial < 20; ++trial) {
      Hopfield net(60, f64);
      net.store(random_patterns(1 + trial, 60, generator), how);
      const Tensor start = random_patterns(1, 60, generator)[0];
      const Recall recall = net.recall(start, {.generator = &generator});
      EXPECT_TRUE(recall.settled);
      EXPECT_TRUE(std::is_sorted(recall.energy.rbegin(), recall.energy.rend()));
      EXPECT_NEAR(recall.energy.front(), net.energy(start).item(), 1e-9);
      EXPECT_NEAR(recall.energy.back(), net.energy(recall.state).item(), 1e-9);
      EXPECT_TRUE(equal(net(recall.state), recall.state)) << "a place of rest";
    }
}

TEST(Hopfield, PseudoInverseKeepsPatternsThatAreAlike) {
  Generator generator(5);
  Tensor patterns = ones({12, 1}, {.dtype = f64}) * random_patterns(1, 100, generator);
  for (std::int64_t i = 0; i < 12; ++i)  // each differs from the first in 20 units
    for (std::int64_t unit = 0; unit < 20; ++unit)
      patterns.at<double>(i, (7 * i + 3 * unit * (i % 3 + 1)) % 100) *= -1;
  Hopfield net(100, f64);
  net.store(patterns);
  EXPECT_FALSE(equal(net(patterns), patterns));
  net.store(patterns, Storage::pseudo_inverse);
  EXPECT_TRUE(equal(net(patterns), patterns));
  // The weights are those of the projection onto the patterns: Pᵀ (P Pᵀ)⁻¹ P, whose trace is their
  // number and which maps each of them to itself; the diagonal was taken out.
  const Tensor p = patterns[4];
  const Tensor projected = matmul(net.weight, p);
  const Tensor diagonal = (p - projected) / p;
  EXPECT_NEAR(diagonal.sum().item(), 12, 1e-9);
  EXPECT_TRUE(allclose(matmul(net.weight, patterns[7]) + diagonal * patterns[7], patterns[7]));
  // A pattern that is stored twice changes nothing.
  const Tensor before = net.weight.clone();
  net.store(cat({patterns, patterns}), Storage::pseudo_inverse);
  EXPECT_TRUE(allclose(net.weight, before));
}

TEST(Hopfield, AllAtOnceMayTakeTurns) {
  // Two units that want to be alike: (1, -1) becomes (-1, 1) and comes back.
  Hopfield net(2);
  net.store(tensor({{1., 1.}}));
  const Tensor s = tensor({1., -1.});
  EXPECT_TRUE(equal(net(s), -s));
  EXPECT_TRUE(equal(net(net(s)), s));
  EXPECT_TRUE(net.recall(s).settled);
}

TEST(Hopfield, RefusesWhatIsNoPattern) {
  Hopfield net(3);
  EXPECT_EQ(thrown<ShapeError>([&] {
              net.store(tensor({1., 1., 1.}));
            }),
            "Hopfield: patterns has shape [3], expected (count, 3)");
  EXPECT_EQ(thrown<ValueError>([&] {
              net.store(tensor({{1., 0., 1.}}));
            }),
            "Hopfield: a pattern has a value that is neither 1 nor -1");
  EXPECT_EQ(thrown<ShapeError>([&] {
              net.recall(tensor({1., 1.}));
            }),
            "Hopfield: state has shape [2], expected (3)");
  EXPECT_EQ(thrown<ValueError>([] { Hopfield(0); }), "Hopfield: needs at least 1 unit, found 0");
}

}  // namespace
}  // namespace percept::models
