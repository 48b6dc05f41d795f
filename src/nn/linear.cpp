#include "percept/nn/linear.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "base/text.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/matmul.h"
#include "percept/ops/softmax.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::nn {

Linear::Linear(std::int64_t in, std::int64_t out, const LinearOptions& options)
    : in_features(in), out_features(out) {
  if (in < 0 || out < 0)
    throw ValueError(
        fmt::format("Linear: features must not be negative, found {} and {}", in, out));
  weight = Parameter(empty({out, in}, {.dtype = options.dtype}));
  if (options.bias) bias = Parameter(empty({out}, {.dtype = options.dtype}));
  reset_parameters();
}

void Linear::reset_parameters() {
  const NoGradGuard no_grad;
  const double bound = in_features > 0 ? 1 / std::sqrt(static_cast<double>(in_features)) : 0;
  uniform_(weight, -bound, bound);
  if (bias.defined()) uniform_(bias, -bound, bound);
}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias); }

void Linear::visit(Visitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

std::string Linear::extra_repr() const {
  return fmt::format("in_features={}, out_features={}, bias={}", in_features, out_features,
                     python(bias.defined()));
}

std::int64_t Linear::multiply_adds(const Shape&, const Shape& output) const {
  return output.numel() * in_features;
}

Tensor Flatten::forward(const Tensor& x) { return flatten(x, start_dim_, end_dim_); }
std::string Flatten::extra_repr() const {
  return fmt::format("start_dim={}, end_dim={}", start_dim_, end_dim_);
}

Tensor Unflatten::forward(const Tensor& x) { return unflatten(x, dim_, sizes_); }
std::string Unflatten::extra_repr() const {
  return fmt::format("dim={}, unflattened_size=({}{})", dim_,
                     fmt::join(sizes_.begin(), sizes_.end(), ", "), sizes_.dim() == 1 ? "," : "");
}

Dropout::Dropout(double p) : p_(p) {
  if (!(p >= 0 && p <= 1))
    throw ValueError(fmt::format("Dropout: p must lie between 0 and 1, found {}", p));
}
Tensor Dropout::forward(const Tensor& x) {
  return dropout(x, {.p = p_, .training = is_training()});
}
std::string Dropout::extra_repr() const {
  return fmt::format("p={}, inplace=False", real_text(p_));
}

}  // namespace percept::nn
