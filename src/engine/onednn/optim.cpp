// Compiled once per instruction set by foreach_target; the choice is made at the first call.
#include "engine/optim.h"

#include <cstddef>

#include "engine/onednn/simd.h"

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
  const V lr = number(step.lr), momentum = number(step.momentum),
          fresh = number(1 - step.dampening);
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

template <bool Amsgrad>
HWY_INLINE void adam(const AdamStep& step, std::int64_t n, float* const* at) {
  const V fresh1 = number(1 - step.beta1), beta2 = number(step.beta2),
          fresh2 = number(1 - step.beta2), keep = number(step.keep), root = number(step.root),
          eps = number(step.eps), step_size = number(step.step_size);
  const Gradient gradient(step);
  pass<Amsgrad ? 5 : 4>(
      n, at, [=](float* p, float* grad, float* m_at, float* v_at, auto*... w_at) HWY_ATTR {
        const V x = hn::LoadU(d, p), m_before = hn::LoadU(d, m_at);
        const V g = gradient.of(grad, x);
        const V m = hn::MulAdd(fresh1, hn::Sub(g, m_before), m_before);
        const V v = hn::MulAdd(beta2, hn::LoadU(d, v_at), hn::Mul(fresh2, hn::Mul(g, g)));
        hn::StoreU(m, d, m_at);
        hn::StoreU(v, d, v_at);
        V top = v;
        if constexpr (Amsgrad) {
          float* const at_w = (w_at, ...);
          const V w = hn::LoadU(d, at_w);
          top = hn::IfThenElse(hn::Ge(w, v), w, v);
          hn::StoreU(top, d, at_w);
        }
        const V down = hn::Add(hn::Div(hn::Sqrt(top), root), eps);
        hn::StoreU(hn::NegMulAdd(step_size, hn::Div(m, down), hn::Mul(keep, x)), d, p);
      });
}

void Adam(const AdamStep& step, std::int64_t n, float* const* at) {
  if (at[4])
    adam<true>(step, n, at);
  else
    adam<false>(step, n, at);
}

template <bool Centered, bool Momentum>
HWY_INLINE void rmsprop(const RmspropStep& step, std::int64_t n, float* const* at) {
  const V lr = number(step.lr), alpha = number(step.alpha), fresh = number(1 - step.alpha),
          eps = number(step.eps), momentum = number(step.momentum);
  const Gradient gradient(step);
  // The buffers there are, without gaps.
  float* const used[] = {at[0], at[1], at[2], Centered ? at[3] : at[4], at[4]};
  pass<3 + Centered + Momentum>(
      n, used, [=](float* p, float* grad, float* v_at, auto*... more) HWY_ATTR {
        const V x = hn::LoadU(d, p);
        const V g = gradient.of(grad, x);
        const V v = hn::MulAdd(alpha, hn::LoadU(d, v_at), hn::Mul(fresh, hn::Mul(g, g)));
        hn::StoreU(v, d, v_at);
        float* const buffers[] = {more..., nullptr};
        V u = v;
        if constexpr (Centered) {
          const V a_before = hn::LoadU(d, buffers[0]);
          const V a = hn::MulAdd(fresh, hn::Sub(g, a_before), a_before);
          hn::StoreU(a, d, buffers[0]);
          u = hn::NegMulAdd(a, a, v);
        }
        V down = hn::Div(g, hn::Add(hn::Sqrt(u), eps));
        if constexpr (Momentum) {
          down = hn::MulAdd(momentum, hn::LoadU(d, buffers[Centered]), down);
          hn::StoreU(down, d, buffers[Centered]);
        }
        hn::StoreU(hn::NegMulAdd(lr, down, x), d, p);
      });
}

void Rmsprop(const RmspropStep& step, std::int64_t n, float* const* at) {
  if (at[3] && at[4])
    rmsprop<true, true>(step, n, at);
  else if (at[3])
    rmsprop<true, false>(step, n, at);
  else if (at[4])
    rmsprop<false, true>(step, n, at);
  else
    rmsprop<false, false>(step, n, at);
}

void Adagrad(const AdagradStep& step, std::int64_t n, float* const* at) {
  const V lr = number(step.lr), eps = number(step.eps);
  const Gradient gradient(step);
  pass<3>(n, at, [=](float* p, float* grad, float* s_at) HWY_ATTR {
    const V x = hn::LoadU(d, p);
    const V g = gradient.of(grad, x);
    const V s = hn::MulAdd(g, g, hn::LoadU(d, s_at));
    hn::StoreU(s, d, s_at);
    hn::StoreU(hn::NegMulAdd(lr, hn::Div(g, hn::Add(hn::Sqrt(s), eps)), x), d, p);
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
HWY_EXPORT(Adam);
HWY_EXPORT(Rmsprop);
HWY_EXPORT(Adagrad);
HWY_EXPORT(SumOfSquares);

void run(const SgdStep& step, std::int64_t n, float* const* at) {
  HWY_DYNAMIC_DISPATCH(Sgd)(step, n, at);
}
void run(const AdamStep& step, std::int64_t n, float* const* at) {
  HWY_DYNAMIC_DISPATCH(Adam)(step, n, at);
}
void run(const RmspropStep& step, std::int64_t n, float* const* at) {
  HWY_DYNAMIC_DISPATCH(Rmsprop)(step, n, at);
}
void run(const AdagradStep& step, std::int64_t n, float* const* at) {
  HWY_DYNAMIC_DISPATCH(Adagrad)(step, n, at);
}

double sum_of_squares(std::int64_t n, const float* x) {
  return HWY_DYNAMIC_DISPATCH(SumOfSquares)(n, x);
}

}  // namespace percept::engine::onednn
#endif
