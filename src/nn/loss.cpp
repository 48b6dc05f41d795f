#include "percept/nn/loss.h"

#include <fmt/format.h>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/math.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/tensor/factory.h"

namespace percept::nn {

Tensor MSELoss::forward(const Tensor& input, const Tensor& target) {
  return mse_loss(input, target, options_);
}

Tensor L1Loss::forward(const Tensor& input, const Tensor& target) {
  return l1_loss(input, target, options_);
}

Tensor HuberLoss::forward(const Tensor& input, const Tensor& target) {
  return huber_loss(input, target, options_);
}

BCELoss::BCELoss(const BceOptions& options)
    : weight(options.weight), reduction_(options.reduction) {}
Tensor BCELoss::forward(const Tensor& input, const Tensor& target) {
  return binary_cross_entropy(input, target, {.weight = weight, .reduction = reduction_});
}
void BCELoss::visit(Visitor& visitor) { visitor("weight", weight); }

BCEWithLogitsLoss::BCEWithLogitsLoss(const BceWithLogitsOptions& options)
    : weight(options.weight), pos_weight(options.pos_weight), reduction_(options.reduction) {}
Tensor BCEWithLogitsLoss::forward(const Tensor& input, const Tensor& target) {
  return binary_cross_entropy_with_logits(
      input, target, {.weight = weight, .reduction = reduction_, .pos_weight = pos_weight});
}
void BCEWithLogitsLoss::visit(Visitor& visitor) {
  visitor("weight", weight);
  visitor("pos_weight", pos_weight);
}

NLLLoss::NLLLoss(const NllOptions& options)
    : weight(options.weight), ignore_index_(options.ignore_index), reduction_(options.reduction) {}
Tensor NLLLoss::forward(const Tensor& input, const Tensor& target) {
  return nll_loss(input, target,
                  {.weight = weight, .ignore_index = ignore_index_, .reduction = reduction_});
}
void NLLLoss::visit(Visitor& visitor) { visitor("weight", weight); }

CrossEntropyLoss::CrossEntropyLoss(const CrossEntropyOptions& options)
    : weight(options.weight),
      ignore_index_(options.ignore_index),
      reduction_(options.reduction),
      label_smoothing_(options.label_smoothing) {}
Tensor CrossEntropyLoss::forward(const Tensor& input, const Tensor& target) {
  return cross_entropy(input, target,
                       {.weight = weight,
                        .ignore_index = ignore_index_,
                        .reduction = reduction_,
                        .label_smoothing = label_smoothing_});
}
void CrossEntropyLoss::visit(Visitor& visitor) { visitor("weight", weight); }

CenterLoss::CenterLoss(std::int64_t classes, std::int64_t features,
                       const CenterLossOptions& options)
    : options_(options) {
  if (classes < 0 || features < 0)
    throw ValueError(
        fmt::format("CenterLoss: sizes must not be negative, found {} and {}", classes, features));
  if (!(options.rate >= 0 && options.rate <= 1))
    throw ValueError(fmt::format("CenterLoss: found a rate of {}, allowed 0 to 1", options.rate));
  centers = Buffer(zeros({classes, features}));
}

Tensor CenterLoss::forward(const Tensor& input, const Tensor& target) {
  if (input.dim() != 2 || input.size(1) != centers.size(1) ||
      target.shape() != Shape{input.size(0)})
    throw ShapeError(
        fmt::format("CenterLoss: input has shape {} and target {}, expected (N, {}) and (N)",
                    input.shape().str(), target.shape().str(), centers.size(1)));
  const Tensor away = input - index_select(centers, 0, target).to(input.dtype());
  Tensor each = sum(square(away), {1}) * (options_.weight / 2);
  if (is_training()) {
    const NoGradGuard no_grad;
    const Tensor members = one_hot(target, centers.size(0)).to(centers.dtype());
    const Tensor pull = matmul(members.t(), away.to(centers.dtype()));
    centers += pull * options_.rate / (sum(members, {0}) + 1).unsqueeze(1);
  }
  if (options_.reduction == Reduction::none) return each;
  return options_.reduction == Reduction::mean ? mean(each) : sum(each);
}

void CenterLoss::visit(Visitor& visitor) { visitor("centers", centers); }

Tensor KLDivLoss::forward(const Tensor& input, const Tensor& target) {
  return kl_div(input, target, options_);
}

}  // namespace percept::nn
