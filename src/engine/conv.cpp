#include "engine/conv.h"

#include "tensor/tape.h"

namespace percept::engine {

void conv(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y,
          const Sliding& sliding, Activation activation) {
  taped(reference::conv, x, w, bias, y, sliding, activation);
}

void conv_transpose(const Tensor& y, const Tensor& w, const Tensor& x, const Sliding& sliding) {
  taped(reference::conv_transpose, y, w, x, sliding);
}

void conv_weights(const Tensor& x, const Tensor& y, const Tensor& w, const Tensor& bias,
                  const Sliding& sliding) {
  taped(reference::conv_weights, x, y, w, bias, sliding);
}

}  // namespace percept::engine
