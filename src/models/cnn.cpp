#include "percept/models/cnn.h"

#include "percept/nn/activation.h"
#include "percept/nn/batch_norm.h"
#include "percept/nn/conv.h"
#include "percept/nn/pool.h"

namespace percept::models {

// Without a bias where batch norm takes the mean off again.
Cnn::Cnn(const Shape& image, std::int64_t outputs)
    : features{nn::Conv2d{image[0], 32, 3, {.padding = 1, .bias = false}},
               nn::BatchNorm2d{32},
               nn::ReLU{},
               nn::MaxPool2d{2},
               nn::Conv2d{32, 64, 3, {.padding = 1, .bias = false}},
               nn::BatchNorm2d{64},
               nn::ReLU{},
               nn::MaxPool2d{2}},
      classifier{
          nn::Flatten{}, nn::Dropout{0.25}, nn::Linear{64 * (image[1] / 4) * (image[2] / 4), 128},
          nn::ReLU{},    nn::Dropout{0.5},  nn::Linear{128, outputs}} {}

Tensor Cnn::forward(const Tensor& x) { return classifier(features(x)); }

void Cnn::visit(nn::Visitor& visitor) {
  visitor("features", features);
  visitor("classifier", classifier);
}

}  // namespace percept::models
