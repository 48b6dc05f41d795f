// Compiled once per instruction set by foreach_target; the choice is made at the first call. The
// formulas, element by element, are those of engine/reference/recurrent.cpp.
#include "engine/recurrent.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "engine/onednn/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/recurrent.cpp"
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

HWY_INLINE V zero() { return hn::Zero(d); }
HWY_INLINE V one() { return hn::Set(d, 1.0f); }
HWY_INLINE V load(const float* x) { return hn::LoadU(d, x); }
HWY_INLINE void store(V x, float* to) { hn::StoreU(x, d, to); }

// Beyond these bounds both are at their limits in f32; NaN stays NaN.
HWY_INLINE V logistic(V x) {
  const V held = hn::Clamp(x, hn::Set(d, -87.0f), hn::Set(d, 87.0f));
  const V y = hn::Div(one(), hn::Add(one(), hn::Exp(d, hn::Neg(held))));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}
HWY_INLINE V tanh_of(V x) {
  const V y = hn::Tanh(d, hn::Clamp(x, hn::Set(d, -20.0f), hn::Set(d, 20.0f)));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}
/// 1 - x²
HWY_INLINE V rest_of_square(V x) { return hn::NegMulAdd(x, x, one()); }
/// x (1 - x)
HWY_INLINE V spread(V x) { return hn::NegMulAdd(x, x, x); }

/// Calls f(at...) for every vector of n elements; the first `Written` of the rows are results. The
/// tail goes through padded copies.
template <std::size_t Written, class F, std::size_t... K>
HWY_INLINE void run(std::int64_t n, float* const* rows, const F& f, std::index_sequence<K...>) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) f((rows[K] + i)...);
  if (i == n) return;
  HWY_ALIGN float tail[sizeof...(K)][HWY_MAX_BYTES / sizeof(float)] = {};
  for (std::size_t k = 0; k < sizeof...(K); ++k) std::copy(rows[k] + i, rows[k] + n, tail[k]);
  f(tail[K]...);
  for (std::size_t k = 0; k < Written; ++k) std::copy(tail[k], tail[k] + (n - i), rows[k] + i);
}
template <std::size_t Written, std::size_t Count, class F>
HWY_INLINE void run(std::int64_t n, float* const (&rows)[Count], const F& f) {
  run<Written>(n, rows, f, std::make_index_sequence<Count>());
}

/// An input among the rows, of which only results are written.
HWY_INLINE float* input(const float* x) { return const_cast<float*>(x); }

template <class Act>
HWY_INLINE void plain_forward(const CellRows<float>& r, const Act& act) {
  const std::int64_t n = r.samples * r.hidden;
  if (r.h_before) std::copy(r.h, r.h + n, r.h_before);
  float* const rows[] = {r.a, r.h, r.y};
  run<3>(n, rows, [&](float* a, float* h, float* y) HWY_ATTR {
    const V x = act(load(a));
    store(x, a), store(x, h), store(x, y);
  });
}

template <class Slope>
HWY_INLINE void plain_backward(const CellGradientRows<float>& r, const Slope& slope) {
  float* const rows[] = {r.da, input(r.a), r.dh, input(r.dy)};
  run<1>(r.samples * r.hidden, rows, [&](float* da, float* a, float* dh, float* dy) HWY_ATTR {
    store(hn::Mul(hn::Add(load(dh), load(dy)), slope(load(a))), da);
  });
}

void TanhForward(const CellRows<float>& r) {
  plain_forward(r, [](V x) HWY_ATTR { return tanh_of(x); });
}
void TanhBackward(const CellGradientRows<float>& r) {
  plain_backward(r, [](V h) HWY_ATTR { return rest_of_square(h); });
}
void ReluForward(const CellRows<float>& r) {
  plain_forward(r, [](V x) HWY_ATTR { return hn::IfThenElse(hn::Lt(x, zero()), zero(), x); });
}
void ReluBackward(const CellGradientRows<float>& r) {
  plain_backward(r, [](V h) HWY_ATTR { return hn::IfThenElse(hn::Le(h, zero()), zero(), one()); });
}

void LstmForward(const CellRows<float>& r) {
  const std::int64_t n = r.hidden;
  for (std::int64_t s = 0; s < r.samples; ++s) {
    float *const a = r.a + s * 4 * n, *const h = r.h + s * n, *const c = r.c + s * n;
    if (r.h_before) {
      std::copy(h, h + n, r.h_before + s * n);
      std::copy(c, c + n, r.c_before + s * n);
    }
    float* const y = r.y + s * n;
    float* const kept = r.tanh_c ? r.tanh_c + s * n : y;  // y is written after it
    float* const rows[] = {a, a + n, a + 2 * n, a + 3 * n, c, kept, h, y};
    run<8>(n, rows,
           [](float* i_at, float* f_at, float* g_at, float* o_at, float* c_at, float* tanh_at,
              float* h_at, float* y_at) HWY_ATTR {
             const V i = logistic(load(i_at)), f = logistic(load(f_at)), g = tanh_of(load(g_at)),
                     o = logistic(load(o_at));
             const V next = hn::MulAdd(f, load(c_at), hn::Mul(i, g)), squashed = tanh_of(next),
                     out = hn::Mul(o, squashed);
             store(i, i_at), store(f, f_at), store(g, g_at), store(o, o_at);
             store(next, c_at), store(squashed, tanh_at), store(out, h_at), store(out, y_at);
           });
  }
}

void LstmBackward(const CellGradientRows<float>& r) {
  const std::int64_t n = r.hidden;
  for (std::int64_t s = 0; s < r.samples; ++s) {
    float *const da = r.da + s * 4 * n, *const a = input(r.a) + s * 4 * n;
    float* const rows[] = {da,
                           da + n,
                           da + 2 * n,
                           da + 3 * n,
                           r.dc + s * n,
                           a,
                           a + n,
                           a + 2 * n,
                           a + 3 * n,
                           r.dh + s * n,
                           input(r.dy) + s * n,
                           input(r.c_before) + s * n,
                           input(r.tanh_c) + s * n};
    run<5>(n, rows,
           [](float* di, float* df, float* dg, float* d_o, float* dc_at, float* i_at, float* f_at,
              float* g_at, float* o_at, float* dh_at, float* dy_at, float* c_at, float* tanh_at)
               HWY_ATTR {
                 const V i = load(i_at), f = load(f_at), g = load(g_at), o = load(o_at),
                         squashed = load(tanh_at), dh = hn::Add(load(dh_at), load(dy_at));
                 const V dc = hn::MulAdd(hn::Mul(dh, o), rest_of_square(squashed), load(dc_at));
                 store(hn::Mul(hn::Mul(dc, g), spread(i)), di);
                 store(hn::Mul(hn::Mul(dc, load(c_at)), spread(f)), df);
                 store(hn::Mul(hn::Mul(dc, i), rest_of_square(g)), dg);
                 store(hn::Mul(hn::Mul(dh, squashed), spread(o)), d_o);
                 store(hn::Mul(dc, f), dc_at);
               });
  }
}

void GruForward(const CellRows<float>& r) {
  const std::int64_t n = r.hidden;
  for (std::int64_t s = 0; s < r.samples; ++s) {
    float *const a = r.a + s * 3 * n, *const b = r.b + s * 3 * n, *const h = r.h + s * n;
    if (r.h_before) std::copy(h, h + n, r.h_before + s * n);
    float* const rows[] = {a, a + n, a + 2 * n, h, r.y + s * n, b, b + n, b + 2 * n};
    run<5>(n, rows,
           [](float* r_at, float* z_at, float* n_at, float* h_at, float* y_at, float* b_r,
              float* b_z, float* b_n) HWY_ATTR {
             const V reset = logistic(hn::Add(load(r_at), load(b_r))),
                     z = logistic(hn::Add(load(z_at), load(b_z))),
                     fresh = tanh_of(hn::MulAdd(reset, load(b_n), load(n_at))),
                     out = hn::MulAdd(z, hn::Sub(load(h_at), fresh), fresh);
             store(reset, r_at), store(z, z_at), store(fresh, n_at);
             store(out, h_at), store(out, y_at);
           });
  }
}

void GruBackward(const CellGradientRows<float>& r) {
  const std::int64_t n = r.hidden;
  for (std::int64_t s = 0; s < r.samples; ++s) {
    float *const da = r.da + s * 3 * n, *const db = r.db + s * 3 * n,
                 *const a = input(r.a) + s * 3 * n;
    float* const rows[] = {da,
                           da + n,
                           da + 2 * n,
                           db,
                           db + n,
                           db + 2 * n,
                           r.dh + s * n,
                           a,
                           a + n,
                           a + 2 * n,
                           input(r.b) + s * 3 * n + 2 * n,
                           input(r.dy) + s * n,
                           input(r.h_before) + s * n};
    run<7>(n, rows,
           [](float* da_r, float* da_z, float* da_n, float* db_r, float* db_z, float* db_n,
              float* dh_at, float* r_at, float* z_at, float* n_at, float* b_n, float* dy_at,
              float* h_at) HWY_ATTR {
             const V reset = load(r_at), z = load(z_at), fresh = load(n_at),
                     dh = hn::Add(load(dh_at), load(dy_at));
             const V dn = hn::Mul(hn::NegMulAdd(dh, z, dh), rest_of_square(fresh)),
                     dr = hn::Mul(hn::Mul(dn, load(b_n)), spread(reset)),
                     dz = hn::Mul(hn::Mul(dh, hn::Sub(load(h_at), fresh)), spread(z));
             store(dr, da_r), store(dr, db_r), store(dz, da_z), store(dz, db_z);
             store(dn, da_n), store(hn::Mul(dn, reset), db_n);
             store(hn::Mul(dh, z), dh_at);
           });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace percept::engine::onednn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace percept::engine::onednn {

// The macro of Highway that picks the best compiled target at the first call.
#define PERCEPT_CELL(name, Name)                                                                  \
  HWY_EXPORT(Name##Forward);                                                                      \
  HWY_EXPORT(Name##Backward);                                                                     \
  void name##_forward(const CellRows<float>& rows) { HWY_DYNAMIC_DISPATCH(Name##Forward)(rows); } \
  void name##_backward(const CellGradientRows<float>& rows) {                                     \
    HWY_DYNAMIC_DISPATCH(Name##Backward)(rows);                                                   \
  }
PERCEPT_CELL(tanh, Tanh)
PERCEPT_CELL(relu, Relu)
PERCEPT_CELL(lstm, Lstm)
PERCEPT_CELL(gru, Gru)
#undef PERCEPT_CELL

}  // namespace percept::engine::onednn
#endif
