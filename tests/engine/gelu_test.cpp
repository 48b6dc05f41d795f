// GELU in vectors against the error function of the standard library, in f64.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "percept/autograd/grad_mode.h"
#include "percept/percept.h"

namespace percept {
namespace {

double normal_cdf(double x) { return std::erfc(-x * M_SQRT1_2) / 2; }

TEST(Gelu, EnginesAgreeWithTheErrorFunction) {
  Tensor x = linspace(-9, 9, 360001).requires_grad_();
  const Tensor y = gelu(x);
  const Tensor dx = grad({y}, {x}, {ones(y.shape())})[0];
  double worst = 0, worst_gradient = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const double at = static_cast<double>(x.at<float>(i)), cdf = normal_cdf(at);
    const double density = std::exp(-at * at / 2) * M_2_SQRTPI * M_SQRT1_2 / 2;
    const double off = std::abs(static_cast<double>(y.at<float>(i)) - at * cdf);
    if (at > -5 && at != 0) worst = std::max(worst, off / std::abs(at * cdf));
    EXPECT_LE(off, 1e-6) << at;
    worst_gradient = std::max(worst_gradient,
                              std::abs(static_cast<double>(dx.at<float>(i)) - cdf - at * density));
  }
  EXPECT_LE(worst, 2e-6);
  EXPECT_LE(worst_gradient, 5e-7);
}

TEST(Gelu, EnginesAgreeAtTheEnds) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> y =
      gelu(tensor({-infinity, -40.0, -0.0, 0.0, 40.0, infinity, std::nan("")})).to_vector<float>();
  EXPECT_TRUE(std::isnan(y[0]));  // -inf times 0, as in PyTorch
  EXPECT_EQ(y[1], 0);
  EXPECT_EQ(y[2], 0);
  EXPECT_EQ(y[3], 0);
  EXPECT_EQ(y[4], 40);
  EXPECT_EQ(y[5], infinity);
  EXPECT_TRUE(std::isnan(y[6]));
}

}  // namespace
}  // namespace percept
