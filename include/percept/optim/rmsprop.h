// RMSprop. https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
#pragma once

#include <vector>

#include "percept/optim/optimizer.h"

namespace percept::optim {

struct RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;
  bool maximize = false;
};

/// With g = dL/dp + weight_decay p:
///   v = alpha v + (1 - alpha) g^2;  centered: a = alpha a + (1 - alpha) g and v - a^2 in v's place
///   b = momentum b + g / (sqrt(v) + eps);  p -= lr b
/// Throws ValueError for negative numbers.
class RMSprop : public Optimizer {
 public:
  explicit RMSprop(std::vector<Tensor> params, const RMSpropOptions& options = {});
  explicit RMSprop(std::vector<ParamGroup> groups, const RMSpropOptions& options = {});

 private:
  void use(const Options& options) override;
  void update(Tensor& param, const Tensor& grad, Slot& slot) override;

  RMSpropOptions now_;
};

}  // namespace percept::optim
