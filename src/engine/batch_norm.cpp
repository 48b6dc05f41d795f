#include "engine/batch_norm.h"

#include "tensor/tape.h"

namespace percept::engine {
namespace {

void moments_now(const Tensor& x, const Tensor& mean, const Tensor& var) {
  (fast(x.dtype()) ? onednn::channel_moments : reference::channel_moments)(x, mean, var);
}

void scale_now(const Tensor& x, const Tensor& mean, const Tensor& scale, const Tensor& shift,
               const Tensor& y) {
  (fast(x.dtype()) ? onednn::scale_channels : reference::scale_channels)(x, mean, scale, shift, y);
}

void sums_now(const Tensor& dy, const Tensor& x, const Tensor& mean, const Tensor& sum,
              const Tensor& product) {
  (fast(x.dtype()) ? onednn::channel_sums : reference::channel_sums)(dy, x, mean, sum, product);
}

void scale_backward_now(const Tensor& dy, const Tensor& x, const Tensor& mean, const Tensor& scale,
                        const Tensor& a, const Tensor& b, const Tensor& dx) {
  (fast(x.dtype()) ? onednn::scale_channels_backward : reference::scale_channels_backward)(
      dy, x, mean, scale, a, b, dx);
}

}  // namespace

ChannelWalk channel_walk(const Tensor& x) {
  const std::int64_t n = x.shape()[0], channels = x.shape()[1];
  const std::int64_t places = x.numel() / std::max<std::int64_t>(1, n * channels);
  if (x.is_contiguous()) return {n, channels, places};
  return {n * places, channels, 1};
}

void channel_moments(const Tensor& x, const Tensor& mean, const Tensor& var) {
  taped(moments_now, x, mean, var);
}
void scale_channels(const Tensor& x, const Tensor& mean, const Tensor& scale, const Tensor& shift,
                    const Tensor& y) {
  taped(scale_now, x, mean, scale, shift, y);
}
void channel_sums(const Tensor& dy, const Tensor& x, const Tensor& mean, const Tensor& sum,
                  const Tensor& product) {
  taped(sums_now, dy, x, mean, sum, product);
}
void scale_channels_backward(const Tensor& dy, const Tensor& x, const Tensor& mean,
                             const Tensor& scale, const Tensor& a, const Tensor& b,
                             const Tensor& dx) {
  taped(scale_backward_now, dy, x, mean, scale, a, b, dx);
}

}  // namespace percept::engine
