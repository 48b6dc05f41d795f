#include "percept/nn/loss.h"

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

Tensor KLDivLoss::forward(const Tensor& input, const Tensor& target) {
  return kl_div(input, target, options_);
}

}  // namespace percept::nn
