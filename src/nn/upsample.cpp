#include "percept/nn/upsample.h"

#include <fmt/format.h>

namespace percept::nn {

Tensor Upsample::forward(const Tensor& x) { return interpolate(x, options_); }

std::string Upsample::extra_repr() const {
  const std::string how = options_.scale_factor
                              ? "scale_factor=" + options_.scale_factor->str()
                              : "size=" + (options_.size ? options_.size->str() : "None");
  const char* mode = options_.mode == InterpolateMode::nearest  ? "nearest"
                     : options_.mode == InterpolateMode::linear ? "linear"
                                                                : "bilinear";
  return fmt::format("{}, mode='{}'", how, mode);
}

}  // namespace percept::nn
