// x.index({...}) and its assignment: values, gradients and wrong calls.
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
const Printed kAdvanced[] = {
{R"cpp(grid().index({1}))cpp", [] { return grid().index({1}); },
R"(tensor([4., 5., 6., 7.]))"},
{R"cpp(grid().index({-1}))cpp", [] { return grid().index({-1}); },
R"(tensor([ 8.,  9., 10., 11.]))"},
{R"cpp(grid().index({1, 2}))cpp", [] { return grid().index({1, 2}); },
R"(tensor(6.))"},
{R"cpp(grid().index({Slice{1}}))cpp", [] { return grid().index({Slice{1}}); },
R"(tensor([[ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(grid().index({Slice{.stop = 2}}))cpp", [] { return grid().index({Slice{.stop = 2}}); },
R"(tensor([[0., 1., 2., 3.],
        [4., 5., 6., 7.]]))"},
{R"cpp(grid().index({Slice{-2}}))cpp", [] { return grid().index({Slice{-2}}); },
R"(tensor([[ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(grid().index({Slice{}, 1}))cpp", [] { return grid().index({Slice{}, 1}); },
R"(tensor([1., 5., 9.]))"},
{R"cpp(grid().index({Slice{0, 3, 2}, Slice{1, 4}}))cpp", [] { return grid().index({Slice{0, 3, 2}, Slice{1, 4}}); },
R"(tensor([[ 1.,  2.,  3.],
        [ 9., 10., 11.]]))"},
{R"cpp(grid().index({Slice{.step = 2}}))cpp", [] { return grid().index({Slice{.step = 2}}); },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(grid().index({Slice{2, 1}}))cpp", [] { return grid().index({Slice{2, 1}}); },
R"(tensor([], size=(0, 4)))"},
{R"cpp(grid().index({Slice{0, 100}}))cpp", [] { return grid().index({Slice{0, 100}}); },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(grid().index({Slice{-100, -1}}))cpp", [] { return grid().index({Slice{-100, -1}}); },
R"(tensor([[0., 1., 2., 3.],
        [4., 5., 6., 7.]]))"},
{R"cpp(grid().index({Ellipsis, 0}))cpp", [] { return grid().index({Ellipsis, 0}); },
R"(tensor([0., 4., 8.]))"},
{R"cpp(grid().index({0, Ellipsis}))cpp", [] { return grid().index({0, Ellipsis}); },
R"(tensor([0., 1., 2., 3.]))"},
{R"cpp(grid().index({Ellipsis}))cpp", [] { return grid().index({Ellipsis}); },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(grid().index({None, 0}))cpp", [] { return grid().index({None, 0}); },
R"(tensor([[0., 1., 2., 3.]]))"},
{R"cpp(grid().index({0, None}))cpp", [] { return grid().index({0, None}); },
R"(tensor([[0., 1., 2., 3.]]))"},
{R"cpp(grid().index({Ellipsis, None}))cpp", [] { return grid().index({Ellipsis, None}); },
R"(tensor([[[ 0.],
         [ 1.],
         [ 2.],
         [ 3.]],

        [[ 4.],
         [ 5.],
         [ 6.],
         [ 7.]],

        [[ 8.],
         [ 9.],
         [10.],
         [11.]]]))"},
{R"cpp(cube().index({0, Ellipsis, 1}))cpp", [] { return cube().index({0, Ellipsis, 1}); },
R"(tensor([1., 5., 9.]))"},
{R"cpp(cube().index({None, Ellipsis, Slice{1, 3}, None}))cpp", [] { return cube().index({None, Ellipsis, Slice{1, 3}, None}); },
R"(tensor([[[[[ 1.],
           [ 2.]],

          [[ 5.],
           [ 6.]],

          [[ 9.],
           [10.]]],


         [[[13.],
           [14.]],

          [[17.],
           [18.]],

          [[21.],
           [22.]]]]]))"},
{R"cpp(grid().index({tensor({2, 0})}))cpp", [] { return grid().index({tensor({2, 0})}); },
R"(tensor([[ 8.,  9., 10., 11.],
        [ 0.,  1.,  2.,  3.]]))"},
{R"cpp(grid().index({tensor({-1, 0, -1})}))cpp", [] { return grid().index({tensor({-1, 0, -1})}); },
R"(tensor([[ 8.,  9., 10., 11.],
        [ 0.,  1.,  2.,  3.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(grid().index({Slice{}, tensor({3, 0})}))cpp", [] { return grid().index({Slice{}, tensor({3, 0})}); },
R"(tensor([[ 3.,  0.],
        [ 7.,  4.],
        [11.,  8.]]))"},
{R"cpp(grid().index({tensor({0, 2}), tensor({1, 3})}))cpp", [] { return grid().index({tensor({0, 2}), tensor({1, 3})}); },
R"(tensor([ 1., 11.]))"},
{R"cpp(grid().index({tensor({{0}, {2}}), tensor({1, 3})}))cpp", [] { return grid().index({tensor({{0}, {2}}), tensor({1, 3})}); },
R"(tensor([[ 1.,  3.],
        [ 9., 11.]]))"},
{R"cpp(grid().index({tensor({{0, 1}, {2, 0}})}))cpp", [] { return grid().index({tensor({{0, 1}, {2, 0}})}); },
R"(tensor([[[ 0.,  1.,  2.,  3.],
         [ 4.,  5.,  6.,  7.]],

        [[ 8.,  9., 10., 11.],
         [ 0.,  1.,  2.,  3.]]]))"},
{R"cpp(grid().index({tensor(1)}))cpp", [] { return grid().index({tensor(1)}); },
R"(tensor([4., 5., 6., 7.]))"},
{R"cpp(grid().index({Slice{}, tensor(1)}))cpp", [] { return grid().index({Slice{}, tensor(1)}); },
R"(tensor([1., 5., 9.]))"},
{R"cpp(grid().index({1, tensor({3, 0})}))cpp", [] { return grid().index({1, tensor({3, 0})}); },
R"(tensor([7., 4.]))"},
{R"cpp(grid().index({tensor({0, 2}), 1}))cpp", [] { return grid().index({tensor({0, 2}), 1}); },
R"(tensor([1., 9.]))"},
{R"cpp(grid().index({tensor({0, 1}), Slice{1, 3}}))cpp", [] { return grid().index({tensor({0, 1}), Slice{1, 3}}); },
R"(tensor([[1., 2.],
        [5., 6.]]))"},
{R"cpp(grid().index({Ellipsis, tensor({1, 0})}))cpp", [] { return grid().index({Ellipsis, tensor({1, 0})}); },
R"(tensor([[1., 0.],
        [5., 4.],
        [9., 8.]]))"},
{R"cpp(cube().index({Slice{}, tensor({2, 0}), tensor({1, 3})}))cpp", [] { return cube().index({Slice{}, tensor({2, 0}), tensor({1, 3})}); },
R"(tensor([[ 9.,  3.],
        [21., 15.]]))"},
{R"cpp(cube().index({tensor({1, 0}), Slice{}, tensor({1, 3})}))cpp", [] { return cube().index({tensor({1, 0}), Slice{}, tensor({1, 3})}); },
R"(tensor([[13., 17., 21.],
        [ 3.,  7., 11.]]))"},
{R"cpp(cube().index({tensor({1, 0, 1}), Slice{0, 2}, tensor({{1}, {3}})}))cpp", [] { return cube().index({tensor({1, 0, 1}), Slice{0, 2}, tensor({{1}, {3}})}); },
R"(tensor([[[13., 17.],
         [ 1.,  5.],
         [13., 17.]],

        [[15., 19.],
         [ 3.,  7.],
         [15., 19.]]]))"},
{R"cpp(cube().index({0, Slice{}, tensor({1, 3})}))cpp", [] { return cube().index({0, Slice{}, tensor({1, 3})}); },
R"(tensor([[ 1.,  3.],
        [ 5.,  7.],
        [ 9., 11.]]))"},
{R"cpp(cube().index({tensor({1, 0}), None, tensor({1, 2})}))cpp", [] { return cube().index({tensor({1, 0}), None, tensor({1, 2})}); },
R"(tensor([[[16., 17., 18., 19.]],

        [[ 8.,  9., 10., 11.]]]))"},
{R"cpp(cube().index({Slice{}, tensor({{2, 0}, {1, 1}})}))cpp", [] { return cube().index({Slice{}, tensor({{2, 0}, {1, 1}})}); },
R"(tensor([[[[ 8.,  9., 10., 11.],
          [ 0.,  1.,  2.,  3.]],

         [[ 4.,  5.,  6.,  7.],
          [ 4.,  5.,  6.,  7.]]],


        [[[20., 21., 22., 23.],
          [12., 13., 14., 15.]],

         [[16., 17., 18., 19.],
          [16., 17., 18., 19.]]]]))"},
{R"cpp(cube().index({None, tensor({1}), Ellipsis, tensor({3, 2})}))cpp", [] { return cube().index({None, tensor({1}), Ellipsis, tensor({3, 2})}); },
R"(tensor([[[15., 19., 23.]],

        [[14., 18., 22.]]]))"},
{R"cpp(grid().index({tensor({true, false, true})}))cpp", [] { return grid().index({tensor({true, false, true})}); },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(grid().index({Slice{}, tensor({true, false, false, true})}))cpp", [] { return grid().index({Slice{}, tensor({true, false, false, true})}); },
R"(tensor([[ 0.,  3.],
        [ 4.,  7.],
        [ 8., 11.]]))"},
{R"cpp(grid().index({gt(grid(), 8)}))cpp", [] { return grid().index({gt(grid(), 8)}); },
R"(tensor([ 9., 10., 11.]))"},
{R"cpp(grid().index({tensor({true, false, true}), tensor({1, 3})}))cpp", [] { return grid().index({tensor({true, false, true}), tensor({1, 3})}); },
R"(tensor([ 1., 11.]))"},
{R"cpp(grid().index({tensor({true, false, true}), 2}))cpp", [] { return grid().index({tensor({true, false, true}), 2}); },
R"(tensor([ 2., 10.]))"},
{R"cpp(grid().index({tensor({false, false, false})}))cpp", [] { return grid().index({tensor({false, false, false})}); },
R"(tensor([], size=(0, 4)))"},
{R"cpp(grid().index({tensor(true)}))cpp", [] { return grid().index({tensor(true)}); },
R"(tensor([[[ 0.,  1.,  2.,  3.],
         [ 4.,  5.,  6.,  7.],
         [ 8.,  9., 10., 11.]]]))"},
{R"cpp(grid().index({tensor(false)}))cpp", [] { return grid().index({tensor(false)}); },
R"(tensor([], size=(0, 3, 4)))"},
{R"cpp(cube().index({Slice{}, gt(arange(12).reshape({3, 4}), 9)}))cpp", [] { return cube().index({Slice{}, gt(arange(12).reshape({3, 4}), 9)}); },
R"(tensor([[10., 11.],
        [22., 23.]]))"},
{R"cpp(cube().index({gt(arange(6).reshape({2, 3}), 3), Slice{1, 3}}))cpp", [] { return cube().index({gt(arange(6).reshape({2, 3}), 3), Slice{1, 3}}); },
R"(tensor([[17., 18.],
        [21., 22.]]))"},
{R"cpp(cube().index({gt(arange(6).reshape({2, 3}), 3), tensor({0, 3})}))cpp", [] { return cube().index({gt(arange(6).reshape({2, 3}), 3), tensor({0, 3})}); },
R"(tensor([16., 23.]))"},
{R"cpp(grid().index({zeros({0}, {.dtype = i64})}))cpp", [] { return grid().index({zeros({0}, {.dtype = i64})}); },
R"(tensor([], size=(0, 4)))"},
{R"cpp(grid().index({zeros({2, 0}, {.dtype = i64}), tensor({1})}))cpp", [] { return grid().index({zeros({2, 0}, {.dtype = i64}), tensor({1})}); },
R"(tensor([], size=(2, 0)))"},
{R"cpp(grid().t().index({tensor({3, 1}), Slice{1}}))cpp", [] { return grid().t().index({tensor({3, 1}), Slice{1}}); },
R"(tensor([[ 7., 11.],
        [ 5.,  9.]]))"},
{R"cpp(grid()[tensor({1, 1})])cpp", [] { return grid()[tensor({1, 1})]; },
R"(tensor([[4., 5., 6., 7.],
        [4., 5., 6., 7.]]))"},
{R"cpp(grid()[gt(grid(), 9)])cpp", [] { return grid()[gt(grid(), 9)]; },
R"(tensor([10., 11.]))"},
{R"cpp(tensor({true, false}).index({tensor({1, 1, 0})}))cpp", [] { return tensor({true, false}).index({tensor({1, 1, 0})}); },
R"(tensor([False, False,  True]))"},
{R"cpp(tensor({1.5, 2.5}, {.dtype = bf16})[tensor({1})])cpp", [] { return tensor({1.5, 2.5}, {.dtype = bf16})[tensor({1})]; },
R"(tensor([2.5000], dtype=torch.bfloat16))"},
{R"cpp(tensor(3.0).index({None}))cpp", [] { return tensor(3.0).index({None}); },
R"(tensor([3.]))"},
{R"cpp(tensor(3.0).index({Ellipsis}))cpp", [] { return tensor(3.0).index({Ellipsis}); },
R"(tensor(3.))"},
{R"cpp(Tensor x = grid(); x.index_put_({1}, -1); return x;)cpp", [] { Tensor x = grid(); x.index_put_({1}, -1); return x; },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [-1., -1., -1., -1.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({Slice{}, 2}, 0.5); return x;)cpp", [] { Tensor x = grid(); x.index_put_({Slice{}, 2}, 0.5); return x; },
R"(tensor([[ 0.0000,  1.0000,  0.5000,  3.0000],
        [ 4.0000,  5.0000,  0.5000,  7.0000],
        [ 8.0000,  9.0000,  0.5000, 11.0000]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({Slice{0, 3, 2}, Slice{1, 3}}, tensor({-1.0, -2.0})); return x;)cpp", [] { Tensor x = grid(); x.index_put_({Slice{0, 3, 2}, Slice{1, 3}}, tensor({-1.0, -2.0})); return x; },
R"(tensor([[ 0., -1., -2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8., -1., -2., 11.]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({tensor({0, 2})}, 9); return x;)cpp", [] { Tensor x = grid(); x.index_put_({tensor({0, 2})}, 9); return x; },
R"(tensor([[9., 9., 9., 9.],
        [4., 5., 6., 7.],
        [9., 9., 9., 9.]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({tensor({0, 2})}, tensor({1.0, 2.0, 3.0, 4.0})); return x;)cpp", [] { Tensor x = grid(); x.index_put_({tensor({0, 2})}, tensor({1.0, 2.0, 3.0, 4.0})); return x; },
R"(tensor([[1., 2., 3., 4.],
        [4., 5., 6., 7.],
        [1., 2., 3., 4.]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({tensor({0, 2}), tensor({-1, 0})}, tensor({-1.0, -2.0})); return x;)cpp", [] { Tensor x = grid(); x.index_put_({tensor({0, 2}), tensor({-1, 0})}, tensor({-1.0, -2.0})); return x; },
R"(tensor([[ 0.,  1.,  2., -1.],
        [ 4.,  5.,  6.,  7.],
        [-2.,  9., 10., 11.]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({Slice{}, tensor({3, 0})}, tensor({{-1.0}, {-2.0}, {-3.0}})); return x;)cpp", [] { Tensor x = grid(); x.index_put_({Slice{}, tensor({3, 0})}, tensor({{-1.0}, {-2.0}, {-3.0}})); return x; },
R"(tensor([[-1.,  1.,  2., -1.],
        [-2.,  5.,  6., -2.],
        [-3.,  9., 10., -3.]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({gt(grid(), 5)}, 0); return x;)cpp", [] { Tensor x = grid(); x.index_put_({gt(grid(), 5)}, 0); return x; },
R"(tensor([[0., 1., 2., 3.],
        [4., 5., 0., 0.],
        [0., 0., 0., 0.]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({gt(grid(), 9)}, tensor({-1.0, -2.0})); return x;)cpp", [] { Tensor x = grid(); x.index_put_({gt(grid(), 9)}, tensor({-1.0, -2.0})); return x; },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., -1., -2.]]))"},
{R"cpp(Tensor x = cube(); x.index_put_({tensor({1, 0}), Slice{}, tensor({1, 3})}, tensor({-1.0, -2.0, -3.0})); return x;)cpp", [] { Tensor x = cube(); x.index_put_({tensor({1, 0}), Slice{}, tensor({1, 3})}, tensor({-1.0, -2.0, -3.0})); return x; },
R"(tensor([[[ 0.,  1.,  2., -1.],
         [ 4.,  5.,  6., -2.],
         [ 8.,  9., 10., -3.]],

        [[12., -1., 14., 15.],
         [16., -2., 18., 19.],
         [20., -3., 22., 23.]]]))"},
{R"cpp(Tensor x = cube(); x.index_put_({Ellipsis, tensor({true, false, false, true})}, -1); return x;)cpp", [] { Tensor x = cube(); x.index_put_({Ellipsis, tensor({true, false, false, true})}, -1); return x; },
R"(tensor([[[-1.,  1.,  2., -1.],
         [-1.,  5.,  6., -1.],
         [-1.,  9., 10., -1.]],

        [[-1., 13., 14., -1.],
         [-1., 17., 18., -1.],
         [-1., 21., 22., -1.]]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({tensor({1, 1, 1})}, tensor({{1.0}, {2.0}, {3.0}})); return x;)cpp", [] { Tensor x = grid(); x.index_put_({tensor({1, 1, 1})}, tensor({{1.0}, {2.0}, {3.0}})); return x; },
R"(tensor([[ 0.,  1.,  2.,  3.],
        [ 3.,  3.,  3.,  3.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({0, 0}, tensor(7)); return x;)cpp", [] { Tensor x = grid(); x.index_put_({0, 0}, tensor(7)); return x; },
R"(tensor([[ 7.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({Ellipsis}, 0); return x;)cpp", [] { Tensor x = grid(); x.index_put_({Ellipsis}, 0); return x; },
R"(tensor([[0., 0., 0., 0.],
        [0., 0., 0., 0.],
        [0., 0., 0., 0.]]))"},
{R"cpp(Tensor x = grid(); x.index_put_({Slice{1}}, grid().index({Slice{0, 2}})); return x;)cpp", [] { Tensor x = grid(); x.index_put_({Slice{1}}, grid().index({Slice{0, 2}})); return x; },
R"(tensor([[0., 1., 2., 3.],
        [0., 1., 2., 3.],
        [4., 5., 6., 7.]]))"},
{R"cpp(Tensor x = arange(5.0); x.index_put_({Slice{1}}, x.index({Slice{0, 4}})); return x;)cpp", [] { Tensor x = arange(5.0); x.index_put_({Slice{1}}, x.index({Slice{0, 4}})); return x; },
R"(tensor([0., 0., 1., 2., 3.]))"},
{R"cpp(Tensor x = grid(); x.t().index_put_({tensor({3, 0})}, 0); return x;)cpp", [] { Tensor x = grid(); x.t().index_put_({tensor({3, 0})}, 0); return x; },
R"(tensor([[ 0.,  1.,  2.,  0.],
        [ 0.,  5.,  6.,  0.],
        [ 0.,  9., 10.,  0.]]))"},
{R"cpp(Tensor x = arange(4); x.index_put_({tensor({0, 3})}, tensor({9, 8})); return x;)cpp", [] { Tensor x = arange(4); x.index_put_({tensor({0, 3})}, tensor({9, 8})); return x; },
R"(tensor([9, 1, 2, 8]))"},
{R"cpp(index_put(grid(), {tensor({0}), tensor({0})}, tensor(5.0)))cpp", [] { return index_put(grid(), {tensor({0}), tensor({0})}, tensor(5.0)); },
R"(tensor([[ 5.,  1.,  2.,  3.],
        [ 4.,  5.,  6.,  7.],
        [ 8.,  9., 10., 11.]]))"},
};
// clang-format on

TEST(Index, AsPyTorch) {
  for (const Printed& row : kAdvanced) EXPECT_EQ(row.compute().str(), row.expected) << row.what;
}

TEST(Index, BasicIndicesMakeAView) {
  const Tensor x = grid();
  x.index({1, Slice{0, 4, 2}}).fill_(-1);
  x.index({Ellipsis, None}).select(2, 0).select(0, 0).zero_();
  EXPECT_EQ(x.str(),
            "tensor([[ 0.,  0.,  0.,  0.],\n        [-1.,  5., -1.,  7.],\n        [ 8.,  9., 10., "
            "11.]])");
}

TEST(Index, PickingMakesACopy) {
  const Tensor x = arange(3.0);
  x[tensor({0, 1})].fill_(9);
  EXPECT_EQ(x.str(), "tensor([0., 1., 2.])");
}

TEST(Index, Gradients) {
  const auto x = [] { return randn({2, 3, 4}, {.dtype = f64, .requires_grad = true}); };
  const auto v = [] { return randn({2, 1}, {.dtype = f64, .requires_grad = true}); };
  const Tensor i = tensor({1, 0, 1}), j = tensor({{0}, {2}}), mask = gt(randn({2, 3, 4}), 0);
  const Tensor a = tensor({1, 0}), b = tensor({0, 2});
  const std::vector<NamedFunction> functions = {
      {"one", [&](const auto& in) { return (in[0] * in[0])[i] * in[1].sum(); }},
      {"two",
       [&](const auto& in) {
         return (in[0] * in[0]).index({i, j}) * in[1].sum();
       }},
      {"apart",
       [&](const auto& in) {
         return (in[0] * in[0]).index({i, Slice{1}, j}) * in[1].sum();
       }},
      {"inner",
       [&](const auto& in) {
         return (in[0] * in[0]).index({Ellipsis, j, i}) * in[1].sum();
       }},
      {"strided",
       [&](const auto& in) {
         return (in[0] * in[0]).permute({2, 0, 1}).index({j, i}) * in[1].sum();
       }},
      {"mask", [&](const auto& in) { return (in[0] * in[0])[mask] * in[1].sum(); }},
      {"view",
       [&](const auto& in) {
         return (in[0] * in[0]).index({1, None, Slice{0, 3, 2}}) * in[1].sum();
       }},
      {"put",
       [&](const auto& in) {
         return index_put(in[0], {a, b}, in[1]) * in[0];
       }},
      {"put, view",
       [&](const auto& in) {
         return index_put(in[0], {1, Slice{1}, Slice{0, 4, 3}}, in[1]) * in[0];
       }},
      {"put, apart",
       [&](const auto& in) {
         return index_put(in[0], {a, Slice{1, 2}, b}, in[1]) * in[0];
       }},
      {"put, mask", [&](const auto& in) { return index_put(in[0], {mask}, in[1].sum()) * in[0]; }},
  };
  expect_gradients(functions, [&] { return std::vector<Tensor>{x(), v()}; });
}

// As PyTorch: x = [1, 2, 3], y = 2 x, y[[0, 2]] = v, sum(y y).backward()
TEST(Index, AssignmentIsRecorded) {
  const Tensor x = tensor({1.0, 2.0, 3.0}, {.requires_grad = true});
  const Tensor v = tensor(5.0, {.requires_grad = true});
  Tensor y = x * 2;
  y.index_put_({tensor({0, 2})}, v);
  EXPECT_EQ(y.str(), "tensor([5., 4., 5.], grad_fn=<IndexPutBackward0>)");
  (y * y).sum().backward();
  EXPECT_EQ(x.grad().str(), "tensor([ 0., 16.,  0.])");
  EXPECT_EQ(v.grad().str(), "tensor(20.)");
}

TEST(Index, ManyRows) {
  const std::int64_t n = 5000;
  const Tensor x = rand({n, 33}), order = randperm(n);
  const Tensor y = x[order];
  Tensor back = zeros({n, 33});
  back.index_put_({order}, y);
  for (std::int64_t i = 0; i < n; ++i)
    ASSERT_EQ(y.at<float>(i, 32), x.at<float>(order.at<std::int64_t>(i), 32));
  EXPECT_TRUE(equal(back, x));
}

TEST(Index, WrongCalls) {
  const Tensor x = grid();
  const std::vector<WrongCall> index_errors = {
      {[&] { x.index({3}); },
       "index: index 3 is out of range for dimension 0 of size 3 (shape [3, 4])"},
      {[&] {
         x.index({0, -5});
       },
       "index: index -5 is out of range for dimension 1 of size 4 (shape [3, 4])"},
      {[&] {
         x.index({0, 0, 0});
       },
       "index: the indices name 3 dimensions, but shape [3, 4] has 2"},
      {[&] {
         x.index({Ellipsis, Ellipsis});
       },
       "index: at most one Ellipsis is allowed"},
      {[&] {
         x.index({None, Slice{}, 4});
       },
       "index: index 4 is out of range for dimension 1 of size 4 (shape [3, 4])"},
      {[&] {
         x[tensor({0, 3})];
       },
       "index: index 3 is out of range for dimension 0 of size 3"},
      {[&] {
         x.index({0, tensor({-5})});
       },
       "index: index -5 is out of range for dimension 1 of size 4"},
      {[&] {
         x[tensor({true, false})];
       },
       "index: a mask of shape [2] does not fit shape [3, 4] at dimension 0"},
      {[&] {
         cube().index({0, gt(zeros({3, 3}), 0)});
       },
       "index: a mask of shape [3, 3] does not fit shape [2, 3, 4] at dimension 2"},
      {[&] { tensor(1.0).index({0}); }, "index: the indices name 1 dimensions, but shape [] has 0"},
      {[&] { grid().index_put_({3}, 0); },
       "index_put_: index 3 is out of range for dimension 0 of size 3 (shape [3, 4])"},
      {[&] { index_put(x, {tensor({4})}, x); },
       "index_put: index 4 is out of range for dimension 0 of size 3"},
  };
  for (const auto& [call, text] : index_errors) EXPECT_EQ(thrown<IndexError>(call), text);
  const std::vector<WrongCall> shape_errors = {
      {[&] {
         x.index({tensor({0, 1}), tensor({0, 1, 2})});
       },
       "index: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dimension 0 must be equal, or "
       "one of them 1"},
      {[&] { grid().index_put_({0}, zeros({3})); },
       "index_put_: shapes [4] and [3] do not broadcast: sizes 4 and 3 at dimension 0 must be "
       "equal, or one of them 1"},
      {[&] {
         grid().index_put_({0}, zeros({2, 4}));
       },
       "index_put_: values of shape [2, 4] do not broadcast to the indexed part of shape [4]"},
      {[&] {
         index_put(x, {tensor({0, 1})}, zeros({3, 4}));
       },
       "index_put: shapes [2, 4] and [3, 4] do not broadcast: sizes 2 and 3 at dimension 0 must be "
       "equal, or one of them 1"},
  };
  for (const auto& [call, text] : shape_errors) EXPECT_EQ(thrown<ShapeError>(call), text);
  EXPECT_EQ(thrown<DtypeError>([&] { x[x]; }),
            "index: a tensor among the indices must be i64 or boolean, found f32 (shape [3, 4]); "
            "hint: .to(i64)");
  EXPECT_EQ(thrown<ValueError>([&] {
              x.index({Slice{0, 3, 0}});
            }),
            "slice: step must be at least 1, found 0");
  Tensor leaf = tensor({1.0}, {.requires_grad = true});
  EXPECT_EQ(thrown<AutogradError>([&] { leaf.index_put_({0}, 2); }),
            "index_put_: a leaf that needs a gradient cannot be changed in place; hint: do it "
            "under NoGradGuard");
}

}  // namespace
}  // namespace percept
