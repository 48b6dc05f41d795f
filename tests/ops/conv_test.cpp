// Convolutions of small integers are exact in f32 and f64: every engine, layout and number of
// threads must give the bits of the seven loops that define them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "engine/engine.h"
#include "percept/autograd/autograd.h"
#include "percept/base/parallel.h"
#include "percept/base/random.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/conv.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/ops/unfold.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

using Random = std::mt19937_64;

std::int64_t between(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
}

struct ConvShape {
  std::int64_t n, c, h, w, o, groups;  // c and o: of a group
  std::int64_t kernel[2], stride[2], padding[2], dilation[2], places[2];

  Shape x() const { return {n, c * groups, h, w}; }
  Shape weight() const { return {o * groups, c, kernel[0], kernel[1]}; }
  Shape y() const { return {n, o * groups, places[0], places[1]}; }
  ConvOptions options() const {
    return {.stride = {stride[0], stride[1]},
            .padding = {padding[0], padding[1]},
            .dilation = {dilation[0], dilation[1]},
            .groups = groups};
  }
  std::string text() const {
    return fmt::format("x {} weight {} groups {} stride {} {} padding {} {} dilation {} {}",
                       x().str(), weight().str(), groups, stride[0], stride[1], padding[0],
                       padding[1], dilation[0], dilation[1]);
  }
};

ConvShape draw_shape(Random& random) {
  for (;;) {
    ConvShape s{between(random, 1, 5),
                between(random, 1, 19),
                between(random, 1, 13),
                between(random, 1, 13),
                between(random, 1, 19),
                1,
                {},
                {},
                {},
                {},
                {}};
    if (between(random, 0, 2) == 0) s.groups = between(random, 2, 4);
    if (between(random, 0, 5) == 0) s.c = s.o = 1, s.groups = between(random, 1, 20);  // depthwise
    bool fits = true;
    for (int d = 0; d < 2; ++d) {
      s.kernel[d] = between(random, 1, 5);
      s.stride[d] = between(random, 0, 1) ? 1 : between(random, 2, 4);
      s.padding[d] = between(random, 0, 3);
      s.dilation[d] = between(random, 0, 2) ? 1 : between(random, 2, 3);
      const std::int64_t room =
          (d ? s.w : s.h) + 2 * s.padding[d] - s.dilation[d] * (s.kernel[d] - 1) - 1;
      s.places[d] = room / s.stride[d] + 1;
      fits = fits && room >= 0;
    }
    if (fits) return s;
  }
}

/// Integers from -4 to 4, in row-major order or with the channels of a place together.
Tensor draw_integers(const Shape& shape, Random& random) {
  const bool channels_last = shape.dim() == 4 && between(random, 0, 1) == 1;
  const Tensor x =
      empty(channels_last ? Shape{shape[0], shape[2], shape[3], shape[1]} : shape, {.dtype = f64});
  for (double& value : x.span<double>()) value = static_cast<double>(between(random, -4, 4));
  return (channels_last ? permute(x, {0, 3, 1, 2}) : x).detach();
}

/// What the definition gives: y without a bias, and the gradients for dy.
struct Naive {
  Tensor y, dx, dw;
};

Naive naive_conv(const ConvShape& s, const Tensor& x, const Tensor& w, const Tensor& dy) {
  const TensorOptions wide{.dtype = f64};
  Naive r{zeros(s.y(), wide), zeros(s.x(), wide), zeros(s.weight(), wide)};
  for (std::int64_t n = 0; n < s.n; ++n)
    for (std::int64_t o = 0; o < s.o * s.groups; ++o)
      for (std::int64_t i = 0; i < s.places[0]; ++i)
        for (std::int64_t j = 0; j < s.places[1]; ++j)
          for (std::int64_t c = 0; c < s.c; ++c)
            for (std::int64_t p = 0; p < s.kernel[0]; ++p)
              for (std::int64_t q = 0; q < s.kernel[1]; ++q) {
                const std::int64_t row = i * s.stride[0] + p * s.dilation[0] - s.padding[0];
                const std::int64_t column = j * s.stride[1] + q * s.dilation[1] - s.padding[1];
                if (row < 0 || row >= s.h || column < 0 || column >= s.w) continue;
                const std::int64_t channel = o / s.o * s.c + c;
                const double a = x.at<double>(n, channel, row, column),
                             b = w.at<double>(o, c, p, q), d = dy.at<double>(n, o, i, j);
                r.y.at<double>(n, o, i, j) += a * b;
                r.dx.at<double>(n, channel, row, column) += b * d;
                r.dw.at<double>(o, c, p, q) += a * d;
              }
  return r;
}

struct ThreadsAsBefore {
  int before = num_threads();
  ~ThreadsAsBefore() { set_num_threads(before); }
};

/// y and the gradients of all inputs, as numbers.
template <class F>
std::vector<std::vector<double>> numbers_of(const F& f, const std::vector<Tensor>& inputs,
                                            const Tensor& dy) {
  std::vector<Tensor> leaves;
  for (const Tensor& x : inputs) leaves.push_back(x.detach().requires_grad_());
  const Tensor y = f(leaves);
  std::vector<std::vector<double>> all{y.to_vector<double>()};
  for (const Tensor& dx : grad({y}, leaves, {dy})) all.push_back(dx.to_vector<double>());
  return all;
}

void expect_same(const std::vector<std::vector<double>>& found, const std::vector<Tensor>& expected,
                 const std::string& what) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_TRUE(found[i] == expected[i].to_vector<double>()) << what << ": part " << i;
}

/// Converts and keeps the layout.
Tensor in_type(const Tensor& x, Dtype dtype) {
  if (x.is_contiguous()) return x.to(dtype);
  return permute(permute(x, {0, 2, 3, 1}).to(dtype), {0, 3, 1, 2}).detach();
}

TEST(IntegerConvolution, GivesTheLoopsBits) {
  Random random(11);
  const ThreadsAsBefore restore;
  for (int number = 0; number < 100; ++number) {
    const ConvShape s = draw_shape(random);
    const Tensor x = draw_integers(s.x(), random), w = draw_integers(s.weight(), random),
                 dy = draw_integers(s.y(), random), bias = draw_integers({s.o * s.groups}, random),
                 back = draw_integers({s.c * s.groups}, random);
    const Naive naive = naive_conv(s, x, w, dy);
    const auto per_channel = [](const Tensor& b) { return reshape(b, {-1, 1, 1}); };
    const std::vector<Tensor> conv{naive.y + per_channel(bias), naive.dx, naive.dw,
                                   sum(dy, {0, 2, 3})};
    // The transposed convolution of dy is dx; of the gradient x its gradients are y and dw.
    const std::vector<Tensor> transposed{naive.dx + per_channel(back), naive.y, naive.dw,
                                         sum(x, {0, 2, 3})};
    Shape rest;  // of x, where the stride does not divide
    for (int d = 0; d < 2; ++d)
      rest.push_back((d ? s.w : s.h) - ((s.places[d] - 1) * s.stride[d] - 2 * s.padding[d] +
                                        s.dilation[d] * (s.kernel[d] - 1) + 1));
    for (const auto& [dtype, threads] :
         std::vector<std::pair<Dtype, int>>{{f32, 1}, {f32, 2}, {f32, 4}, {f64, 2}}) {
      set_num_threads(threads);
      const std::string what = fmt::format("{}: {} {} threads", s.text(), name_of(dtype), threads);
      const Tensor dy_t = in_type(dy, dtype), x_t = in_type(x, dtype), w_t = in_type(w, dtype);
      expect_same(
          numbers_of([&](const auto& in) { return conv2d(in[0], in[1], in[2], s.options()); },
                     {x_t, w_t, bias.to(dtype)}, dy_t),
          conv, what);
      expect_same(numbers_of(
                      [&](const auto& in) {
                        return conv_transpose2d(in[0], in[1], in[2],
                                                {.stride = {s.stride[0], s.stride[1]},
                                                 .padding = {s.padding[0], s.padding[1]},
                                                 .output_padding = {rest[0], rest[1]},
                                                 .groups = s.groups,
                                                 .dilation = {s.dilation[0], s.dilation[1]}});
                      },
                      {dy_t, w_t, back.to(dtype)}, x_t),
                  transposed, what + ", transposed");
    }
  }
}

TEST(IntegerConvolution, OfRoundedNumbersGivesTheLoopsBits) {
  Random random(12);
  for (int number = 0; number < 40; ++number) {
    const ConvShape s = draw_shape(random);
    const Tensor x = draw_integers(s.x(), random), w = draw_integers(s.weight(), random),
                 dy = draw_integers(s.y(), random);
    const Naive naive = naive_conv(s, x, w, dy);
    for (const bool reference : {false, true}) {
      std::optional<engine::ReferenceGuard> guard;
      if (reference) guard.emplace();
      expect_same(numbers_of(
                      [&](const auto& in) {
                        const AutocastGuard autocast;
                        return conv2d(in[0], in[1], {}, s.options());
                      },
                      {in_type(x, f32), in_type(w, f32)}, in_type(dy, f32)),
                  {naive.y, naive.dx, naive.dw}, s.text() + (reference ? ", reference" : ""));
    }
  }
}

TEST(Convolution, RoundsItsInputsUnderAutocast) {
  const double third = 1.0 / 3;
  const float expected = static_cast<float>(bfloat16(static_cast<float>(third)));
  const Tensor x = full({1, 1, 1, 1}, third), w = ones({1, 1, 1, 1});
  const AutocastGuard guard;
  EXPECT_EQ(conv2d(x, w).item<float>(), expected);
  EXPECT_EQ(conv2d(w, x).item<float>(), expected);
}

TEST(Convolution, IsTheWeightTimesThePatches) {
  manual_seed(3);
  const Tensor x = randn({2, 3, 9, 8}, {.dtype = f64}), w = randn({4, 3, 3, 2}, {.dtype = f64});
  const Tensor y = conv2d(x, w, {}, {.stride = {2, 1}, .padding = 1, .dilation = {1, 2}});
  const Tensor patches = unfold(x, {3, 2}, {.dilation = {1, 2}, .padding = 1, .stride = {2, 1}});
  const Tensor product = reshape(matmul(reshape(w, {4, 18}), patches), y.shape());
  EXPECT_LT((y - product).abs().max().item(), 1e-13);
}

TEST(Convolution, FoldCountsHowManyPatchesSeeAPlace) {
  const Tensor ones_back = fold(unfold(ones({1, 1, 4, 4}), 3), 4, 3);
  EXPECT_EQ(ones_back.to_vector<double>(),
            (std::vector<double>{1, 2, 2, 1, 2, 4, 4, 2, 2, 4, 4, 2, 1, 2, 2, 1}));
}

}  // namespace
}  // namespace percept
