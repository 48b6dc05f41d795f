// First values of parameters: bounds and moments over many draws, exact properties, errors.
#include "percept/nn/init.h"

#include <gtest/gtest.h>

#include <cmath>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::nn {
namespace {

using init::FanMode;
using init::Nonlinearity;

struct Moments {
  double mean, std, low, high;
};
Moments moments(const Tensor& x) {
  const Tensor wide = x.detach().to(f64);
  return {wide.mean().item(), std(wide).item(), wide.min().item(), wide.max().item()};
}

constexpr double kInf = INFINITY;

struct InitRow {
  std::string name;
  Shape shape;
  std::function<void(Tensor&, Generator*)> fill;
  double mean, std, low, high;  // what the distribution has
};

const std::vector<InitRow>& init_rows() {
  // (300, 200): fan_in 200, fan_out 300; (40, 30, 5, 5): 750 and 1000
  static const Shape kMatrix{300, 200}, kKernel{40, 30, 5, 5};
  const double root3 = std::sqrt(3.0);
  const auto uniform = [&](std::string name, const Shape& shape, double std, auto fill) {
    return InitRow{std::move(name), shape, fill, 0, std, -root3 * std, root3 * std};
  };
  const auto normal = [](std::string name, const Shape& shape, double std, auto fill) {
    return InitRow{std::move(name), shape, fill, 0, std, -kInf, kInf};
  };
  static const std::vector<InitRow> table{
      {"uniform", kMatrix, [](Tensor& t, Generator* g) { init::uniform_(t, -1, 3, g); }, 1,
       4 / std::sqrt(12.0), -1, 3},
      {"normal", kMatrix, [](Tensor& t, Generator* g) { init::normal_(t, 2, 0.5, g); }, 2, 0.5,
       -kInf, kInf},
      // Moments of N(0, 1) between -1 and 2, from its density and distribution function.
      {"trunc_normal", kMatrix,
       [](Tensor& t, Generator* g) { init::trunc_normal_(t, {.low = -1, .generator = g}); },
       0.22963717909132897, 0.7209455868590458, -1, 2},
      {"trunc_normal far out", kMatrix,
       [](Tensor& t, Generator* g) {
         init::trunc_normal_(t, {.mean = 5, .std = 2, .low = -200, .high = 200, .generator = g});
       },
       5, 2, -kInf, kInf},
      uniform("xavier_uniform", kMatrix, std::sqrt(2.0 / 500),
              [](Tensor& t, Generator* g) { init::xavier_uniform_(t, {.generator = g}); }),
      uniform("xavier_uniform of a kernel, gain 5/3", kKernel, 5.0 / 3 * std::sqrt(2.0 / 1750),
              [](Tensor& t, Generator* g) {
                init::xavier_uniform_(
                    t, {.gain = init::calculate_gain(Nonlinearity::tanh), .generator = g});
              }),
      normal("xavier_normal", kMatrix, std::sqrt(2.0 / 500),
             [](Tensor& t, Generator* g) { init::xavier_normal_(t, {.generator = g}); }),
      uniform("kaiming_uniform", kMatrix, std::sqrt(2.0 / 200),
              [](Tensor& t, Generator* g) { init::kaiming_uniform_(t, {.generator = g}); }),
      uniform("kaiming_uniform as Linear's", kMatrix, 1 / std::sqrt(3 * 200.0),
              [](Tensor& t, Generator* g) {
                init::kaiming_uniform_(t, {.a = std::sqrt(5.0), .generator = g});
              }),
      normal("kaiming_normal, fan_out, relu", kKernel, std::sqrt(2.0 / 1000),
             [](Tensor& t, Generator* g) {
               init::kaiming_normal_(
                   t,
                   {.mode = FanMode::fan_out, .nonlinearity = Nonlinearity::relu, .generator = g});
             }),
      normal("kaiming_normal, linear", kKernel, std::sqrt(1.0 / 750),
             [](Tensor& t, Generator* g) {
               init::kaiming_normal_(t, {.nonlinearity = Nonlinearity::linear, .generator = g});
             }),
  };
  return table;
}

TEST(Init, MomentsAndBounds) {
  for (const InitRow& r : init_rows()) {
    Generator generator(17);
    Tensor t = empty(r.shape);
    r.fill(t, &generator);
    const Moments m = moments(t);
    const double n = static_cast<double>(t.numel());
    EXPECT_NEAR(m.mean, r.mean, 5 * r.std / std::sqrt(n)) << r.name;
    EXPECT_NEAR(m.std, r.std, 0.02 * r.std) << r.name;
    const double rounding = 1e-7 * (1 + std::abs(r.high));
    EXPECT_GE(m.low, r.low - rounding) << r.name;
    EXPECT_LE(m.high, r.high + rounding) << r.name;
    if (std::isfinite(r.high)) {
      EXPECT_LT(m.low, r.low + 0.01 * (r.high - r.low)) << r.name;
      EXPECT_GT(m.high, r.high - 0.01 * (r.high - r.low)) << r.name;
    }
  }
}

TEST(Init, TheGeneratorDecidesTheNumbers) {
  for (const InitRow& r : init_rows()) {
    Generator a(5), b(5);
    Tensor x = empty({8, 6}), y = empty({8, 6}), z = empty({8, 6});
    const GeneratorState before = default_generator().state();
    r.fill(x, &a);
    r.fill(y, &b);
    r.fill(z, &b);
    EXPECT_TRUE(equal(x, y)) << r.name;
    EXPECT_FALSE(equal(y, z)) << r.name;
    EXPECT_EQ(default_generator().state(), before) << r.name;
    r.fill(z, nullptr);
    EXPECT_NE(default_generator().state(), before) << r.name;
  }
}

TEST(Init, FillsAParameterOutsideTheGraph) {
  Linear layer{3, 2};
  const Tensor held = layer.weight;
  init::eye_(layer.weight);
  EXPECT_TRUE(equal(held, tensor({{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}})));
  init::constant_(layer.weight, 0.5);
  EXPECT_TRUE(equal(held, full({2, 3}, 0.5)));
  init::ones_(layer.weight);
  EXPECT_TRUE(equal(held, ones({2, 3})));
  init::zeros_(layer.weight);
  EXPECT_TRUE(equal(held, zeros({2, 3})));
  init::xavier_normal_(layer.weight);
  init::trunc_normal_(layer.weight);
  init::orthogonal_(layer.weight);
  EXPECT_TRUE(held.is_leaf() && held.requires_grad());
  EXPECT_FALSE(held.grad().defined());
}

TEST(Init, OrthogonalRowsOrColumns) {
  for (const Shape& shape : {Shape{6, 6}, {3, 8}, {8, 3}, {1, 5}, {5, 1}, {4, 3, 2, 2}, {30, 3, 3}})
    for (const double gain : {1.0, 2.5}) {
      Generator generator(9);
      Tensor q = empty(shape, {.dtype = f64});
      init::orthogonal_(q, {.gain = gain, .generator = &generator});
      const Tensor m = q.reshape({shape[0], -1});
      const bool wide = m.size(0) <= m.size(1);
      const Tensor product = wide ? matmul(m, m.t()) : matmul(m.t(), m);
      const Tensor wanted = eye(product.size(0), {.dtype = f64}) * (gain * gain);
      EXPECT_LT(abs(product - wanted).max().item(), 1e-12) << shape.str();
    }
  Tensor q = empty({64, 64});
  init::orthogonal_(q);
  EXPECT_LT(abs(matmul(q.t(), q) - eye(64)).max().item(), 1e-6);
}

TEST(Init, OrthogonalDirectionsAreUniform) {
  // First entry of a random rotation of the plane: mean 0, mean square 1/2, determinants of both
  // signs.
  Generator generator(2);
  double sum_of = 0, squares = 0;
  int positive = 0;
  for (int i = 0; i < 2000; ++i) {
    Tensor q = empty({2, 2}, {.dtype = f64});
    init::orthogonal_(q, {.generator = &generator});
    const double a = q.at<double>(0, 0), b = q.at<double>(0, 1), c = q.at<double>(1, 0),
                 d = q.at<double>(1, 1);
    sum_of += a, squares += a * a;
    positive += a * d - b * c > 0;
  }
  EXPECT_NEAR(sum_of / 2000, 0, 0.08);
  EXPECT_NEAR(squares / 2000, 0.5, 0.04);
  EXPECT_NEAR(positive, 1000, 120);
}

TEST(Init, CalculateGainIsPyTorchs) {
  const std::vector<std::pair<Nonlinearity, double>> table{
      {Nonlinearity::linear, 1},
      {Nonlinearity::sigmoid, 1},
      {Nonlinearity::tanh, 1.6666666666666667},
      {Nonlinearity::relu, 1.4142135623730951},
      {Nonlinearity::leaky_relu, 1.4141428569978354},
      {Nonlinearity::selu, 0.75}};
  for (const auto& [nonlinearity, gain] : table)
    EXPECT_DOUBLE_EQ(init::calculate_gain(nonlinearity), gain);
  EXPECT_DOUBLE_EQ(init::calculate_gain(Nonlinearity::leaky_relu, std::sqrt(5.0)),
                   0.5773502691896257);
}

TEST(Init, EmptyWeightsAreLeftAlone) {
  Tensor t = empty({0, 4});
  EXPECT_NO_THROW(init::xavier_uniform_(t));
  EXPECT_NO_THROW(init::kaiming_normal_(t));
  EXPECT_NO_THROW(init::orthogonal_(t));
}

TEST(Init, RefusesWhatItCannotFill) {
  Tensor vector = zeros({5}), matrix = zeros({2, 2}), whole = zeros({2, 2}, {.dtype = i64});
  const std::string fans =
      ": fan-in and fan-out need a weight (out, in, ...) of at least 2 dimensions, found shape [5]";
  EXPECT_EQ(thrown<ShapeError>([&] { init::xavier_uniform_(vector); }), "xavier_uniform_" + fans);
  EXPECT_EQ(thrown<ShapeError>([&] { init::xavier_normal_(vector); }), "xavier_normal_" + fans);
  EXPECT_EQ(thrown<ShapeError>([&] { init::kaiming_uniform_(vector); }), "kaiming_uniform_" + fans);
  EXPECT_EQ(thrown<ShapeError>([&] { init::kaiming_normal_(vector); }), "kaiming_normal_" + fans);
  EXPECT_EQ(thrown<ShapeError>([&] { init::orthogonal_(vector); }),
            "orthogonal_: expects at least 2 dimensions, found shape [5]");
  EXPECT_EQ(thrown<ShapeError>([&] { init::eye_(vector); }),
            "eye_: expects a matrix, found a tensor of shape [5]");
  EXPECT_EQ(thrown<ValueError>([&] { init::normal_(matrix, 0, -1); }),
            "normal_: std must not be negative, found -1");
  EXPECT_EQ(thrown<ValueError>([&] { init::trunc_normal_(matrix, {.low = 3}); }),
            "trunc_normal_: expects std > 0 and low < high, found std 1, low 3, high 2");
  EXPECT_NE(thrown<DtypeError>([&] { init::xavier_uniform_(whole); }).find("i64"),
            std::string::npos);
}

}  // namespace
}  // namespace percept::nn
