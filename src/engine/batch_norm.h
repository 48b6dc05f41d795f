// The passes over an image that normalising its channels takes. x, y, dy and dx (N, C, ...) of one
// shape, type (f32 or f64) and layout: contiguous, or channels last. All else is (C), contiguous,
// of the same type. The work is split by the shape alone, so that threads change no result.
#pragma once

#include <cstdint>

#include "engine/engine.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

/// mean and var[c] = mean of (x - mean[c])^2, over all but the channels.
void channel_moments(const Tensor& x, const Tensor& mean, const Tensor& var);
/// y = (x - mean[c]) scale[c] + shift[c]
void scale_channels(const Tensor& x, const Tensor& mean, const Tensor& scale, const Tensor& shift,
                    const Tensor& y);
/// sum[c] = sum of dy,  product[c] = sum of dy (x - mean[c])
void channel_sums(const Tensor& dy, const Tensor& x, const Tensor& mean, const Tensor& sum,
                  const Tensor& product);
/// dx = scale[c] (dy - a[c] - (x - mean[c]) b[c])
void scale_channels_backward(const Tensor& dy, const Tensor& x, const Tensor& mean,
                             const Tensor& scale, const Tensor& a, const Tensor& b,
                             const Tensor& dx);

/// How the elements of a dense image are ordered in memory: (outer, channels, inner).
struct ChannelWalk {
  std::int64_t outer, channels, inner;  // (N, C, H W), or (N H W, C, 1)
};
ChannelWalk channel_walk(const Tensor& x);

namespace reference {
decltype(engine::channel_moments) channel_moments;
decltype(engine::scale_channels) scale_channels;
decltype(engine::channel_sums) channel_sums;
decltype(engine::scale_channels_backward) scale_channels_backward;
}  // namespace reference

namespace onednn {
decltype(engine::channel_moments) channel_moments;
decltype(engine::scale_channels) scale_channels;
decltype(engine::channel_sums) channel_sums;
decltype(engine::scale_channels_backward) scale_channels_backward;
}  // namespace onednn

}  // namespace percept::engine
