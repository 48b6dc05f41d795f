// Images whose channels lie side by side (PyTorch's channels_last): results and gradients lie as
// their inputs do, and have the numbers that row by row gives, on both engines and any threads.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>

#include "engine/engine.h"
#include "ops/op_table.h"
#include "percept/autograd/autograd.h"
#include "percept/base/parallel.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::testing {
namespace {

/// x with its channels side by side in memory.
Tensor side_by_side(const Tensor& x) {
  return x.permute({0, 2, 3, 1}).contiguous().permute({0, 3, 1, 2}).detach();
}
bool lies_side_by_side(const Tensor& x) { return x.permute({0, 2, 3, 1}).is_contiguous(); }

struct LayoutCase {
  std::string op;
  Args args;
  bool exact;  // sums in one order: the same bits whatever the layout
};

const LayoutCase kLayoutCases[] = {
    {"max_pool2d", {{"kernel_size", 2}}, true},
    {"max_pool2d", {{"kernel_size", 3}, {"stride", 1}, {"padding", 1}}, true},
    {"max_pool2d", {{"kernel_size", 2}, {"stride", 3}, {"dilation", 2}, {"ceil_mode", true}}, true},
    {"max_pool2d", {{"kernel_size", 17}, {"stride", 2}, {"padding", 8}}, true},
    {"adaptive_max_pool2d", {{"output_size", {5, 3}}}, true},
    {"avg_pool2d", {{"kernel_size", 2}}, true},
    {"avg_pool2d",
     {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}, {"count_include_pad", false}},
     true},
    {"adaptive_avg_pool2d", {{"output_size", {5, 3}}}, true},
    {"batch_norm", {{"training", true}, {"running", true}}, false},
    {"batch_norm", {{"running", true}}, false}};

struct LayoutOutcome {
  Tensor y, dx;
};

LayoutOutcome layout_outcome(const LayoutCase& c, const Tensor& input, const Tensor& dy) {
  Tensor x = input.detach().requires_grad_();
  const Tensor y = call_op(c.op, {x}, c.args);
  return {y.detach(), grad({y}, {x}, {dy}).front().detach()};
}

TEST(Layouts, ChannelsLastGivesTheSameInItsOwnLayout) {
  const int before = num_threads();
  for (const std::int64_t channels : {1, 3, 8, 13, 32, 70})
    for (const LayoutCase& c : kLayoutCases) {
      const Tensor rows = randn({5, channels, 18, 17});
      const Tensor y = call_op(c.op, {rows}, c.args), dy = randn(y.shape());
      const LayoutOutcome by_rows = layout_outcome(c, rows, dy);
      const std::string text = c.op + c.args.dump() + " channels " + std::to_string(channels);
      EXPECT_TRUE(by_rows.y.is_contiguous() && by_rows.dx.is_contiguous()) << text;
      std::optional<LayoutOutcome> first;
      for (const bool reference : {false, true})
        for (const int threads : {1, 2, 4}) {
          std::optional<engine::ReferenceGuard> guard;
          if (reference) guard.emplace();
          set_num_threads(threads);
          const LayoutOutcome found = layout_outcome(c, side_by_side(rows), side_by_side(dy));
          EXPECT_TRUE(lies_side_by_side(found.y) && lies_side_by_side(found.dx)) << text;
          const double tolerance = c.exact ? 0 : 2e-6;
          for (const auto& [a, b] : {std::pair{found.y, by_rows.y}, {found.dx, by_rows.dx}})
            EXPECT_TRUE(allclose(a, b, {.rtol = tolerance, .atol = tolerance}))
                << text << (reference ? ", reference" : ", fast");
          if (!reference && !first) first = found;
          if (!reference) {
            EXPECT_TRUE(equal(found.y, first->y) && equal(found.dx, first->dx))
                << text << ", " << threads << " threads";
          }
        }
      set_num_threads(before);
      // A gradient in another layout than the image's.
      const LayoutOutcome mixed = layout_outcome(c, side_by_side(rows), dy);
      EXPECT_TRUE(allclose(mixed.dx, by_rows.dx, {.rtol = 2e-6, .atol = 2e-6})) << text;
    }
}

TEST(Layouts, MaxPoolKeepsNaNWhereverItLies) {
  const Tensor x = randn({1, 9, 4, 4});
  x.at<float>(0, 4, 1, 2) = std::numeric_limits<float>::quiet_NaN();
  const Args args{{"kernel_size", 2}, {"output", "indices"}};
  const Tensor rows = call_op("max_pool2d_with_indices", {x}, args);
  const Tensor side = call_op("max_pool2d_with_indices", {side_by_side(x)}, args);
  EXPECT_TRUE(equal(rows, side));
  EXPECT_EQ(rows.at<std::int64_t>(0, 4, 0, 1), 6);
  EXPECT_TRUE(std::isnan(
      call_op("max_pool2d", {side_by_side(x)}, {{"kernel_size", 2}}).at<float>(0, 4, 0, 1)));
}

}  // namespace
}  // namespace percept::testing
