// Losses. `reduction` says what becomes of the losses of the single elements or samples.
#pragma once

#include "percept/tensor/tensor.h"

namespace percept {

enum class Reduction : unsigned char { none, mean, sum };

struct LossOptions {
  Reduction reduction = Reduction::mean;
};

// Each throws ShapeError unless input and target have the same shape (or broadcast, where PyTorch
// does), and DtypeError for a type it does not take.

/// (x - t)^2. The lecture's E has a factor 1/2 in front, PyTorch and percept have not.
Tensor mse_loss(const Tensor& input, const Tensor& target, const LossOptions& options = {});
/// |x - t|
Tensor l1_loss(const Tensor& input, const Tensor& target, const LossOptions& options = {});

struct HuberOptions {
  Reduction reduction = Reduction::mean;
  double delta = 1;
};
/// (x-t)^2 / 2 where |x-t| <= delta, else delta (|x-t| - delta/2). Throws ValueError for delta <=
/// 0.
Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberOptions& options = {});

struct BceOptions {
  Tensor weight = {};  ///< of each element, if defined; broadcasts
  Reduction reduction = Reduction::mean;
};
/// -(t log x + (1-t) log(1-x)), x in [0, 1]; logarithms are held above -100, as in PyTorch.
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                            const BceOptions& options = {});
struct BceWithLogitsOptions {
  Tensor weight = {};
  Reduction reduction = Reduction::mean;
  Tensor pos_weight = {};  ///< of the positive term, if defined; broadcasts
};
/// The same of sigmoid(x), without overflow.
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BceWithLogitsOptions& options = {});

struct NllOptions {
  Tensor weight = {};  ///< of each class (C), if defined
  std::int64_t ignore_index = -100;
  Reduction reduction = Reduction::mean;
};
/// -weight[t] x[t]: input (N, C), (N, C, d...) or (C) of log-probabilities, target i64 of the same
/// shape without C. The mean is weighted. Throws IndexError for a class outside [0, C) that is not
/// ignore_index.
Tensor nll_loss(const Tensor& input, const Tensor& target, const NllOptions& options = {});

struct CrossEntropyOptions {
  Tensor weight = {};  ///< of each class (C), if defined
  std::int64_t ignore_index = -100;
  Reduction reduction = Reduction::mean;
  double label_smoothing = 0;  ///< this share of the target is spread evenly over the classes
};
/// The cross entropy between softmax(input) and the target: class indices (i64, as in nll_loss), or
/// probabilities of input's shape. nll_loss(log_softmax(input)) for indices.
/// https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
Tensor cross_entropy(const Tensor& input, const Tensor& target,
                     const CrossEntropyOptions& options = {});

enum class KlReduction : unsigned char { none, mean, sum, batchmean };
struct KlDivOptions {
  KlReduction reduction = KlReduction::mean;  ///< mean over elements, as PyTorch's default
  bool log_target = false;                    ///< the target holds log-probabilities
};
/// t (log t - x), x log-probabilities; 0 where t = 0.
Tensor kl_div(const Tensor& input, const Tensor& target, const KlDivOptions& options = {});

}  // namespace percept
