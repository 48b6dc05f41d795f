// The Fréchet distance against SciPy's sqrtm.
#include <gtest/gtest.h>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::models {
namespace {

/// n samples of 5 numbers, a formula.
Tensor cloud(std::int64_t n) {
  const Tensor i = arange(n).to(f64).unsqueeze(1), j = arange(5).to(f64);
  return sin(i * 0.7 + j) + cos(i * 0.3 * (j + 1)) * 0.5 + sin(i * 1.9 * j) * 0.1;
}

TEST(FrechetDistance, IsWhatScipyFinds) {
  const Tensor x = cloud(60), y = cloud(40) * 2 + 0.5;
  EXPECT_NEAR(frechet_distance(x, y), 4.960798907164488, 1e-9);
  EXPECT_NEAR(frechet_distance(y, x), 4.960798907164488, 1e-9);
  EXPECT_NEAR(frechet_distance(x.to(f32), y.to(f32)), 4.960798907164488, 1e-5);
}

TEST(FrechetDistance, IsKnownWithoutRoots) {
  const Tensor x = cloud(60);
  EXPECT_NEAR(frechet_distance(x, x), 0, 1e-9);
  const Tensor shift = tensor({1., -2., 0., 2., 4.}, {.dtype = f64});
  EXPECT_NEAR(frechet_distance(x, x + shift), 25, 1e-9);
  // In one dimension (m - m')² + (s - s')²: means 1 and 4, deviations 1 and 3.
  EXPECT_NEAR(frechet_distance(tensor({{0.}, {1.}, {2.}}), tensor({{1.}, {4.}, {7.}})), 13, 1e-6);
  // Numbers that never vary, as those of a dead unit, and more numbers than samples.
  const Tensor flat = cat({x, zeros({60, 3}, {.dtype = f64})}, 1);
  EXPECT_NEAR(frechet_distance(flat, flat * 2), frechet_distance(x, x * 2), 1e-9);
  const Tensor few = cloud(3);
  EXPECT_NEAR(frechet_distance(few, few + shift), 25, 1e-6);
}

TEST(FrechetDistance, SaysWhatItTakes) {
  for (const auto& [x, y, shapes] :
       {std::tuple(cloud(3), cloud(1), "[3, 5] and [1, 5]"),
        std::tuple(cloud(3), cloud(3)[0], "[3, 5] and [5]"),
        std::tuple(cloud(3), cloud(4).narrow(1, 0, 2), "[3, 5] and [4, 2]")})
    EXPECT_EQ(thrown<ShapeError>([&a = x, &b = y] { frechet_distance(a, b); }),
              "frechet_distance: x and y have shapes " + std::string(shapes) +
                  ", expected (n, d) and (n', d) with two samples or more");
}

}  // namespace
}  // namespace percept::models
