#include "percept/tensor/factory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "support/throws.h"

namespace percept {
namespace {

// What PyTorch prints for the same call.
struct MadeRow {
  const char* call;
  Tensor tensor;
  const char* text;
};

TEST(Factory, MakesWhatPyTorchMakes) {
  const std::vector<MadeRow> rows = {
      {"tensor(3)", tensor(3), "tensor(3)"},
      {"tensor(3.5)", tensor(3.5), "tensor(3.5000)"},
      {"tensor([True, False])", tensor({true, false}), "tensor([ True, False])"},
      {"tensor([1, 2.5])", tensor({1, 2.5}), "tensor([1.0000, 2.5000])"},
      {"tensor([[1], [2]])", tensor({{1}, {2}}), "tensor([[1],\n        [2]])"},
      {"tensor([[1, 2]])", tensor({{1, 2}}), "tensor([[1, 2]])"},
      {"tensor([1], dtype=float64)", tensor({1}, {.dtype = f64}),
       "tensor([1.], dtype=torch.float64)"},
      {"zeros(2)", zeros({2}), "tensor([0., 0.])"},
      {"ones(1, 2, dtype=int64)", ones({1, 2}, {.dtype = i64}), "tensor([[1, 1]])"},
      {"full((2,), 7)", full({2}, 7), "tensor([7, 7])"},
      {"full((2,), 0.5)", full({2}, 0.5), "tensor([0.5000, 0.5000])"},
      {"full((1,), True)", full({1}, true), "tensor([True])"},
      {"arange(4)", arange(4), "tensor([0, 1, 2, 3])"},
      {"arange(1, 2, 0.5)", arange(1, 2, 0.5), "tensor([1.0000, 1.5000])"},
      {"arange(5, 0, -2)", arange(5, 0, -2), "tensor([5, 3, 1])"},
      {"arange(0)", arange(0), "tensor([], dtype=torch.int64)"},
      {"linspace(0, 1, 5)", linspace(0, 1, 5), "tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])"},
      {"linspace(3, 10, 1)", linspace(3, 10, 1), "tensor([3.])"},
      {"eye(2)", eye(2), "tensor([[1., 0.],\n        [0., 1.]])"},
      {"eye(2, 3)", eye(2, 3), "tensor([[1., 0., 0.],\n        [0., 1., 0.]])"},
      {"zeros_like(tensor([1, 2]))", zeros_like(tensor({1, 2})), "tensor([0, 0])"},
      {"ones_like(.., dtype=float32)", ones_like(tensor({1, 2}), {.dtype = f32}),
       "tensor([1., 1.])"},
      {"full_like(tensor([1.]), 2)", full_like(tensor({1.0}), 2), "tensor([2.])"},
  };
  for (const MadeRow& row : rows) EXPECT_EQ(row.tensor.str(), row.text) << row.call;
}

TEST(Factory, CopiesAndAliases) {
  std::vector<float> values{1, 2, 3, 4};
  const Tensor copy = from_vector(values, {2, 2});
  Tensor alias = from_blob(std::span(values), {2, 2});
  values[0] = 9;
  EXPECT_EQ(copy.at<float>(0, 0), 1);
  EXPECT_EQ(alias.at<float>(0, 0), 9);
  alias.add_(1);
  EXPECT_EQ(values[3], 5);

  auto owner = std::make_shared<std::vector<double>>(std::vector<double>{1, 2});
  const std::weak_ptr<void> alive = owner;
  Tensor kept = from_blob(std::span(*owner), {2}, owner);
  owner.reset();
  EXPECT_FALSE(alive.expired());
  EXPECT_EQ(kept.sum().item(), 3);
  kept = Tensor();
  EXPECT_TRUE(alive.expired());
}

TEST(Factory, WrongCallsSayWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {thrown<ShapeError>([] {
         tensor({{1, 2}, {3}});
       }),
       "tensor: the lists are not all alike: the first ones make shape [2, 2], but one at depth 1 "
       "has 1 entries"},
      {thrown<ShapeError>([] {
         tensor({{1, 2}, 3});
       }),
       "tensor: the lists are not all alike: the first ones make shape [2, 2], but one at depth 1 "
       "has a single number"},
      {thrown<ShapeError>([] {
         from_vector(std::vector<float>{1, 2, 3}, {2, 2});
       }),
       "from_span: shape [2, 2] has 4 elements, 3 values were given"},
      {thrown<ValueError>([] { arange(0, 1, 0); }), "arange: cannot go from 0 to 1 in steps of 0"},
      {thrown<ValueError>([] { arange(0, 5, -1); }),
       "arange: cannot go from 0 to 5 in steps of -1"},
      {thrown<ValueError>([] { linspace(0, 1, -1); }),
       "linspace: steps must not be negative, found -1"},
      {thrown<ValueError>([] { randint(3, 3, {1}); }),
       "randint: low must be below high, found 3 and 3"},
      {thrown<ShapeError>([] {
         zeros({1, 1, 1, 1, 1, 1, 1, 1, 1});
       }),
       "shape [1, 1, 1, 1, 1, 1, 1, 1, 1]: a tensor has at most 8 dimensions, found 9"},
      {thrown<AutogradError>([] { ones({2}, {.dtype = i64, .requires_grad = true}); }),
       "requires_grad_: only real tensors have gradients, this is i64"},
  };
  for (const auto& [found, expected] : rows) EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace percept
