// Order along a dimension: values, gradients and wrong calls.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/printed.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/sort.h"
#include "support/throws.h"

namespace percept {
namespace {

// clang-format off
const Printed kSorted[] = {
{R"cpp(cumsum(grid(), 0))cpp", [] { return cumsum(grid(), 0); },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  6.,  8., 10.],
        [12., 15., 18., 21.]]))"},
{R"cpp(cumsum(grid(), -1))cpp", [] { return cumsum(grid(), -1); },
R"(tensor([[ 0.,  1.,  3.,  6.],
        [ 4.,  9., 15., 22.],
        [ 8., 17., 27., 38.]]))"},
{R"cpp(cumsum(cube(), 1))cpp", [] { return cumsum(cube(), 1); },
R"(tensor([[[ 0.,  1.,  2.,  3.],
         [ 4.,  6.,  8., 10.],
         [12., 15., 18., 21.]],

        [[12., 13., 14., 15.],
         [28., 30., 32., 34.],
         [48., 51., 54., 57.]]]))"},
{R"cpp(cumsum(tensor({1, 2, 3}), 0))cpp", [] { return cumsum(tensor({1, 2, 3}), 0); },
R"(tensor([1, 3, 6]))"},
{R"cpp(cumsum(tensor({true, true, false}), 0))cpp", [] { return cumsum(tensor({true, true, false}), 0); },
R"(tensor([1, 2, 2]))"},
{R"cpp(cumsum(tensor({200, 100}, {.dtype = u8}), 0))cpp", [] { return cumsum(tensor({200, 100}, {.dtype = u8}), 0); },
R"(tensor([200, 300]))"},
{R"cpp(cumsum(tensor(2.0), 0))cpp", [] { return cumsum(tensor(2.0), 0); },
R"(tensor(2.))"},
{R"cpp(cumsum(zeros({2, 0}), 1))cpp", [] { return cumsum(zeros({2, 0}), 1); },
R"(tensor([], size=(2, 0)))"},
{R"cpp(cumsum(grid().t(), 0))cpp", [] { return cumsum(grid().t(), 0); },
R"(tensor([[ 0.,  4.,  8.],
        [ 1.,  9., 17.],
        [ 3., 15., 27.],
        [ 6., 22., 38.]]))"},
{R"cpp(cumsum(tensor({1.0, NAN, 2.0}), 0))cpp", [] { return cumsum(tensor({1.0, NAN, 2.0}), 0); },
R"(tensor([1., nan, nan]))"},
{R"cpp(cumsum(tensor({0.5, 1.5}, {.dtype = bf16}), 0))cpp", [] { return cumsum(tensor({0.5, 1.5}, {.dtype = bf16}), 0); },
R"(tensor([0.5000, 2.0000], dtype=torch.bfloat16))"},
{R"cpp(sort(tensor({3.0, 1.0, 2.0})).values)cpp", [] { return sort(tensor({3.0, 1.0, 2.0})).values; },
R"(tensor([1., 2., 3.]))"},
{R"cpp(sort(tensor({3.0, 1.0, 2.0})).indices)cpp", [] { return sort(tensor({3.0, 1.0, 2.0})).indices; },
R"(tensor([1, 2, 0]))"},
{R"cpp(sort(tensor({3.0, 1.0, 2.0}), {.descending = true}).values)cpp", [] { return sort(tensor({3.0, 1.0, 2.0}), {.descending = true}).values; },
R"(tensor([3., 2., 1.]))"},
{R"cpp(sort(tensor({3.0, 1.0, 2.0}), {.descending = true}).indices)cpp", [] { return sort(tensor({3.0, 1.0, 2.0}), {.descending = true}).indices; },
R"(tensor([0, 2, 1]))"},
{R"cpp(sort(tensor({NAN, 1.0, INFINITY, -INFINITY})).values)cpp", [] { return sort(tensor({NAN, 1.0, INFINITY, -INFINITY})).values; },
R"(tensor([-inf, 1., inf, nan]))"},
{R"cpp(sort(tensor({NAN, 1.0, INFINITY, -INFINITY})).indices)cpp", [] { return sort(tensor({NAN, 1.0, INFINITY, -INFINITY})).indices; },
R"(tensor([3, 1, 2, 0]))"},
{R"cpp(sort(tensor({1.0, NAN, INFINITY}), {.descending = true}).values)cpp", [] { return sort(tensor({1.0, NAN, INFINITY}), {.descending = true}).values; },
R"(tensor([nan, inf, 1.]))"},
{R"cpp(sort(tensor({1.0, NAN, INFINITY}), {.descending = true}).indices)cpp", [] { return sort(tensor({1.0, NAN, INFINITY}), {.descending = true}).indices; },
R"(tensor([1, 2, 0]))"},
{R"cpp(sort(tensor({2, 1, 2, 1, 2})).values)cpp", [] { return sort(tensor({2, 1, 2, 1, 2})).values; },
R"(tensor([1, 1, 2, 2, 2]))"},
{R"cpp(sort(tensor({2, 1, 2, 1, 2})).indices)cpp", [] { return sort(tensor({2, 1, 2, 1, 2})).indices; },
R"(tensor([1, 3, 0, 2, 4]))"},
{R"cpp(sort(tensor({2, 1, 2, 1, 2}), {.descending = true}).values)cpp", [] { return sort(tensor({2, 1, 2, 1, 2}), {.descending = true}).values; },
R"(tensor([2, 2, 2, 1, 1]))"},
{R"cpp(sort(tensor({2, 1, 2, 1, 2}), {.descending = true}).indices)cpp", [] { return sort(tensor({2, 1, 2, 1, 2}), {.descending = true}).indices; },
R"(tensor([0, 2, 4, 1, 3]))"},
{R"cpp(sort(tensor({{3, 1}, {2, 4}, {1, 0}}), {.dim = 0}).values)cpp", [] { return sort(tensor({{3, 1}, {2, 4}, {1, 0}}), {.dim = 0}).values; },
R"(tensor([[1, 0],
        [2, 1],
        [3, 4]]))"},
{R"cpp(sort(tensor({{3, 1}, {2, 4}, {1, 0}}), {.dim = 0}).indices)cpp", [] { return sort(tensor({{3, 1}, {2, 4}, {1, 0}}), {.dim = 0}).indices; },
R"(tensor([[2, 2],
        [1, 0],
        [0, 1]]))"},
{R"cpp(sort(grid().t(), {.descending = true}).values)cpp", [] { return sort(grid().t(), {.descending = true}).values; },
R"(tensor([[ 8.,  4.,  0.],
        [ 9.,  5.,  1.],
        [10.,  6.,  2.],
        [11.,  7.,  3.]]))"},
{R"cpp(sort(grid().t(), {.descending = true}).indices)cpp", [] { return sort(grid().t(), {.descending = true}).indices; },
R"(tensor([[2, 1, 0],
        [2, 1, 0],
        [2, 1, 0],
        [2, 1, 0]]))"},
{R"cpp(sort(tensor({true, false, true})).values)cpp", [] { return sort(tensor({true, false, true})).values; },
R"(tensor([False,  True,  True]))"},
{R"cpp(sort(tensor({true, false, true})).indices)cpp", [] { return sort(tensor({true, false, true})).indices; },
R"(tensor([1, 0, 2]))"},
{R"cpp(sort(tensor(1.5)).values)cpp", [] { return sort(tensor(1.5)).values; },
R"(tensor(1.5000))"},
{R"cpp(sort(tensor(1.5)).indices)cpp", [] { return sort(tensor(1.5)).indices; },
R"(tensor(0))"},
{R"cpp(sort(zeros({0})).values)cpp", [] { return sort(zeros({0})).values; },
R"(tensor([]))"},
{R"cpp(sort(zeros({0})).indices)cpp", [] { return sort(zeros({0})).indices; },
R"(tensor([], dtype=torch.int64))"},
{R"cpp(sort(zeros({2, 0, 3}), {.dim = 1}).values)cpp", [] { return sort(zeros({2, 0, 3}), {.dim = 1}).values; },
R"(tensor([], size=(2, 0, 3)))"},
{R"cpp(sort(zeros({2, 0, 3}), {.dim = 1}).indices)cpp", [] { return sort(zeros({2, 0, 3}), {.dim = 1}).indices; },
R"(tensor([], size=(2, 0, 3), dtype=torch.int64))"},
{R"cpp(topk(tensor({1.0, 4.0, 3.0, 2.0}), 2).values)cpp", [] { return topk(tensor({1.0, 4.0, 3.0, 2.0}), 2).values; },
R"(tensor([4., 3.]))"},
{R"cpp(topk(tensor({1.0, 4.0, 3.0, 2.0}), 2).indices)cpp", [] { return topk(tensor({1.0, 4.0, 3.0, 2.0}), 2).indices; },
R"(tensor([1, 2]))"},
{R"cpp(topk(tensor({1.0, 4.0, 3.0, 2.0}), 3, {.largest = false}).values)cpp", [] { return topk(tensor({1.0, 4.0, 3.0, 2.0}), 3, {.largest = false}).values; },
R"(tensor([1., 2., 3.]))"},
{R"cpp(topk(tensor({1.0, 4.0, 3.0, 2.0}), 3, {.largest = false}).indices)cpp", [] { return topk(tensor({1.0, 4.0, 3.0, 2.0}), 3, {.largest = false}).indices; },
R"(tensor([0, 3, 2]))"},
{R"cpp(topk(grid(), 2, {.dim = 0}).values)cpp", [] { return topk(grid(), 2, {.dim = 0}).values; },
R"(tensor([[ 8.,  9., 10., 11.],
        [ 4.,  5.,  6.,  7.]]))"},
{R"cpp(topk(grid(), 2, {.dim = 0}).indices)cpp", [] { return topk(grid(), 2, {.dim = 0}).indices; },
R"(tensor([[2, 2, 2, 2],
        [1, 1, 1, 1]]))"},
{R"cpp(topk(grid(), 1).values)cpp", [] { return topk(grid(), 1).values; },
R"(tensor([[ 3.],
        [ 7.],
        [11.]]))"},
{R"cpp(topk(grid(), 1).indices)cpp", [] { return topk(grid(), 1).indices; },
R"(tensor([[3],
        [3],
        [3]]))"},
{R"cpp(topk(tensor({1.0, NAN, 3.0}), 2).values)cpp", [] { return topk(tensor({1.0, NAN, 3.0}), 2).values; },
R"(tensor([nan, 3.]))"},
{R"cpp(topk(tensor({1.0, NAN, 3.0}), 2).indices)cpp", [] { return topk(tensor({1.0, NAN, 3.0}), 2).indices; },
R"(tensor([1, 2]))"},
{R"cpp(topk(tensor({1.0, NAN, 3.0}), 2, {.largest = false}).values)cpp", [] { return topk(tensor({1.0, NAN, 3.0}), 2, {.largest = false}).values; },
R"(tensor([1., 3.]))"},
{R"cpp(topk(tensor({1.0, NAN, 3.0}), 2, {.largest = false}).indices)cpp", [] { return topk(tensor({1.0, NAN, 3.0}), 2, {.largest = false}).indices; },
R"(tensor([0, 2]))"},
{R"cpp(topk(tensor({5, 7, 6}), 3).values)cpp", [] { return topk(tensor({5, 7, 6}), 3).values; },
R"(tensor([7, 6, 5]))"},
{R"cpp(topk(tensor({5, 7, 6}), 3).indices)cpp", [] { return topk(tensor({5, 7, 6}), 3).indices; },
R"(tensor([1, 2, 0]))"},
{R"cpp(topk(grid(), 0).values)cpp", [] { return topk(grid(), 0).values; },
R"(tensor([], size=(3, 0)))"},
{R"cpp(topk(grid(), 0).indices)cpp", [] { return topk(grid(), 0).indices; },
R"(tensor([], size=(3, 0), dtype=torch.int64))"},
{R"cpp(topk(tensor(2.0), 1).values)cpp", [] { return topk(tensor(2.0), 1).values; },
R"(tensor(2.))"},
{R"cpp(topk(tensor(2.0), 1).indices)cpp", [] { return topk(tensor(2.0), 1).indices; },
R"(tensor(0))"},
{R"cpp(argsort(tensor({3, 1, 2})))cpp", [] { return argsort(tensor({3, 1, 2})); },
R"(tensor([1, 2, 0]))"},
{R"cpp(argsort(tensor({{3, 1, 2}, {1, 1, 0}}), {.dim = 1, .descending = true}))cpp", [] { return argsort(tensor({{3, 1, 2}, {1, 1, 0}}), {.dim = 1, .descending = true}); },
R"(tensor([[0, 2, 1],
        [0, 1, 2]]))"},
{R"cpp(argsort(tensor({{3, 1, 2}, {1, 1, 0}}), {.dim = 0}))cpp", [] { return argsort(tensor({{3, 1, 2}, {1, 1, 0}}), {.dim = 0}); },
R"(tensor([[1, 0, 1],
        [0, 1, 0]]))"},
};
// clang-format on

TEST(Order, AsPyTorch) {
  for (const Printed& row : kSorted) EXPECT_EQ(row.compute().str(), row.expected) << row.what;
}

TEST(Order, Gradients) {
  const auto x = [] { return randn({3, 4}, {.dtype = f64, .requires_grad = true}); };
  const std::vector<NamedFunction> functions = {
      {"cumsum, dim 0", [](const auto& in) { return cumsum(in[0] * in[1], 0); }},
      {"cumsum, dim 1", [](const auto& in) { return cumsum(in[0] * in[1], 1) * in[0]; }},
      {"sort", [](const auto& in) { return sort(in[0]).values * in[1]; }},
      {"sort, strided",
       [](const auto& in) {
         return sort(in[0].t(), {.dim = 0, .descending = true}).values.t() * in[1];
       }},
      {"topk",
       [](const auto& in) { return topk(in[0], 2, {.dim = 0}).values * in[1].index({Slice{1}}); }},
      {"topk, smallest",
       [](const auto& in) { return topk(in[0], 4, {.largest = false}).values * in[1]; }},
  };
  expect_gradients(functions, [&] { return std::vector<Tensor>{x(), x()}; });
}

TEST(Order, ManyEqualKeysStayInOrder) {
  const std::int64_t n = 20000;
  const Tensor key = randint(0, 7, {n});
  const auto [values, indices] = sort(key);
  const auto v = values.span<std::int64_t>(), at = indices.span<std::int64_t>();
  for (std::size_t i = 1; i < v.size(); ++i)
    ASSERT_TRUE(v[i - 1] < v[i] || (v[i - 1] == v[i] && at[i - 1] < at[i])) << i;
  EXPECT_TRUE(equal(key[indices], values));
}

TEST(Order, WrongCalls) {
  const Tensor x = grid();
  const std::vector<WrongCall> index_errors = {
      {[&] { cumsum(x, 2); },
       "cumsum: dimension 2 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
      {[&] { cumsum(x, -3); },
       "cumsum: dimension -3 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
      {[&] { cumsum(tensor(1.0), 1); },
       "cumsum: dimension 1 is out of range for a tensor of 0 dimensions; allowed are -1 to 0"},
      {[&] { sort(x, {.dim = 2}); },
       "sort: dimension 2 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
      {[&] { sort(x, {.dim = -3}); },
       "sort: dimension -3 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
      {[&] { argsort(x, {.dim = 5}); },
       "argsort: dimension 5 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
      {[&] { argsort(tensor(1), {.dim = 1}); },
       "argsort: dimension 1 is out of range for a tensor of 0 dimensions; allowed are -1 to 0"},
      {[&] { topk(x, 1, {.dim = 2}); },
       "topk: dimension 2 is out of range for a tensor of 2 dimensions; allowed are -2 to 1"},
  };
  for (const auto& [call, text] : index_errors) EXPECT_EQ(thrown<IndexError>(call), text);
  const std::vector<WrongCall> value_errors = {
      {[&] { topk(x, 5); },
       "topk: k must lie in 0 to 4, the size of dimension 1 of shape [3, 4]; found 5"},
      {[&] { topk(x, -1, {.dim = 0}); },
       "topk: k must lie in 0 to 3, the size of dimension 0 of shape [3, 4]; found -1"},
      {[&] { topk(tensor(1.0), 2); },
       "topk: k must lie in 0 to 1, the size of dimension 0 of shape []; found 2"},
      {[&] { sort(Tensor()); },
       "sort: input 0 is an undefined tensor; a default-constructed Tensor holds nothing"},
      {[&] { argsort(Tensor()); },
       "argsort: input 0 is an undefined tensor; a default-constructed Tensor holds nothing"},
  };
  for (const auto& [call, text] : value_errors) EXPECT_EQ(thrown<ValueError>(call), text);
}

}  // namespace
}  // namespace percept
