#include "engine/layer_norm.h"

#include "tensor/tape.h"

namespace percept::engine {

void layer_norm(double eps, const Tensor& x, const Tensor& weight, const Tensor& bias,
                const Tensor& y, const Tensor& mean, const Tensor& rstd) {
  taped(fast(x.dtype()) ? onednn::layer_norm : reference::layer_norm, eps, x, weight, bias, y, mean,
        rstd);
}

void layer_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                         const Tensor& mean, const Tensor& rstd, const Tensor& dx,
                         const Tensor& dweight, const Tensor& dbias) {
  taped(fast(x.dtype()) ? onednn::layer_norm_backward : reference::layer_norm_backward, dy, x,
        weight, mean, rstd, dx, dweight, dbias);
}

}  // namespace percept::engine
