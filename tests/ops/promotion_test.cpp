// Types of results where PyTorch's rules (recorded in tests/parity) are not followed to the letter.
#include <gtest/gtest.h>

#include <vector>

#include "percept/ops/arithmetic.h"
#include "percept/ops/reduce.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

// A number keeps u8 what it is, but a comparison does not wrap the number around: 300 is no 44.
TEST(Promotion, ComparisonsWithNumbersThatDoNotFit) {
  const Tensor x = tensor({0, 44, 255}, {.dtype = u8});
  struct Row {
    Tensor found;
    std::vector<bool> expected;
  };
  const std::vector<Row> rows = {
      {gt(x, 300), {false, false, false}},  {eq(x, 300), {false, false, false}},
      {ne(x, -1), {true, true, true}},      {lt(x, 256), {true, true, true}},
      {ge(x, 254.5), {false, false, true}}, {le(x, -1), {false, false, false}}};
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < 3; ++j)
      EXPECT_EQ(rows[i].found.at<bool>(j), rows[i].expected[j]) << "row " << i << ", element " << j;
}

TEST(Promotion, AnyAndAllAreBooleans) {
  for (const Dtype dtype : {boolean, u8, i64, f32})
    for (const Tensor& y : {any(zeros({2}, {.dtype = dtype})), all(zeros({2}, {.dtype = dtype}))})
      EXPECT_EQ(y.dtype(), boolean) << name_of(dtype);
}

}  // namespace
}  // namespace percept
