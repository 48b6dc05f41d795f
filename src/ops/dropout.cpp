#include "percept/ops/dropout.h"

#include <fmt/format.h>

#include "ops/check.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/tensor/factory.h"

namespace percept {

Tensor dropout2d(const Tensor& x, const DropoutOptions& options) {
  must_be_defined("dropout2d", x);
  must_be_computed_in("dropout2d", x);
  if (x.dim() < 3)
    throw ShapeError(fmt::format(
        "dropout2d: expects input (N, C, ...), found shape {}; hint: dropout", x.shape().str()));
  if (!(options.p >= 0 && options.p <= 1))
    throw ValueError(fmt::format("dropout2d: p must lie between 0 and 1, found {}", options.p));
  if (!options.training || options.p == 0) return x;
  Shape channels = Shape::filled(x.dim(), 1);
  channels[0] = x.shape()[0], channels[1] = x.shape()[1];
  return x * dropout(ones(channels, {.dtype = x.dtype()}), options);
}

}  // namespace percept
