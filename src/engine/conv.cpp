#include "engine/conv.h"

#include <algorithm>

#include "tensor/layout.h"
#include "tensor/make.h"
#include "tensor/tape.h"

namespace percept::engine {
namespace {

/// Whether oneDNN is worth its call.
bool worthwhile(const Tensor& x, const Tensor& w, const Tensor& y) {
  // Below this many multiply-adds plain loops are faster.
  constexpr std::int64_t kTiny = 2048;
  const std::int64_t work = y.numel() * w.numel() / std::max<std::int64_t>(1, w.shape()[0]);
  return fast(x.dtype()) && x.numel() > 0 && work > kTiny;
}

void conv_now(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y,
              const Sliding& sliding, Activation activation) {
  (worthwhile(x, w, y) ? onednn::conv : reference::conv)(x, w, bias, y, sliding, activation);
}
void conv_transpose_now(const Tensor& y, const Tensor& w, const Tensor& x, const Sliding& sliding) {
  (worthwhile(x, w, y) ? onednn::conv_transpose : reference::conv_transpose)(y, w, x, sliding);
}
void conv_weights_now(const Tensor& x, const Tensor& y, const Tensor& w, const Tensor& bias,
                      const Sliding& sliding) {
  (worthwhile(x, w, y) ? onednn::conv_weights : reference::conv_weights)(x, y, w, bias, sliding);
}

}  // namespace

Tensor make_images(const Shape& shape, Dtype dtype) {
  return fast(dtype) ? make_channels_last(shape, dtype) : make(shape, dtype);
}

void conv(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y,
          const Sliding& sliding, Activation activation) {
  taped(conv_now, x, w, bias, y, sliding, activation);
}

void conv_transpose(const Tensor& y, const Tensor& w, const Tensor& x, const Sliding& sliding) {
  taped(conv_transpose_now, y, w, x, sliding);
}

void conv_weights(const Tensor& x, const Tensor& y, const Tensor& w, const Tensor& bias,
                  const Sliding& sliding) {
  taped(conv_weights_now, x, y, w, bias, sliding);
}

}  // namespace percept::engine
