// Compiled once per instruction set by foreach_target; the choice is made at the first call.
#include "engine/onednn/convert.h"

#include "engine/onednn/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/convert.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace percept::engine::onednn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void Round(std::int64_t n, const float* x, bfloat16* y) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::Rebind<std::uint16_t, decltype(d)> half;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto* bits = reinterpret_cast<std::uint16_t*>(y);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto v = hn::LoadU(d, x + i);
    const auto word = hn::BitCast(du, v);
    const auto upper = hn::ShiftRight<16>(word);
    const auto odd = hn::And(upper, hn::Set(du, 1));
    const auto nearest = hn::ShiftRight<16>(hn::Add(word, hn::Add(odd, hn::Set(du, 0x7fff))));
    const auto quiet = hn::Or(upper, hn::Set(du, 0x40));
    const auto y32 = hn::IfThenElse(hn::RebindMask(du, hn::IsNaN(v)), quiet, nearest);
    hn::StoreU(hn::DemoteTo(half, hn::BitCast(di, y32)), half, bits + i);
  }
  for (; i < n; ++i) y[i] = bfloat16(x[i]);
}

void Widen(std::int64_t n, const bfloat16* x, float* y) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::Rebind<std::uint16_t, decltype(d)> half;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto* bits = reinterpret_cast<const std::uint16_t*>(x);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(du, hn::LoadU(half, bits + i)))), d,
               y + i);
  for (; i < n; ++i) y[i] = x[i];
}

void ScaleBytes(std::int64_t n, const std::uint8_t* x, float* y) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::Rebind<std::uint8_t, decltype(d)> bytes;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto most = hn::Set(d, 255.0f);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto number = hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(bytes, x + i)));
    hn::StoreU(hn::Div(number, most), d, y + i);
  }
  for (; i < n; ++i) y[i] = static_cast<float>(x[i]) / 255.0f;
}

}  // namespace HWY_NAMESPACE
}  // namespace percept::engine::onednn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace percept::engine::onednn {

HWY_EXPORT(Round);
HWY_EXPORT(Widen);
HWY_EXPORT(ScaleBytes);

void round(std::int64_t n, const float* x, bfloat16* y) { HWY_DYNAMIC_DISPATCH(Round)(n, x, y); }
void widen(std::int64_t n, const bfloat16* x, float* y) { HWY_DYNAMIC_DISPATCH(Widen)(n, x, y); }
void scale_bytes(std::int64_t n, const std::uint8_t* x, float* y) {
  HWY_DYNAMIC_DISPATCH(ScaleBytes)(n, x, y);
}

#if defined(__x86_64__)
// Highway 1.0 has no vcvtneps2bf16.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) static void round_by_instruction(
    std::int64_t n, const float* x, bfloat16* y) {
  for (std::int64_t i = 0; i < n; i += 16) {
    const auto here = static_cast<__mmask16>(n - i < 16 ? (1 << (n - i)) - 1 : 0xffff);
    const auto rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(here, x + i));
    _mm256_mask_storeu_epi16(y + i, here, reinterpret_cast<__m256i>(rounded));
  }
}
void round_input(std::int64_t n, const float* x, bfloat16* y) {
  static const bool instruction = __builtin_cpu_supports("avx512bf16");
  (instruction ? round_by_instruction : round)(n, x, y);
}
#else
void round_input(std::int64_t n, const float* x, bfloat16* y) { round(n, x, y); }
#endif

}  // namespace percept::engine::onednn
#endif
