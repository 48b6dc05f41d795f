// Layers without state of their own beside weights: linear maps and changes of shape.
#pragma once

#include "percept/nn/module.h"

namespace percept::nn {

struct LinearOptions {
  bool bias = true;
  Dtype dtype = f32;
};

/// y = x Wᵀ + b:  x (..., in), weight (out, in), bias (out), y (..., out). Both start uniform in
/// ±1/sqrt(in), PyTorch's default. https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
class Linear : public Module {
 public:
  Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options = {});
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;
  std::string extra_repr() const override;
  std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;
  /// Draws weight and bias anew.
  void reset_parameters();

  std::int64_t in_features, out_features;
  Parameter weight, bias;  // bias is undefined without it
};

/// Dimensions start_dim..end_dim as one.
class Flatten : public Module {
 public:
  explicit Flatten(std::int64_t start_dim = 1, std::int64_t end_dim = -1)
      : start_dim_(start_dim), end_dim_(end_dim) {}
  Tensor forward(const Tensor& x) override;
  void visit(Visitor&) override {}
  std::string extra_repr() const override;

 private:
  std::int64_t start_dim_, end_dim_;
};

/// Dimension dim as several.
class Unflatten : public Module {
 public:
  Unflatten(std::int64_t dim, Shape sizes) : dim_(dim), sizes_(sizes) {}
  Tensor forward(const Tensor& x) override;
  void visit(Visitor&) override {}
  std::string extra_repr() const override;

 private:
  std::int64_t dim_;
  Shape sizes_;
};

/// y = x
class Identity : public Module {
 public:
  Tensor forward(const Tensor& x) override { return x; }
  void visit(Visitor&) override {}
};

/// dropout(x) in training, x otherwise.
class Dropout : public Module {
 public:
  /// Throws ValueError unless 0 <= p <= 1.
  explicit Dropout(double p = 0.5);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor&) override {}
  std::string extra_repr() const override;

 private:
  double p_;
};

}  // namespace percept::nn
