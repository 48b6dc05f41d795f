// LeNet-5, the network that made convolutions known: LeCun, Bottou, Bengio, Haffner,
// "Gradient-based learning applied to document recognition", Proc. IEEE 86(11), 1998.
#pragma once

#include "percept/nn/conv.h"
#include "percept/nn/linear.h"
#include "percept/nn/pool.h"

namespace percept::models {

/// LeNet-5 as it is written today: ReLU, maxima of 2 x 2, every map of C3 connected to every map of
/// S2, linear outputs. x (N, 1, 28, 28), y (N, outputs); 61,706 parameters for 10 outputs.
class LeNet5 : public nn::Module {
 public:
  explicit LeNet5(std::int64_t outputs = 10);
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  std::string name() const override { return "LeNet5"; }

  nn::Conv2d conv1, conv2;
  nn::MaxPool2d pool;
  nn::Linear fc1, fc2, fc3;
};

/// Means of 2 x 2, times a coefficient and plus a bias that each map learns: x (N, C, H, W),
/// y (N, C, H/2, W/2). The paper sums the four; its coefficient is a quarter of this one.
class Subsampling : public nn::Module {
 public:
  explicit Subsampling(std::int64_t channels);
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  std::string extra_repr() const override;

  nn::Parameter weight, bias;  // (C)
};

/// C3 of the paper: 16 maps, each of which sees 3, 4 or all 6 of the maps below (table I), so that
/// they cannot all become alike. x (N, 6, H, W), y (N, 16, H-4, W-4); 60 kernels of 5 x 5.
class SparseConv : public nn::Module {
 public:
  SparseConv();
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  std::string extra_repr() const override;
  std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;
  /// The connections, in the order of `weight`: from[i] of S2 to to[i] of C3.
  static const Tensor& from();
  static const Tensor& to();

  nn::Parameter weight;  // (60, 5, 5)
  nn::Parameter bias;    // (16)
};

/// LeNet-5 as published: learned subsampling, sparse C3, 1.7159 tanh(2/3 a), and outputs that are
/// squared distances to a fixed code of ±1 for each class. x (N, 1, 28, 28), y (N, outputs) the
/// negative distances, so that the nearest code is the largest; 60,000 parameters.
class LeNet5Sparse : public nn::Module {
 public:
  explicit LeNet5Sparse(std::int64_t outputs = 10);
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  std::string name() const override { return "LeNet5Sparse"; }

  nn::Conv2d c1;
  Subsampling s2;
  SparseConv c3;
  Subsampling s4;
  nn::Linear c5, f6;
  nn::Buffer codes;  // (outputs, 84), not learned
};

}  // namespace percept::models
