#include "percept/ops/dropout.h"

#include <fmt/format.h>

#include "engine/random.h"
#include "ops/check.h"
#include "ops/kept.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/tensor/factory.h"
#include "tensor/draw.h"
#include "tensor/make.h"

namespace percept {

Tensor draw_kept(const Shape& shape, Dtype dtype, const DropoutOptions& options) {
  if (options.p == 1) return zeros(shape, {.dtype = dtype});
  Tensor kept = make(shape, dtype);
  draw(kept, options.generator, [p = options.p](const Tensor& x, const GeneratorState& state) {
    engine::draw_kept(state, p, x);
  });
  return kept;
}

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
  return x * draw_kept(channels, x.dtype(), options);
}

}  // namespace percept
