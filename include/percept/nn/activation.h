// Activation functions as modules; the functions, with their formulas, are in
// percept/ops/activation.h and percept/ops/softmax.h.
#pragma once

#include "percept/nn/module.h"
#include "percept/ops/activation.h"

namespace percept::nn {

/// A module without parameters: y = f(x), y of x's shape.
class Activation : public Module {
 public:
  void visit(Visitor&) override {}
};

class Sigmoid : public Activation {
 public:
  Tensor forward(const Tensor& x) override;
};

class Tanh : public Activation {
 public:
  Tensor forward(const Tensor& x) override;
};

class ReLU : public Activation {
 public:
  Tensor forward(const Tensor& x) override;
};

class LeakyReLU : public Activation {
 public:
  explicit LeakyReLU(double negative_slope = 0.01) : negative_slope_(negative_slope) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  double negative_slope_;
};

/// x where x > 0, else weight x; the slope is learned: one for all elements, or one a channel
/// (dimension 1 of x). He et al., "Delving deep into rectifiers", 2015.
class PReLU : public Module {
 public:
  /// Every slope starts as `init`. Throws ValueError for num_parameters < 1.
  explicit PReLU(std::int64_t num_parameters = 1, double init = 0.25);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;
  std::string extra_repr() const override;

  Parameter weight;  // (num_parameters)
};

class ELU : public Activation {
 public:
  explicit ELU(double alpha = 1.0) : alpha_(alpha) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  double alpha_;
};

/// `GELU{{.tanh = true}}` is PyTorch's GELU(approximate='tanh').
class GELU : public Activation {
 public:
  explicit GELU(const GeluOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  GeluOptions options_;
};

class SiLU : public Activation {
 public:
  Tensor forward(const Tensor& x) override;
};

class Softplus : public Activation {
 public:
  /// Throws ValueError for beta 0.
  explicit Softplus(double beta = 1.0, double threshold = 20.0);
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  double beta_, threshold_;
};

class Softmax : public Activation {
 public:
  explicit Softmax(std::int64_t dim) : dim_(dim) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::int64_t dim_;
};

class LogSoftmax : public Activation {
 public:
  explicit LogSoftmax(std::int64_t dim) : dim_(dim) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::int64_t dim_;
};

/// The threshold unit of McCulloch and Pitts: 1 where x > 0, else 0. Nothing is learned through it.
class Step : public Activation {
 public:
  Tensor forward(const Tensor& x) override;
};

}  // namespace percept::nn
