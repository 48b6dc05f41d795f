#include "percept/nn/batch_norm.h"

#include <fmt/format.h>

#include "base/text.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/batch_norm.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::nn {
namespace {

void reset_affine(Parameter& weight, Parameter& bias) {
  const NoGradGuard no_grad;
  if (weight.defined()) weight.fill_(1);
  if (bias.defined()) bias.zero_();
}

}  // namespace

ChannelNorm::ChannelNorm(const char* type_name, std::int64_t features,
                         const ChannelNormOptions& options)
    : num_features(features), options_(options) {
  if (features < 0)
    throw ValueError(
        fmt::format("{}: num_features must not be negative, found {}", type_name, features));
  const TensorOptions type{.dtype = options.dtype};
  if (options.affine) weight = Parameter(ones({features}, type));
  if (options.affine && options.bias) bias = Parameter(zeros({features}, type));
  if (options.track_running_stats) {
    running_mean = Buffer(zeros({features}, type));
    running_var = Buffer(ones({features}, type));
    num_batches_tracked = Buffer(zeros({}, {.dtype = i64}));
  }
}

void ChannelNorm::visit(Visitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
  visitor("running_mean", running_mean);
  visitor("running_var", running_var);
  visitor("num_batches_tracked", num_batches_tracked);
}

std::string ChannelNorm::extra_repr() const {
  return fmt::format(
      "{}, eps={}, momentum={}, affine={}, bias={}, track_running_stats={}", num_features,
      real_text(options_.eps), options_.momentum ? real_text(*options_.momentum) : "None",
      python(weight.defined()), python(bias.defined()), python(options_.track_running_stats));
}

void ChannelNorm::reset_running_stats() {
  if (!options_.track_running_stats) return;
  running_mean.zero_();
  running_var.fill_(1);
  num_batches_tracked.zero_();
}

void ChannelNorm::reset_parameters() {
  reset_running_stats();
  reset_affine(weight, bias);
}

Tensor BatchNorm::forward(const Tensor& x) {
  if (x.defined() && !takes(x.shape()))
    throw ShapeError(
        fmt::format("{}: expects input {}, found shape {}", name(), expected(), x.shape().str()));
  const bool tracked = options_.track_running_stats;
  double momentum = options_.momentum.value_or(0);
  if (is_training() && tracked) {
    num_batches_tracked.add_(1);
    if (!options_.momentum) momentum = 1 / num_batches_tracked.item();
  }
  return batch_norm(x, running_mean, running_var,
                    {.weight = weight,
                     .bias = bias,
                     .training = is_training() || !tracked,
                     .momentum = momentum,
                     .eps = options_.eps});
}

InstanceNorm::InstanceNorm(std::int64_t features, const InstanceNormLayerOptions& options,
                           int places)
    : ChannelNorm("InstanceNorm", features,
                  {.eps = options.eps,
                   .momentum = options.momentum,
                   .affine = options.affine,
                   .track_running_stats = options.track_running_stats,
                   .bias = options.bias,
                   .dtype = options.dtype}),
      places_(places) {}

Tensor InstanceNorm::forward(const Tensor& x) {
  if (x.defined() && x.dim() != places_ + 1 && x.dim() != places_ + 2)
    throw ShapeError(fmt::format("{}: expects input {}, found shape {}", name(),
                                 places_ == 1 ? "(N, C, L) or (C, L)" : "(N, C, H, W) or (C, H, W)",
                                 x.shape().str()));
  if (x.defined() && x.dim() == places_ + 1) return squeeze(forward(unsqueeze(x, 0)), 0);
  return instance_norm(x, {.running_mean = running_mean,
                           .running_var = running_var,
                           .weight = weight,
                           .bias = bias,
                           .use_input_stats = is_training() || !options_.track_running_stats,
                           .momentum = *options_.momentum,
                           .eps = options_.eps});
}

GroupNorm::GroupNorm(std::int64_t num_groups, std::int64_t num_channels,
                     const GroupNormLayerOptions& options)
    : num_groups_(num_groups), num_channels_(num_channels), eps_(options.eps) {
  if (num_groups < 1 || num_channels < 0 || num_channels % num_groups != 0)
    throw ValueError(fmt::format("GroupNorm: num_groups must divide num_channels, found {} and {}",
                                 num_groups, num_channels));
  if (!options.affine) return;
  weight = Parameter(ones({num_channels}, {.dtype = options.dtype}));
  if (options.bias) bias = Parameter(zeros({num_channels}, {.dtype = options.dtype}));
}

Tensor GroupNorm::forward(const Tensor& x) {
  return group_norm(x, num_groups_, {.weight = weight, .bias = bias, .eps = eps_});
}

void GroupNorm::visit(Visitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

std::string GroupNorm::extra_repr() const {
  return fmt::format("{}, {}, eps={}, affine={}, bias={}", num_groups_, num_channels_,
                     real_text(eps_), python(weight.defined()), python(bias.defined()));
}

void GroupNorm::reset_parameters() { reset_affine(weight, bias); }

}  // namespace percept::nn
