// Pooling of images whose channels lie side by side: a vector of channels at a time. oneDNN's own
// pooling loses NaN where PyTorch keeps it, and adds what windows share in an order that depends on
// the threads. Compiled once per instruction set by foreach_target; the choice is made at the first
// call.
#include "engine/pool.h"

#include <limits>
#include <vector>

#include "base/parallel.h"

#include "engine/onednn/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/pool.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef PERCEPT_ENGINE_ONEDNN_POOL_ROW
#define PERCEPT_ENGINE_ONEDNN_POOL_ROW
namespace percept::engine::onednn {

/// The outputs whose windows may see an input: [from, to).
struct PoolSeen {
  std::int64_t from, to;
};

/// What one row of a result is made of. `in` and `places` begin with a whole image (H, W, C), `out`
/// with the row.
struct PoolRow {
  const Pooling& pooling;
  const PoolWindows& windows;
  const std::vector<PoolSeen>& seen_by;  // each input of a row, of the backward pass
  const float* in;
  const std::uint8_t* places;  // of the backward pass
  float* out;
  std::uint8_t* out_places;  // of the forward pass; may be null
  std::int64_t row, channels;
};

}  // namespace percept::engine::onednn
#endif

HWY_BEFORE_NAMESPACE();
namespace percept::engine::onednn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::CappedTag<float, 16> sixteen;
constexpr hn::CappedTag<float, 8> eight;
constexpr hn::CappedTag<float, 4> four;
constexpr hn::CappedTag<float, 1> one;

/// Vectors of `d` that cover all channels, and reach into the next pixel by less than its size; 0
/// where they do not fit so.
template <class D>
HWY_INLINE std::int64_t covering(D d, std::int64_t channels) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t vectors = (channels + lanes - 1) / lanes;
  return vectors * lanes <= 2 * channels ? vectors : 0;
}

template <class D, class Of>
HWY_INLINE void vectors_of(D d, const Of& of, std::int64_t count) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t v = 0; v < count; ++v) of.at(d, v * lanes);
}

/// Calls of.at(d, c) with vectors for all channels c of all columns, in order. Where of.room() says
/// that what is read and written has a next pixel, the last vector may reach into it: what it
/// writes there is written anew.
template <class Of>
HWY_INLINE void each_column(Of& of, std::int64_t columns, std::int64_t channels) {
  const std::int64_t sixteens = covering(sixteen, channels), eights = covering(eight, channels),
                     fours = covering(four, channels);
  const auto lanes16 = static_cast<std::int64_t>(hn::Lanes(sixteen));
  const auto lanes8 = static_cast<std::int64_t>(hn::Lanes(eight));
  const auto lanes4 = static_cast<std::int64_t>(hn::Lanes(four));
  for (std::int64_t i = 0; i < columns; ++i) {
    of.begin(i);
    if (of.room() && (sixteens || eights || fours)) {
      sixteens ? vectors_of(sixteen, of, sixteens)
      : eights ? vectors_of(eight, of, eights)
               : vectors_of(four, of, fours);
      continue;
    }
    std::int64_t c = 0;
    for (; c + lanes16 <= channels; c += lanes16) of.at(sixteen, c);
    for (; c + lanes8 <= channels; c += lanes8) of.at(eight, c);
    for (; c + lanes4 <= channels; c += lanes4) of.at(four, c);
    for (; c < channels; ++c) of.at(one, c);
  }
}

/// A window of the input for each column of the row.
struct Forward {
  const PoolRow& r;
  const PoolWindow h = r.windows.h[static_cast<std::size_t>(r.row)];
  PoolWindow w{};
  std::int64_t column = 0;

  HWY_INLINE void begin(std::int64_t ow) {
    column = ow;
    w = r.windows.w[static_cast<std::size_t>(ow)];
  }
  HWY_INLINE bool room() const {
    const PoolAxis& axis = r.pooling.w;
    return column + 1 < axis.out && w.start + (w.end - 1) * axis.dilation + 1 < axis.size;
  }
  HWY_INLINE const float* line(std::int64_t kh) const {
    const PoolAxis& axis = r.pooling.w;
    return r.in + ((h.start + kh * r.pooling.h.dilation) * axis.size + w.start) * r.channels;
  }
};

struct MaxForward : Forward {
  template <class D>
  HWY_INLINE void at(D d, std::int64_t c) const {
    const hn::RebindToSigned<D> di;
    const std::int64_t kernel = r.pooling.w.kernel, step = r.pooling.w.dilation * r.channels;
    auto best = hn::Set(d, -std::numeric_limits<float>::infinity());
    auto place = hn::Set(di, static_cast<std::int32_t>(h.begin * kernel + w.begin));
    for (std::int64_t kh = h.begin; kh < h.end; ++kh) {
      const float* const from = line(kh) + c;
      for (std::int64_t kw = w.begin; kw < w.end; ++kw) {
        const auto value = hn::LoadU(d, from + kw * step);
        const auto take = hn::Or(hn::Gt(value, best), hn::IsNaN(value));
        best = hn::IfThenElse(take, value, best);
        place = hn::IfThenElse(hn::RebindMask(di, take),
                               hn::Set(di, static_cast<std::int32_t>(kh * kernel + kw)), place);
      }
    }
    hn::StoreU(best, d, r.out + column * r.channels + c);
    if (!r.out_places) return;
    const hn::Rebind<std::uint8_t, D> du;
    hn::StoreU(hn::DemoteTo(du, place), du, r.out_places + column * r.channels + c);
  }
};

HWY_INLINE float divisor_of(const Pooling& p, const PoolWindow& h, const PoolWindow& w) {
  return static_cast<float>(p.divisor ? p.divisor : h.count * w.count);
}

struct AvgForward : Forward {
  template <class D>
  HWY_INLINE void at(D d, std::int64_t c) const {
    auto sum = hn::Zero(d);
    for (std::int64_t kh = h.begin; kh < h.end; ++kh) {
      const float* const from = line(kh) + c;
      for (std::int64_t kw = w.begin; kw < w.end; ++kw)
        sum = hn::Add(sum, hn::LoadU(d, from + kw * r.channels));
    }
    hn::StoreU(hn::Div(sum, hn::Set(d, divisor_of(r.pooling, h, w))), d,
               r.out + column * r.channels + c);
  }
};

/// The windows that see an input, for each column of the row.
struct Backward {
  const PoolRow& r;
  const std::int64_t from_h = r.pooling.h.from(r.row), to_h = r.pooling.h.to(r.row);
  std::int64_t column = 0, from_w = 0, to_w = 0;

  HWY_INLINE void begin(std::int64_t iw) {
    column = iw;
    from_w = r.seen_by[static_cast<std::size_t>(iw)].from;
    to_w = r.seen_by[static_cast<std::size_t>(iw)].to;
  }
  HWY_INLINE bool room() const { return column + 1 < r.pooling.w.size && to_w < r.pooling.w.out; }
};

struct MaxBackward : Backward {
  bool alone = false;  // one window sees the input, as the place below
  std::int64_t window = 0, place = 0;

  HWY_INLINE void begin(std::int64_t iw) {
    Backward::begin(iw);
    alone = to_h - from_h == 1 && to_w - from_w == 1;
    if (!alone) return;
    window = window_of(from_h, from_w);
    place = place_in(from_h, from_w);
  }
  HWY_INLINE std::int64_t window_of(std::int64_t oh, std::int64_t ow) const {
    return (oh * r.pooling.w.out + ow) * r.channels;
  }
  /// Where the input stands in a window; -1 between the elements of a dilated one.
  HWY_INLINE std::int64_t place_in(std::int64_t oh, std::int64_t ow) const {
    const PoolAxis &h = r.pooling.h, &w = r.pooling.w;
    const std::int64_t kh = r.windows.h[static_cast<std::size_t>(oh)].k(r.row, h.dilation),
                       kw = r.windows.w[static_cast<std::size_t>(ow)].k(column, w.dilation);
    return kh < 0 || kw < 0 ? -1 : kh * w.kernel + kw;
  }
  /// dy of a window where its maximum stands at that place.
  template <class D>
  HWY_INLINE hn::Vec<D> share(D d, std::int64_t at, std::int64_t from) const {
    const hn::RebindToSigned<D> di;
    const hn::Rebind<std::uint8_t, D> du;
    const auto here = hn::Eq(hn::PromoteTo(di, hn::LoadU(du, r.places + at)),
                             hn::Set(di, static_cast<std::int32_t>(from)));
    return hn::IfThenElseZero(hn::RebindMask(d, here), hn::LoadU(d, r.in + at));
  }
  template <class D>
  HWY_INLINE void at(D d, std::int64_t c) const {
    float* const out = r.out + column * r.channels + c;
    if (alone) return hn::StoreU(share(d, window + c, place), d, out);
    auto sum = hn::Zero(d);
    for (std::int64_t oh = from_h; oh < to_h; ++oh)
      for (std::int64_t ow = from_w; ow < to_w; ++ow)
        if (const std::int64_t from = place_in(oh, ow); from >= 0)
          sum = hn::Add(sum, share(d, window_of(oh, ow) + c, from));
    hn::StoreU(sum, d, out);
  }
};

struct AvgBackward : Backward {
  template <class D>
  HWY_INLINE void at(D d, std::int64_t c) const {
    auto sum = hn::Zero(d);
    for (std::int64_t oh = from_h; oh < to_h; ++oh)
      for (std::int64_t ow = from_w; ow < to_w; ++ow) {
        const float divisor = divisor_of(r.pooling, r.windows.h[static_cast<std::size_t>(oh)],
                                         r.windows.w[static_cast<std::size_t>(ow)]);
        const auto dy = hn::LoadU(d, r.in + (oh * r.pooling.w.out + ow) * r.channels + c);
        sum = hn::Add(sum, hn::Div(dy, hn::Set(d, divisor)));
      }
    hn::StoreU(sum, d, r.out + column * r.channels + c);
  }
};

template <class Of>
HWY_INLINE void run(Of of, std::int64_t columns) {
  each_column(of, columns, of.r.channels);
}

void MaxRow(const PoolRow& r) { run(MaxForward{{r}}, r.pooling.w.out); }
void MaxBackRow(const PoolRow& r) { run(MaxBackward{{r}}, r.pooling.w.size); }
void AvgRow(const PoolRow& r) { run(AvgForward{{r}}, r.pooling.w.out); }
void AvgBackRow(const PoolRow& r) { run(AvgBackward{{r}}, r.pooling.w.size); }

}  // namespace HWY_NAMESPACE
}  // namespace percept::engine::onednn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace percept::engine::onednn {
namespace {

HWY_EXPORT(MaxRow);
HWY_EXPORT(MaxBackRow);
HWY_EXPORT(AvgRow);
HWY_EXPORT(AvgBackRow);

template <class T>
T* pool_data(const Tensor& x) {
  return x.defined() ? static_cast<T*>(x.impl().data) : nullptr;
}

/// run(row) for every row of every image of `out`; places belong to `in` or to `out`.
template <class Run>
void for_each_row(const Pooling& p, const Tensor& in, const Tensor& in_places, const Tensor& out,
                  const Tensor& out_places, const Run& run) {
  const std::int64_t channels = in.shape()[1], rows = out.shape()[2];
  const std::int64_t image = in.shape()[2] * in.shape()[3] * channels;
  const std::int64_t width = out.shape()[3] * channels;
  const auto* from = pool_data<const float>(in);
  const auto* from_places = pool_data<const std::uint8_t>(in_places);
  auto* to = pool_data<float>(out);
  auto* to_places = pool_data<std::uint8_t>(out_places);
  const PoolWindows windows(p);
  std::vector<PoolSeen> seen_by;
  for (std::int64_t i = 0; i < p.w.size; ++i) seen_by.push_back({p.w.from(i), p.w.to(i)});
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, width));
  parallel_for(out.shape()[0] * rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      run({p, windows, seen_by, from + i / rows * image,
           from_places ? from_places + i / rows * image : nullptr, to + i * width,
           to_places ? to_places + i * width : nullptr, i % rows, channels});
  });
}

}  // namespace

void max_pool(const Pooling& p, const Tensor& x, const Tensor& y, const Tensor& place) {
  for_each_row(p, x, {}, y, place, HWY_DYNAMIC_DISPATCH(MaxRow));
}
void max_pool_backward(const Pooling& p, const Tensor& dy, const Tensor& place, const Tensor& dx) {
  for_each_row(p, dy, place, dx, {}, HWY_DYNAMIC_DISPATCH(MaxBackRow));
}
void avg_pool(const Pooling& p, const Tensor& x, const Tensor& y) {
  for_each_row(p, x, {}, y, {}, HWY_DYNAMIC_DISPATCH(AvgRow));
}
void avg_pool_backward(const Pooling& p, const Tensor& dy, const Tensor& dx) {
  for_each_row(p, dy, {}, dx, {}, HWY_DYNAMIC_DISPATCH(AvgBackRow));
}

}  // namespace percept::engine::onednn
#endif
