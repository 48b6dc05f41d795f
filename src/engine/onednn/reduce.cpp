// Compiled once per instruction set by foreach_target; the choice is made at the first call.
#include "engine/reduce.h"

#include "base/parallel.h"

#include "engine/onednn/simd.h"

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

/// Columns from `j` on of bias_relu_backward, `Vectors` vectors at a time; the sums are taken in
/// the order of SumColumns. Returns the first column left over.
template <int Vectors, class D>
HWY_INLINE std::int64_t bias_relu_vectors(D d, const float* dy, const float* y, std::int64_t rows,
                                          std::int64_t stride, std::int64_t j, std::int64_t end,
                                          float* dx, float* dbias) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (; j + Vectors * lanes <= end; j += Vectors * lanes) {
    hn::Vec<D> sums[2][Vectors];
    for (auto& half : sums)
      for (auto& sum : half) sum = hn::Zero(d);
    const auto add_row = [&](std::int64_t i, hn::Vec<D>* sum) HWY_ATTR {
      for (int v = 0; v < Vectors; ++v) {
        const std::int64_t at = i * stride + j + v * lanes;
        const auto closed = hn::Le(hn::LoadU(d, y + at), hn::Zero(d));
        const auto x = hn::IfThenZeroElse(closed, hn::LoadU(d, dy + at));
        hn::StoreU(x, d, dx + at);
        sum[v] = hn::Add(sum[v], x);
      }
    };
    std::int64_t i = 0;
    for (; i + 2 <= rows; i += 2) add_row(i, sums[0]), add_row(i + 1, sums[1]);
    if (i < rows) add_row(i, sums[0]);
    for (int v = 0; v < Vectors; ++v)
      hn::StoreU(hn::Add(sums[0][v], sums[1][v]), d, dbias + j + v * lanes);
  }
  return j;
}

void BiasReluBackward(const float* dy, const float* y, std::int64_t rows, std::int64_t n,
                      std::int64_t begin, std::int64_t end, float* dx, float* dbias) {
  const hn::ScalableTag<float> d;
  std::int64_t j = bias_relu_vectors<4>(d, dy, y, rows, n, begin, end, dx, dbias);
  j = bias_relu_vectors<1>(d, dy, y, rows, n, j, end, dx, dbias);
  j = bias_relu_vectors<1>(hn::CappedTag<float, 4>(), dy, y, rows, n, j, end, dx, dbias);
  bias_relu_vectors<1>(hn::CappedTag<float, 1>(), dy, y, rows, n, j, end, dx, dbias);
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
HWY_EXPORT(BiasReluBackward);

void sum_rows(const float* x, std::int64_t rows, std::int64_t n, std::int64_t stride, float* y) {
  const std::int64_t grain = std::max<std::int64_t>(64, 65536 / std::max<std::int64_t>(1, rows));
  parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(SumColumns)(x, rows, stride, begin, end, y);
  });
}

void bias_relu_backward(const float* dy, const float* y, std::int64_t rows, std::int64_t n,
                        float* dx, float* dbias) {
  const std::int64_t grain = std::max<std::int64_t>(64, 16384 / std::max<std::int64_t>(1, rows));
  parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(BiasReluBackward)(dy, y, rows, n, begin, end, dx, dbias);
  });
}

float sum_run(const float* x, std::int64_t n) { return HWY_DYNAMIC_DISPATCH(SumRun)(x, n); }

}  // namespace percept::engine::onednn
#endif
