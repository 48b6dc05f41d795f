#include "percept/tensor/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "support/throws.h"

namespace percept {
namespace {

TEST(Tensor, ElementsAreReadAndWrittenWithChecks) {
  const Tensor x = tensor({{1., 2.}, {3., 4.}});
  EXPECT_EQ(x.at<float>(1, 0), 3);
  EXPECT_EQ(x.at<float>(-1, -1), 4);
  x.at<float>(0, 1) = 7;
  EXPECT_EQ(x.to_vector<double>(), (std::vector<double>{1, 7, 3, 4}));
  EXPECT_EQ(x.T().at<float>(1, 0), 7);
  EXPECT_EQ(x.span<float>()[3], 4);

  const std::vector<std::pair<std::string, std::string>> rows = {
      {thrown<IndexError>([&] { x.at<float>(0, 2); }),
       "at: index 2 is out of range for dimension 1 of size 2"},
      {thrown<IndexError>([&] { x.at<float>(0); }),
       "at: 1 indices for a tensor of 2 dimensions (shape [2, 2])"},
      {thrown<DtypeError>([&] { x.at<double>(0, 0); }),
       "element access as f64 to a tensor of f32 (shape [2, 2]); hint: .to(f64)"},
      {thrown<ValueError>([&] { x.T().span<float>(); }),
       "span: the tensor of shape [2, 2] is not contiguous (strides [1, 2]); hint: .contiguous()"},
      {thrown<ValueError>([&] { x.item(); }),
       "item: only a tensor of one element has an item, found shape [2, 2]"},
      {thrown<ValueError>([] { Tensor().shape(); }),
       "an undefined tensor was used; a default-constructed Tensor holds nothing"},
  };
  for (const auto& [found, expected] : rows) EXPECT_EQ(found, expected);
}

TEST(Tensor, ItemsConvert) {
  EXPECT_EQ(tensor((std::int64_t{1} << 60) + 1).item<std::int64_t>(), (std::int64_t{1} << 60) + 1);
  EXPECT_EQ(tensor(true).item<int>(), 1);
  EXPECT_FLOAT_EQ(tensor(0.1).item<float>(), 0.1f);
  EXPECT_EQ(tensor({{2.5}}).item(), 2.5);
}

// Values PyTorch 2.13 gives for the same conversions.
TEST(Tensor, ConvertsAsPyTorch) {
  const Tensor x = tensor({-1.5, 0., 2.7, 300.});
  EXPECT_EQ(x.to(i64).to_vector<std::int64_t>(), (std::vector<std::int64_t>{-1, 0, 2, 300}));
  EXPECT_EQ(x.to(boolean).to_vector<std::int64_t>(), (std::vector<std::int64_t>{1, 0, 1, 1}));
  EXPECT_EQ(x.to(u8).to_vector<std::int64_t>(), (std::vector<std::int64_t>{255, 0, 2, 44}));
  // 1 + 2^-8 lies half-way between two bf16 numbers: to the even one.
  EXPECT_EQ(tensor({1.00390625, 1.01171875}).to(bf16).to_vector<double>(),
            (std::vector<double>{1.0, 1.015625}));
  EXPECT_TRUE(std::isnan(tensor(std::numeric_limits<double>::quiet_NaN()).to(bf16).to(f32).item()));
}

TEST(Tensor, PromotesAsPyTorch) {
  const Tensor b = tensor({true}), u = ones({1}, {.dtype = u8}), i = tensor({1}), f = tensor({1.}),
               d = ones({1}, {.dtype = f64}), scalar = tensor(1.5, {.dtype = f64});
  struct Row {
    Tensor sum;
    Dtype expected;
  };
  for (const Row& row :
       std::vector<Row>{{b + u, u8},
                        {u + i, i64},
                        {i + f, f32},
                        {f + d, f64},
                        {f + scalar, f32},  // a 0-dim tensor of the same kind yields
                        {i + scalar, f64},
                        {i + 2, i64},
                        {i + 2.5, f32},
                        {b + 1, i64},
                        {f + 2, f32},
                        {d + 2.5, f64},
                        {i / i, f32},
                        {b * true, boolean}})
    EXPECT_EQ(row.sum.dtype(), row.expected) << row.sum;
}

TEST(Tensor, ViewsShareAndCopiesDoNot) {
  Tensor x = arange(6).to(f32).reshape({2, 3});
  x.select(0, 1).fill_(9);
  EXPECT_EQ(x.to_vector<double>(), (std::vector<double>{0, 1, 2, 9, 9, 9}));
  x.T().narrow(0, 0, 1).zero_();
  EXPECT_EQ(x.to_vector<double>(), (std::vector<double>{0, 1, 2, 0, 9, 9}));
  const Tensor copy = x.clone();
  x.zero_();
  EXPECT_EQ(copy.sum().item(), 21);
  EXPECT_TRUE(x.contiguous().is_same(x));
  EXPECT_FALSE(x.T().contiguous().is_same(x));
}

TEST(Tensor, ReshapesByViewWhereStridesAllow) {
  const Tensor x = arange(24).reshape({2, 3, 4});
  EXPECT_EQ(x.view({6, -1}).shape(), (Shape{6, 4}));
  EXPECT_EQ(x.transpose(0, 1).reshape({-1}).to_vector<std::int64_t>()[4], 12);
  EXPECT_EQ(x.permute({2, 0, 1}).unsqueeze(0).squeeze().shape(), (Shape{4, 2, 3}));
  EXPECT_EQ(x.narrow(2, 0, 2).view({6, 2}).strides(), (Strides{4, 2 - 1}));
  EXPECT_THROW(x.transpose(0, 2).view({24}), ShapeError);
  EXPECT_THROW(x.view({5, -1}), ShapeError);
  EXPECT_EQ(zeros({0, 3}).reshape({3, 0}).shape(), (Shape{3, 0}));
}

TEST(Tensor, InPlaceFormsWriteIntoTheTensor) {
  Tensor x = tensor({1., 4., 9.});
  const Tensor same = x;
  x.sqrt_().add_(1).mul_(2).sub_(tensor({1., 1., 1.})).div_(2);
  EXPECT_EQ(same.to_vector<double>(), (std::vector<double>{1.5, 2.5, 3.5}));
  x.clamp_(2, 3);
  EXPECT_EQ(same.to_vector<double>(), (std::vector<double>{2, 2.5, 3}));
  x.copy_(tensor({7}));
  EXPECT_EQ(same.to_vector<double>(), (std::vector<double>{7, 7, 7}));
  EXPECT_THROW(x.add_(ones({2, 3})), ShapeError);
  EXPECT_THROW(tensor({1, 2}).add_(tensor({0.5, 0.5})), DtypeError);
  // Reading and writing the same memory.
  Tensor y = arange(5).to(f32);
  y.narrow(0, 1, 4).copy_(y.narrow(0, 0, 4));
  EXPECT_EQ(y.to_vector<double>(), (std::vector<double>{0, 0, 1, 2, 3}));
}

}  // namespace
}  // namespace percept
