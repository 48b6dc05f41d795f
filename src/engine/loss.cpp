#include "engine/loss.h"

#include "tensor/tape.h"

namespace percept::engine {
namespace {

void cross_entropy_now(const CrossEntropy& how, const Tensor& x, const Tensor& t, const Tensor& q,
                       const Tensor& y) {
  (fast(x.dtype()) ? onednn::cross_entropy : reference::cross_entropy)(how, x, t, q, y);
}

}  // namespace

void cross_entropy(const CrossEntropy& how, const Tensor& x, const Tensor& t, const Tensor& q,
                   const Tensor& y) {
  taped(cross_entropy_now, how, x, t, q, y);
}
void cross_entropy_backward(const CrossEntropy& how, const Tensor& dy, const Tensor& q,
                            const Tensor& t, const Tensor& dx) {
  taped(reference::cross_entropy_backward, how, dy, q, t, dx);
}

}  // namespace percept::engine
