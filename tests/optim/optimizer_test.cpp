// What all optimisers share: groups, errors, states, and the check for parameters nobody visits.
#include "percept/optim/optimizer.h"

#include <gtest/gtest.h>

#include "percept/nn/linear.h"
#include "percept/nn/module.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/reduce.h"
#include "percept/optim/sgd.h"
#include "percept/base/error.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

Tensor leaf(const NestedList& numbers) { return tensor(numbers, {.dtype = f64, .requires_grad = true}); }

TEST(Optimizer, SgdStepsByHand) {
  Tensor a = leaf({1, 2}), b = leaf({3.0}), untouched = leaf({5.0});
  optim::SGD sgd({{.params = {a, untouched}}, {.params = {b}, .options = {{"lr", 0.01}}}},
                 {.lr = 0.1, .momentum = 0.5});
  for (int i = 0; i < 2; ++i) {
    sgd.zero_grad();
    EXPECT_FALSE(a.grad().defined());
    (sum(a * a) + sum(b * b)).backward();
    sgd.step();
  }
  // a: g = 2a; b1 = 2a, a1 = a - 0.1 b1 = 0.8 a; b2 = 0.5 * 2a + 1.6a = 2.6a, a2 = 0.54 a
  EXPECT_NEAR(a.at<double>(0), 0.54, 1e-15);
  EXPECT_NEAR(a.at<double>(1), 1.08, 1e-15);
  // b: b1 = 6, 2.94; b2 = 3 + 5.88, 2.8512
  EXPECT_NEAR(b.at<double>(0), 2.8512, 1e-14);
  EXPECT_EQ(untouched.at<double>(0), 5.0);
}

}  // namespace
}  // namespace percept
