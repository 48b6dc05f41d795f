// Hooks, kept gradients, and guards that change what is recorded.
#include <gtest/gtest.h>

#include <cmath>

#include "autograd/numbers.h"
#include "percept/autograd/autograd.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/math.h"
#include "percept/ops/reduce.h"
#include "percept/tensor/factory.h"
#include "support/throws.h"

namespace percept {
namespace {

using testing::leaf;
using testing::Numbers;
using testing::numbers;

TEST(Hooks, OfALeafSeeItsWholeGradientOnce) {
  const Tensor x = leaf({3.});
  std::vector<Numbers> seen;
  x.register_hook([&](const Tensor& g) {
    seen.push_back(numbers(g));
    return g * 10;
  });
  (x * x).backward();
  EXPECT_EQ(seen, (std::vector<Numbers>{{6}}));
  EXPECT_EQ(numbers(x.grad()), (Numbers{60}));
  EXPECT_EQ(numbers(grad({x * x}, {x})[0]), (Numbers{60}));
  EXPECT_EQ(seen.size(), 2u);
}

TEST(Hooks, OfWhatLiesBetweenMayReplaceTheGradient) {
  const Tensor x = leaf({1., 2.});
  const Tensor y = x * 2;
  Numbers seen;
  y.register_hook([&](const Tensor& g) {
    seen = numbers(g);
    return Tensor();  // stays as it is
  });
  y.register_hook([](const Tensor& g) { return g * 5; });
  (y * 3 + y).sum().backward();
  EXPECT_EQ(seen, (Numbers{4, 4}));
  EXPECT_EQ(numbers(x.grad()), (Numbers{40, 40}));
}

TEST(Hooks, RunInOrderUntilTakenOff) {
  const Tensor x = leaf({1.});
  HookHandle plus = x.register_hook([](const Tensor& g) { return g + 1; });
  x.register_hook([](const Tensor& g) { return g * 10; });
  (x * 2).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{30}));
  plus.remove();
  plus.remove();  // twice is harmless
  Tensor(x).zero_grad();
  (x * 2).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{20}));
}

TEST(Hooks, NeedATensorWithAGradient) {
  EXPECT_EQ(
      thrown<AutogradError>([] { ones({2}).register_hook([](const Tensor& g) { return g; }); }),
      "register_hook: the tensor does not need a gradient");
}

TEST(RetainGrad, KeepsWhatTheHooksLeave) {
  const Tensor x = leaf({1., 2.});
  Tensor y = x * 2;
  y.retain_grad();
  y.retain_grad();
  y.register_hook([](const Tensor& g) { return g * 5; });
  const Tensor z = y.sum();
  z.backward({}, true);
  EXPECT_EQ(numbers(y.grad()), (Numbers{5, 5}));
  z.backward();
  EXPECT_EQ(numbers(y.grad()), (Numbers{10, 10}));  // adds up, as a leaf's
  EXPECT_FALSE((x * 2).grad().defined());
  Tensor w = x;
  w.retain_grad();  // of a leaf: has no effect
  EXPECT_TRUE(w.is_leaf());
}

TEST(GradMode, NoGradGuardRecordsNothing) {
  const Tensor x = leaf({1.});
  {
    const NoGradGuard guard;
    EXPECT_FALSE(grad_enabled());
    EXPECT_FALSE((x * 2).requires_grad());
    {
      const EnableGradGuard enable;
      EXPECT_TRUE((x * 2).requires_grad());
    }
    EXPECT_FALSE((x * 2).requires_grad());
  }
  EXPECT_TRUE((x * 2).requires_grad());
}

TEST(GradMode, WhatInferenceGuardMakesStaysOutOfGraphs) {
  const Tensor x = leaf({1.});
  Tensor made;
  {
    const InferenceGuard guard;
    EXPECT_TRUE(inference_mode());
    made = x * 2;
    EXPECT_FALSE(made.requires_grad());
  }
  EXPECT_EQ(thrown<AutogradError>([&] { x* made; }),
            "MulBackward0: a tensor made under InferenceGuard cannot be kept for backward; hint: "
            ".clone() it outside the guard");
  EXPECT_EQ(thrown<AutogradError>([&] { made.requires_grad_(); }),
            "requires_grad_: the tensor was made under InferenceGuard; hint: .clone() it outside "
            "the guard");
  (x * made.clone()).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{2}));
}

TEST(Detach, SharesTheDataOutsideTheGraph) {
  const Tensor x = leaf({1., 2.});
  const Tensor y = x * 3;
  Tensor cut = y.detach();
  EXPECT_FALSE(cut.requires_grad());
  EXPECT_EQ(cut.grad_fn(), nullptr);
  cut.at<double>(0) = 100;
  EXPECT_EQ(numbers(y), (Numbers{100, 6}));
  (y * y.detach()).sum().backward();  // only one factor counts: 3 y
  EXPECT_EQ(numbers(x.grad()), (Numbers{300, 18}));
}

TEST(Anomaly, NamesTheOperationThatMadeNanForward) {
  const AnomalyGuard guard;
  const Tensor x = leaf({1., -1.});
  EXPECT_EQ(thrown<DivergedError>([&] { log(x); }),
            "anomaly: LogBackward0 made NaN or Inf in its forward result of shape [2] from finite "
            "inputs");
  const Tensor infinite = leaf({INFINITY});
  EXPECT_EQ(numbers(infinite * 2), (Numbers{INFINITY}));  // was not made here
}

TEST(Anomaly, NamesTheOperationThatMadeInfBackward) {
  const AnomalyGuard guard;
  const Tensor x = leaf({0., 1.});
  const Tensor y = sqrt(x).sum();
  EXPECT_EQ(thrown<DivergedError>([&] { y.backward(); }),
            "anomaly: SqrtBackward0 made NaN or Inf in its gradient of input 0, shape [2], from a "
            "finite one");
}

TEST(Anomaly, EndsWithItsGuard) {
  const Tensor x = leaf({-1.});
  { const AnomalyGuard guard; }
  EXPECT_TRUE(std::isnan(log(x).item()));
}

}  // namespace
}  // namespace percept
