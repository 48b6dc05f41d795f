// Normalising channels, memory read as often as the formulas need it: once for the moments, once to
// scale. oneDNN's primitive adds up in an order that depends on the threads, and is fast only for
// channels in multiples of a vector. Compiled once per instruction set by foreach_target; the
// choice is made at the first call.
#include "engine/batch_norm.h"

#include <vector>

#include "base/parallel.h"

#include "engine/onednn/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/batch_norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef PERCEPT_ENGINE_ONEDNN_CHANNEL_BLOCK
#define PERCEPT_ENGINE_ONEDNN_CHANNEL_BLOCK
namespace percept::engine::onednn {

/// A part of an image: rows of channels side by side, or a run of elements of one channel.
struct ChannelBlock {
  const float *x, *dy;
  float* out;                   // y or dx
  const float *mean, *scale;    // of its first channel
  const float *add, *multiply;  // shift and nothing, or a and b of the backward pass
  float *first, *second;        // mean and squares, or sum and product, of each of its channels
  std::int64_t rows, channels;  // a run of n elements: n rows of 1 channel
};

}  // namespace percept::engine::onednn
#endif

HWY_BEFORE_NAMESPACE();
namespace percept::engine::onednn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls of.at(d, c) for the channels from c on, whole vectors first.
template <class Of>
HWY_INLINE void each_channel(const Of& of, std::int64_t channels, std::int64_t c = 0) {
  const hn::ScalableTag<float> whole;
  const hn::CappedTag<float, 4> four;
  const hn::CappedTag<float, 1> one;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(whole));
  const auto lanes4 = static_cast<std::int64_t>(hn::Lanes(four));
  for (; c + lanes <= channels; c += lanes) of.at(whole, c);
  for (; c + lanes4 <= channels; c += lanes4) of.at(four, c);
  for (; c < channels; ++c) of.at(one, c);
}

/// of.at<1>(d, c) as each_channel calls it.
template <class Of>
struct Alone {
  const Of& of;
  template <class D>
  HWY_INLINE void at(D d, std::int64_t c) const {
    of.template at<1>(d, c);
  }
};

/// Calls of.at<n>(d, c) for all channels: n vectors of channels at a time, so that a row is read as
/// it lies.
template <class Of>
HWY_INLINE void each_group_of_channels(const Of& of, std::int64_t channels) {
  const hn::ScalableTag<float> whole;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(whole));
  std::int64_t c = 0;
  for (; c + 4 * lanes <= channels; c += 4 * lanes) of.template at<4>(whole, c);
  for (; c + 2 * lanes <= channels; c += 2 * lanes) of.template at<2>(whole, c);
  each_channel(Alone<Of>{of}, channels, c);
}

// -- channels side by side
struct ColumnMoments {
  const ChannelBlock& b;
  template <int N, class D>
  HWY_INLINE void at(D d, std::int64_t c) const {
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    hn::Vec<D> mean[N], squares[N];
    for (int k = 0; k < N; ++k) mean[k] = squares[k] = hn::Zero(d);
    for (std::int64_t i = 0; i < b.rows; ++i)
      for (int k = 0; k < N; ++k)
        mean[k] = hn::Add(mean[k], hn::LoadU(d, b.x + i * b.channels + c + k * lanes));
    for (int k = 0; k < N; ++k) mean[k] = hn::Div(mean[k], hn::Set(d, static_cast<float>(b.rows)));
    for (std::int64_t i = 0; i < b.rows; ++i)
      for (int k = 0; k < N; ++k) {
        const auto e = hn::Sub(hn::LoadU(d, b.x + i * b.channels + c + k * lanes), mean[k]);
        squares[k] = hn::MulAdd(e, e, squares[k]);
      }
    for (int k = 0; k < N; ++k) {
      hn::StoreU(mean[k], d, b.first + c + k * lanes);
      hn::StoreU(squares[k], d, b.second + c + k * lanes);
    }
  }
};

struct ColumnSums {
  const ChannelBlock& b;
  template <int N, class D>
  HWY_INLINE void at(D d, std::int64_t c) const {
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    hn::Vec<D> sum[N], product[N], mean[N];
    for (int k = 0; k < N; ++k) {
      sum[k] = product[k] = hn::Zero(d);
      mean[k] = hn::LoadU(d, b.mean + c + k * lanes);
    }
    for (std::int64_t i = 0; i < b.rows; ++i)
      for (int k = 0; k < N; ++k) {
        const std::int64_t at = i * b.channels + c + k * lanes;
        const auto dy = hn::LoadU(d, b.dy + at);
        sum[k] = hn::Add(sum[k], dy);
        product[k] = hn::MulAdd(dy, hn::Sub(hn::LoadU(d, b.x + at), mean[k]), product[k]);
      }
    for (int k = 0; k < N; ++k) {
      hn::StoreU(sum[k], d, b.first + c + k * lanes);
      hn::StoreU(product[k], d, b.second + c + k * lanes);
    }
  }
};

struct ColumnScale {
  const ChannelBlock& b;
  std::int64_t row;
  template <class D>
  HWY_INLINE void at(D d, std::int64_t c) const {
    const auto x = hn::Sub(hn::LoadU(d, b.x + row + c), hn::LoadU(d, b.mean + c));
    hn::StoreU(hn::MulAdd(x, hn::LoadU(d, b.scale + c), hn::LoadU(d, b.add + c)), d,
               b.out + row + c);
  }
};

struct ColumnScaleBack {
  const ChannelBlock& b;
  std::int64_t row;
  template <class D>
  HWY_INLINE void at(D d, std::int64_t c) const {
    const auto x = hn::Sub(hn::LoadU(d, b.x + row + c), hn::LoadU(d, b.mean + c));
    const auto dy = hn::Sub(hn::LoadU(d, b.dy + row + c), hn::LoadU(d, b.add + c));
    const auto dx = hn::NegMulAdd(x, hn::LoadU(d, b.multiply + c), dy);
    hn::StoreU(hn::Mul(dx, hn::LoadU(d, b.scale + c)), d, b.out + row + c);
  }
};

void Columns(const ChannelBlock& b) { each_group_of_channels(ColumnMoments{b}, b.channels); }
void ColumnsOfTwo(const ChannelBlock& b) { each_group_of_channels(ColumnSums{b}, b.channels); }
void ScaleColumns(const ChannelBlock& b) {
  for (std::int64_t i = 0; i < b.rows; ++i)
    each_channel(ColumnScale{b, i * b.channels}, b.channels);
}
void ScaleColumnsBack(const ChannelBlock& b) {
  for (std::int64_t i = 0; i < b.rows; ++i)
    each_channel(ColumnScaleBack{b, i * b.channels}, b.channels);
}

// -- a run of one channel
void Run(const ChannelBlock& b) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  auto sums = hn::Zero(d);
  for (; i + lanes <= b.rows; i += lanes) sums = hn::Add(sums, hn::LoadU(d, b.x + i));
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (; i < b.rows; ++i) sum += b.x[i];
  const float mean = sum / static_cast<float>(b.rows);
  auto squares = hn::Zero(d);
  for (i = 0; i + lanes <= b.rows; i += lanes) {
    const auto e = hn::Sub(hn::LoadU(d, b.x + i), hn::Set(d, mean));
    squares = hn::MulAdd(e, e, squares);
  }
  float square = hn::GetLane(hn::SumOfLanes(d, squares));
  for (; i < b.rows; ++i) square += (b.x[i] - mean) * (b.x[i] - mean);
  *b.first = mean;
  *b.second = square;
}

void RunOfTwo(const ChannelBlock& b) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  auto sums = hn::Zero(d), products = hn::Zero(d);
  for (; i + lanes <= b.rows; i += lanes) {
    const auto dy = hn::LoadU(d, b.dy + i);
    sums = hn::Add(sums, dy);
    products = hn::MulAdd(dy, hn::Sub(hn::LoadU(d, b.x + i), hn::Set(d, *b.mean)), products);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  float product = hn::GetLane(hn::SumOfLanes(d, products));
  for (; i < b.rows; ++i) sum += b.dy[i], product += b.dy[i] * (b.x[i] - *b.mean);
  *b.first = sum;
  *b.second = product;
}

struct RunScale {
  const ChannelBlock& b;
  template <class D>
  HWY_INLINE void at(D d, std::int64_t i) const {
    const auto x = hn::Sub(hn::LoadU(d, b.x + i), hn::Set(d, *b.mean));
    hn::StoreU(hn::MulAdd(x, hn::Set(d, *b.scale), hn::Set(d, *b.add)), d, b.out + i);
  }
};

struct RunScaleBack {
  const ChannelBlock& b;
  template <class D>
  HWY_INLINE void at(D d, std::int64_t i) const {
    const auto x = hn::Sub(hn::LoadU(d, b.x + i), hn::Set(d, *b.mean));
    const auto dy = hn::Sub(hn::LoadU(d, b.dy + i), hn::Set(d, *b.add));
    hn::StoreU(hn::Mul(hn::NegMulAdd(x, hn::Set(d, *b.multiply), dy), hn::Set(d, *b.scale)), d,
               b.out + i);
  }
};

void ScaleRun(const ChannelBlock& b) { each_channel(RunScale{b}, b.rows); }
void ScaleRunBack(const ChannelBlock& b) { each_channel(RunScaleBack{b}, b.rows); }

}  // namespace HWY_NAMESPACE
}  // namespace percept::engine::onednn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace percept::engine::onednn {
namespace {

HWY_EXPORT(Columns);
HWY_EXPORT(ColumnsOfTwo);
HWY_EXPORT(ScaleColumns);
HWY_EXPORT(ScaleColumnsBack);
HWY_EXPORT(Run);
HWY_EXPORT(RunOfTwo);
HWY_EXPORT(ScaleRun);
HWY_EXPORT(ScaleRunBack);

float* channel_data(const Tensor& x) {
  return x.defined() ? static_cast<float*>(x.impl().data) : nullptr;
}

/// The image cut into blocks that stay in the cache: block b of `blocks`, or with runs, run c of
/// outer index b.
struct Cut {
  ChannelWalk walk;
  bool columns;
  std::int64_t rows, blocks, parts;  // rows a block, blocks a channel, blocks in all

  explicit Cut(const Tensor& x) : walk(channel_walk(x)), columns(walk.inner == 1) {
    rows = columns ? std::max<std::int64_t>(16, 8192 / std::max<std::int64_t>(1, walk.channels))
                   : walk.inner;
    blocks = columns ? (walk.outer + rows - 1) / rows : walk.outer;
    parts = columns ? blocks : blocks * walk.channels;
  }
  /// How many elements of a channel block b has.
  std::int64_t size(std::int64_t b) const {
    return columns ? std::min(rows, walk.outer - b * rows) : rows;
  }
};

/// What is read and written, as in ChannelBlock; null where there is none.
struct Arrays {
  const float *x = nullptr, *dy = nullptr;
  float* out = nullptr;
  const float *mean = nullptr, *scale = nullptr, *add = nullptr, *multiply = nullptr;
  float *first = nullptr, *second = nullptr;  // (blocks, C)
};

template <class Column, class Run>
void for_each_block(const Cut& cut, const Arrays& a, const Column& column, const Run& run) {
  const auto shifted = [](auto* data, std::int64_t by) { return data ? data + by : nullptr; };
  const std::int64_t channels = cut.walk.channels, size = cut.rows * (cut.columns ? channels : 1);
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, size));
  parallel_for(cut.parts, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part) {
      const std::int64_t at = part * size, c = cut.columns ? 0 : part % channels;
      const std::int64_t result = cut.columns ? part * channels : part;
      const ChannelBlock block{.x = shifted(a.x, at),
                               .dy = shifted(a.dy, at),
                               .out = shifted(a.out, at),
                               .mean = shifted(a.mean, c),
                               .scale = shifted(a.scale, c),
                               .add = shifted(a.add, c),
                               .multiply = shifted(a.multiply, c),
                               .first = shifted(a.first, result),
                               .second = shifted(a.second, result),
                               .rows = cut.columns ? cut.size(part) : cut.rows,
                               .channels = cut.columns ? channels : 1};
      cut.columns ? column(block) : run(block);
    }
  });
}

}  // namespace

// With n_b elements, mean m_b and sum of squares s_b of each block:
//   mean = sum n_b m_b / n,   n var = sum s_b + n_b (m_b - mean)^2
void channel_moments(const Tensor& x, const Tensor& mean, const Tensor& var) {
  const Cut cut(x);
  const std::int64_t channels = cut.walk.channels, count = cut.blocks * channels;
  std::vector<float> parts(static_cast<std::size_t>(2 * count));
  const float *m = parts.data(), *s = m + count;
  for_each_block(cut, {.x = channel_data(x), .first = parts.data(), .second = parts.data() + count},
                 HWY_DYNAMIC_DISPATCH(Columns), HWY_DYNAMIC_DISPATCH(Run));
  const auto n = static_cast<double>(cut.walk.outer * cut.walk.inner);
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (std::int64_t b = 0; b < cut.blocks; ++b)
      sum += static_cast<double>(cut.size(b)) * static_cast<double>(m[b * channels + c]);
    for (std::int64_t b = 0; b < cut.blocks; ++b) {
      const double off = static_cast<double>(m[b * channels + c]) - sum / n;
      squares +=
          static_cast<double>(s[b * channels + c]) + static_cast<double>(cut.size(b)) * off * off;
    }
    channel_data(mean)[c] = static_cast<float>(sum / n);
    channel_data(var)[c] = static_cast<float>(squares / n);
  }
}

void channel_sums(const Tensor& dy, const Tensor& x, const Tensor& mean, const Tensor& sum,
                  const Tensor& product) {
  const Cut cut(x);
  const std::int64_t channels = cut.walk.channels, count = cut.blocks * channels;
  std::vector<float> parts(static_cast<std::size_t>(2 * count));
  for_each_block(cut,
                 {.x = channel_data(x),
                  .dy = channel_data(dy),
                  .mean = channel_data(mean),
                  .first = parts.data(),
                  .second = parts.data() + count},
                 HWY_DYNAMIC_DISPATCH(ColumnsOfTwo), HWY_DYNAMIC_DISPATCH(RunOfTwo));
  for (std::int64_t c = 0; c < channels; ++c) {
    double s = 0, p = 0;
    for (std::int64_t i = c; i < count; i += channels) {
      s += static_cast<double>(parts[static_cast<std::size_t>(i)]);
      p += static_cast<double>(parts[static_cast<std::size_t>(count + i)]);
    }
    channel_data(sum)[c] = static_cast<float>(s);
    channel_data(product)[c] = static_cast<float>(p);
  }
}

void scale_channels(const Tensor& x, const Tensor& mean, const Tensor& scale, const Tensor& shift,
                    const Tensor& y) {
  for_each_block(Cut(x),
                 {.x = channel_data(x),
                  .out = channel_data(y),
                  .mean = channel_data(mean),
                  .scale = channel_data(scale),
                  .add = channel_data(shift)},
                 HWY_DYNAMIC_DISPATCH(ScaleColumns), HWY_DYNAMIC_DISPATCH(ScaleRun));
}

void scale_channels_backward(const Tensor& dy, const Tensor& x, const Tensor& mean,
                             const Tensor& scale, const Tensor& a, const Tensor& b,
                             const Tensor& dx) {
  for_each_block(Cut(x),
                 {.x = channel_data(x),
                  .dy = channel_data(dy),
                  .out = channel_data(dx),
                  .mean = channel_data(mean),
                  .scale = channel_data(scale),
                  .add = channel_data(a),
                  .multiply = channel_data(b)},
                 HWY_DYNAMIC_DISPATCH(ScaleColumnsBack), HWY_DYNAMIC_DISPATCH(ScaleRunBack));
}

}  // namespace percept::engine::onednn
#endif
