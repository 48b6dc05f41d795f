// A Transformer that continues sequences: its size by hand, that it cannot look ahead, that it
// learns, and how it chooses.
#include "percept/models/causal_transformer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/join.h"
#include "percept/ops/loss.h"
#include "percept/ops/reduce.h"
#include "percept/ops/softmax.h"
#include "percept/ops/view.h"
#include "percept/optim/adam.h"
#include "percept/tensor/factory.h"
#include "support/throws.h"

namespace percept::models {
namespace {

const CausalTransformerOptions kTiny{
    .max_len = 6, .width = 8, .heads = 2, .layers = 2, .feedforward = 12};

TEST(CausalTransformer, ParameterCountByHand) {
  CausalTransformer net(5, kTiny);
  std::int64_t count = 0;
  for (const Tensor& p : net.parameters()) count += p.numel();
  // a layer: 3·8·8+24 and 8·8+8 of attention, 12·8+12 and 8·12+8 behind it, two norms of 16
  EXPECT_EQ(count, 5 * 8 + 6 * 8 + 2 * (216 + 72 + 108 + 104 + 32) + 16 + 5 * 8 + 5);
  nn::audit(net);
}

TEST(CausalTransformer, DoesNotLookAhead) {
  manual_seed(3);
  CausalTransformer net(5, kTiny);
  const NoGradGuard no_grad;
  const Tensor a = tensor({{0, 1, 2, 3, 4, 0}}), b = tensor({{0, 1, 2, 4, 1, 3}});
  const Tensor x = net(a), y = net(b);
  EXPECT_EQ(x.shape(), (Shape{1, 6, 5}));
  EXPECT_TRUE(allclose(x.narrow(1, 0, 3), y.narrow(1, 0, 3)));
  EXPECT_FALSE(allclose(x.narrow(1, 3, 3), y.narrow(1, 3, 3)));
  for (const Tensor& weights : net.attention(a)) {
    EXPECT_EQ(weights.shape(), (Shape{1, 2, 6, 6}));
    EXPECT_TRUE(allclose(sum(weights, {3}), ones({1, 2, 6})));
    for (std::int64_t i = 0; i + 1 < 6; ++i)
      EXPECT_EQ(sum(weights.select(2, i).narrow(2, i + 1, 5 - i)).item(), 0) << i;
  }
}

TEST(CausalTransformer, LearnsToCountAndGoesOnBeyondItsLength) {
  manual_seed(1);
  CausalTransformer net(5, kTiny);
  optim::Adam optimizer(net.parameters(), {.lr = 0.01});
  const Tensor starts = arange(5).unsqueeze(1), all = remainder(starts + arange(7), tensor(5));
  for (int step = 0; step < 150; ++step) {
    optimizer.zero_grad();
    cross_entropy(net(all.narrow(1, 0, 6)).flatten(0, 1), all.narrow(1, 1, 6).flatten()).backward();
    optimizer.step();
  }
  EXPECT_TRUE(
      equal(net.generate(tensor({{3}, {0}}), 11),
            tensor({{3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4}, {0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1}})));
  EXPECT_TRUE(equal(net.generate(tensor({{3, 4}}), 0), tensor({{3, 4}})));
}

TEST(CausalTransformer, DrawsByItsProbabilities) {
  manual_seed(2);
  CausalTransformer net(4, kTiny);
  constexpr double kTemperature = 0.7;
  constexpr std::int64_t kDraws = 20000;
  Tensor expected;
  {
    const NoGradGuard no_grad;
    expected = softmax(net(tensor({{1}})).select(1, 0).select(0, 0) / kTemperature, 0);
  }
  Generator generator(5), again(5);
  const Tensor start = full({kDraws, 1}, 1);
  const Tensor drawn =
      net.generate(start, 1, {.temperature = kTemperature, .generator = &generator}).select(1, 1);
  for (std::int64_t token = 0; token < 4; ++token) {
    const double p = expected[token].item(), share = mean((drawn == token).to(f64)).item();
    EXPECT_NEAR(share, p, 5 * std::sqrt(p * (1 - p) / kDraws)) << token;
  }
  EXPECT_TRUE(equal(
      drawn,
      net.generate(start, 1, {.temperature = kTemperature, .generator = &again}).select(1, 1)));
}

TEST(CausalTransformer, RefusesWhatItCannotContinue) {
  CausalTransformer net(5, kTiny);
  EXPECT_EQ(thrown<ShapeError>([&] {
              net.generate(tensor({1, 2}), 1);
            }),
            "generate: expects tokens (N, L) with L of at least 1, found [2]");
  EXPECT_EQ(thrown<ValueError>([&] {
              net.generate(tensor({{1, 2}}), -1);
            }),
            "generate: count and temperature must not be negative, found -1 and 0");
  EXPECT_EQ(thrown<ValueError>([&] {
              net.generate(tensor({{1, 2}}), 1, {.temperature = -2});
            }),
            "generate: count and temperature must not be negative, found 1 and -2");
}

}  // namespace
}  // namespace percept::models
