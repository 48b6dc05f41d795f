// Losses as modules: `nn::CrossEntropyLoss loss; loss(net(x), t).backward()`. Formulas, options and
// what each throws are those of the functions in percept/ops/loss.h.
#pragma once

#include "percept/nn/module.h"
#include "percept/ops/loss.h"

namespace percept::nn {

/// What every loss shares: two arguments, and class weights (if any) as buffers.
class Loss : public Module {
 public:
  using Module::forward;
  virtual Tensor forward(const Tensor& input, const Tensor& target) = 0;
  Tensor operator()(const Tensor& input, const Tensor& target) { return forward(input, target); }
  void visit(Visitor&) override {}
};

class MSELoss : public Loss {
 public:
  explicit MSELoss(const LossOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& input, const Tensor& target) override;

 private:
  LossOptions options_;
};

class L1Loss : public Loss {
 public:
  explicit L1Loss(const LossOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& input, const Tensor& target) override;

 private:
  LossOptions options_;
};

class HuberLoss : public Loss {
 public:
  explicit HuberLoss(const HuberOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& input, const Tensor& target) override;

 private:
  HuberOptions options_;
};

class BCELoss : public Loss {
 public:
  explicit BCELoss(const BceOptions& options = {});
  Tensor forward(const Tensor& input, const Tensor& target) override;
  void visit(Visitor& visitor) override;

  Buffer weight;  // undefined without it

 private:
  Reduction reduction_;
};

class BCEWithLogitsLoss : public Loss {
 public:
  explicit BCEWithLogitsLoss(const BceWithLogitsOptions& options = {});
  Tensor forward(const Tensor& input, const Tensor& target) override;
  void visit(Visitor& visitor) override;

  Buffer weight, pos_weight;  // undefined without them

 private:
  Reduction reduction_;
};

class NLLLoss : public Loss {
 public:
  explicit NLLLoss(const NllOptions& options = {});
  Tensor forward(const Tensor& input, const Tensor& target) override;
  void visit(Visitor& visitor) override;

  Buffer weight;  // (C), undefined without it

 private:
  std::int64_t ignore_index_;
  Reduction reduction_;
};

class CrossEntropyLoss : public Loss {
 public:
  explicit CrossEntropyLoss(const CrossEntropyOptions& options = {});
  Tensor forward(const Tensor& input, const Tensor& target) override;
  void visit(Visitor& visitor) override;

  Buffer weight;  // (C), undefined without it

 private:
  std::int64_t ignore_index_;
  Reduction reduction_;
  double label_smoothing_;
};

struct CenterLossOptions {
  double weight = 1;  ///< λ
  double rate = 0.5;  ///< α: how far a centre moves towards its samples; in [0, 1]
  Reduction reduction = Reduction::mean;
};

/// λ/2 |x - c_y|² for each sample: features (N, D) are drawn to the centre of their class y (N),
/// i64. In training each call then moves the centres, c_j += α Σ (x - c_j) / (1 + n_j), summed over
/// the n_j samples of class j; they start at 0. Y. Wen et al., "A discriminative feature learning
/// approach for deep face recognition", ECCV 2016, whose loss is Reduction::sum. Throws ShapeError,
/// and IndexError for a class outside [0, classes).
class CenterLoss : public Loss {
 public:
  /// Throws ValueError for a negative size and a rate outside [0, 1].
  CenterLoss(std::int64_t classes, std::int64_t features, const CenterLossOptions& options = {});
  Tensor forward(const Tensor& input, const Tensor& target) override;
  void visit(Visitor& visitor) override;

  Buffer centers;  // (classes, features)

 private:
  CenterLossOptions options_;
};

class KLDivLoss : public Loss {
 public:
  explicit KLDivLoss(const KlDivOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& input, const Tensor& target) override;

 private:
  KlDivOptions options_;
};

}  // namespace percept::nn
