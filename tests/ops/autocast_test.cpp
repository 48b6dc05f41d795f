// Products of rounded inputs. Small integers lose nothing to bf16, so there every engine must give
// a naive loop's bits; elsewhere the oracle is that loop in f64 over numbers rounded one by one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <thread>

#include "engine/counters.h"
#include "engine/engine.h"
#include "percept/autograd/autograd.h"
#include "percept/base/error.h"
#include "percept/base/random.h"
#include "percept/nn/activation.h"
#include "percept/nn/linear.h"
#include "percept/nn/sequential.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/loss.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "percept/optim/adam.h"
#include "percept/optim/sgd.h"
#include "percept/tensor/factory.h"
#include "support/process.h"
#include "support/throws.h"

namespace percept {
namespace {

/// The nearest number of 8 significant bits, ties to even: what bf16 holds, by its definition.
double nearest(double x) {
  if (x == 0) return 0;
  int exponent = 0;
  std::frexp(x, &exponent);
  const double unit = std::ldexp(1.0, exponent - 8);
  return std::nearbyint(x / unit) * unit;
}

/// c[i][j] = sum over p of f(a[i][p]) f(b[p][j])
template <class F>
std::vector<double> rounded_products(const Tensor& a, const Tensor& b, F f) {
  const auto x = a.detach().to_vector<double>(), y = b.detach().to_vector<double>();
  const auto m = static_cast<std::size_t>(a.size(0)), k = static_cast<std::size_t>(a.size(1)),
             n = static_cast<std::size_t>(b.size(1));
  std::vector<double> c(m * n);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t p = 0; p < k; ++p)
      for (std::size_t j = 0; j < n; ++j) c[i * n + j] += f(x[i * k + p]) * f(y[p * n + j]);
  return c;
}

void expect_near(const Tensor& found, const std::vector<double>& expected, double tolerance,
                 const std::string& what) {
  const auto values = found.to_vector<double>();
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_NEAR(values[i], expected[i], tolerance) << what << ", element " << i;
}

double kept(double x) { return x; }

const std::vector<std::array<std::int64_t, 3>> kSizes = {  // samples, in, out
    {1, 784, 70}, {64, 300, 64}, {5, 3, 7}, {33, 100, 65}, {64, 512, 10}, {1, 1, 1}, {2, 257, 1}};

TEST(Autocast, RoundsToNearestEven) {
  const double e = 1.0 / 256;  // half the distance of two neighbours above 1
  const Tensor x = tensor({{1 + e, 1 + 3 * e, 1 + e * 1.01, -1 - e, 0.1, 3e38, 1e-40, 258}});
  const AutocastGuard guard;
  EXPECT_EQ(matmul(x, eye(8)).to_vector<float>(),
            (std::vector<float>{1.0f, 1 + 4 / 256.f, 1 + 2 / 256.f, -1.0f, 0x1.9ap-4f, 0x1.c4p+127f,
                                0x1p-133f, 258.0f}));
}

TEST(Autocast, LinearAndItsGradientsAreProductsOfRoundedNumbers) {
  manual_seed(1);
  for (const auto& [samples, in, out] : kSizes)
    for (const bool integers : {true, false})
      for (const bool reference : {false, true}) {
        std::optional<engine::ReferenceGuard> guard;
        if (reference) guard.emplace();
        const auto make = [&, integers = integers](const Shape& shape) {
          return integers ? randint(-8, 9, shape).to(f32) : randn(shape);
        };
        const auto f = integers ? kept : nearest;
        Tensor x = make({samples, in}).requires_grad_(), w = make({out, in}).requires_grad_();
        Tensor bias = make({out}).requires_grad_();
        const Tensor dy = make({samples, out});
        Tensor y;
        {
          const AutocastGuard autocast;
          y = linear(x, w, bias);
        }
        EXPECT_EQ(y.dtype(), f32);
        y.backward(dy);  // outside the guard, in the type of the forward product
        const double tolerance = integers ? 0 : 1e-5 * std::sqrt(784.0);
        const std::string what =
            fmt::format("{} x {} x {}{}{}", samples, in, out, integers ? ", integers" : "",
                        reference ? ", reference" : "");
        auto expected = rounded_products(x, w.detach().t(), f);
        const auto b = bias.to_vector<double>();
        for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += b[i % b.size()];
        expect_near(y, expected, tolerance, what);
        expect_near(x.grad(), rounded_products(dy, w, f), tolerance, what + ", dx");
        expect_near(w.grad(), rounded_products(dy.t(), x, f), tolerance, what + ", dw");
        // A sum, not a product: nothing is rounded.
        expect_near(bias.grad(), sum(dy.to(f64), {0}).to_vector<double>(), integers ? 0 : 1e-5,
                    what + ", dbias");
      }
}

TEST(Autocast, BatchesOfMatricesInAnyLayout) {
  manual_seed(2);
  const Tensor a = randint(-8, 9, {3, 20, 33}).to(f32), b = randint(-8, 9, {3, 33, 17}).to(f32);
  const Tensor plain = matmul(a, b);
  const AutocastGuard guard;
  const auto expected = plain.to_vector<float>();
  EXPECT_EQ(matmul(a, b).to_vector<float>(), expected);
  EXPECT_EQ(bmm(transpose(transpose(a, 1, 2).contiguous(), 1, 2), b).to_vector<float>(), expected);
  EXPECT_EQ(bmm(a, transpose(transpose(b, 1, 2).contiguous(), 1, 2)).to_vector<float>(), expected);
  EXPECT_EQ(matmul(a, b[0]).narrow(0, 0, 1).to_vector<float>(),
            plain.narrow(0, 0, 1).to_vector<float>());
  // A few rows of many: not worth rounding all.
  const Tensor many = randint(-8, 9, {1000, 33}).to(f32);
  EXPECT_EQ(mm(many.narrow(0, 500, 7), b[1]).to_vector<double>(),
            rounded_products(many.narrow(0, 500, 7), b[1].contiguous(), kept));
}

TEST(Autocast, LeavesTheRestAlone) {
  const double third = 1.0 / 3;
  const Tensor x = full({1, 1}, third), one = ones({1, 1});
  const Tensor x64 = full({1, 1}, third, {.dtype = f64}), one64 = ones({1, 1}, {.dtype = f64});
  const AutocastGuard guard;
  EXPECT_EQ(autocast_dtype(), bf16);
  EXPECT_EQ(mm(x, one).item(), nearest(third));
  EXPECT_EQ(mm(x64, one64).item(), third);
  EXPECT_EQ((x * one).item<float>(), static_cast<float>(third));
  {
    const AutocastGuard off(f32);
    EXPECT_EQ(mm(x, one).item<float>(), static_cast<float>(third));
  }
  EXPECT_EQ(mm(x, one).item(), nearest(third));
  EXPECT_EQ(thrown<DtypeError>([] { const AutocastGuard bad(i64); }),
            "AutocastGuard: expects bf16 or f32, found i64");
  std::thread([] { EXPECT_EQ(autocast_dtype(), f32); }).join();
}

TEST(Autocast, BackwardFollowsTheForwardPass) {
  Tensor x = full({1, 1}, 1.0 / 3).requires_grad_();
  const Tensor y = mm(x, full({1, 1}, 0.2));  // not rounded
  const AutocastGuard guard;
  y.backward();
  EXPECT_EQ(x.grad().item<float>(), 0.2f);
}

nn::Sequential three_layers() {
  return {nn::Linear{40, 96}, nn::ReLU{}, nn::Linear{96, 64}, nn::Linear{64, 5}};
}

template <class Optimizer>
void autocast_step(nn::Sequential& net, Optimizer& optimizer, const Tensor& x, const Tensor& y) {
  optimizer.zero_grad();
  Tensor loss;
  {
    const AutocastGuard guard;
    loss = cross_entropy(net(x), y);
  }
  ASSERT_EQ(loss.dtype(), f32);
  loss.backward();
  optimizer.step();
}

/// The optimiser renews a weight's rounded numbers in its own pass; they must be those of a copy
/// that is rounded from scratch. Without fusion they are rounded anew: the same bits.
template <class Optimizer>
void expect_renewed(bool fused) {
  const engine::FusionGuard fusion(fused);
  manual_seed(4);
  nn::Sequential net = three_layers();
  Optimizer optimizer{net.parameters(), {.lr = 0.05}};
  const Tensor x = randn({16, 40}), y = randint(0, 5, {16});
  autocast_step(net, optimizer, x, y);
  for (int i = 0; i < 5; ++i) {
    autocast_step(net, optimizer, x, y);
    const nn::Sequential copy = net;
    nn::Sequential fresh = copy;
    const AutocastGuard guard;
    ASSERT_EQ(net(x).to_vector<float>(), fresh(x).to_vector<float>()) << "step " << i;
    for (const Tensor& p : net.parameters()) ASSERT_EQ(p.dtype(), f32);
  }
  autocast_step(net, optimizer, x, y);
  const std::uint64_t before = engine::counters().rounded;
  autocast_step(net, optimizer, x, y);
  // Two hidden layers' outputs and the gradients of three layers; without fusion three weights too,
  // once for the forward and the backward pass together.
  EXPECT_EQ(engine::counters().rounded - before, fused ? 5u : 8u);
}

TEST(Autocast, WeightsAreRoundedOnceAStep) {
  for (const bool fused : {true, false}) {
    expect_renewed<optim::SGD>(fused);
    expect_renewed<optim::Adam>(fused);
  }
}

TEST(Autocast, SeesEveryWrite) {
  const AutocastGuard guard;
  Tensor x = ones({1, 64}), w = ones({64, 64});
  const auto result = [&] { return mm(x, w).to_vector<float>()[0]; };
  EXPECT_EQ(result(), 64);
  w.span<float>()[0] = 11;
  EXPECT_EQ(result(), 74);
  w.at<float>(1, 0) = 2;
  EXPECT_EQ(result(), 75);
  w.mul_(2);
  EXPECT_EQ(result(), 150);
  w.narrow(0, 0, 1).fill_(0);
  EXPECT_EQ(result(), 128);
  w.copy_(ones({64, 64}));
  EXPECT_EQ(result(), 64);
  uniform_(w, 1, 1.0000001);
  EXPECT_EQ(result(), 64);
}

TEST(Autocast, AGradientHasAGradient) {
  Tensor x = tensor({{3.}}).requires_grad_(), w = tensor({{5.}}).requires_grad_();
  const AutocastGuard guard;
  const Tensor y = mm(mm(x, w), x);  // w x^2
  const Tensor dx = grad({y}, {x}, {}, {.create_graph = true})[0];
  EXPECT_EQ(dx.item(), 30);
  EXPECT_EQ(grad({dx}, {w})[0].item(), 6);
}

/// The other tests again where oneDNN is told of fewer instructions: no bf16 at all, or only in
/// software.
TEST(Autocast, WorksOnLesserMachines) {
  if (std::getenv("DNNL_MAX_CPU_ISA")) GTEST_SKIP() << "this is the lesser machine";
  for (const char* isa : {"SSE41", "AVX2", "AVX512_CORE"}) {
    const auto result = testing::run_process(
        "/proc/self/exe", {"--gtest_filter=Autocast.*:Packing.*:Products.*"},
        {.environment = {{"DNNL_MAX_CPU_ISA", isa}, {"OMP_WAIT_POLICY", "passive"}}});
    EXPECT_EQ(result.code, 0) << isa << "\n" << result.out;
  }
}

}  // namespace
}  // namespace percept
