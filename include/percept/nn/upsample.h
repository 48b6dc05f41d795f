// Resizing as a layer; the function, with its formulas, is in percept/ops/interpolate.h.
#pragma once

#include "percept/nn/module.h"
#include "percept/ops/interpolate.h"

namespace percept::nn {

/// `Upsample{{.scale_factor = 2}}` doubles height and width.
class Upsample : public Module {
 public:
  explicit Upsample(const InterpolateOptions& options) : options_(options) {}
  Tensor forward(const Tensor& x) override;
  void visit(Visitor&) override {}
  std::string extra_repr() const override;

 private:
  InterpolateOptions options_;
};

}  // namespace percept::nn
