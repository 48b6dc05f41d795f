// Activation functions as modules; the functions are in percept/ops/activation.h.
#pragma once

#include "percept/nn/module.h"

namespace percept::nn {

/// A module without parameters: y = f(x).
class Activation : public Module {
 public:
  void visit(Visitor&) override {}
};

class ReLU : public Activation {
 public:
  Tensor forward(const Tensor& x) override;
};

}  // namespace percept::nn
