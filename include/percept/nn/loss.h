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

class KLDivLoss : public Loss {
 public:
  explicit KLDivLoss(const KlDivOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& input, const Tensor& target) override;

 private:
  KlDivOptions options_;
};

}  // namespace percept::nn
