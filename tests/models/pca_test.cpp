// Principal components against NumPy's eigenvalues.
#include <gtest/gtest.h>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::models {
namespace {

/// 60 samples of 5 numbers, a formula.
Tensor waves() {
  const Tensor i = arange(60).to(f64).unsqueeze(1), j = arange(5).to(f64);
  return sin(i * 0.7 + j) + cos(i * 0.3 * (j + 1)) * 0.5 + sin(i * 1.9 * j) * 0.1;
}

TEST(Pca, IsWhatNumpyFinds) {
  const Pca found = pca(waves(), 3, {.tolerance = 1e-14});
  EXPECT_TRUE(allclose(found.variances, tensor({1.71187887, 1.0969176, 0.14334092}, {.dtype = f64}),
                       {.rtol = 1e-7}));
  EXPECT_TRUE(allclose(matmul(found.components, found.components.t()), eye(3, {.dtype = f64})));
  const Tensor first = found.components[0] * sign(found.components[0][0]);
  EXPECT_TRUE(
      allclose(first,
               tensor({0.518828931, 0.476367099, -0.000391274996, -0.482429983, -0.520722657},
                      {.dtype = f64}),
               {.rtol = 1e-5, .atol = 1e-6}));
  const Pca two = pca(waves(), 2);
  EXPECT_NEAR(mse_loss(two.decode(two.encode(waves())), waves()).item(), 0.07912969863178979, 1e-9);
  const Pca all = pca(waves(), 5);
  EXPECT_TRUE(allclose(all.decode(all.encode(waves())), waves()));
}

TEST(Pca, FindsNoMoreThanThereIs) {
  const Tensor line = arange(10).to(f64).unsqueeze(1) * tensor({1., 2., 2.}, {.dtype = f64});
  const Pca found = pca(line, 2);
  ASSERT_EQ(found.components.size(0), 1);
  EXPECT_TRUE(allclose(abs(found.components[0]), tensor({1. / 3, 2. / 3, 2. / 3}, {.dtype = f64})));
  EXPECT_NEAR(found.variances.item(), 8.25 * 9, 1e-9);
  EXPECT_EQ(thrown<ValueError>([&] { pca(line, 4); }), "pca: found 4 components, allowed 1 to 3");
  EXPECT_EQ(thrown<ShapeError>([] {
              pca(tensor({1., 2.}), 1);
            }),
            "pca: x has shape [2], expected (n, d) with a sample");
}

}  // namespace
}  // namespace percept::models
