// The in-place forms: each equals its pure form, and what must not be overwritten is guarded.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <set>

#include "autograd/numbers.h"
#include "percept/autograd/autograd.h"
#include "percept/base/error.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/math.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "support/places.h"
#include "support/throws.h"

namespace percept {
namespace {

using testing::leaf;
using testing::Numbers;
using testing::numbers;

struct InPlace {
  std::string name;
  std::function<void(Tensor&)> change;
  std::function<Tensor(const Tensor&)> pure;
  bool changes_data = true;  ///< otherwise only how the handle sees it
};

const Tensor kOther = tensor({{2., 0.5, 1.}, {1., 4., 0.25}}, {.dtype = f64});
const Tensor kMask = tensor({true, false, true});
const Tensor kIndex = tensor({{0, 1, 0}});

const std::vector<InPlace> kInPlace = {
    {"copy_", [](Tensor& x) { x.copy_(kOther); }, [](const Tensor& x) { return x * 0 + kOther; }},
    {"fill_", [](Tensor& x) { x.fill_(3); }, [](const Tensor& x) { return x * 0 + 3; }},
    {"zero_", [](Tensor& x) { x.zero_(); }, [](const Tensor& x) { return x * 0; }},
    {"add_", [](Tensor& x) { x.add_(kOther, 2); },
     [](const Tensor& x) { return add(x, kOther, 2); }},
    {"add_", [](Tensor& x) { x.add_(2); }, [](const Tensor& x) { return x + 2; }},
    {"add_", [](Tensor& x) { x += x; }, [](const Tensor& x) { return x + x; }},
    {"sub_", [](Tensor& x) { x.sub_(kOther, 2); },
     [](const Tensor& x) { return sub(x, kOther, 2); }},
    {"sub_", [](Tensor& x) { x -= 2; }, [](const Tensor& x) { return x - 2; }},
    {"mul_", [](Tensor& x) { x *= kOther; }, [](const Tensor& x) { return x * kOther; }},
    {"mul_", [](Tensor& x) { x.mul_(2); }, [](const Tensor& x) { return x * 2; }},
    {"div_", [](Tensor& x) { x /= kOther; }, [](const Tensor& x) { return x / kOther; }},
    {"div_", [](Tensor& x) { x.div_(2); }, [](const Tensor& x) { return x / 2; }},
    {"pow_", [](Tensor& x) { x.pow_(3); }, [](const Tensor& x) { return pow(x, 3); }},
    {"neg_", [](Tensor& x) { x.neg_(); }, [](const Tensor& x) { return -x; }},
    {"abs_", [](Tensor& x) { x.abs_(); }, [](const Tensor& x) { return abs(x); }},
    {"exp_", [](Tensor& x) { x.exp_(); }, [](const Tensor& x) { return exp(x); }},
    {"log_", [](Tensor& x) { x.log_(); }, [](const Tensor& x) { return log(x); }},
    {"sqrt_", [](Tensor& x) { x.sqrt_(); }, [](const Tensor& x) { return sqrt(x); }},
    {"sigmoid_", [](Tensor& x) { x.sigmoid_(); }, [](const Tensor& x) { return sigmoid(x); }},
    {"tanh_", [](Tensor& x) { x.tanh_(); }, [](const Tensor& x) { return tanh(x); }},
    {"relu_", [](Tensor& x) { x.relu_(); }, [](const Tensor& x) { return relu(x); }},
    {"clamp_", [](Tensor& x) { x.clamp_(1.5, 4); },
     [](const Tensor& x) { return clamp(x, 1.5, 4); }},
    {"masked_fill_", [](Tensor& x) { x.masked_fill_(kMask, 7); },
     [](const Tensor& x) { return masked_fill(x, kMask, 7); }},
    {"scatter_", [](Tensor& x) { x.scatter_(0, kIndex, kOther); },
     [](const Tensor& x) { return scatter(x, 0, kIndex, kOther); }},
    {"scatter_", [](Tensor& x) { x.scatter_(0, kIndex, 7); },
     [](const Tensor& x) { return scatter(x, 0, kIndex, 7); }},
    {"index_put_", [](Tensor& x) { x.index_put_({1}, kOther[0]); },
     [](const Tensor& x) { return index_put(x, {1}, kOther[0]); }},
    {"index_put_", [](Tensor& x) { x.index_put_({1}, 7); },
     [](const Tensor& x) { return index_put(x, {1}, tensor(7., {.dtype = f64})); }},
    {"t_", [](Tensor& x) { x.t_(); }, [](const Tensor& x) { return x.t(); }, false},
    {"unsqueeze_", [](Tensor& x) { x.unsqueeze_(1); },
     [](const Tensor& x) { return unsqueeze(x, 1); }, false},
    {"squeeze_", [](Tensor& x) { x.unsqueeze_(0).squeeze_(); },
     [](const Tensor& x) { return squeeze(unsqueeze(x, 0)); }, false},
};

Tensor start() { return tensor({{1., 2., 3.}, {4., 5., 6.}}, {.dtype = f64}); }

TEST(InPlace, EqualsThePureForm) {
  for (const InPlace& row : kInPlace) {
    Tensor x = start();
    const Tensor other_handle = x;
    row.change(x);
    const Tensor expected = row.pure(start());
    EXPECT_EQ(x.shape(), expected.shape()) << row.name;
    EXPECT_EQ(numbers(x), numbers(expected)) << row.name;
    if (row.changes_data) {
      EXPECT_TRUE(x.is_same(other_handle)) << row.name;
    }
  }
}

TEST(InPlace, IsRecorded) {
  for (const InPlace& row : kInPlace) {
    const Tensor a = start().requires_grad_(), b = start().requires_grad_();
    const Tensor weights = start() + 1;
    Tensor x = a * 1;
    row.change(x);
    (x * weights.reshape(x.shape())).sum().backward();
    const Tensor expected = row.pure(b * 1);
    (expected * weights.reshape(expected.shape())).sum().backward();
    EXPECT_EQ(numbers(a.grad()), numbers(b.grad())) << row.name;
  }
}

TEST(InPlace, WhatIsOverwrittenHasNoGradientAndNoEffect) {
  const Tensor x = leaf({0., 1.}), source = leaf({5., 6.});
  Tensor y = log(x);  // -inf, 0
  y.copy_(source);
  EXPECT_EQ(numbers(y), (Numbers{5, 6}));
  (y * 2).sum().backward();
  EXPECT_EQ(numbers(source.grad()), (Numbers{2, 2}));
  Tensor z = exp(x * 1000);  // 1, inf
  z.fill_(3);
  EXPECT_EQ(numbers(z), (Numbers{3, 3}));
}

TEST(InPlace, AllOfTensorsFormsAreInTheTable) {
  std::set<std::string> declared, proved;
  std::ifstream header(percept::testing::project_path("include/percept/tensor/tensor.h"));
  const std::string start_of_line = "  Tensor& ";
  for (std::string line; std::getline(header, line);) {
    if (!line.starts_with(start_of_line)) continue;
    const std::string name =
        line.substr(start_of_line.size(), line.find('(') - start_of_line.size());
    if (name.ends_with('_') && name != "requires_grad_") declared.insert(name);
  }
  for (const InPlace& row : kInPlace) proved.insert(row.name);
  EXPECT_EQ(declared, proved);
}

TEST(InPlace, ALeafIsRefusedWhileRecording) {
  Tensor x = leaf({1., 2.});
  EXPECT_EQ(thrown<AutogradError>([&] { x.add_(1); }),
            "add_: a leaf that needs a gradient cannot be changed in place; hint: do it under "
            "NoGradGuard");
  EXPECT_EQ(thrown<AutogradError>([&] { x.fill_(1); }),
            "fill_: a leaf that needs a gradient cannot be changed in place; hint: do it under "
            "NoGradGuard");
  EXPECT_EQ(numbers(x), (Numbers{1, 2}));
  const NoGradGuard guard;
  x.add_(1);
  EXPECT_EQ(numbers(x), (Numbers{2, 3}));
}

TEST(InPlace, AViewIsRefusedWhileRecording) {
  const Tensor x = leaf({1., 2.});
  const Tensor y = x * 1;
  Tensor view = y[0];
  EXPECT_EQ(thrown<AutogradError>([&] { view.mul_(2); }),
            "mul_: a view cannot be changed in place while the change is recorded; hint: use "
            "index_put_ on the whole tensor");
}

TEST(InPlace, AViewOfARewrittenBaseIsRefused) {
  const Tensor x = leaf({1., 2.});
  Tensor y = x * 1;
  const Tensor view = narrow(y, 0, 0, 1);
  y.mul_(3);
  EXPECT_EQ(thrown<AutogradError>([&] { exp(view); }),
            "ExpBackward0: input 0 is a view whose base was modified in place after the view was "
            "made; its gradient would be wrong. Hint: make the view again");
  exp(narrow(y, 0, 0, 1)).sum().backward();
  EXPECT_DOUBLE_EQ(x.grad().at<double>(0), 3 * std::exp(3.0));
}

TEST(InPlace, ASavedTensorMayNotChange) {
  const Tensor x = leaf({1., 2.});
  Tensor factor = tensor({3., 4.}, {.dtype = f64});
  const Tensor y = (x * factor).sum();
  factor.add_(1);
  EXPECT_EQ(thrown<AutogradError>([&] { y.backward(); }),
            "MulBackward0: a tensor of shape [2] needed for the gradient was modified in place "
            "(version 1, expected 0); hint: use the form without '_', or .clone() it first");
  const Tensor z = exp(x);
  Tensor same = z;
  same.mul_(2);  // exp needs its own result
  EXPECT_EQ(thrown<AutogradError>([&] { same.sum().backward(); }),
            "ExpBackward0: a tensor of shape [2] needed for the gradient was modified in place "
            "(version 1, expected 0); hint: use the form without '_', or .clone() it first");
  Tensor sum = x + 1;  // which keeps nothing may be overwritten
  sum.mul_(2);
  sum.sum().backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{2, 2}));
}

TEST(InPlace, TheResultMustFit) {
  Tensor narrow_one = ones({2, 1}), whole = tensor({1, 2});
  EXPECT_EQ(thrown<ShapeError>([&] {
              narrow_one.add_(ones({2, 3}));
            }),
            "add_: the result has shape [2, 3], which does not fit into the tensor's own shape "
            "[2, 1]");
  EXPECT_EQ(thrown<DtypeError>([&] { whole.add_(0.5); }),
            "add_: a result of type f32 cannot be stored in a tensor of i64");
  EXPECT_EQ(thrown<ShapeError>([&] {
              narrow_one.copy_(ones({3, 1}));
            }),
            "copy_: shapes [2, 1] and [3, 1] do not broadcast: sizes 2 and 3 at dimension 0 must "
            "be equal, or one of them 1");
}

TEST(InPlace, OverlappingOperandsAreSafe) {
  Tensor x = tensor({1., 2., 3., 4.});
  narrow(x, 0, 1, 3).add_(narrow(x, 0, 0, 3));
  EXPECT_EQ(numbers(x), (Numbers{1, 3, 5, 7}));
  Tensor y = tensor({1., 2., 3., 4.});
  narrow(y, 0, 1, 3).copy_(narrow(y, 0, 0, 3));
  EXPECT_EQ(numbers(y), (Numbers{1, 1, 2, 3}));
  Tensor square_one = tensor({{1., 2.}, {3., 4.}});
  square_one.copy_(square_one.t());
  EXPECT_EQ(numbers(square_one), (Numbers{1, 3, 2, 4}));
}

}  // namespace
}  // namespace percept
