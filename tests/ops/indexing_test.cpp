// Choosing elements: values, gradients and wrong calls.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/printed.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "support/throws.h"

namespace percept {
namespace {

// clang-format off
const Printed kIndexed[] = {
{R"cpp(where(tensor({true, false, true}), tensor({1.0, 2.0, 3.0}), tensor({10.0, 20.0, 30.0})))cpp", [] { return where(tensor({true, false, true}), tensor({1.0, 2.0, 3.0}), tensor({10.0, 20.0, 30.0})); },
R"(tensor([ 1., 20.,  3.]))"},
{R"cpp(where(tensor({{true}, {false}}), tensor({1, 2, 3}), tensor({0.5})))cpp", [] { return where(tensor({{true}, {false}}), tensor({1, 2, 3}), tensor({0.5})); },
R"(tensor([[1.0000, 2.0000, 3.0000],
        [0.5000, 0.5000, 0.5000]]))"},
{R"cpp(where(gt(grid(), 5), grid(), 0))cpp", [] { return where(gt(grid(), 5), grid(), 0); },
R"(tensor([[ 0.,  0.,  0.,  0.],
        [ 0.,  0.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(where(tensor({true, false}), 1.5, tensor({1, 2})))cpp", [] { return where(tensor({true, false}), 1.5, tensor({1, 2})); },
R"(tensor([1.5000, 2.0000]))"},
{R"cpp(where(tensor({true, false}), tensor({1, 2}), 7))cpp", [] { return where(tensor({true, false}), tensor({1, 2}), 7); },
R"(tensor([1, 7]))"},
{R"cpp(where(tensor({true, false}), tensor({1, 2}, {.dtype = u8}), 7))cpp", [] { return where(tensor({true, false}), tensor({1, 2}, {.dtype = u8}), 7); },
R"(tensor([1, 7], dtype=torch.uint8))"},
{R"cpp(where(tensor(true), tensor(1.0), tensor(2.0)))cpp", [] { return where(tensor(true), tensor(1.0), tensor(2.0)); },
R"(tensor(1.))"},
{R"cpp(where(zeros({0, 3}, {.dtype = boolean}), 1.0, zeros({0, 3})))cpp", [] { return where(zeros({0, 3}, {.dtype = boolean}), 1.0, zeros({0, 3})); },
R"(tensor([], size=(0, 3)))"},
{R"cpp(masked_fill(grid(), gt(grid(), 9), -1))cpp", [] { return masked_fill(grid(), gt(grid(), 9), -1); },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., -1., -1.]]))"},
{R"cpp(masked_fill(grid(), tensor({true, false, false, true}), -INFINITY))cpp", [] { return masked_fill(grid(), tensor({true, false, false, true}), -INFINITY); },
R"(tensor([[-inf,  1.,  2., -inf],
        [-inf,  5.,  6., -inf],
        [-inf,  9., 10., -inf]]))"},
{R"cpp(masked_fill(tensor({1, 2, 3}), tensor({{true, false, false}, {false, false, true}}), 0))cpp", [] { return masked_fill(tensor({1, 2, 3}), tensor({{true, false, false}, {false, false, true}}), 0); },
R"(tensor([[0, 2, 3],
        [1, 2, 0]]))"},
{R"cpp(masked_fill(tensor({1, 2}), tensor({true, false}), true))cpp", [] { return masked_fill(tensor({1, 2}), tensor({true, false}), true); },
R"(tensor([1, 2]))"},
{R"cpp(Tensor x = grid(); x.masked_fill_(tensor({{true}, {false}, {true}}), 8); return x;)cpp", [] { Tensor x = grid(); x.masked_fill_(tensor({{true}, {false}, {true}}), 8); return x; },
R"(tensor([[8., 8., 8., 8.],
        [4., 5., 6., 7.],
        [8., 8., 8., 8.]]))"},
{R"cpp(Tensor x = grid(); x.t().masked_fill_(gt(grid().t(), 10), 0); return x;)cpp", [] { Tensor x = grid(); x.t().masked_fill_(gt(grid().t(), 10), 0); return x; },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10.,  0.]]))"},
{R"cpp(masked_select(grid(), gt(grid(), 6)))cpp", [] { return masked_select(grid(), gt(grid(), 6)); },
R"(tensor([ 7.,  8.,  9., 10., 11.]))"},
{R"cpp(masked_select(grid(), tensor({true, false, false, true})))cpp", [] { return masked_select(grid(), tensor({true, false, false, true})); },
R"(tensor([ 0.,  3.,  4.,  7.,  8., 11.]))"},
{R"cpp(masked_select(tensor({1, 2}), tensor({{true}, {false}, {true}})))cpp", [] { return masked_select(tensor({1, 2}), tensor({{true}, {false}, {true}})); },
R"(tensor([1, 2, 1, 2]))"},
{R"cpp(masked_select(grid(), tensor(false)))cpp", [] { return masked_select(grid(), tensor(false)); },
R"(tensor([]))"},
{R"cpp(masked_select(tensor(4.0), tensor(true)))cpp", [] { return masked_select(tensor(4.0), tensor(true)); },
R"(tensor([4.]))"},
{R"cpp(nonzero(tensor({{0, 1, 0}, {2, 0, 3}})))cpp", [] { return nonzero(tensor({{0, 1, 0}, {2, 0, 3}})); },
R"(tensor([[0, 1],
        [1, 0],
        [1, 2]]))"},
{R"cpp(nonzero(tensor({0.0, NAN, -1.0})))cpp", [] { return nonzero(tensor({0.0, NAN, -1.0})); },
R"(tensor([[1],
        [2]]))"},
{R"cpp(nonzero(tensor({false, false})))cpp", [] { return nonzero(tensor({false, false})); },
R"(tensor([], size=(0, 1), dtype=torch.int64))"},
{R"cpp(nonzero(tensor(5)))cpp", [] { return nonzero(tensor(5)); },
R"(tensor([], size=(1, 0), dtype=torch.int64))"},
{R"cpp(nonzero(tensor(0)))cpp", [] { return nonzero(tensor(0)); },
R"(tensor([], size=(0, 0), dtype=torch.int64))"},
{R"cpp(nonzero(zeros({2, 0, 3})))cpp", [] { return nonzero(zeros({2, 0, 3})); },
R"(tensor([], size=(0, 3), dtype=torch.int64))"},
{R"cpp(nonzero(gt(cube(), 20).transpose(0, 2)))cpp", [] { return nonzero(gt(cube(), 20).transpose(0, 2)); },
R"(tensor([[1, 2, 1],
        [2, 2, 1],
        [3, 2, 1]]))"},
{R"cpp(gather(grid(), 0, tensor({{0, 1, 2, 0}, {2, 2, 1, 1}})))cpp", [] { return gather(grid(), 0, tensor({{0, 1, 2, 0}, {2, 2, 1, 1}})); },
R"(tensor([[ 0.,  5., 10.,  3.],
        [ 8.,  9.,  6.,  7.]]))"},
{R"cpp(gather(grid(), 1, tensor({{3, 0}, {1, 1}, {2, 0}})))cpp", [] { return gather(grid(), 1, tensor({{3, 0}, {1, 1}, {2, 0}})); },
R"(tensor([[ 3.,  0.],
        [ 5.,  5.],
        [10.,  8.]]))"},
{R"cpp(gather(grid(), -1, tensor({{3, 0, 1, 1, 2}})))cpp", [] { return gather(grid(), -1, tensor({{3, 0, 1, 1, 2}})); },
R"(tensor([[3., 0., 1., 1., 2.]]))"},
{R"cpp(gather(grid().t(), 0, tensor({{0, 3, 1}})))cpp", [] { return gather(grid().t(), 0, tensor({{0, 3, 1}})); },
R"(tensor([[0., 7., 9.]]))"},
{R"cpp(gather(cube(), 1, tensor({{{2, 0}}, {{1, 1}}})))cpp", [] { return gather(cube(), 1, tensor({{{2, 0}}, {{1, 1}}})); },
R"(tensor([[[ 8.,  1.]],

        [[16., 17.]]]))"},
{R"cpp(gather(tensor(4.0), 0, tensor(0)))cpp", [] { return gather(tensor(4.0), 0, tensor(0)); },
R"(tensor(4.))"},
{R"cpp(gather(tensor({true, false}), 0, tensor({1, 0, 0})))cpp", [] { return gather(tensor({true, false}), 0, tensor({1, 0, 0})); },
R"(tensor([False,  True,  True]))"},
{R"cpp(gather(grid(), 1, zeros({3, 0}, {.dtype = i64})))cpp", [] { return gather(grid(), 1, zeros({3, 0}, {.dtype = i64})); },
R"(tensor([], size=(3, 0)))"},
{R"cpp(scatter(zeros({3, 4}), 0, tensor({{0, 1, 2, 0}}), tensor({{1.0, 2.0, 3.0, 4.0}})))cpp", [] { return scatter(zeros({3, 4}), 0, tensor({{0, 1, 2, 0}}), tensor({{1.0, 2.0, 3.0, 4.0}})); },
R"(tensor([[1., 0., 0., 4.],
        [0., 2., 0., 0.],
        [0., 0., 3., 0.]]))"},
{R"cpp(scatter(zeros({2, 4}, {.dtype = i64}), 1, tensor({{3, 0}, {1, 2}}), tensor({{1, 2, 9}, {3, 4, 9}})))cpp", [] { return scatter(zeros({2, 4}, {.dtype = i64}), 1, tensor({{3, 0}, {1, 2}}), tensor({{1, 2, 9}, {3, 4, 9}})); },
R"(tensor([[2, 0, 0, 1],
        [0, 3, 4, 0]]))"},
{R"cpp(scatter(grid(), 1, tensor({{0}, {1}, {2}}), -1))cpp", [] { return scatter(grid(), 1, tensor({{0}, {1}, {2}}), -1); },
R"(tensor([[-1.,  1.,  2.,  3.],
        [ 4., -1.,  6.,  7.],
        [ 8.,  9., -1., 11.]]))"},
{R"cpp(scatter(zeros({4}), 0, tensor({3, 1}), 2.5))cpp", [] { return scatter(zeros({4}), 0, tensor({3, 1}), 2.5); },
R"(tensor([0.0000, 2.5000, 0.0000, 2.5000]))"},
{R"cpp(scatter(zeros({4}), 0, tensor({3, 1, 3}), tensor({1.0, 2.0, 3.0})))cpp", [] { return scatter(zeros({4}), 0, tensor({3, 1, 3}), tensor({1.0, 2.0, 3.0})); },
R"(tensor([0., 2., 0., 3.]))"},
{R"cpp(Tensor x = zeros({2, 3}); x.scatter_(1, tensor({{2}, {0}}), tensor({{5.0}, {6.0}})); return x;)cpp", [] { Tensor x = zeros({2, 3}); x.scatter_(1, tensor({{2}, {0}}), tensor({{5.0}, {6.0}})); return x; },
R"(tensor([[0., 0., 5.],
        [6., 0., 0.]]))"},
{R"cpp(Tensor x = zeros({2, 3}); x.scatter_(-1, tensor({{2}, {0}}), 1); return x;)cpp", [] { Tensor x = zeros({2, 3}); x.scatter_(-1, tensor({{2}, {0}}), 1); return x; },
R"(tensor([[0., 0., 1.],
        [1., 0., 0.]]))"},
{R"cpp(Tensor x = zeros({3, 2}); x.t().scatter_(1, tensor({{2}, {0}}), 1); return x;)cpp", [] { Tensor x = zeros({3, 2}); x.t().scatter_(1, tensor({{2}, {0}}), 1); return x; },
R"(tensor([[0., 1.],
        [0., 0.],
        [1., 0.]]))"},
{R"cpp(scatter_add(zeros({3}), 0, tensor({0, 1, 0, 2, 0}), tensor({1.0, 2.0, 3.0, 4.0, 5.0})))cpp", [] { return scatter_add(zeros({3}), 0, tensor({0, 1, 0, 2, 0}), tensor({1.0, 2.0, 3.0, 4.0, 5.0})); },
R"(tensor([9., 2., 4.]))"},
{R"cpp(scatter_add(ones({2, 3}), 1, tensor({{0, 0, 2}, {1, 1, 1}}), grid()))cpp", [] { return scatter_add(ones({2, 3}), 1, tensor({{0, 0, 2}, {1, 1, 1}}), grid()); },
R"(tensor([[ 2.,  1.,  3.],
        [ 1., 16.,  1.]]))"},
{R"cpp(scatter_add(ones({2, 4}), 0, tensor({{0, 1, 0, 1}, {0, 1, 1, 0}, {0, 0, 0, 0}}), grid()))cpp", [] { return scatter_add(ones({2, 4}), 0, tensor({{0, 1, 0, 1}, {0, 1, 1, 0}, {0, 0, 0, 0}}), grid()); },
R"(tensor([[13., 10., 13., 19.],
        [ 1.,  7.,  7.,  4.]]))"},
{R"cpp(scatter_add(tensor({1, 2}), 0, tensor({1, 1}), tensor({10, 20})))cpp", [] { return scatter_add(tensor({1, 2}), 0, tensor({1, 1}), tensor({10, 20})); },
R"(tensor([ 1, 32]))"},
{R"cpp(scatter_add(tensor(1.0), 0, tensor(0), tensor(2.0)))cpp", [] { return scatter_add(tensor(1.0), 0, tensor(0), tensor(2.0)); },
R"(tensor(3.))"},
{R"cpp(index_select(grid(), 0, tensor({2, 0, 2})))cpp", [] { return index_select(grid(), 0, tensor({2, 0, 2})); },
R"(tensor([[ 8.,  9., 10., 11.],
        [ 0.,  1.,  2.,  3.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(index_select(grid(), 1, tensor({3, 1})))cpp", [] { return index_select(grid(), 1, tensor({3, 1})); },
R"(tensor([[ 3.,  1.],
        [ 7.,  5.],
        [11.,  9.]]))"},
{R"cpp(index_select(cube(), -2, tensor({1})))cpp", [] { return index_select(cube(), -2, tensor({1})); },
R"(tensor([[[ 4.,  5.,  6.,  7.]],

        [[16., 17., 18., 19.]]]))"},
{R"cpp(index_select(grid().t(), 0, tensor({3, 1})))cpp", [] { return index_select(grid().t(), 0, tensor({3, 1})); },
R"(tensor([[ 3.,  7., 11.],
        [ 1.,  5.,  9.]]))"},
{R"cpp(index_select(grid(), 0, zeros({0}, {.dtype = i64})))cpp", [] { return index_select(grid(), 0, zeros({0}, {.dtype = i64})); },
R"(tensor([], size=(0, 4)))"},
{R"cpp(index_select(tensor({1, 2, 3}, {.dtype = u8}), 0, arange(6).index({Slice{0, 6, 2}}).index({Slice{0, 2}})))cpp", [] { return index_select(tensor({1, 2, 3}, {.dtype = u8}), 0, arange(6).index({Slice{0, 6, 2}}).index({Slice{0, 2}})); },
R"(tensor([1, 3], dtype=torch.uint8))"},
{R"cpp(index_select(tensor({1.5, 2.5}, {.dtype = bf16}), 0, tensor({1, 0})))cpp", [] { return index_select(tensor({1.5, 2.5}, {.dtype = bf16}), 0, tensor({1, 0})); },
R"(tensor([2.5000, 1.5000], dtype=torch.bfloat16))"},
{R"cpp(one_hot(tensor({0, 2, 1})))cpp", [] { return one_hot(tensor({0, 2, 1})); },
R"(tensor([[1, 0, 0],
        [0, 0, 1],
        [0, 1, 0]]))"},
{R"cpp(one_hot(tensor({{0, 2}, {1, 1}}), 4))cpp", [] { return one_hot(tensor({{0, 2}, {1, 1}}), 4); },
R"(tensor([[[1, 0, 0, 0],
         [0, 0, 1, 0]],

        [[0, 1, 0, 0],
         [0, 1, 0, 0]]]))"},
{R"cpp(one_hot(tensor(1), 3))cpp", [] { return one_hot(tensor(1), 3); },
R"(tensor([0, 1, 0]))"},
{R"cpp(one_hot(zeros({0}, {.dtype = i64}), 3))cpp", [] { return one_hot(zeros({0}, {.dtype = i64}), 3); },
R"(tensor([], size=(0, 3), dtype=torch.int64))"},
};
// clang-format on

TEST(Choosing, AsPyTorch) {
  for (const Printed& row : kIndexed) EXPECT_EQ(row.compute().str(), row.expected) << row.what;
}

TEST(Choosing, LargeResultsAgreeWithPlainLoops) {
  const std::int64_t rows = 301, columns = 157;
  const Tensor x = rand({rows, columns}), place = randint(0, columns, {rows, columns});
  const Tensor gathered = gather(x, 1, place),
               added = scatter_add(zeros({rows, columns}), 1, place, ones({rows, columns}));
  const Tensor selected = index_select(x, 0, place.select(1, 0));
  std::vector<float> count(static_cast<std::size_t>(rows * columns));
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      const std::int64_t p = place.at<std::int64_t>(i, j);
      ASSERT_EQ(gathered.at<float>(i, j), x.at<float>(i, p));
      ++count[static_cast<std::size_t>(i * columns + p)];
    }
  }
  EXPECT_EQ(added.to_vector<float>(), count);
  ASSERT_EQ(selected.shape(), (Shape{rows, columns}));
  for (std::int64_t i = 0; i < rows; ++i)
    ASSERT_EQ(selected.at<float>(i, 5), x.at<float>(place.at<std::int64_t>(i, 0), 5));
}

TEST(Choosing, Gradients) {
  const auto x = [] { return randn({3, 4}, {.dtype = f64, .requires_grad = true}); };
  const Tensor mask = gt(randn({3, 4}), 0), row_mask = tensor({true, false, false, true});
  const Tensor place = tensor({{0, 1, 2, 0}, {2, 2, 1, 1}}), distinct = tensor({{0, 1, 2, 0}});
  const Tensor column = tensor({{3, 0, 3}, {1, 1, 1}, {2, 0, 1}});
  const std::vector<NamedFunction> functions = {
      {"where", [&](const auto& in) { return where(mask, in[0], in[1]); }},
      {"where, broadcast", [&](const auto& in) { return where(row_mask, in[0], in[1].sum()); }},
      {"where, number", [&](const auto& in) { return where(mask, 2, in[0] * in[1]); }},
      {"masked_fill", [&](const auto& in) { return masked_fill(in[0] * in[1], row_mask, 3); }},
      {"masked_select", [&](const auto& in) { return masked_select(in[0] * in[1], mask); }},
      {"gather", [&](const auto& in) { return gather(in[0] * in[1], 0, place); }},
      {"gather, dim 1", [&](const auto& in) { return gather(in[0] * in[1], 1, column); }},
      {"scatter", [&](const auto& in) { return scatter(in[0], 0, distinct, in[1]) * in[0]; }},
      {"scatter, number", [&](const auto& in) { return scatter(in[0], 0, place, 2) * in[1]; }},
      {"scatter_add", [&](const auto& in) { return scatter_add(in[0], 0, place, in[1]) * in[0]; }},
      {"scatter_add, dim 1",
       [&](const auto& in) { return scatter_add(in[0], 1, column, in[1]) * in[0]; }},
      {"index_select",
       [&](const auto& in) {
         return index_select(in[0] * in[1], 1, tensor({3, 0, 3}));
       }},
  };
  expect_gradients(functions, [&] { return std::vector<Tensor>{x(), x()}; });
}

TEST(Choosing, InPlaceChangesAreRecorded) {
  const Tensor x = tensor({1.0, 2.0, 3.0}, {.requires_grad = true});
  const Tensor source = tensor({5.0}, {.requires_grad = true});
  Tensor y = x * 2;
  y.masked_fill_(tensor({true, false, false}), 7).scatter_(0, tensor({2}), source);
  EXPECT_EQ(y.detach().str(), "tensor([7., 4., 5.])");
  (y * y).sum().backward();
  EXPECT_EQ(x.grad().str(), "tensor([ 0., 16.,  0.])");
  EXPECT_EQ(source.grad().str(), "tensor([10.])");
}

TEST(Choosing, AnIndexChangedBeforeBackwardIsNoticed) {
  const Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  Tensor index = tensor({1, 0});
  const Tensor y = gather(x, 0, index).sum();
  index.zero_();
  EXPECT_EQ(thrown<AutogradError>([&] { y.backward(); }),
            "GatherBackward0: a tensor of shape [2] needed for the gradient was modified in place "
            "(version 1, expected 0); hint: use the form without '_', or .clone() it first");
}

TEST(Choosing, WrongCalls) {
  const Tensor x = grid(), index = tensor({{0, 1, 2, 0}});
  const std::vector<WrongCall> dtype_errors = {
      {[&] { where(x, x, x); },
       "where: the condition must be boolean, found f32 (shape [3, 4]); hint: x != 0"},
      {[&] { masked_fill(x, index, 1); },
       "masked_fill: the mask must be boolean, found i64 (shape [1, 4]); hint: x != 0"},
      {[&] { masked_fill(index, gt(index, 0), 1.5); },
       "masked_fill: the value 1.5 does not fit into elements of type i64; hint: .to(f32) first"},
      {[&] { grid().masked_fill_(x, 1); },
       "masked_fill_: the mask must be boolean, found f32 (shape [3, 4]); hint: x != 0"},
      {[&] { masked_select(x, x); },
       "masked_select: the mask must be boolean, found f32 (shape [3, 4]); hint: x != 0"},
      {[&] { gather(x, 0, x); }, "gather: the index must be i64, found f32; hint: .to(i64)"},
      {[&] { scatter(x, 0, index, index); },
       "scatter: the source must be of x's type f32, found i64; hint: .to(f32)"},
      {[&] { scatter(index, 0, index, 0.5); },
       "scatter: the value 0.5 does not fit into elements of type i64; hint: .to(f32) first"},
      {[&] { scatter_add(x, 0, x, x); },
       "scatter_add: the index must be i64, found f32; hint: .to(i64)"},
      {[&] { index_select(x, 0, x); },
       "index_select: the index must be i64, found f32; hint: .to(i64)"},
      {[&] { one_hot(x); }, "one_hot: the classes must be i64, found f32; hint: .to(i64)"},
  };
  for (const auto& [call, text] : dtype_errors) EXPECT_EQ(thrown<DtypeError>(call), text);
  const std::vector<WrongCall> shape_errors = {
      {[&] {
         where(tensor({true, false}), x, x);
       },
       "where: shapes [2] and [3, 4] do not broadcast: sizes 2 and 4 at dimension 1 must be equal, "
       "or one of them 1"},
      {[&] { where(gt(x, 0), zeros({5}), x); },
       "where: shapes [5] and [3, 4] do not broadcast: sizes 5 and 4 at dimension 1 must be equal, "
       "or one of them 1"},
      {[&] {
         masked_fill(x, tensor({true, false}), 1);
       },
       "masked_fill: shapes [2] and [3, 4] do not broadcast: sizes 2 and 4 at dimension 1 must be "
       "equal, or one of them 1"},
      {[&] {
         tensor({1.0}).masked_fill_(tensor({true, false}), 1);
       },
       "masked_fill_: a mask of shape [2] does not broadcast to [1]"},
      {[&] {
         masked_select(x, tensor({true, false}));
       },
       "masked_select: shapes [3, 4] and [2] do not broadcast: sizes 4 and 2 at dimension 1 must "
       "be equal, or one of them 1"},
      {[&] {
         gather(x, 0, tensor({0, 1}));
       },
       "gather: the index of shape [2] must have as many dimensions as x of shape [3, 4] and be no "
       "larger in any but dimension 0"},
      {[&] {
         gather(x, 0, zeros({1, 5}, {.dtype = i64}));
       },
       "gather: the index of shape [1, 5] must have as many dimensions as x of shape [3, 4] and be "
       "no larger in any but dimension 0"},
      {[&] {
         scatter(x, 1, zeros({4, 1}, {.dtype = i64}), zeros({4, 1}));
       },
       "scatter: the index of shape [4, 1] must have as many dimensions as x of shape [3, 4] and "
       "be no larger in any but dimension 1"},
      {[&] {
         scatter(x, 0, index, zeros({1, 3}));
       },
       "scatter: the index of shape [1, 4] must have as many dimensions as the source of shape [1, "
       "3] and be no larger in any"},
      {[&] { scatter_add(x, 0, index, zeros({4})); },
       "scatter_add: the index of shape [1, 4] must have as many dimensions as the source of shape "
       "[4] and be no larger in any"},
      {[&] { index_select(x, 0, index); },
       "index_select: expects an index of one dimension and an x of at least one, found shapes [1, "
       "4] and [3, 4]"},
  };
  for (const auto& [call, text] : shape_errors) EXPECT_EQ(thrown<ShapeError>(call), text);
  const std::vector<WrongCall> index_errors = {
      {[&] { gather(x, 2, index); },
       "gather: dimension 2 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
      {[&] { gather(x, 0, tensor({{3}})); },
       "gather: index 3 is out of range for dimension 0 of size 3"},
      {[&] { gather(x, 0, tensor({{-1}})); },
       "gather: index -1 is out of range for dimension 0 of size 3"},
      {[&] { scatter(x, 1, tensor({{4}}), 0); },
       "scatter: index 4 is out of range for dimension 1 of size 4"},
      {[&] { grid().scatter_(1, tensor({{-2}}), 0); },
       "scatter_: index -2 is out of range for dimension 1 of size 4"},
      {[&] { grid().scatter_(-3, index, x); },
       "scatter_: dimension -3 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
      {[&] { scatter_add(x, 0, tensor({{7}}), x); },
       "scatter_add: index 7 is out of range for dimension 0 of size 3"},
      {[&] { index_select(x, 1, tensor({4})); },
       "index_select: index 4 is out of range for dimension 1 of size 4"},
      {[&] { index_select(x, 3, tensor({0})); },
       "index_select: dimension 3 is out of range for a tensor of 2 dimensions; allowed are -2 to "
       "1"},
      {[&] {
         one_hot(tensor({0, -1}));
       },
       "one_hot: class -1 is out of range; with 1 classes they are 0 to 0"},
      {[&] {
         one_hot(tensor({0, 3}), 3);
       },
       "one_hot: class 3 is out of range; with 3 classes they are 0 to 2"},
  };
  for (const auto& [call, text] : index_errors) EXPECT_EQ(thrown<IndexError>(call), text);
  EXPECT_EQ(thrown<ValueError>([] { one_hot(tensor({0}), 0); }),
            "one_hot: the number of classes must be at least 1, or -1 to take it from the classes; "
            "found 0");
  EXPECT_EQ(thrown<ValueError>([] { one_hot(zeros({0}, {.dtype = i64})); }),
            "one_hot: no class to take the number of classes from; hint: give it");
  EXPECT_EQ(thrown<ValueError>([] { nonzero(Tensor()); }),
            "nonzero: input 0 is an undefined tensor; a default-constructed Tensor holds nothing");
  Tensor leaf = tensor({1.0}, {.requires_grad = true});
  EXPECT_EQ(thrown<AutogradError>([&] { leaf.masked_fill_(tensor({true}), 1); }),
            "masked_fill_: a leaf that needs a gradient cannot be changed in place; hint: do it "
            "under NoGradGuard");
}

}  // namespace
}  // namespace percept
