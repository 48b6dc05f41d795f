// Padding layers: percept/ops/pad.h around the places of an image. Pads are one number for all
// sides, or {left, right}, and of images {left, right, top, bottom}.
#pragma once

#include "percept/nn/module.h"
#include "percept/ops/pad.h"
#include "percept/ops/per_dim.h"

namespace percept::nn {

class Pad : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  void visit(Visitor&) override {}
  std::string extra_repr() const override;

 protected:
  /// Throws ValueError for another number of pads.
  Pad(const PerDim& padding, int dims, const PadOptions& options);

  Shape padding_;
  PadOptions options_;
};

class ZeroPad1d : public Pad {
 public:
  explicit ZeroPad1d(const PerDim& padding) : Pad(padding, 1, {}) {}
};
class ZeroPad2d : public Pad {
 public:
  explicit ZeroPad2d(const PerDim& padding) : Pad(padding, 2, {}) {}
};

class ConstantPad : public Pad {
 public:
  std::string extra_repr() const override;

 protected:
  ConstantPad(const PerDim& padding, int dims, const Scalar& value)
      : Pad(padding, dims, {.value = value}) {}
};
class ConstantPad1d : public ConstantPad {
 public:
  ConstantPad1d(const PerDim& padding, const Scalar& value) : ConstantPad(padding, 1, value) {}
};
class ConstantPad2d : public ConstantPad {
 public:
  ConstantPad2d(const PerDim& padding, const Scalar& value) : ConstantPad(padding, 2, value) {}
};

class ReflectionPad1d : public Pad {
 public:
  explicit ReflectionPad1d(const PerDim& padding) : Pad(padding, 1, {PadMode::reflect}) {}
};
class ReflectionPad2d : public Pad {
 public:
  explicit ReflectionPad2d(const PerDim& padding) : Pad(padding, 2, {PadMode::reflect}) {}
};
class ReplicationPad1d : public Pad {
 public:
  explicit ReplicationPad1d(const PerDim& padding) : Pad(padding, 1, {PadMode::replicate}) {}
};
class ReplicationPad2d : public Pad {
 public:
  explicit ReplicationPad2d(const PerDim& padding) : Pad(padding, 2, {PadMode::replicate}) {}
};
class CircularPad1d : public Pad {
 public:
  explicit CircularPad1d(const PerDim& padding) : Pad(padding, 1, {PadMode::circular}) {}
};
class CircularPad2d : public Pad {
 public:
  explicit CircularPad2d(const PerDim& padding) : Pad(padding, 2, {PadMode::circular}) {}
};

}  // namespace percept::nn
