#include "percept/nn/layer_norm.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "percept/ops/layer_norm.h"
#include "percept/tensor/factory.h"

namespace percept::nn {
namespace {

/// A shape as Python prints a tuple.
std::string tuple_text(const Shape& shape) {
  return fmt::format("({}{})", fmt::join(shape.begin(), shape.end(), ", "),
                     shape.dim() == 1 ? "," : "");
}

}  // namespace

LayerNorm::LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options)
    : normalized_shape_(normalized_shape), eps_(options.eps) {
  if (!options.elementwise_affine) return;
  weight = Parameter(ones(normalized_shape, {.dtype = options.dtype}));
  if (options.bias) bias = Parameter(zeros(normalized_shape, {.dtype = options.dtype}));
}

Tensor LayerNorm::forward(const Tensor& x) {
  return layer_norm(x, normalized_shape_, {.weight = weight, .bias = bias, .eps = eps_});
}

void LayerNorm::visit(Visitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

std::string LayerNorm::extra_repr() const {
  return fmt::format("{}, eps={}, elementwise_affine={}, bias={}", tuple_text(normalized_shape_),
                     real_text(eps_), python(weight.defined()), python(bias.defined()));
}

RMSNorm::RMSNorm(const Shape& normalized_shape, const RmsNormOptions& options)
    : normalized_shape_(normalized_shape), eps_(options.eps) {
  if (options.elementwise_affine)
    weight = Parameter(ones(normalized_shape, {.dtype = options.dtype}));
}

Tensor RMSNorm::forward(const Tensor& x) {
  return rms_norm(x, normalized_shape_, {.weight = weight, .eps = eps_});
}

void RMSNorm::visit(Visitor& visitor) { visitor("weight", weight); }

std::string RMSNorm::extra_repr() const {
  return fmt::format("{}, eps={}, elementwise_affine={}", tuple_text(normalized_shape_),
                     eps_ ? real_text(*eps_) : "None", python(weight.defined()));
}

}  // namespace percept::nn
