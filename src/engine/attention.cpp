#include "engine/attention.h"

#include "tensor/tape.h"

namespace percept::engine {

void attention(const Attention& how, const Tensor& q, const Tensor& k, const Tensor& v,
               const Tensor& mask, const Tensor& kept, const Tensor& p, const Tensor& y) {
  taped(onednn::attention, how, q, k, v, mask, kept, p, y);
}

void attention_backward(const Attention& how, const Tensor& dy, const Tensor& q, const Tensor& k,
                        const Tensor& v, const Tensor& kept, const Tensor& p, const Tensor& dq,
                        const Tensor& dk, const Tensor& dv) {
  taped(onednn::attention_backward, how, dy, q, k, v, kept, p, dq, dk, dv);
}

}  // namespace percept::engine
