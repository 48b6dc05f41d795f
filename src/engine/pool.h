// Pooling: one number for every window of an image. x (N, C, H, W) and y (N, C, OH, OW) of any
// strides, f32 or f64; the fast engine wants f32 whose channels lie side by side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/engine.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

/// One axis of the windows: output o sees the inputs start(o) + k dilation, k in [0, kernel).
struct PoolAxis {
  std::int64_t size, out;  // of the input, of the output
  std::int64_t kernel, stride = 1, padding = 0, dilation = 1;
  bool adaptive = false;  // `out` windows of almost one size, at most `kernel`, cover the axis

  std::int64_t start(std::int64_t o) const {
    return adaptive ? o * size / out : o * stride - padding;
  }
  /// The outputs in [from(i), to(i)) may see input i.
  std::int64_t from(std::int64_t i) const {
    if (adaptive) return i * out / size;
    return std::max<std::int64_t>(0, i + padding - (kernel - 1) * dilation + stride - 1) / stride;
  }
  std::int64_t to(std::int64_t i) const {
    if (adaptive) return ((i + 1) * out + size - 1) / size;
    return std::min(out, (i + padding) / stride + 1);
  }
};

/// The window of one output along an axis.
struct PoolWindow {
  std::int64_t start;
  std::int64_t begin, end;  // the k whose inputs exist
  std::int64_t count;       // of the inputs a mean is over: those, or also the zeros around them

  /// As its how many-th the window sees input i; -1 when it does not.
  std::int64_t k(std::int64_t i, std::int64_t dilation) const {
    if (dilation == 1) return i - start;
    return (i - start) % dilation == 0 ? (i - start) / dilation : -1;
  }
};

struct Pooling {
  PoolAxis h, w;
  bool count_padding = true;  ///< in a mean
  std::int64_t divisor = 0;   ///< of a sum, instead of the window's size

  /// Elements of the largest window.
  std::int64_t places() const { return h.kernel * w.kernel; }
};

/// All windows of a pooling.
struct PoolWindows {
  explicit PoolWindows(const Pooling& pooling);
  std::vector<PoolWindow> h, w;  // (OH), (OW)
};

/// y = the largest element of each window, place = kh kernel_w + kw, where in the window it stands
/// (the first of equal ones). NaN wins, the last one. place: of y's shape and strides, u8, or i64
/// where a window has more than 256 places, or undefined when nobody will ask.
void max_pool(const Pooling& pooling, const Tensor& x, const Tensor& y, const Tensor& place);
/// dx = dy at the places, added up where windows overlap, else 0.
void max_pool_backward(const Pooling& pooling, const Tensor& dy, const Tensor& place,
                       const Tensor& dx);
/// index = h W + w of each place, i64.
void plane_index(const Pooling& pooling, const Tensor& place, const Tensor& index);

/// y = the sum of each window over its divisor.
void avg_pool(const Pooling& pooling, const Tensor& x, const Tensor& y);
/// dx = the sum of dy over its divisor, of all windows that see the input.
void avg_pool_backward(const Pooling& pooling, const Tensor& dy, const Tensor& dx);

namespace reference {
decltype(engine::max_pool) max_pool;
decltype(engine::max_pool_backward) max_pool_backward;
decltype(engine::plane_index) plane_index;
decltype(engine::avg_pool) avg_pool;
decltype(engine::avg_pool_backward) avg_pool_backward;
}  // namespace reference

namespace onednn {
// f32, channels last; place u8.
decltype(engine::max_pool) max_pool;
decltype(engine::max_pool_backward) max_pool_backward;
decltype(engine::avg_pool) avg_pool;
decltype(engine::avg_pool_backward) avg_pool_backward;
}  // namespace onednn

}  // namespace percept::engine
