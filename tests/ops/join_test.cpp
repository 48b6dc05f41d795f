// Joining and splitting: values, gradients and wrong calls.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/printed.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/join.h"
#include "support/throws.h"

namespace percept {
namespace {

// clang-format off
const Printed kJoined[] = {
{R"cpp(cat({grid(), grid()}))cpp", [] { return cat({grid(), grid()}); },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.],
        [ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(cat({grid(), zeros({3, 2})}, 1))cpp", [] { return cat({grid(), zeros({3, 2})}, 1); },
R"(tensor([[ 0.,  1.,  2.,  3.,  0.,  0.],
        [ 4.,  5.,  6.,  7.,  0.,  0.],
        [ 8.,  9., 10., 11.,  0.,  0.]]))"},
{R"cpp(cat({grid(), zeros({3, 1})}, -1))cpp", [] { return cat({grid(), zeros({3, 1})}, -1); },
R"(tensor([[ 0.,  1.,  2.,  3.,  0.],
        [ 4.,  5.,  6.,  7.,  0.],
        [ 8.,  9., 10., 11.,  0.]]))"},
{R"cpp(cat({tensor({1, 2}), tensor({0.5})}))cpp", [] { return cat({tensor({1, 2}), tensor({0.5})}); },
R"(tensor([1.0000, 2.0000, 0.5000]))"},
{R"cpp(cat({tensor({true}), tensor({3}, {.dtype = u8}), tensor({-1})}))cpp", [] { return cat({tensor({true}), tensor({3}, {.dtype = u8}), tensor({-1})}); },
R"(tensor([ 1,  3, -1]))"},
{R"cpp(cat({tensor({1.0}), tensor({1.0}, {.dtype = f64})}))cpp", [] { return cat({tensor({1.0}), tensor({1.0}, {.dtype = f64})}); },
R"(tensor([1., 1.], dtype=torch.float64))"},
{R"cpp(cat({zeros({0}), grid()}, 1))cpp", [] { return cat({zeros({0}), grid()}, 1); },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(cat({grid(), zeros({0})}))cpp", [] { return cat({grid(), zeros({0})}); },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(cat({zeros({0}), zeros({0})}))cpp", [] { return cat({zeros({0}), zeros({0})}); },
R"(tensor([]))"},
{R"cpp(cat({zeros({0}), tensor({1})}))cpp", [] { return cat({zeros({0}), tensor({1})}); },
R"(tensor([1.]))"},
{R"cpp(cat({zeros({0, 4}), grid()}))cpp", [] { return cat({zeros({0, 4}), grid()}); },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(cat({grid()}))cpp", [] { return cat({grid()}); },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(cat({grid().t(), ones({4, 1})}, 1))cpp", [] { return cat({grid().t(), ones({4, 1})}, 1); },
R"(tensor([[ 0.,  4.,  8.,  1.],
        [ 1.,  5.,  9.,  1.],
        [ 2.,  6., 10.,  1.],
        [ 3.,  7., 11.,  1.]]))"},
{R"cpp(cat({cube(), cube().index({Slice{}, Slice{0, 1}})}, 1))cpp", [] { return cat({cube(), cube().index({Slice{}, Slice{0, 1}})}, 1); },
R"(tensor([[[ 0.,  1.,  2.,  3.],
         [ 4.,  5.,  6.,  7.],
         [ 8.,  9., 10., 11.],
         [ 0.,  1.,  2.,  3.]],

        [[12., 13., 14., 15.],
         [16., 17., 18., 19.],
         [20., 21., 22., 23.],
         [12., 13., 14., 15.]]]))"},
{R"cpp(stack({tensor({1, 2}), tensor({3, 4})}))cpp", [] { return stack({tensor({1, 2}), tensor({3, 4})}); },
R"(tensor([[1, 2],
        [3, 4]]))"},
{R"cpp(stack({tensor({1, 2}), tensor({3, 4})}, 1))cpp", [] { return stack({tensor({1, 2}), tensor({3, 4})}, 1); },
R"(tensor([[1, 3],
        [2, 4]]))"},
{R"cpp(stack({tensor({1, 2}), tensor({3.5, 4.0})}, -1))cpp", [] { return stack({tensor({1, 2}), tensor({3.5, 4.0})}, -1); },
R"(tensor([[1.0000, 3.5000],
        [2.0000, 4.0000]]))"},
{R"cpp(stack({tensor(1), tensor(2)}))cpp", [] { return stack({tensor(1), tensor(2)}); },
R"(tensor([1, 2]))"},
{R"cpp(stack({zeros({0}), zeros({0})}))cpp", [] { return stack({zeros({0}), zeros({0})}); },
R"(tensor([], size=(2, 0)))"},
{R"cpp(stack({grid(), grid().neg_()}, 1))cpp", [] { return stack({grid(), grid().neg_()}, 1); },
R"(tensor([[[  0.,   1.,   2.,   3.],
         [ -0.,  -1.,  -2.,  -3.]],

        [[  4.,   5.,   6.,   7.],
         [ -4.,  -5.,  -6.,  -7.]],

        [[  8.,   9.,  10.,  11.],
         [ -8.,  -9., -10., -11.]]]))"},
{R"cpp(tensor(static_cast<std::int64_t>(split(grid(), 2).size())))cpp", [] { return tensor(static_cast<std::int64_t>(split(grid(), 2).size())); },
R"(tensor(2))"},
{R"cpp(split(grid(), 2)[0])cpp", [] { return split(grid(), 2)[0]; },
R"(tensor([[0., 1., 2., 3.],
        [4., 5., 6., 7.]]))"},
{R"cpp(split(grid(), 2)[1])cpp", [] { return split(grid(), 2)[1]; },
R"(tensor([[ 8.,  9., 10., 11.]]))"},
{R"cpp(tensor(static_cast<std::int64_t>(split(grid(), 3, 1).size())))cpp", [] { return tensor(static_cast<std::int64_t>(split(grid(), 3, 1).size())); },
R"(tensor(2))"},
{R"cpp(split(grid(), 3, 1)[0])cpp", [] { return split(grid(), 3, 1)[0]; },
R"(tensor([[ 0.,  1.,  2.],
        [ 4.,  5.,  6.],
        [ 8.,  9., 10.]]))"},
{R"cpp(split(grid(), 3, 1)[1])cpp", [] { return split(grid(), 3, 1)[1]; },
R"(tensor([[ 3.],
        [ 7.],
        [11.]]))"},
{R"cpp(tensor(static_cast<std::int64_t>(split(grid(), 100).size())))cpp", [] { return tensor(static_cast<std::int64_t>(split(grid(), 100).size())); },
R"(tensor(1))"},
{R"cpp(split(grid(), 100)[0])cpp", [] { return split(grid(), 100)[0]; },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(tensor(static_cast<std::int64_t>(split(zeros({0}), 2).size())))cpp", [] { return tensor(static_cast<std::int64_t>(split(zeros({0}), 2).size())); },
R"(tensor(1))"},
{R"cpp(split(zeros({0}), 2)[0])cpp", [] { return split(zeros({0}), 2)[0]; },
R"(tensor([]))"},
{R"cpp(tensor(static_cast<std::int64_t>(split(grid(), std::vector<std::int64_t>{1, 0, 3}, -1).size())))cpp", [] { return tensor(static_cast<std::int64_t>(split(grid(), std::vector<std::int64_t>{1, 0, 3}, -1).size())); },
R"(tensor(3))"},
{R"cpp(split(grid(), std::vector<std::int64_t>{1, 0, 3}, -1)[0])cpp", [] { return split(grid(), std::vector<std::int64_t>{1, 0, 3}, -1)[0]; },
R"(tensor([[0.],
        [4.],
        [8.]]))"},
{R"cpp(split(grid(), std::vector<std::int64_t>{1, 0, 3}, -1)[1])cpp", [] { return split(grid(), std::vector<std::int64_t>{1, 0, 3}, -1)[1]; },
R"(tensor([], size=(3, 0)))"},
{R"cpp(split(grid(), std::vector<std::int64_t>{1, 0, 3}, -1)[2])cpp", [] { return split(grid(), std::vector<std::int64_t>{1, 0, 3}, -1)[2]; },
R"(tensor([[ 1.,  2.,  3.],
        [ 5.,  6.,  7.],
        [ 9., 10., 11.]]))"},
{R"cpp(tensor(static_cast<std::int64_t>(chunk(arange(7), 3).size())))cpp", [] { return tensor(static_cast<std::int64_t>(chunk(arange(7), 3).size())); },
R"(tensor(3))"},
{R"cpp(chunk(arange(7), 3)[0])cpp", [] { return chunk(arange(7), 3)[0]; },
R"(tensor([0, 1, 2]))"},
{R"cpp(chunk(arange(7), 3)[1])cpp", [] { return chunk(arange(7), 3)[1]; },
R"(tensor([3, 4, 5]))"},
{R"cpp(chunk(arange(7), 3)[2])cpp", [] { return chunk(arange(7), 3)[2]; },
R"(tensor([6]))"},
{R"cpp(tensor(static_cast<std::int64_t>(chunk(arange(6), 4).size())))cpp", [] { return tensor(static_cast<std::int64_t>(chunk(arange(6), 4).size())); },
R"(tensor(3))"},
{R"cpp(chunk(arange(6), 4)[0])cpp", [] { return chunk(arange(6), 4)[0]; },
R"(tensor([0, 1]))"},
{R"cpp(chunk(arange(6), 4)[1])cpp", [] { return chunk(arange(6), 4)[1]; },
R"(tensor([2, 3]))"},
{R"cpp(chunk(arange(6), 4)[2])cpp", [] { return chunk(arange(6), 4)[2]; },
R"(tensor([4, 5]))"},
{R"cpp(tensor(static_cast<std::int64_t>(chunk(grid(), 2, 1).size())))cpp", [] { return tensor(static_cast<std::int64_t>(chunk(grid(), 2, 1).size())); },
R"(tensor(2))"},
{R"cpp(chunk(grid(), 2, 1)[0])cpp", [] { return chunk(grid(), 2, 1)[0]; },
R"(tensor([[0., 1.],
        [4., 5.],
        [8., 9.]]))"},
{R"cpp(chunk(grid(), 2, 1)[1])cpp", [] { return chunk(grid(), 2, 1)[1]; },
R"(tensor([[ 2.,  3.],
        [ 6.,  7.],
        [10., 11.]]))"},
{R"cpp(tensor(static_cast<std::int64_t>(chunk(zeros({0, 2}), 3).size())))cpp", [] { return tensor(static_cast<std::int64_t>(chunk(zeros({0, 2}), 3).size())); },
R"(tensor(3))"},
{R"cpp(chunk(zeros({0, 2}), 3)[0])cpp", [] { return chunk(zeros({0, 2}), 3)[0]; },
R"(tensor([], size=(0, 2)))"},
{R"cpp(chunk(zeros({0, 2}), 3)[1])cpp", [] { return chunk(zeros({0, 2}), 3)[1]; },
R"(tensor([], size=(0, 2)))"},
{R"cpp(chunk(zeros({0, 2}), 3)[2])cpp", [] { return chunk(zeros({0, 2}), 3)[2]; },
R"(tensor([], size=(0, 2)))"},
{R"cpp(tensor(static_cast<std::int64_t>(unbind(grid()).size())))cpp", [] { return tensor(static_cast<std::int64_t>(unbind(grid()).size())); },
R"(tensor(3))"},
{R"cpp(unbind(grid())[0])cpp", [] { return unbind(grid())[0]; },
R"(tensor([0., 1., 2., 3.]))"},
{R"cpp(unbind(grid())[1])cpp", [] { return unbind(grid())[1]; },
R"(tensor([4., 5., 6., 7.]))"},
{R"cpp(unbind(grid())[2])cpp", [] { return unbind(grid())[2]; },
R"(tensor([ 8.,  9., 10., 11.]))"},
{R"cpp(tensor(static_cast<std::int64_t>(unbind(grid(), -1).size())))cpp", [] { return tensor(static_cast<std::int64_t>(unbind(grid(), -1).size())); },
R"(tensor(4))"},
{R"cpp(unbind(grid(), -1)[0])cpp", [] { return unbind(grid(), -1)[0]; },
R"(tensor([0., 4., 8.]))"},
{R"cpp(unbind(grid(), -1)[1])cpp", [] { return unbind(grid(), -1)[1]; },
R"(tensor([1., 5., 9.]))"},
{R"cpp(unbind(grid(), -1)[2])cpp", [] { return unbind(grid(), -1)[2]; },
R"(tensor([ 2.,  6., 10.]))"},
{R"cpp(unbind(grid(), -1)[3])cpp", [] { return unbind(grid(), -1)[3]; },
R"(tensor([ 3.,  7., 11.]))"},
{R"cpp(tensor(static_cast<std::int64_t>(unbind(zeros({0, 2})).size())))cpp", [] { return tensor(static_cast<std::int64_t>(unbind(zeros({0, 2})).size())); },
R"(tensor(0))"},
};
// clang-format on

TEST(Join, AsPyTorch) {
  for (const Printed& row : kJoined) EXPECT_EQ(row.compute().str(), row.expected) << row.what;
}

TEST(Join, PartsAreViews) {
  const Tensor x = grid();
  split(x, 2)[1].zero_();
  chunk(x, 4, 1)[0].fill_(-1);
  unbind(x)[0].fill_(7);
  EXPECT_EQ(x.str(),
            "tensor([[ 7.,  7.,  7.,  7.],\n        [-1.,  5.,  6.,  7.],\n        [-1.,  0.,  0., "
            " 0.]])");
}

TEST(Join, Gradients) {
  const auto x = [] { return randn({3, 4}, {.dtype = f64, .requires_grad = true}); };
  const std::vector<NamedFunction> functions = {
      {"cat",
       [](const auto& in) {
         return cat({in[0] * in[1], in[1], in[0]});
       }},
      {"cat, dim 1",
       [](const auto& in) {
         return cat({in[0].t() * in[1].t(), zeros({0}), in[0].t()}, 1);
       }},
      {"stack",
       [](const auto& in) {
         return stack({in[0] * in[1], in[1]}, 1);
       }},
      {"split",
       [](const auto& in) {
         return split(in[0] * in[1], 3, 1)[0] * split(in[0], std::vector<std::int64_t>{3, 1}, 1)[0];
       }},
      {"chunk", [](const auto& in) { return chunk(in[0] * in[1], 2, 1)[1]; }},
      {"unbind", [](const auto& in) { return unbind(in[0] * in[1])[2] * unbind(in[0])[0]; }},
  };
  expect_gradients(functions, [&] { return std::vector<Tensor>{x(), x()}; });
}

TEST(Join, EachPartGetsItsOwnType) {
  const Tensor a = tensor({1.0}, {.requires_grad = true});
  const Tensor b = tensor({2.0}, {.dtype = f64, .requires_grad = true});
  (cat({a, b, a}) * tensor({1.0, 2.0, 3.0})).sum().backward();
  EXPECT_EQ(a.grad().str(), "tensor([4.])");
  EXPECT_EQ(b.grad().str(), "tensor([2.], dtype=torch.float64)");
}

TEST(Join, WrongCalls) {
  const Tensor x = grid();
  const std::vector<WrongCall> shape_errors = {
      {[&] {
         cat({x, zeros({3, 3})});
       },
       "cat: shapes [3, 4] and [3, 3] differ in more than dimension 0, along which they are "
       "joined"},
      {[&] {
         cat({x, zeros({4})});
       },
       "cat: shapes [3, 4] and [4] differ in more than dimension 0, along which they are joined"},
      {[&] {
         cat({tensor(1), tensor(2)});
       },
       "cat: 0-dim tensors have no dimension to join; hint: stack"},
      {[&] {
         cat({x, zeros({0, 3})});
       },
       "cat: shapes [3, 4] and [0, 3] differ in more than dimension 0, along which they are "
       "joined"},
      {[&] {
         stack({x, x.t()});
       },
       "stack: expects equal shapes, found [3, 4] at entry 0 and [4, 3] at entry 1"},
      {[&] { split(tensor(1), 1); }, "split: a 0-dim tensor has no dimension to split"},
      {[&] { chunk(tensor(1), 1); }, "chunk: a 0-dim tensor has no dimension to split"},
      {[&] { unbind(tensor(1)); }, "unbind: a 0-dim tensor has no dimension to split"},
  };
  for (const auto& [call, text] : shape_errors) EXPECT_EQ(thrown<ShapeError>(call), text);
  const std::vector<WrongCall> value_errors = {
      {[&] { cat({}); }, "cat: expects at least one tensor, found none"},
      {[&] { stack({}); }, "stack: expects at least one tensor, found none"},
      {[&] { split(x, 0); }, "split: the size must be at least 1, found 0"},
      {[&] { split(x, -1); }, "split: the size must be at least 1, found -1"},
      {[&] {
         split(x, std::vector<std::int64_t>{1, 1});
       },
       "split: sizes [1, 1] must not be negative and must add up to 3, the size of dimension 0 of "
       "shape [3, 4]"},
      {[&] {
         split(x, std::vector<std::int64_t>{4, -1});
       },
       "split: sizes [4, -1] must not be negative and must add up to 3, the size of dimension 0 of "
       "shape [3, 4]"},
      {[&] { chunk(x, 0); }, "chunk: the number of chunks must be at least 1, found 0"},
      {[&] { unbind(Tensor()); },
       "unbind: input 0 is an undefined tensor; a default-constructed Tensor holds nothing"},
  };
  for (const auto& [call, text] : value_errors) EXPECT_EQ(thrown<ValueError>(call), text);
  const std::vector<WrongCall> index_errors = {
      {[&] {
         cat({x, x}, 2);
       },
       "cat: dimension 2 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
      {[&] {
         stack({x, x}, 3);
       },
       "stack: dimension 3 is out of range for a tensor of 3 dimensions; allowed are -3 to 2"},
      {[&] { split(x, 1, 2); },
       "split: dimension 2 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
      {[&] { chunk(x, 1, -3); },
       "chunk: dimension -3 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
      {[&] { unbind(x, 2); },
       "unbind: dimension 2 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
  };
  for (const auto& [call, text] : index_errors) EXPECT_EQ(thrown<IndexError>(call), text);
}

}  // namespace
}  // namespace percept
