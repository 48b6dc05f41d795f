// What backward() and grad() do to graphs. Expected numbers are worked out by hand.
#include <gtest/gtest.h>

#include "autograd/numbers.h"
#include "percept/autograd/autograd.h"
#include "percept/base/error.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/math.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "support/throws.h"

namespace percept {
namespace {

using testing::leaf;
using testing::Numbers;
using testing::numbers;

TEST(Backward, GradientsAccumulate) {
  Tensor x = leaf({1., 2.});
  EXPECT_FALSE(x.grad().defined());
  square(x).sum().backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{2, 4}));
  const Tensor held = x.grad();
  (x * 10).sum().backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{12, 14}));
  EXPECT_EQ(numbers(held), (Numbers{12, 14}));  // the same tensor
  x.zero_grad();
  EXPECT_FALSE(x.grad().defined());
}

TEST(Backward, ALeafUsedSeveralTimesGetsTheSum) {
  const Tensor x = leaf({3.});
  (x * x + x * x * x).backward();  // 2x + 3x^2
  EXPECT_EQ(numbers(x.grad()), (Numbers{33}));
}

TEST(Backward, TakesAGradientOfTheOutput) {
  const Tensor x = leaf({1., 2., 3.});
  square(x).backward(tensor({1., 10., 100.}, {.dtype = f64}));
  EXPECT_EQ(numbers(x.grad()), (Numbers{2, 40, 600}));
}

TEST(Backward, OfSeveralOutputs) {
  const Tensor x = leaf({1., 2.});
  backward({square(x).sum(), x * 3}, {Tensor(), tensor({1., 2.}, {.dtype = f64})});
  EXPECT_EQ(numbers(x.grad()), (Numbers{5, 10}));
}

TEST(Backward, OfALeafItself) {
  const Tensor x = leaf(4.);
  x.backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{1}));
}

TEST(Backward, ASecondTimeNeedsRetainGraph) {
  const Tensor x = leaf({2.});
  const Tensor kept = x * x;
  kept.backward({}, true);
  kept.backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{8}));
  EXPECT_EQ(thrown<AutogradError>([&] { kept.backward(); }),
            "MulBackward0: backward a second time through a graph that was freed after the first; "
            "hint: pass retain_graph = true the first time");
  const Tensor linear = x * 3 + 1;  // which keeps no tensor may be walked again, as in PyTorch
  linear.backward();
  linear.backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{14}));
}

TEST(Backward, WrongCalls) {
  const Tensor x = leaf({1., 2.}), free = tensor({1., 2.});
  const Tensor y = x * 2;
  EXPECT_EQ(
      thrown<AutogradError>([&] { y.backward(); }),
      "backward: an output of shape [2] needs a gradient argument; only one of a single element "
      "may go without");
  EXPECT_EQ(thrown<ShapeError>([&] { y.backward(ones({3})); }),
            "backward: the gradient has shape [3], the output [2]");
  EXPECT_EQ(thrown<AutogradError>([&] { free.backward(ones({2})); }),
            "backward: the output of shape [2] does not depend on anything that needs a gradient; "
            "hint: requires_grad_() on a leaf, and no NoGradGuard");
  EXPECT_EQ(thrown<ValueError>([&] {
              backward({y, y}, {ones({2})});
            }),
            "backward: 2 outputs but 1 gradients");
  EXPECT_EQ(thrown<AutogradError>([&] { grad({y.sum()}, {free}); }),
            "grad: input 0 of shape [2] does not need a gradient; hint: requires_grad_()");
  EXPECT_EQ(thrown<AutogradError>([&] {
              tensor({1, 2}).requires_grad_();
            }),
            "requires_grad_: only real tensors have gradients, this is i64");
  EXPECT_EQ(thrown<AutogradError>([&] {
              Tensor z = x * 2;
              z.requires_grad_(false);
            }),
            "requires_grad_: only a leaf's flag can be cleared; hint: .detach()");
  Tensor w = x;
  EXPECT_EQ(thrown<ShapeError>([&] { w.set_grad(ones({3})); }),
            "set_grad: a gradient of shape [3] and type f32 for a tensor of [2] and f64");
}

TEST(Grad, LeavesGradAlone) {
  const Tensor x = leaf({1., 2.}), w = leaf({3., 4.});
  const std::vector<Tensor> dy = grad({(x * w).sum()}, {x, w});
  EXPECT_EQ(numbers(dy[0]), (Numbers{3, 4}));
  EXPECT_EQ(numbers(dy[1]), (Numbers{1, 2}));
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(w.grad().defined());
}

TEST(Grad, OfWhatLiesBetween) {
  const Tensor x = leaf({1., 2.});
  const Tensor middle = square(x);
  const Tensor y = (middle * 5).sum();
  EXPECT_EQ(numbers(grad({y}, {middle}, {}, {.retain_graph = true})[0]), (Numbers{5, 5}));
  const std::vector<Tensor> both = grad({y}, {middle, x});
  EXPECT_EQ(numbers(both[0]), (Numbers{5, 5}));
  EXPECT_EQ(numbers(both[1]), (Numbers{10, 20}));
  EXPECT_EQ(numbers(grad({middle}, {middle}, {ones({2}, {.dtype = f64})})[0]), (Numbers{1, 1}));
}

TEST(Grad, AnUnusedInputIsAnErrorUnlessAllowed) {
  const Tensor x = leaf({1., 2.}), other = leaf({1., 2., 3.});
  EXPECT_EQ(thrown<AutogradError>([&] { grad({x.sum()}, {other}); }),
            "grad: input 0 of shape [3] was not used to compute the outputs; hint: allow_unused = "
            "true gives an undefined tensor");
  const auto dy = grad({x.sum()}, {x, other}, {}, {.allow_unused = true});
  EXPECT_EQ(numbers(dy[0]), (Numbers{1, 1}));
  EXPECT_FALSE(dy[1].defined());
}

TEST(Grad, CreateGraphTwiceGivesTheThirdDerivative) {
  const Tensor x = leaf({2., -1.});
  const Tensor first = grad({pow(x, 3).sum()}, {x}, {}, {.create_graph = true})[0];
  const Tensor second = grad({first.sum()}, {x}, {}, {.create_graph = true})[0];
  const Tensor third = grad({second.sum()}, {x})[0];
  EXPECT_EQ(numbers(first), (Numbers{12, 3}));
  EXPECT_EQ(numbers(second), (Numbers{12, -6}));
  EXPECT_EQ(numbers(third), (Numbers{6, 6}));
}

TEST(Grad, APenaltyOnTheGradientTrains) {
  const Tensor x = leaf({3.});
  const Tensor g = grad({square(x).sum()}, {x}, {}, {.create_graph = true})[0];  // 2x
  square(g).sum().backward();                                                    // 8x
  EXPECT_EQ(numbers(x.grad()), (Numbers{24}));
}

TEST(Backward, BroadcastDimensionsAreSummed) {
  const Tensor a = leaf({{1.}, {2.}}), b = leaf({10., 20., 30.}), c = leaf(2.);
  (a * b * c).sum().backward();  // a (2,1), b (3), c ()
  EXPECT_EQ(a.grad().shape(), (Shape{2, 1}));
  EXPECT_EQ(numbers(a.grad()), (Numbers{120, 120}));
  EXPECT_EQ(numbers(b.grad()), (Numbers{6, 6, 6}));
  EXPECT_EQ(c.grad().shape(), Shape{});
  EXPECT_EQ(numbers(c.grad()), (Numbers{180}));
}

TEST(Backward, EachGradientHasItsLeafsType) {
  const Tensor half = leaf({1., 2.}, bf16), single = leaf({3., 4.}, f32), wide = leaf({5., 6.});
  const Tensor y = half.to(f32) * single * wide;
  EXPECT_EQ(y.dtype(), f64);
  y.sum().backward();
  EXPECT_EQ(half.grad().dtype(), bf16);
  EXPECT_EQ(single.grad().dtype(), f32);
  EXPECT_EQ(wide.grad().dtype(), f64);
  EXPECT_EQ(numbers(half.grad()), (Numbers{15, 24}));
  EXPECT_EQ(numbers(single.grad()), (Numbers{5, 12}));
  EXPECT_EQ(numbers(wide.grad()), (Numbers{3, 8}));
}

TEST(Backward, AtTheKinksAsInPyTorch) {
  const auto at = [](Tensor (*f)(const Tensor&), double x) {
    const Tensor point = leaf({x});
    f(point).sum().backward();
    return point.grad().item();
  };
  EXPECT_EQ(at(relu, 0), 0);
  EXPECT_EQ(at(abs, 0), 0);
  EXPECT_EQ(at(sign, 1), 0);
  EXPECT_EQ(at([](const Tensor& x) { return clamp(x, -1, 1); }, 1), 1);
  EXPECT_EQ(at([](const Tensor& x) { return clamp(x, -1, 1); }, -1), 1);
  EXPECT_EQ(at([](const Tensor& x) { return leaky_relu(x, 0.25); }, 0), 0.25);
  EXPECT_EQ(at([](const Tensor& x) { return norm(x); }, 0), 0);
  EXPECT_EQ(at([](const Tensor& x) { return maximum(x, zeros({1}, {.dtype = f64})); }, 0), 0.5);
  EXPECT_EQ(at([](const Tensor& x) { return pow(x, 0); }, 0), 0);

  const Tensor ties = leaf({1., 3., 3.});
  max(ties).backward();
  EXPECT_EQ(numbers(ties.grad()), (Numbers{0, 0.5, 0.5}));
  const Tensor first = leaf({1., 3., 3.});
  max(first, 0).values.backward();
  EXPECT_EQ(numbers(first.grad()), (Numbers{0, 1, 0}));
}

TEST(Backward, AChainOf200000NodesIsNoRecursion) {
  const Tensor x = leaf({1.}, f32);
  {
    Tensor y = x;
    for (int i = 0; i < 200000; ++i) y = y + 1;
    y.backward();
    EXPECT_EQ(y.item(), 200001);
    EXPECT_EQ(x.grad().item(), 1);
  }  // its end is none either
  EXPECT_EQ(x.impl().use_count(), 1);
}

TEST(Backward, ADeepDiamondIsWalkedOnce) {
  const Tensor x = leaf({1.});
  Tensor y = x;
  for (int i = 0; i < 60; ++i) y = y + y;  // 2^60 paths
  y.backward();
  EXPECT_EQ(x.grad().item(), 0x1p60);
}

TEST(Backward, AnExceptionLeavesTheGraphUsable) {
  const Tensor x = leaf({2.});
  const Tensor y = x * x;
  int calls = 0;
  HookHandle hook = x.register_hook([&](const Tensor&) -> Tensor {
    if (++calls == 1) throw ValueError("from a hook");
    return {};
  });
  EXPECT_EQ(thrown<ValueError>([&] { y.backward({}, true); }), "from a hook");
  y.backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{4}));
}

TEST(Backward, MatrixProductsByHand) {
  const Tensor a = leaf({{1., 2.}, {3., 4.}}), b = leaf({{5., 6.}, {7., 8.}});
  matmul(a, b).sum().backward();
  EXPECT_EQ(numbers(a.grad()), (Numbers{11, 15, 11, 15}));  // rows of b summed
  EXPECT_EQ(numbers(b.grad()), (Numbers{4, 4, 6, 6}));      // columns of a summed
}

}  // namespace
}  // namespace percept
