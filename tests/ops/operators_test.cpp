// The operators are other spellings of functions; numbers by hand.
#include <gtest/gtest.h>

#include "percept/ops/arithmetic.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

TEST(Operators, ComputeWhatTheySay) {
  const Tensor a = tensor({1., 2., 4.}), b = tensor({2., 2., 2.});
  const std::vector<std::pair<Tensor, std::vector<double>>> rows = {
      {a + b, {3, 4, 6}},  {a + 1, {2, 3, 5}},   {1 + a, {2, 3, 5}},      {a - b, {-1, 0, 2}},
      {a - 1, {0, 1, 3}},  {1 - a, {0, -1, -3}}, {a * b, {2, 4, 8}},      {a * 3, {3, 6, 12}},
      {3 * a, {3, 6, 12}}, {a / b, {0.5, 1, 2}}, {a / 4, {0.25, 0.5, 1}}, {4 / a, {4, 2, 1}},
      {-a, {-1, -2, -4}},  {a == b, {0, 1, 0}},  {a != b, {1, 0, 1}},     {a < b, {1, 0, 0}},
      {a <= b, {1, 1, 0}}, {a > b, {0, 0, 1}},   {a >= b, {0, 1, 1}},     {a == 2, {0, 1, 0}},
      {a != 2, {1, 0, 1}}, {a < 2, {1, 0, 0}},   {a <= 2, {1, 1, 0}},     {a > 2, {0, 0, 1}},
      {a >= 2, {0, 1, 1}}};
  for (std::size_t i = 0; i < rows.size(); ++i)
    EXPECT_EQ(rows[i].first.to_vector<double>(), rows[i].second) << "row " << i;
}

}  // namespace
}  // namespace percept
