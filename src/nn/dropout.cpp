#include "percept/nn/dropout.h"

#include <fmt/format.h>

#include "base/text.h"
#include "percept/base/error.h"
#include "percept/ops/dropout.h"

namespace percept::nn {

Dropout2d::Dropout2d(double p) : p_(p) {
  if (!(p >= 0 && p <= 1))
    throw ValueError(fmt::format("Dropout2d: p must lie between 0 and 1, found {}", p));
}
Tensor Dropout2d::forward(const Tensor& x) {
  return dropout2d(x, {.p = p_, .training = is_training()});
}
std::string Dropout2d::extra_repr() const {
  return fmt::format("p={}, inplace=False", real_text(p_));
}

}  // namespace percept::nn
