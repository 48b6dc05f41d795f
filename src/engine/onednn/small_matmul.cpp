// Products too small for oneDNN, whose call alone takes 0.4 us. Compiled once per instruction set
// by foreach_target; the choice is made at the first call.
#include <algorithm>

#include "engine/matmul.h"

#include "engine/onednn/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/small_matmul.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace percept::engine::onednn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, 8>;
using V = hn::Vec<D>;
constexpr D d;

/// Up to a vector of columns of b and c.
struct Panel {
  const float* b;  // (k) rows of a whole vector, `stride` apart
  std::int64_t stride, k;
  V bias;
  std::int64_t columns;  // that exist
};

/// `Rows` rows of c: c[r][j] = act(bias[j] + sum over p of a[r][p] b[p][j]), p ascending.
template <int Rows>
HWY_INLINE void rows(const SmallProduct& g, const Panel& panel, const float* a, float* c) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  V sum[Rows];
  HWY_ALIGN float tail[HWY_MAX_BYTES / sizeof(float)] = {};
  const bool whole = panel.columns == lanes;
  for (int r = 0; r < Rows; ++r) {
    sum[r] = panel.bias;
    if (!g.accumulate) continue;
    if (!whole) std::copy_n(c + r * g.n, panel.columns, tail);
    sum[r] = hn::LoadU(d, whole ? c + r * g.n : tail);
  }
  for (std::int64_t p = 0; p < panel.k; ++p) {
    const V b = hn::LoadU(d, panel.b + p * panel.stride);
    for (int r = 0; r < Rows; ++r)
      sum[r] = hn::MulAdd(hn::Set(d, a[r * g.as[0] + p * g.as[1]]), b, sum[r]);
  }
  const V zero = hn::Zero(d);
  for (int r = 0; r < Rows; ++r) {
    // As the reference does: NaN stays.
    const V y = g.relu ? hn::IfThenElse(hn::Lt(sum[r], zero), zero, sum[r]) : sum[r];
    if (whole) {
      hn::StoreU(y, d, c + r * g.n);
    } else {
      hn::Store(y, d, tail);
      std::copy_n(tail, panel.columns, c + r * g.n);
    }
  }
}

void Small(const SmallProduct& g) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  HWY_ALIGN float packed[kSmallDepth * 8];
  HWY_ALIGN float bias[8] = {};
  for (std::int64_t j = 0; j < g.n; j += lanes) {
    Panel panel{g.b + j * g.bs[1], g.bs[0], g.k, hn::Zero(d), std::min(lanes, g.n - j)};
    if (g.bs[1] != 1 || panel.columns != lanes) {
      if (panel.columns != lanes) std::fill_n(packed, g.k * lanes, 0.0f);
      for (std::int64_t i = 0; i < panel.columns; ++i) {
        const float* const from = panel.b + i * g.bs[1];
        for (std::int64_t p = 0; p < g.k; ++p) packed[p * lanes + i] = from[p * g.bs[0]];
      }
      panel.b = packed;
      panel.stride = lanes;
    }
    if (g.bias) {
      std::copy_n(g.bias + j, panel.columns, bias);
      panel.bias = hn::LoadU(d, bias);
    }
    const float* a = g.a;
    float* c = g.c + j;
    std::int64_t left = g.m;
    for (; left >= 8; left -= 8, a += 8 * g.as[0], c += 8 * g.n) rows<8>(g, panel, a, c);
    if (left >= 4) {
      rows<4>(g, panel, a, c);
      left -= 4, a += 4 * g.as[0], c += 4 * g.n;
    }
    for (; left > 0; --left, a += g.as[0], c += g.n) rows<1>(g, panel, a, c);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace percept::engine::onednn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace percept::engine::onednn {

HWY_EXPORT(Small);
void gemm(const SmallProduct& product) { HWY_DYNAMIC_DISPATCH(Small)(product); }

}  // namespace percept::engine::onednn
#endif
