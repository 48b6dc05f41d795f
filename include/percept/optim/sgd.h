// Stochastic gradient descent. https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
#pragma once

#include <vector>

#include "percept/optim/optimizer.h"

namespace percept::optim {

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool maximize = false;
};

/// g = dL/dp + weight_decay p;  b = momentum b + (1 - dampening) g, at first b = g;
/// p -= lr b, or with nesterov p -= lr (g + momentum b).
/// Throws ValueError for a negative lr, momentum or weight_decay, and for nesterov without momentum
/// or with dampening.
class SGD : public Optimizer {
 public:
  explicit SGD(std::vector<Tensor> params, const SGDOptions& options = {});
  explicit SGD(std::vector<ParamGroup> groups, const SGDOptions& options = {});

 private:
  void use(const Options& options) override;
  void update(Tensor& param, const Tensor& grad, Slot& slot) override;

  SGDOptions now_;
};

}  // namespace percept::optim
