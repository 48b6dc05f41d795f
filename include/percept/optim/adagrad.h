// Adagrad. https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
#pragma once

#include <vector>

#include "percept/optim/optimizer.h"

namespace percept::optim {

struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;
  double weight_decay = 0;
  double initial_accumulator_value = 0;
  double eps = 1e-10;
  bool maximize = false;
};

/// At step t, with g = dL/dp + weight_decay p:
///   s += g^2, at first s = initial_accumulator_value
///   p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)
/// Throws ValueError for negative numbers.
class Adagrad : public Optimizer {
 public:
  explicit Adagrad(std::vector<Tensor> params, const AdagradOptions& options = {});
  explicit Adagrad(std::vector<ParamGroup> groups, const AdagradOptions& options = {});

 private:
  void use(const Options& options) override;
  void update(Tensor& param, const Tensor& grad, Slot& slot) override;

  AdagradOptions now_;
};

}  // namespace percept::optim
