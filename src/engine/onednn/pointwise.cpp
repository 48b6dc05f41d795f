// Compiled once per instruction set by foreach_target; the choice is made at the first call.
#include "engine/onednn/pointwise.h"

#include <algorithm>

#include "engine/onednn/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/pointwise.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// after highway.h
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace percept::engine::onednn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr D d;

/// y[i] = f(a[i]) over a dense run; the tail goes through the same vector code, padded. With step 0
/// `a` is one number for the whole run.
template <class F>
HWY_INLINE void unary(std::int64_t n, char* const* at, const std::int64_t* step, F f) {
  const auto* HWY_RESTRICT a = reinterpret_cast<const float*>(at[1]);
  auto* HWY_RESTRICT y = reinterpret_cast<float*>(at[0]);
  if (step[1] == 0) {
    std::fill_n(y, n, hn::GetLane(f(hn::Set(d, *a))));
    return;
  }
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(d, a + i)), d, y + i);
  if (i < n) {
    HWY_ALIGN float tail[HWY_MAX_BYTES / sizeof(float)] = {};
    for (std::int64_t k = i; k < n; ++k) tail[k - i] = a[k];
    hn::Store(f(hn::Load(d, tail)), d, tail);
    for (std::int64_t k = i; k < n; ++k) y[k] = tail[k - i];
  }
}

/// y[i] = f(a[i], b[i]); an input with step 0 is one number for the whole run.
template <class F>
HWY_INLINE void binary(std::int64_t n, char* const* at, const std::int64_t* step, F f) {
  const auto* a = reinterpret_cast<const float*>(at[1]);
  const auto* b = reinterpret_cast<const float*>(at[2]);
  auto* y = reinterpret_cast<float*>(at[0]);
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t da = step[1] != 0, db = step[2] != 0;
  std::int64_t i = 0;
  if (da && db) {
    for (; i + lanes <= n; i += lanes)
      hn::StoreU(f(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
  } else if (da) {
    const V number = hn::Set(d, *b);
    for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(d, a + i), number), d, y + i);
  } else if (db) {
    const V number = hn::Set(d, *a);
    for (; i + lanes <= n; i += lanes) hn::StoreU(f(number, hn::LoadU(d, b + i)), d, y + i);
  }
  for (; i < n; i += lanes) {
    HWY_ALIGN float ta[HWY_MAX_BYTES / sizeof(float)] = {}, tb[HWY_MAX_BYTES / sizeof(float)] = {};
    const std::int64_t m = std::min(lanes, n - i);
    for (std::int64_t k = 0; k < m; ++k) ta[k] = a[(i + k) * da], tb[k] = b[(i + k) * db];
    hn::Store(f(hn::Load(d, ta), hn::Load(d, tb)), d, ta);
    for (std::int64_t k = 0; k < m; ++k) y[i + k] = ta[k];
  }
}

HWY_INLINE V zero() { return hn::Zero(d); }
HWY_INLINE V one() { return hn::Set(d, 1.0f); }

// Highway's Exp is good to 1 ulp between -104 and 88.7; outside, the limits and NaN are put in.
HWY_INLINE V exp_v(V x) {
  const V y = hn::Exp(d, hn::Clamp(x, hn::Set(d, -104.0f), hn::Set(d, 88.72283f)));
  const V big = hn::IfThenElse(hn::Gt(x, hn::Set(d, 88.72283f)), hn::Inf(d), y);
  const V small = hn::IfThenElse(hn::Lt(x, hn::Set(d, -103.97208f)), zero(), big);
  return hn::IfThenElse(hn::IsNaN(x), x, small);
}
// log(x) for x > 0; -inf at 0, NaN below, inf at inf.
HWY_INLINE V log_fix(V x, V arg, V y) {
  const V at_zero = hn::IfThenElse(hn::Eq(arg, zero()), hn::Neg(hn::Inf(d)), y);
  const V at_inf = hn::IfThenElse(hn::Eq(arg, hn::Inf(d)), hn::Inf(d), at_zero);
  const auto bad = hn::Or(hn::Lt(arg, zero()), hn::IsNaN(x));
  return hn::IfThenElse(bad, hn::NaN(d), at_inf);
}
HWY_INLINE V sigmoid_v(V x) { return hn::Div(one(), hn::Add(one(), exp_v(hn::Neg(x)))); }
HWY_INLINE V expm1_v(V x) {
  const V y = hn::Expm1(d, hn::Clamp(x, hn::Set(d, -80.0f), hn::Set(d, 88.0f)));
  const V big = hn::IfThenElse(hn::Gt(x, hn::Set(d, 88.0f)), exp_v(x), y);
  return hn::IfThenElse(hn::IsNaN(x), x, big);
}
HWY_INLINE V tanh_v(V x) {
  const V y = hn::Tanh(d, hn::Clamp(x, hn::Set(d, -20.0f), hn::Set(d, 20.0f)));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}
// NaN in either wins, as in PyTorch.
HWY_INLINE V nan_wins(V a, V b, V y) {
  return hn::IfThenElse(hn::IsNaN(a), a, hn::IfThenElse(hn::IsNaN(b), b, y));
}

// The normal distribution function Phi(x), and exp(-x²/2), which a density needs too. As Abramowitz
// and Stegun (7.1.26) do for erf, with t = 1 / (1 + 0.34 |x|):
//   Phi(-|x|) = exp(-x²/2) t P(t)
// P was fitted for the least relative error up to |x| = 14, which is 3e-8, and 3e-7 in f32.
struct Normal {
  V cdf, bell;
};
HWY_INLINE Normal normal_of(V x) {
  constexpr float kP[] = {0.1356205f,  0.1361122f,   0.11519763f, 0.115359314f, -0.044718876f,
                          0.20218338f, -0.27313346f, 0.13949987f, -0.026120562f};
  const V t = hn::Div(one(), hn::MulAdd(hn::Set(d, 0.34f), hn::Abs(x), one()));
  V p = hn::Set(d, kP[8]);
  for (int i = 7; i >= 0; --i) p = hn::MulAdd(p, t, hn::Set(d, kP[i]));
  const V bell = exp_v(hn::Mul(hn::Mul(x, x), hn::Set(d, -0.5f)));
  const V below = hn::Mul(bell, hn::Mul(p, t));  // Phi(-|x|)
  return {hn::IfThenElse(hn::Lt(x, zero()), below, hn::Sub(one(), below)), bell};
}

void Neg(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return hn::Neg(x); });
}
void Exp(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return exp_v(x); });
}
void Log(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return log_fix(x, x, hn::Log(d, x)); });
}
void Log1p(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return log_fix(x, hn::Add(one(), x), hn::Log1p(d, x)); });
}
void Expm1(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return expm1_v(x); });
}
void Sqrt(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return hn::Sqrt(x); });
}
void Abs(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return hn::Abs(x); });
}
void Sigmoid(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return sigmoid_v(x); });
}
void Tanh(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return tanh_v(x); });
}
void Relu(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return hn::IfThenElse(hn::Lt(x, zero()), zero(), x); });
}
void Silu(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return hn::Div(x, hn::Add(one(), exp_v(hn::Neg(x)))); });
}
void Add(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  binary(n, at, step, [](V a, V b) HWY_ATTR { return hn::Add(a, b); });
}
void Sub(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  binary(n, at, step, [](V a, V b) HWY_ATTR { return hn::Sub(a, b); });
}
void Mul(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  binary(n, at, step, [](V a, V b) HWY_ATTR { return hn::Mul(a, b); });
}
void Div(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  binary(n, at, step, [](V a, V b) HWY_ATTR { return hn::Div(a, b); });
}
void Minimum(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  binary(n, at, step, [](V a, V b) HWY_ATTR { return nan_wins(a, b, hn::Min(a, b)); });
}
void Maximum(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  binary(n, at, step, [](V a, V b) HWY_ATTR { return nan_wins(a, b, hn::Max(a, b)); });
}
void AddScaled(std::int64_t n, char* const* at, const std::int64_t* step, const double* p) {
  const V alpha = hn::Set(d, static_cast<float>(p[0]));
  binary(n, at, step, [alpha](V a, V b) HWY_ATTR { return hn::MulAdd(alpha, b, a); });
}
void ReluBackward(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  binary(n, at, step, [](V dy, V y) HWY_ATTR { return hn::IfThenZeroElse(hn::Le(y, zero()), dy); });
}
void Gelu(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  unary(n, at, step, [](V x) HWY_ATTR { return hn::Mul(x, normal_of(x).cdf); });
}
void GeluBackward(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  const V top = hn::Set(d, 0.39894228f);  // of the density: 1 / sqrt(2 pi)
  binary(n, at, step, [top](V dy, V x) HWY_ATTR {
    const Normal normal = normal_of(x);
    return hn::Mul(dy, hn::MulAdd(hn::Mul(x, top), normal.bell, normal.cdf));
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace percept::engine::onednn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace percept::engine::onednn {

// The macro of Highway that picks the best compiled target at the first call.
#define PERCEPT_LOOP(name, Target)                                                             \
  HWY_EXPORT(Target);                                                                          \
  void name(std::int64_t n, char* const* at, const std::int64_t* step, const double* params) { \
    HWY_DYNAMIC_DISPATCH(Target)(n, at, step, params);                                         \
  }
PERCEPT_LOOP(neg, Neg)
PERCEPT_LOOP(exp, Exp)
PERCEPT_LOOP(log, Log)
PERCEPT_LOOP(log1p, Log1p)
PERCEPT_LOOP(expm1, Expm1)
PERCEPT_LOOP(sqrt, Sqrt)
PERCEPT_LOOP(abs, Abs)
PERCEPT_LOOP(sigmoid, Sigmoid)
PERCEPT_LOOP(tanh, Tanh)
PERCEPT_LOOP(relu, Relu)
PERCEPT_LOOP(silu, Silu)
PERCEPT_LOOP(add, Add)
PERCEPT_LOOP(sub, Sub)
PERCEPT_LOOP(mul, Mul)
PERCEPT_LOOP(div, Div)
PERCEPT_LOOP(minimum, Minimum)
PERCEPT_LOOP(maximum, Maximum)
PERCEPT_LOOP(add_scaled, AddScaled)
PERCEPT_LOOP(relu_backward, ReluBackward)
PERCEPT_LOOP(gelu, Gelu)
PERCEPT_LOOP(gelu_backward, GeluBackward)
#undef PERCEPT_LOOP

}  // namespace percept::engine::onednn
#endif
