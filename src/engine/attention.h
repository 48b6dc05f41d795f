// Attention in one pass a head: the scores stay in the cache.
#pragma once

#include <cstdint>

#include "engine/engine.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

struct Attention {
  double scale;
  bool causal;  ///< query i sees keys 0 .. i only
};

// f32. q, dq (b..., L, E), k, dk (b..., S, E), v, dv (b..., S, D), y, dy (b..., L, D) and the mask
// (b..., L, S), which is added to the scores, of any strides (0 too, for those that are read); the
// weights p and the factors `kept` of a dropout (b..., L, S) contiguous. mask and kept may be
// undefined. No size but those of b is 0.

/// p = softmax(scale q kᵀ + mask), rows without a key 0; not stored where p is undefined.
/// y = (p kept) v
void attention(const Attention& how, const Tensor& q, const Tensor& k, const Tensor& v,
               const Tensor& mask, const Tensor& kept, const Tensor& p, const Tensor& y);

/// dv = (p kept)ᵀ dy,  dp = (dy vᵀ) kept,  ds = scale p (dp - sum(dp p)),  dq = ds k,  dk = dsᵀ q
void attention_backward(const Attention& how, const Tensor& dy, const Tensor& q, const Tensor& k,
                        const Tensor& v, const Tensor& kept, const Tensor& p, const Tensor& dq,
                        const Tensor& dk, const Tensor& dv);

namespace onednn {
decltype(engine::attention) attention;
decltype(engine::attention_backward) attention_backward;
}  // namespace onednn

}  // namespace percept::engine
