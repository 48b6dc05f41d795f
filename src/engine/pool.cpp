#include "engine/pool.h"

#include "tensor/layout.h"
#include "tensor/tape.h"

namespace percept::engine {
namespace {

PoolWindow pool_window(const PoolAxis& axis, std::int64_t o, bool count_padding) {
  const std::int64_t d = axis.dilation, start = axis.start(o);
  PoolWindow w{
      .start = start, .begin = std::max<std::int64_t>(0, d - 1 - start) / d, .end = 0, .count = 0};
  if (axis.adaptive)
    w.end = ((o + 1) * axis.size + axis.out - 1) / axis.out - start;
  else
    w.end = std::clamp<std::int64_t>((axis.size - start + d - 1) / d, 0, axis.kernel);
  w.count = w.end - w.begin;
  if (count_padding && !axis.adaptive)
    w.count = std::min(start + axis.kernel, axis.size + axis.padding) - start;
  return w;
}

std::vector<PoolWindow> pool_windows(const PoolAxis& axis, bool count_padding) {
  std::vector<PoolWindow> all;
  all.reserve(static_cast<std::size_t>(axis.out));
  for (std::int64_t o = 0; o < axis.out; ++o) all.push_back(pool_window(axis, o, count_padding));
  return all;
}

bool side_by_side(const Tensor& image) { return fast(image.dtype()) && is_channels_last(image); }
bool small_places(const Tensor& place) { return !place.defined() || place.dtype() == u8; }

void max_pool_now(const Pooling& pooling, const Tensor& x, const Tensor& y, const Tensor& place) {
  if (side_by_side(x) && is_channels_last(y) && small_places(place))
    return onednn::max_pool(pooling, x, y, place);
  reference::max_pool(pooling, x, y, place);
}

void max_pool_backward_now(const Pooling& pooling, const Tensor& dy, const Tensor& place,
                           const Tensor& dx) {
  if (side_by_side(dy) && is_channels_last(dx) && small_places(place))
    return onednn::max_pool_backward(pooling, dy, place, dx);
  reference::max_pool_backward(pooling, dy, place, dx);
}

void avg_pool_now(const Pooling& pooling, const Tensor& x, const Tensor& y) {
  if (side_by_side(x) && is_channels_last(y)) return onednn::avg_pool(pooling, x, y);
  reference::avg_pool(pooling, x, y);
}

void avg_pool_backward_now(const Pooling& pooling, const Tensor& dy, const Tensor& dx) {
  if (side_by_side(dy) && is_channels_last(dx)) return onednn::avg_pool_backward(pooling, dy, dx);
  reference::avg_pool_backward(pooling, dy, dx);
}

}  // namespace

PoolWindows::PoolWindows(const Pooling& p)
    : h(pool_windows(p.h, p.count_padding)), w(pool_windows(p.w, p.count_padding)) {}

void max_pool(const Pooling& pooling, const Tensor& x, const Tensor& y, const Tensor& place) {
  taped(max_pool_now, pooling, x, y, place);
}
void max_pool_backward(const Pooling& pooling, const Tensor& dy, const Tensor& place,
                       const Tensor& dx) {
  taped(max_pool_backward_now, pooling, dy, place, dx);
}
void plane_index(const Pooling& pooling, const Tensor& place, const Tensor& index) {
  taped(reference::plane_index, pooling, place, index);
}
void avg_pool(const Pooling& pooling, const Tensor& x, const Tensor& y) {
  taped(avg_pool_now, pooling, x, y);
}
void avg_pool_backward(const Pooling& pooling, const Tensor& dy, const Tensor& dx) {
  taped(avg_pool_backward_now, pooling, dy, dx);
}

}  // namespace percept::engine
