#include "percept/optim/clip_grad.h"

#include <fmt/format.h>

#include <cmath>

#include "autograd/meta.h"
#include "engine/optim.h"
#include "engine/pointwise.h"
#include "percept/base/error.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept::optim {
namespace {

/// Calls f with every gradient, contiguous in its own memory.
template <class F>
void for_each_gradient(const std::vector<Tensor>& params, const F& f) {
  for (const Tensor& param : params) {
    AutogradMeta* meta = param.impl().autograd;
    if (!meta || !meta->grad.defined()) continue;
    if (!meta->grad.is_contiguous()) meta->grad = meta->grad.contiguous();
    f(meta->grad);
  }
}

}  // namespace

double clip_grad_norm_(const std::vector<Tensor>& params, double max_norm,
                       const ClipGradNormOptions& options) {
  const double p = options.norm_type;
  if (!(p > 0)) throw ValueError(fmt::format("clip_grad_norm_: norm_type is {}, expected > 0", p));
  double total = 0;
  for_each_gradient(params, [&](const Tensor& grad) {
    const double part = engine::sum_of_powers(grad, p);
    if (!std::isinf(p))
      total += part;
    else if (!(part <= total))
      total = std::isnan(total) ? total : part;
  });
  const double norm = std::isinf(p) ? total : p == 2 ? std::sqrt(total) : std::pow(total, 1 / p);
  if (options.error_if_nonfinite && !std::isfinite(norm))
    throw DivergedError(fmt::format("clip_grad_norm_: the norm of all gradients is {}", norm));
  const double scale = max_norm / (norm + 1e-6);
  if (scale >= 1) return norm;
  for_each_gradient(params, [&](const Tensor& grad) {
    const Tensor factor = full({}, scale, {.dtype = grad.dtype()});
    engine::apply(engine::mul, "clip_grad_norm_", grad, {&grad, &factor});
    bump_version(grad);
  });
  return norm;
}

void clip_grad_value_(const std::vector<Tensor>& params, double clip_value) {
  for_each_gradient(params, [&](const Tensor& grad) {
    engine::apply(engine::clamp, "clip_grad_value_", grad, {&grad}, {-clip_value, clip_value});
    bump_version(grad);
  });
}

}  // namespace percept::optim
