// Compiled once per instruction set by foreach_target; the choice is made at the first call.
#include "engine/reduce.h"

#include "base/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/reduce.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace percept::engine::onednn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Columns from `j` on, a whole vector at a time; rows are added in two interleaved sums. Returns
/// the first column left over.
template <class D>
HWY_INLINE std::int64_t whole_vectors(D d, const float* x, std::int64_t rows, std::int64_t stride,
                                      std::int64_t j, std::int64_t end, float* y) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (; j + lanes <= end; j += lanes) {
    auto a = hn::Zero(d), b = hn::Zero(d);
    std::int64_t i = 0;
    for (; i + 2 <= rows; i += 2) {
      a = hn::Add(a, hn::LoadU(d, x + i * stride + j));
      b = hn::Add(b, hn::LoadU(d, x + (i + 1) * stride + j));
    }
    if (i < rows) a = hn::Add(a, hn::LoadU(d, x + i * stride + j));
    hn::StoreU(hn::Add(a, b), d, y + j);
  }
  return j;
}

/// Columns [begin, end) of the sum of rows. Every width adds in the same order, so that it does not
/// matter which thread's columns end where.
void SumColumns(const float* x, std::int64_t rows, std::int64_t stride, std::int64_t begin,
                std::int64_t end, float* y) {
  std::int64_t j = whole_vectors(hn::ScalableTag<float>(), x, rows, stride, begin, end, y);
  j = whole_vectors(hn::CappedTag<float, 4>(), x, rows, stride, j, end, y);
  whole_vectors(hn::CappedTag<float, 1>(), x, rows, stride, j, end, y);
}

/// Runs of 4096 in f32, then added up in f64.
float SumRun(const float* x, std::int64_t n) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  double total = 0;
  std::int64_t i = 0;
  while (i + lanes <= n) {
    const std::int64_t stop = std::min(n, i + 4096);
    auto a = hn::Zero(d), b = hn::Zero(d);
    for (; i + 2 * lanes <= stop; i += 2 * lanes) {
      a = hn::Add(a, hn::LoadU(d, x + i));
      b = hn::Add(b, hn::LoadU(d, x + i + lanes));
    }
    for (; i + lanes <= stop; i += lanes) a = hn::Add(a, hn::LoadU(d, x + i));
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(a, b))));
    if (stop == n) break;
  }
  for (; i < n; ++i) total += static_cast<double>(x[i]);
  return static_cast<float>(total);
}

}  // namespace HWY_NAMESPACE
}  // namespace percept::engine::onednn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace percept::engine::onednn {

HWY_EXPORT(SumColumns);
HWY_EXPORT(SumRun);

void sum_rows(const float* x, std::int64_t rows, std::int64_t n, std::int64_t stride, float* y) {
  const std::int64_t grain = std::max<std::int64_t>(64, 65536 / std::max<std::int64_t>(1, rows));
  parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(SumColumns)(x, rows, stride, begin, end, y);
  });
}

float sum_run(const float* x, std::int64_t n) { return HWY_DYNAMIC_DISPATCH(SumRun)(x, n); }

}  // namespace percept::engine::onednn
#endif
