#include "percept/ops/batch_norm.h"

#include <fmt/format.h>

#include "engine/batch_norm.h"
#include "ops/check.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/math.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/layout.h"
#include "tensor/make.h"

namespace percept {
namespace {

/// (C) as (1, C, 1, ...), to be broadcast over x.
Tensor over_channels(const Tensor& v, const Tensor& x) {
  Shape shape = Shape::filled(x.dim(), 1);
  shape[1] = v.numel();
  return reshape(v, shape);
}

/// All dimensions but the channels.
Shape all_but_channels(const Tensor& x) {
  Shape dims;
  for (int d = 0; d < x.dim(); ++d)
    if (d != 1) dims.push_back(d);
  return dims;
}

// u = (x - mean) r,  r = 1 / sqrt(var + eps),  y = u weight + bias,  g = dy weight
//   dweight = sum dy u,  dbias = sum dy
//   dx = r g, and in training, where mean and var are x's,  dx = r (g - mean g - u mean(g u))
struct NativeBatchNormBackward final : Node {
  Saved x{this}, weight{this}, mean{this}, rstd{this};  // (N, C, ...), and (C) each
  bool training = false;
  double eps = 0;

  void backward(const Tensor& dy, Gradients& dx) override {
    if (dy.numel() == 0) return by_nothing(dy, dx);
    grad_enabled() ? by_operations(dy, dx) : by_engine(dy, dx);
  }

  /// Of no samples: their statistics are NaN, but they move nothing.
  void by_nothing(const Tensor& dy, Gradients& dx) const {
    if (dx.wanted(0)) dx[0] = zeros_like(dy);
    for (int i = 1; i < inputs(); ++i)
      if (dx.wanted(i)) dx[i] = zeros({dy.shape()[1]}, {.dtype = dy.dtype()});
  }

  void by_engine(const Tensor& grad, Gradients& dx) const {
    const Tensor in = x, m = mean, r = rstd, dy = dense_as(in, grad);
    const Tensor sum = make(m.shape(), m.dtype()), product = make(m.shape(), m.dtype());
    engine::channel_sums(dy, in, m, sum, product);
    if (dx.wanted(0)) {
      const Tensor scale = inputs() > 1 ? r * weight.get() : r;
      const double per_value =
          training ? static_cast<double>(m.numel()) / std::max(1.0, static_cast<double>(in.numel()))
                   : 0;
      dx[0] = make_laid_out(in, in.shape(), in.dtype());
      engine::scale_channels_backward(dy, in, m, scale, sum * per_value,
                                      product * square(r) * per_value, dx[0]);
    }
    if (inputs() == 1) return;
    if (dx.wanted(1)) dx[1] = product * r;
    if (dx.wanted(2)) dx[2] = sum;
  }

  void by_operations(const Tensor& dy, Gradients& dx) const {
    const Tensor in = x;
    const Shape dims = all_but_channels(in);
    const auto channel_mean = [&](const Tensor& t) { return percept::mean(t, dims, {true}); };
    const Tensor centred = in - (training ? channel_mean(in) : over_channels(mean, in));
    const Tensor r =
        training ? rsqrt(channel_mean(square(centred)) + eps) : over_channels(rstd, in);
    const Tensor u = centred * r;
    if (dx.wanted(0)) {
      const Tensor g = inputs() > 1 ? dy * over_channels(weight, in) : dy;
      dx[0] = r * (training ? g - channel_mean(g) - u * channel_mean(g * u) : g);
    }
    if (inputs() == 1) return;
    if (dx.wanted(1)) dx[1] = sum(dy * u, dims);
    if (dx.wanted(2)) dx[2] = sum(dy, dims);
  }
};

/// running = (1 - momentum) running + momentum batch
void follow(const Tensor& running, const Tensor& batch, double momentum) {
  if (!running.defined()) return;
  const NoGradGuard no_grad;
  Tensor(running).mul_(1 - momentum).add_(batch, momentum);
}

/// x is dense, all shapes and types are right; weight and bias both given, or none.
Tensor normalised(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormOptions& how) {
  Tensor mean = running_mean, var = running_var;
  if (how.training) {
    mean = make({x.shape()[1]}, x.dtype()), var = make({x.shape()[1]}, x.dtype());
    engine::channel_moments(x, mean, var);
    if (x.numel() > 0) {
      const auto n = static_cast<double>(x.numel()) / static_cast<double>(x.shape()[1]);
      follow(running_mean, mean, how.momentum);
      follow(running_var, var * (n / (n - 1)), how.momentum);
    }
  } else {  // of their own: the buffers may be written before backward
    mean = running_mean.detach().clone();
  }
  const Tensor rstd = rsqrt(var.detach() + how.eps);
  const bool affine = how.weight.defined();
  const Tensor scale = affine ? rstd * how.weight.detach() : rstd;
  const Tensor shift = affine ? how.bias.detach().contiguous() : zeros_like(mean);
  Tensor y = make_laid_out(x, x.shape(), x.dtype());
  engine::scale_channels(x, mean, scale, shift, y);
  auto* node = affine ? record<NativeBatchNormBackward>(y, x, how.weight, how.bias)
                      : record<NativeBatchNormBackward>(y, x);
  if (node) {
    node->x = x, node->mean = mean, node->rstd = rstd;
    if (affine) node->weight = how.weight;
    node->training = how.training, node->eps = how.eps;
  }
  return y;
}

// -- checks
void check_image(const char* op, const Tensor& x, int least) {
  must_be_defined(op, x);
  if (x.dim() < least)
    throw ShapeError(fmt::format("{}: expects input (N, C{}), found shape {}", op,
                                 least > 2 ? ", L, ..." : ", ...", x.shape().str()));
  if (x.dtype() != f32 && x.dtype() != f64)
    throw DtypeError(fmt::format("{}: expects f32 or f64, found {} (shape {}); hint: .to(f32)", op,
                                 name_of(x.dtype()), x.shape().str()));
}

void check_vector(const char* op, const char* name, const Tensor& v, const Tensor& x) {
  if (!v.defined()) return;
  if (v.dim() != 1 || v.shape()[0] != x.shape()[1])
    throw ShapeError(
        fmt::format("{}: {} must have one number for each of the {} channels of input "
                    "{}, found shape {}",
                    op, name, x.shape()[1], x.shape().str(), v.shape().str()));
  if (v.dtype() != x.dtype())
    throw DtypeError(fmt::format("{}: {} must have the input's type {}, found {}", op, name,
                                 name_of(x.dtype()), name_of(v.dtype())));
}

void check_vectors(const char* op, const Tensor& x, const Tensor& running_mean,
                   const Tensor& running_var, const Tensor& weight, const Tensor& bias,
                   bool own_statistics) {
  check_vector(op, "running_mean", running_mean, x);
  check_vector(op, "running_var", running_var, x);
  check_vector(op, "weight", weight, x);
  check_vector(op, "bias", bias, x);
  if (!own_statistics && (!running_mean.defined() || !running_var.defined()))
    throw ValueError(fmt::format(
        "{}: without statistics of the input, running_mean and running_var must be given", op));
}

/// Weight and bias, the one that lacks made up where the other is given.
std::pair<Tensor, Tensor> affine(const Tensor& weight, const Tensor& bias) {
  if (weight.defined() == bias.defined()) return {weight, bias};
  return {weight.defined() ? weight : ones_like(bias), bias.defined() ? bias : zeros_like(weight)};
}

/// (C) as (N C), the same for every sample.
Tensor for_each_sample(const Tensor& v, std::int64_t samples) {
  return v.defined() ? reshape(expand(unsqueeze(v, 0), {samples, v.numel()}), {-1}) : v;
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormOptions& options) {
  check_image("batch_norm", x, 2);
  check_vectors("batch_norm", x, running_mean, running_var, options.weight, options.bias,
                options.training);
  if (options.training && x.numel() == x.shape()[1] && x.numel() > 0)
    throw ValueError(fmt::format(
        "batch_norm: training takes more than 1 value a channel, found shape {}", x.shape().str()));
  BatchNormOptions how = options;
  std::tie(how.weight, how.bias) = affine(options.weight, options.bias);
  const bool lies_well = x.is_contiguous() || is_channels_last(x);
  return normalised(lies_well ? x : x.contiguous(), running_mean, running_var, how);
}

// A batch of N samples with C channels as one sample of N C channels.
Tensor instance_norm(const Tensor& x, const InstanceNormOptions& options) {
  check_image("instance_norm", x, 3);
  check_vectors("instance_norm", x, options.running_mean, options.running_var, options.weight,
                options.bias, options.use_input_stats);
  const std::int64_t n = x.shape()[0], c = x.shape()[1];
  if (options.use_input_stats && x.numel() == n * c && x.numel() > 0)
    throw ValueError(
        fmt::format("instance_norm: takes more than 1 value a channel and sample, found shape {}",
                    x.shape().str()));
  if (x.numel() == 0)
    return batch_norm(x, options.running_mean, options.running_var,
                      {.weight = options.weight, .bias = options.bias, .training = true});
  Shape one_sample = x.shape();
  one_sample[0] = 1, one_sample[1] = n * c;
  const Tensor mean = for_each_sample(options.running_mean, n),
               var = for_each_sample(options.running_var, n);
  const bool follows = options.use_input_stats && mean.defined();
  const Tensor own_mean = follows ? mean.clone() : mean, own_var = follows ? var.clone() : var;
  const Tensor y = batch_norm(reshape(x, one_sample), own_mean, own_var,
                              {.weight = for_each_sample(options.weight, n),
                               .bias = for_each_sample(options.bias, n),
                               .training = options.use_input_stats,
                               .momentum = options.momentum,
                               .eps = options.eps});
  if (follows) {
    const NoGradGuard no_grad;
    Tensor(options.running_mean).copy_(percept::mean(reshape(own_mean, {n, c}), {0}));
    Tensor(options.running_var).copy_(percept::mean(reshape(own_var, {n, c}), {0}));
  }
  return reshape(y, x.shape());
}

// The groups of all samples as the channels of one.
Tensor group_norm(const Tensor& x, std::int64_t num_groups, const GroupNormOptions& options) {
  check_image("group_norm", x, 2);
  check_vectors("group_norm", x, {}, {}, options.weight, options.bias, true);
  const std::int64_t n = x.shape()[0], c = x.shape()[1];
  if (num_groups < 1 || c % num_groups != 0)
    throw ValueError(
        fmt::format("group_norm: num_groups must divide the {} channels of input {}, "
                    "found {}",
                    c, x.shape().str(), num_groups));
  if (x.numel() > 0 && x.numel() == n * num_groups)
    throw ValueError(
        fmt::format("group_norm: takes more than 1 value a group, found shape {} for {} groups",
                    x.shape().str(), num_groups));
  Tensor y = x;
  if (x.numel() > 0) {
    const Tensor groups = reshape(x, {1, n * num_groups, x.numel() / (n * num_groups)});
    y = reshape(batch_norm(groups, {}, {}, {.training = true, .eps = options.eps}), x.shape());
  }
  if (options.weight.defined()) y = y * over_channels(options.weight, x);
  if (options.bias.defined()) y = y + over_channels(options.bias, x);
  return y;
}

}  // namespace percept
