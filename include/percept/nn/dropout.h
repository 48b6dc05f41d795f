// Dropout of whole channels; that of single elements is in percept/nn/linear.h.
#pragma once

#include "percept/nn/module.h"

namespace percept::nn {

/// dropout2d(x) in training, x otherwise.
class Dropout2d : public Module {
 public:
  /// Throws ValueError unless 0 <= p <= 1.
  explicit Dropout2d(double p = 0.5);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor&) override {}
  std::string extra_repr() const override;

 private:
  double p_;
};

}  // namespace percept::nn
