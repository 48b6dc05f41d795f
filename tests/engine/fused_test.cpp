// Passes that do the work of several: the same numbers as one after the other.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "engine/loss.h"
#include "engine/onednn/convert.h"
#include "engine/pointwise.h"
#include "engine/reduce.h"
#include "percept/base/parallel.h"
#include "percept/base/random.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

using Sizes = std::vector<std::pair<std::int64_t, std::int64_t>>;

/// y with numbers of both signs, zeros and a NaN.
Tensor activations(std::int64_t m, std::int64_t n, Generator& generator) {
  Tensor y = relu(randn({m, n}, {}, &generator));
  if (y.numel() > 2) y.reshape({-1}).at<float>(1) = std::numeric_limits<float>::quiet_NaN();
  return y;
}

TEST(BiasReluBackward, IsTheMaskAndThenTheSums) {
  const int threads = num_threads();
  Generator generator(3);
  for (const auto& [m, n] :
       Sizes{{1, 1}, {13, 8}, {5, 200}, {64, 512}, {63, 515}, {2, 1000}, {300, 77}, {0, 4}, {4, 0}})
    for (const int count : {1, 2, 3}) {
      set_num_threads(count);
      const Tensor y = activations(m, n, generator), dy = randn({m, n}, {}, &generator);
      const Tensor dx = empty({m, n}), dbias = empty({n});
      engine::bias_relu_backward(dy, y, dx, dbias);
      const Tensor open = engine::map(engine::relu_backward, "relu", dy, y);
      EXPECT_EQ(dx.to_vector<float>(), open.to_vector<float>()) << m << " x " << n;
      EXPECT_EQ(dbias.to_vector<float>(), sum(open, {0}).to_vector<float>()) << m << " x " << n;
    }
  set_num_threads(threads);
}

TEST(BiasReluBackward, OfTheReferenceEngineToo) {
  const engine::ReferenceGuard reference;
  Generator generator(4);
  for (const Dtype dtype : {f32, f64}) {
    const Tensor y = activations(37, 11, generator).to(dtype);
    const Tensor dy = randn({37, 11}, {}, &generator).to(dtype);
    const Tensor dx = empty({37, 11}, {.dtype = dtype}), dbias = empty({11}, {.dtype = dtype});
    engine::bias_relu_backward(dy, y, dx, dbias);
    const Tensor open = engine::map(engine::relu_backward, "relu", dy, y);
    EXPECT_EQ(dx.to_vector<double>(), open.to_vector<double>());
    EXPECT_EQ(dbias.to_vector<double>(), sum(open, {0}).to_vector<double>());
  }
}

TEST(CrossEntropy, OfTheFastEngineIsThatOfTheReferenceEngine) {
  Generator generator(5);
  const engine::CrossEntropy how{.ignore_index = -100, .mean = true};
  for (const auto& [n, classes] : Sizes{{1, 1}, {13, 2}, {64, 10}, {1000, 10}, {3, 4097}}) {
    Tensor x = randn({n, classes}, {}, &generator) * 30;
    if (n == 64) x.at<float>(5, 3) = -std::numeric_limits<float>::infinity();
    if (n == 64) x.at<float>(7, 0) = 1e30f;
    const Tensor t = randint(0, classes, {n}, {.dtype = i64}, &generator);
    const Tensor q = empty({n, classes}), y = empty({}), q2 = empty({n, classes}), y2 = empty({});
    if (n == 64) t.at<std::int64_t>(5) = 0, t.at<std::int64_t>(7) = 0;
    engine::onednn::cross_entropy(how, x, t, q, y);
    engine::reference::cross_entropy(how, x, t, q2, y2);
    EXPECT_NEAR(y.item(), y2.item(), 1e-6 * (1 + std::abs(y2.item())));
    const auto a = q.to_vector<float>(), b = q2.to_vector<float>();
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-6) << i;
  }
}

TEST(ScaleBytes, IsTheDivisionOfEveryByte) {
  std::vector<std::uint8_t> bytes(256 + 5);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  for (const std::size_t n : {bytes.size(), std::size_t{3}, std::size_t{0}}) {
    std::vector<float> found(n);
    engine::onednn::scale_bytes(static_cast<std::int64_t>(n), bytes.data(), found.data());
    for (std::size_t i = 0; i < n; ++i)
      ASSERT_EQ(found[i], static_cast<float>(bytes[i]) / 255.0f) << i;
  }
}

}  // namespace
}  // namespace percept
