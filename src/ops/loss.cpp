#include "percept/ops/loss.h"

#include <fmt/format.h>

#include "engine/indexing.h"
#include "engine/loss.h"
#include "ops/check.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/math.h"
#include "percept/ops/reduce.h"
#include "percept/ops/softmax.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

Tensor reduce(const Tensor& losses, Reduction reduction) {
  switch (reduction) {
    case Reduction::none:
      return losses;
    case Reduction::mean:
      return mean(losses);
    case Reduction::sum:
      return sum(losses);
  }
  return losses;
}

void same_shape(const Tensor& input, const Tensor& target, const char* op) {
  if (input.shape() != target.shape())
    throw ShapeError(fmt::format("{}: input has shape {} but target {}; they must be equal", op,
                                 input.shape().str(), target.shape().str()));
}

void real(const Tensor& x, const char* what, const char* op) {
  must_be_computed_in(op, x);
  if (!is_floating(x.dtype()))
    throw DtypeError(fmt::format("{}: {} must be real numbers, found {} (shape {}); hint: .to(f32)",
                                 op, what, name_of(x.dtype()), x.shape().str()));
}

/// A weight that is larger than the losses would repeat them.
void must_broadcast(const Tensor& weight, const char* what, const Tensor& losses, const char* op) {
  bool fits = weight.dim() <= losses.dim();
  for (int i = 1; fits && i <= weight.dim(); ++i) {
    const std::int64_t size = weight.shape()[weight.dim() - i];
    fits = size == 1 || size == losses.shape()[losses.dim() - i];
  }
  if (!fits)
    throw ShapeError(fmt::format("{}: {} of shape {} does not broadcast to the input's shape {}",
                                 op, what, weight.shape().str(), losses.shape().str()));
}

Tensor weighted(const Tensor& losses, const Tensor& weight, const char* op) {
  if (!weight.defined()) return losses;
  must_broadcast(weight, "weight", losses, op);
  return losses * weight;
}

// The logarithms are held above -100 and the divisor above 1e-12, as in PyTorch (there an f32).
Tensor held_log(const Tensor& x) { return clamp(log(x), -100); }
Tensor held_log_rest(const Tensor& x) { return clamp(log1p(-x), -100); }
constexpr double kSmallest = 1e-12F;

// y = -(t log x + (1-t) log(1-x)):  dx = dy (x-t) / (x (1-x)),  dt = dy (log(1-x) - log x)
struct BinaryCrossEntropyBackward final : Node {
  Saved input{this}, target{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor x = input, t = target;
    if (dx.wanted(0)) dx[0] = dy * (x - t) / clamp(x * (1 - x), kSmallest);
    if (dx.wanted(1)) dx[1] = dy * (held_log_rest(x) - held_log(x));
  }
};

Tensor binary_losses(const Tensor& x, const Tensor& t) {
  Tensor y;
  {
    const NoGradGuard no_grad;
    y = -(t * held_log(x) + (1 - t) * held_log_rest(x));
  }
  if (auto* node = record<BinaryCrossEntropyBackward>(y, x, t)) node->input = x, node->target = t;
  return y;
}

/// Where the classes are: dimension 1 of a batch, 0 of a single sample.
int class_dim(const Tensor& input) { return input.dim() == 1 ? 0 : 1; }

void check_classes(const Tensor& input, const Tensor& target, const Tensor& weight,
                   std::int64_t ignore_index, const char* op) {
  if (input.dim() == 0)
    throw ShapeError(fmt::format("{}: input must be (N, C), (N, C, d...) or (C), found []", op));
  Shape expected = input.shape();
  const std::int64_t classes = expected[class_dim(input)];
  expected.erase(class_dim(input));
  if (target.dtype() != i64)
    throw DtypeError(
        fmt::format("{}: class indices must be i64, found {} (shape {}); hint: "
                    ".to(i64)",
                    op, name_of(target.dtype()), target.shape().str()));
  if (target.shape() != expected)
    throw ShapeError(fmt::format("{}: input {} needs a target of shape {}, found {}", op,
                                 input.shape().str(), expected.str(), target.shape().str()));
  if (weight.defined() && weight.shape() != Shape{classes})
    throw ShapeError(fmt::format("{}: weight must have one entry a class, shape [{}], found {}", op,
                                 classes, weight.shape().str()));
  const Tensor dense = target.contiguous();
  if (const std::int64_t place = engine::find_outside(dense, 0, classes, ignore_index); place >= 0)
    throw IndexError(fmt::format("{}: class {} of sample {} is outside [0, {})", op,
                                 dense.span<std::int64_t>()[static_cast<std::size_t>(place)], place,
                                 classes));
}

/// Sizes of 1 around the classes, so that a (C) vector broadcasts over input.
Tensor over_classes(const Tensor& weight, const Tensor& input) {
  Shape shape = Shape::filled(input.dim(), 1);
  shape[class_dim(input)] = weight.numel();
  return reshape(weight, shape);
}

/// The losses of a batch and the weights they were given, reduced.
struct Weighted {
  Tensor losses, weights;  // of target's shape; weights undefined means all 1
};

Tensor reduce(const Weighted& w, Reduction reduction) {
  if (reduction != Reduction::mean || !w.weights.defined()) return reduce(w.losses, reduction);
  return sum(w.losses) / sum(w.weights);
}

/// -w[t] x[t] for every sample.
Weighted pick_classes(const Tensor& input, const Tensor& target, const Tensor& weight,
                      std::int64_t ignore_index) {
  const int d = class_dim(input);
  const Tensor kept = ne(target, ignore_index);
  const bool all_kept = all(kept).item<bool>();
  const Tensor safe = all_kept ? target : where(kept, target, 0);
  Tensor losses = neg(squeeze(gather(input, d, unsqueeze(safe, d)), d));
  Tensor weights;
  if (weight.defined()) weights = reshape(index_select(weight, 0, flatten(safe)), target.shape());
  if (!all_kept) {
    const Tensor ones_and_zeros = kept.to(input.dtype());
    weights = weights.defined() ? weights * ones_and_zeros : ones_and_zeros;
    losses = where(kept, losses, 0);
  }
  return {weight.defined() ? losses * weights : losses, weights};
}

// y = mean or sum over i of -log softmax(x)[i][t[i]]:  dx = (softmax(x) - onehot(t)) dy (/ samples)
struct CrossEntropyBackward final : Node {
  Saved x{this}, t{this}, q{this};
  engine::CrossEntropy how{};
  void backward(const Tensor& dy, Gradients& dx) override {
    if (!grad_enabled()) {
      dx[0] = make(input(0).shape, dy.dtype());
      engine::cross_entropy_backward(how, dy, q, t, dx[0]);
      return;
    }
    const Tensor classes = arange(input(0).shape[1]), target = unsqueeze(t, 1);
    const Tensor kept = ne(target, how.ignore_index).to(dy.dtype());
    const Tensor wrong = softmax(x, 1) - eq(target, classes).to(dy.dtype());
    dx[0] = wrong * kept * (how.mean ? dy / sum(kept) : dy);
  }
};

/// The common case in one pass each way.
Tensor fused_cross_entropy(const Tensor& input, const Tensor& target,
                           const CrossEntropyOptions& options) {
  const engine::CrossEntropy how{options.ignore_index, options.reduction == Reduction::mean};
  const Tensor x = input.contiguous(), t = target.contiguous();
  Tensor q = make(x.shape(), x.dtype()), y = make({}, x.dtype());
  engine::cross_entropy(how, x, t, q, y);
  if (auto* node = record<CrossEntropyBackward>(y, x))
    node->x = x, node->t = t, node->q = q, node->how = how;
  return y;
}

}  // namespace

Tensor mse_loss(const Tensor& input, const Tensor& target, const LossOptions& options) {
  must_be_defined("mse_loss", input, target);
  real(input, "inputs", "mse_loss");
  same_shape(input, target, "mse_loss");
  return reduce(square(input - target), options.reduction);
}

Tensor l1_loss(const Tensor& input, const Tensor& target, const LossOptions& options) {
  must_be_defined("l1_loss", input, target);
  real(input, "inputs", "l1_loss");
  same_shape(input, target, "l1_loss");
  return reduce(abs(input - target), options.reduction);
}

Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberOptions& options) {
  must_be_defined("huber_loss", input, target);
  real(input, "inputs", "huber_loss");
  same_shape(input, target, "huber_loss");
  const double delta = options.delta;
  if (!(delta > 0))
    throw ValueError(fmt::format("huber_loss: delta must be above 0, found {}", delta));
  const Tensor distance = abs(input - target);
  const Tensor near = square(distance) * 0.5, far = (distance - delta / 2) * delta;
  return reduce(where(le(distance, delta), near, far), options.reduction);
}

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const BceOptions& options) {
  must_be_defined("binary_cross_entropy", input, target);
  real(input, "inputs", "binary_cross_entropy");
  same_shape(input, target, "binary_cross_entropy");
  if (any(logical_or(lt(input.detach(), 0), gt(input.detach(), 1))).item<bool>())
    throw ValueError(
        "binary_cross_entropy: inputs must lie between 0 and 1; hint: "
        "binary_cross_entropy_with_logits");
  const Tensor losses = binary_losses(input, target);
  return reduce(weighted(losses, options.weight, "binary_cross_entropy"), options.reduction);
}

Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BceWithLogitsOptions& options) {
  must_be_defined("binary_cross_entropy_with_logits", input, target);
  real(input, "inputs", "binary_cross_entropy_with_logits");
  same_shape(input, target, "binary_cross_entropy_with_logits");
  // (1-t) x + (1 + (w-1) t) log(1 + exp(-x)), the logarithm as softplus, which does not overflow
  const Tensor soft = softplus(-input, 1, 40);
  if (options.pos_weight.defined())
    must_broadcast(options.pos_weight, "pos_weight", input, "binary_cross_entropy_with_logits");
  const Tensor scale =
      options.pos_weight.defined() ? (options.pos_weight - 1) * target + 1 : Tensor();
  const Tensor losses = (1 - target) * input + (scale.defined() ? scale * soft : soft);
  return reduce(weighted(losses, options.weight, "binary_cross_entropy_with_logits"),
                options.reduction);
}

Tensor nll_loss(const Tensor& input, const Tensor& target, const NllOptions& options) {
  must_be_defined("nll_loss", input, target);
  real(input, "inputs", "nll_loss");
  check_classes(input, target, options.weight, options.ignore_index, "nll_loss");
  return reduce(pick_classes(input, target, options.weight, options.ignore_index),
                options.reduction);
}

Tensor cross_entropy(const Tensor& input, const Tensor& target,
                     const CrossEntropyOptions& options) {
  must_be_defined("cross_entropy", input, target);
  real(input, "inputs", "cross_entropy");
  const double smoothing = options.label_smoothing;
  if (!(smoothing >= 0 && smoothing <= 1))
    throw ValueError(fmt::format(
        "cross_entropy: label_smoothing must lie between 0 and 1, found {}", smoothing));
  const int d = input.dim() == 0 ? 0 : class_dim(input);

  if (is_floating(target.dtype())) {  // probabilities: -sum_c w_c t_c log q_c
    same_shape(input, target, "cross_entropy");
    const Tensor log_q = log_softmax(input, d);
    const auto classes = static_cast<double>(input.shape()[d]);
    const Tensor t = smoothing > 0 ? target * (1 - smoothing) + smoothing / classes : target;
    Tensor terms = t * log_q;
    if (options.weight.defined()) {
      check_classes(input, argmax(target, d), options.weight, -1, "cross_entropy");
      terms = terms * over_classes(options.weight, input);
    }
    const Tensor losses = -sum(terms, {d});
    if (options.reduction != Reduction::mean) return reduce(losses, options.reduction);
    return sum(losses) / (static_cast<double>(input.numel()) / classes);  // over samples
  }

  check_classes(input, target, options.weight, options.ignore_index, "cross_entropy");
  if (engine::fusion() && input.dim() == 2 && input.shape()[1] > 0 && !options.weight.defined() &&
      smoothing == 0 && options.reduction != Reduction::none)
    return fused_cross_entropy(input, target, options);
  const Tensor log_q = log_softmax(input, d);
  const Weighted picked = pick_classes(log_q, target, options.weight, options.ignore_index);
  Tensor nll = reduce(picked, options.reduction);
  if (smoothing == 0) return nll;

  // (1 - s) nll + s/C sum_c -w_c log q_c
  Tensor spread = -log_q;
  if (options.weight.defined()) spread = spread * over_classes(options.weight, input);
  Tensor smooth = sum(spread, {d});
  const Tensor kept = ne(target, options.ignore_index);
  smooth = where(kept, smooth, 0);
  Tensor weights = picked.weights.defined() ? picked.weights : Tensor();
  const Tensor reduced = reduce(Weighted{smooth, weights}, options.reduction);
  const auto classes = static_cast<double>(input.shape()[d]);
  return nll * (1 - smoothing) + reduced * (smoothing / classes);
}

Tensor kl_div(const Tensor& input, const Tensor& target, const KlDivOptions& options) {
  must_be_defined("kl_div", input, target);
  real(input, "inputs", "kl_div");
  same_shape(input, target, "kl_div");
  Tensor losses;
  if (options.log_target) {
    losses = exp(target) * (target - input);
  } else {
    const Tensor zero = eq(target, 0);
    losses = where(zero, 0, target * (log(where(zero, 1, target)) - input));
  }
  switch (options.reduction) {
    case KlReduction::none:
      return losses;
    case KlReduction::mean:
      return mean(losses);
    case KlReduction::sum:
      return sum(losses);
    case KlReduction::batchmean:
      if (input.dim() == 0)
        throw ShapeError("kl_div: batchmean needs a batch dimension, found shape []");
      return sum(losses) / static_cast<double>(input.shape()[0]);
  }
  return losses;
}

}  // namespace percept
