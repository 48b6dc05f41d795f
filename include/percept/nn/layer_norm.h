// Normalisation of each sample over its own last dimensions, with learned scale and shift; formulas
// in percept/ops/layer_norm.h.
#pragma once

#include <optional>

#include "percept/nn/module.h"

namespace percept::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool elementwise_affine = true;  ///< has weight (ones at first) and bias
  bool bias = true;                ///< has bias (zeros at first)
  Dtype dtype = f32;
};

/// y = layer_norm(x) over the last dimensions, of sizes normalized_shape; weight, bias of that
/// shape. https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
class LayerNorm : public Module {
 public:
  /// Throws ShapeError for a size below 0.
  explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {});
  explicit LayerNorm(std::int64_t size, const LayerNormOptions& options = {})
      : LayerNorm(Shape{size}, options) {}
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;
  std::string extra_repr() const override;

  Parameter weight, bias;  // undefined without them

 private:
  Shape normalized_shape_;
  double eps_;
};

struct RmsNormOptions {
  std::optional<double> eps = {};  ///< otherwise the distance from 1 to the next number of x's type
  bool elementwise_affine = true;  ///< has weight, ones at first
  Dtype dtype = f32;
};

/// y = rms_norm(x) over the last dimensions, of sizes normalized_shape.
/// https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html
class RMSNorm : public Module {
 public:
  /// Throws ShapeError for a size below 0.
  explicit RMSNorm(const Shape& normalized_shape, const RmsNormOptions& options = {});
  explicit RMSNorm(std::int64_t size, const RmsNormOptions& options = {})
      : RMSNorm(Shape{size}, options) {}
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;
  std::string extra_repr() const override;

  Parameter weight;  // undefined without it

 private:
  Shape normalized_shape_;
  std::optional<double> eps_;
};

}  // namespace percept::nn
