// Normalisation over samples and places: every channel of x (N, C, ...) shifted and scaled to mean
// 0 and variance 1.
//
// weight, bias and running statistics have one number a channel and x's type; each may be left out.
// Each function throws ShapeError for shapes that do not fit, DtypeError unless all are f32 or all
// f64, and ValueError where there is no variance: one value a channel.
#pragma once

#include "percept/tensor/tensor.h"

namespace percept {

struct BatchNormOptions {
  Tensor weight = {}, bias = {};  ///< (C)
  bool training = false;          ///< the statistics of x, not the running ones
  double momentum = 0.1;          ///< how fast these follow x
  double eps = 1e-5;
};
/// y = (x - mean) / sqrt(var + eps) weight + bias.  x (N, C, ...). In training mean and var, with
/// the divisor n, are x's over all but the channels, and
/// running = (1 - momentum) running + momentum x's, with the divisor n - 1, is written in place;
/// else they are the running ones, which must then be given. y lies in memory as x does: contiguous
/// or channels last. Ioffe and Szegedy, ICML 2015.
/// https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormOptions& options = {});

struct InstanceNormOptions {
  Tensor running_mean = {}, running_var = {};
  Tensor weight = {}, bias = {};
  bool use_input_stats = true;  ///< else the running ones
  double momentum = 0.1;
  double eps = 1e-5;
};
/// The same with mean and var of each sample's channel by itself; running ones follow their mean
/// over the samples. x (N, C, ...), at least 3-dimensional.
/// https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html
Tensor instance_norm(const Tensor& x, const InstanceNormOptions& options = {});

struct GroupNormOptions {
  Tensor weight = {}, bias = {};  ///< (C)
  double eps = 1e-5;
};
/// The same with mean and var of each sample's group of C / num_groups neighbouring channels.
/// Throws ValueError unless num_groups divides C. Wu and He, ECCV 2018.
/// https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
Tensor group_norm(const Tensor& x, std::int64_t num_groups, const GroupNormOptions& options = {});

}  // namespace percept
