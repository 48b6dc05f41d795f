// Adam and AdamW. https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
#pragma once

#include <utility>
#include <vector>

#include "percept/optim/optimizer.h"

namespace percept::optim {

struct AdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};  ///< "beta1" and "beta2" in a group's options
  double eps = 1e-8;
  double weight_decay = 0;
  bool amsgrad = false;
  bool maximize = false;
};

/// At step t, with g = dL/dp + weight_decay p:
///   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
///   p -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
/// amsgrad takes the largest v so far. Throws ValueError for negative numbers and betas >= 1.
class Adam : public Optimizer {
 public:
  explicit Adam(std::vector<Tensor> params, const AdamOptions& options = {});
  explicit Adam(std::vector<ParamGroup> groups, const AdamOptions& options = {});

 protected:
  Adam(std::vector<ParamGroup> groups, const AdamOptions& options, const char* type,
       bool decoupled);

 private:
  void use(const Options& options) override;
  void update(Tensor& param, const Tensor& grad, Slot& slot) override;

  AdamOptions now_;
  bool decoupled_;  // weight decay acts on the parameter, not through the gradient
  // Of the parameter before, most often those of this one too: t, and what depends on it.
  std::int64_t t_ = 0;
  double step_size_ = 0;  // lr / (1 - beta1^t)
  double root_ = 0;       // sqrt(1 - beta2^t)
};

struct AdamWOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-2;
  bool amsgrad = false;
  bool maximize = false;
};

/// Adam with g = dL/dp, after p *= 1 - lr weight_decay.
class AdamW : public Adam {
 public:
  explicit AdamW(std::vector<Tensor> params, const AdamWOptions& options = {});
  explicit AdamW(std::vector<ParamGroup> groups, const AdamWOptions& options = {});
};

}  // namespace percept::optim
