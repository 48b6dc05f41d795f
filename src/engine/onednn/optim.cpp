// Compiled once per instruction set by foreach_target; the choice is made at the first call.
#include "engine/optim.h"

#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/optim.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace percept::engine::onednn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr D d;

HWY_INLINE V number(double x) { return hn::Set(d, static_cast<float>(x)); }

/// f(at[0] + i, at[1] + i, ...) for every whole vector; the tail goes through padded copies.
template <std::size_t... K, class F>
HWY_INLINE void pass(std::index_sequence<K...>, std::int64_t n, float* const* at, F f) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) f((at[K] + i)...);
  if (i == n) return;
  HWY_ALIGN float tail[sizeof...(K)][HWY_MAX_BYTES / sizeof(float)] = {};
  const auto rest = static_cast<std::size_t>(n - i);
  for (std::size_t k = 0; k < sizeof...(K); ++k)
    for (std::size_t j = 0; j < rest; ++j) tail[k][j] = at[k][i + static_cast<std::int64_t>(j)];
  f(tail[K]...);
  for (std::size_t k = 0; k < sizeof...(K); ++k)
    if (k != 1)  // the gradient
      for (std::size_t j = 0; j < rest; ++j) at[k][i + static_cast<std::int64_t>(j)] = tail[k][j];
}
template <std::size_t Tensors, class F>
HWY_INLINE void pass(std::int64_t n, float* const* at, F f) {
  pass(std::make_index_sequence<Tensors>(), n, at, f);
}

/// The gradient that descends, with weight decay.
struct Gradient {
  V sign, decay;
  bool decays;
  template <class Step>
  HWY_INLINE explicit Gradient(const Step& step)
      : sign(number(step.maximize ? -1 : 1)),
        decay(number(step.weight_decay)),
        decays(step.weight_decay != 0) {}
  HWY_INLINE V of(const float* grad, V p) const {
    const V g = hn::Mul(hn::LoadU(d, grad), sign);
    return decays ? hn::MulAdd(decay, p, g) : g;
  }
};

void Sgd(const SgdStep& step, std::int64_t n, float* const* at) {
  const V lr = number(step.lr), momentum = number(step.momentum), fresh = number(1 - step.dampening);
  const Gradient gradient(step);
  const bool first = step.first, nesterov = step.nesterov;
  if (!at[2]) {
    pass<2>(n, at, [=](float* p, float* grad) HWY_ATTR {
      const V x = hn::LoadU(d, p);
      hn::StoreU(hn::NegMulAdd(lr, gradient.of(grad, x), x), d, p);
    });
    return;
  }
  pass<3>(n, at, [=](float* p, float* grad, float* buffer) HWY_ATTR {
    const V x = hn::LoadU(d, p);
    const V g = gradient.of(grad, x);
    const V b = first ? g : hn::MulAdd(momentum, hn::LoadU(d, buffer), hn::Mul(fresh, g));
    hn::StoreU(b, d, buffer);
    hn::StoreU(hn::NegMulAdd(lr, nesterov ? hn::MulAdd(momentum, b, g) : b, x), d, p);
  });
}

/// In f64, two vectors of lanes at a time: a sum of f32 squares may leave f32's range.
double SumOfSquares(std::int64_t n, const float* x) {
  const hn::ScalableTag<double> d64;
  const hn::Rebind<float, decltype(d64)> half;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d64));
  auto a = hn::Zero(d64), b = hn::Zero(d64);
  std::int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto u = hn::PromoteTo(d64, hn::LoadU(half, x + i));
    const auto v = hn::PromoteTo(d64, hn::LoadU(half, x + i + lanes));
    a = hn::MulAdd(u, u, a);
    b = hn::MulAdd(v, v, b);
  }
  double total = hn::GetLane(hn::SumOfLanes(d64, hn::Add(a, b)));
  for (; i < n; ++i) total += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return total;
}

}  // namespace HWY_NAMESPACE
}  // namespace percept::engine::onednn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace percept::engine::onednn {

HWY_EXPORT(Sgd);
HWY_EXPORT(SumOfSquares);

void run(const SgdStep& step, std::int64_t n, float* const* at) {
  HWY_DYNAMIC_DISPATCH(Sgd)(step, n, at);
}

double sum_of_squares(std::int64_t n, const float* x) {
  return HWY_DYNAMIC_DISPATCH(SumOfSquares)(n, x);
}

}  // namespace percept::engine::onednn
#endif
