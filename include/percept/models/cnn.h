// A small convolutional network of the kind that followed LeNet.
#pragma once

#include "percept/nn/linear.h"
#include "percept/nn/sequential.h"

namespace percept::models {

/// Two blocks of 3 x 3 convolution, batch norm, ReLU and maxima of 2 x 2, with 32 and 64 maps, then
/// dropout, 128 units, dropout and the outputs. x (N, C, H, W), y (N, outputs).
class Cnn : public nn::Module {
 public:
  /// Throws ValueError for an image below 4 x 4.
  Cnn(const Shape& image, std::int64_t outputs);
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  std::string name() const override { return "Cnn"; }

  nn::Sequential features, classifier;
};

}  // namespace percept::models
