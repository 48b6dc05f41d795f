#include "percept/nn/activation.h"

#include "percept/ops/activation.h"

namespace percept::nn {

Tensor ReLU::forward(const Tensor& x) { return relu(x); }

}  // namespace percept::nn
