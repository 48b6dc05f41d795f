// Layer norm in one pass over memory each way. Compiled once per instruction set by
// foreach_target; the choice is made at the first call.
#include "engine/layer_norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/allocator.h"
#include "base/parallel.h"

#include "engine/onednn/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/layer_norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef PERCEPT_LAYER_NORM_ROWS
#define PERCEPT_LAYER_NORM_ROWS
namespace percept::engine::onednn {

/// The memory of a call; null where a tensor is undefined.
struct NormRows {
  std::int64_t n;
  const float *x, *weight, *bias, *dy;
  float *y, *mean, *rstd, *dx;
};

}  // namespace percept::engine::onednn
#endif

HWY_BEFORE_NAMESPACE();
namespace percept::engine::onednn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr D d;
constexpr hn::CappedTag<float, 1> one;

/// f(tag, j) for j = 0 .. n-1, a vector at a time and then one by one.
template <class F>
HWY_INLINE void along(std::int64_t n, F f) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes) f(d, j);
  for (; j < n; ++j) f(one, j);
}

/// A sum whose vector and single parts are added at the end.
class RowSum {
 public:
  HWY_INLINE RowSum() : many_(hn::Zero(d)) {}
  template <class Tag>
  HWY_INLINE void add(Tag, hn::Vec<Tag> x) {
    if constexpr (std::is_same_v<Tag, D>)
      many_ = hn::Add(many_, x);
    else
      few_ += hn::GetLane(x);
  }
  HWY_INLINE float total() const { return hn::GetLane(hn::SumOfLanes(d, many_)) + few_; }

 private:
  V many_;
  float few_ = 0;
};

void LayerNormForward(const NormRows& rows, double eps, std::int64_t begin, std::int64_t end) {
  const std::int64_t n = rows.n;
  const float share = 1.0f / static_cast<float>(n);
  const float *w = rows.weight, *b = rows.bias;
  for (std::int64_t i = begin; i < end; ++i) {
    const float* x = rows.x + i * n;
    float* y = rows.y + i * n;
    float mean = 0;
    if (rows.mean) {
      RowSum sum;
      along(n, [&](auto t, std::int64_t j) HWY_ATTR { sum.add(t, hn::LoadU(t, x + j)); });
      mean = sum.total() * share;
    }
    RowSum squares, error;  // of the mean, which is rounded
    along(n, [&](auto t, std::int64_t j) HWY_ATTR {
      const auto z = hn::Sub(hn::LoadU(t, x + j), hn::Set(t, mean));
      squares.add(t, hn::Mul(z, z));
      error.add(t, z);
    });
    const float off = rows.mean ? error.total() * share : 0;
    const float rstd =
        1.0f / std::sqrt(squares.total() * share - off * off + static_cast<float>(eps));
    mean += off;
    if (rows.mean) rows.mean[i] = mean;
    rows.rstd[i] = rstd;
    along(n, [&](auto t, std::int64_t j) HWY_ATTR {
      auto z = hn::Mul(hn::Sub(hn::LoadU(t, x + j), hn::Set(t, mean)), hn::Set(t, rstd));
      if (w) z = hn::Mul(z, hn::LoadU(t, w + j));
      hn::StoreU(b ? hn::Add(z, hn::LoadU(t, b + j)) : z, t, y + j);
    });
  }
}

/// Rows [begin, end) of dx, and their part of dweight and dbias, which are zeros at first.
void LayerNormBackward(const NormRows& rows, std::int64_t begin, std::int64_t end, float* dweight,
                       float* dbias) {
  const std::int64_t n = rows.n;
  const float share = 1.0f / static_cast<float>(n);
  const float* w = rows.weight;
  for (std::int64_t i = begin; i < end; ++i) {
    const float *x = rows.x + i * n, *dy = rows.dy + i * n;
    float* dx = rows.dx ? rows.dx + i * n : nullptr;
    const float mean = rows.mean ? rows.mean[i] : 0, rstd = rows.rstd[i];
    const auto normalized = [&](auto t, std::int64_t j) HWY_ATTR {
      return hn::Mul(hn::Sub(hn::LoadU(t, x + j), hn::Set(t, mean)), hn::Set(t, rstd));
    };
    const auto weighted = [&](auto t, std::int64_t j) HWY_ATTR {
      const auto g = hn::LoadU(t, dy + j);
      return w ? hn::Mul(g, hn::LoadU(t, w + j)) : g;
    };
    RowSum sum_g, sum_gz;
    along(n, [&](auto t, std::int64_t j) HWY_ATTR {
      const auto z = normalized(t, j), g = weighted(t, j), out = hn::LoadU(t, dy + j);
      sum_g.add(t, g);
      sum_gz.add(t, hn::Mul(g, z));
      if (dweight) hn::StoreU(hn::MulAdd(out, z, hn::LoadU(t, dweight + j)), t, dweight + j);
      if (dbias) hn::StoreU(hn::Add(out, hn::LoadU(t, dbias + j)), t, dbias + j);
    });
    if (!dx) continue;
    const float mean_g = rows.mean ? sum_g.total() * share : 0, mean_gz = sum_gz.total() * share;
    along(n, [&](auto t, std::int64_t j) HWY_ATTR {
      const auto rest = hn::NegMulAdd(normalized(t, j), hn::Set(t, mean_gz),
                                      hn::Sub(weighted(t, j), hn::Set(t, mean_g)));
      hn::StoreU(hn::Mul(rest, hn::Set(t, rstd)), t, dx + j);
    });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace percept::engine::onednn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace percept::engine::onednn {
namespace {

constexpr std::int64_t kNormGrain = 16384;  // elements worth a thread

float* floats(const Tensor& x) {
  return x.defined() ? static_cast<float*>(x.impl().data) : nullptr;
}

}  // namespace

HWY_EXPORT(LayerNormForward);
HWY_EXPORT(LayerNormBackward);

void layer_norm(double eps, const Tensor& x, const Tensor& weight, const Tensor& bias,
                const Tensor& y, const Tensor& mean, const Tensor& rstd) {
  const NormRows rows{.n = x.shape()[1],
                      .x = floats(x),
                      .weight = floats(weight),
                      .bias = floats(bias),
                      .dy = nullptr,
                      .y = floats(y),
                      .mean = floats(mean),
                      .rstd = floats(rstd),
                      .dx = nullptr};
  parallel_for(x.shape()[0], std::max<std::int64_t>(1, kNormGrain / rows.n),
               [&](std::int64_t begin, std::int64_t end) {
                 HWY_DYNAMIC_DISPATCH(LayerNormForward)(rows, eps, begin, end);
               });
}

void layer_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                         const Tensor& mean, const Tensor& rstd, const Tensor& dx,
                         const Tensor& dweight, const Tensor& dbias) {
  const std::int64_t count = x.shape()[0], n = x.shape()[1];
  const NormRows rows{.n = n,
                      .x = floats(x),
                      .weight = floats(weight),
                      .bias = nullptr,
                      .dy = floats(dy),
                      .y = nullptr,
                      .mean = floats(mean),
                      .rstd = floats(rstd),
                      .dx = floats(dx)};
  // The sums over rows are made in parts that do not depend on the number of threads.
  constexpr std::int64_t kParts = 16, kLeastRows = 16;
  const std::int64_t step = std::max(kLeastRows, (count + kParts - 1) / kParts),
                     parts = (count + step - 1) / step, width = 2 * n;
  std::vector<float, Cached<float>> sums(static_cast<std::size_t>(parts * width));
  parallel_for(parts, std::max<std::int64_t>(1, kNormGrain / (step * n)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t part = begin; part < end; ++part) {
                   float* const own = sums.data() + part * width;
                   HWY_DYNAMIC_DISPATCH(LayerNormBackward)
                   (rows, part * step, std::min(count, (part + 1) * step),
                    dweight.defined() ? own : nullptr, dbias.defined() ? own + n : nullptr);
                 }
               });
  const auto add_up = [&](const Tensor& to, std::int64_t offset) {
    if (!to.defined()) return;
    float* const total = floats(to);
    std::fill_n(total, n, 0.0f);
    for (std::int64_t part = 0; part < parts; ++part)
      for (std::int64_t j = 0; j < n; ++j)
        total[j] += sums[static_cast<std::size_t>(part * width + offset + j)];
  };
  add_up(dweight, 0);
  add_up(dbias, n);
}

}  // namespace percept::engine::onednn
#endif
