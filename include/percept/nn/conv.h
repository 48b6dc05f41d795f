// Convolutions as layers, and images as patches; the formulas are in percept/ops/conv.h and
// percept/ops/unfold.h.
#pragma once

#include <vector>

#include "percept/nn/module.h"
#include "percept/ops/conv.h"
#include "percept/ops/pad.h"
#include "percept/ops/unfold.h"

namespace percept::nn {

/// What the layers that move a learned kernel have in common. Weight and bias start uniform in
/// ±1/sqrt(fan-in), PyTorch's default.
class Convolution : public Module {
 public:
  void visit(Visitor& visitor) override;
  std::string extra_repr() const override;
  /// Draws weight and bias anew.
  void reset_parameters();

  std::int64_t in_channels, out_channels;
  Shape kernel_size;
  Parameter weight, bias;  // bias is undefined without it

 protected:
  /// Throws ValueError for negative channels and channels that cannot be parted into the groups.
  Convolution(const char* layer, std::int64_t in, std::int64_t out, const Shape& kernel,
              bool transposed, std::int64_t groups, bool with_bias, Dtype dtype);
  std::int64_t kernel_elements() const { return kernel_size.numel(); }

 private:
  /// What extra_repr() says of the layer's own options.
  virtual std::string options_text() const = 0;
};

struct ConvLayerOptions {
  PerDim stride = 1;
  Padding padding = 0;
  PerDim dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
  PadMode padding_mode = PadMode::constant;  ///< what the padding holds; constant: zeros
  Dtype dtype = f32;
};

/// What Conv1d and Conv2d have in common.
class ConvNd : public Convolution {
 public:
  std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;
  std::string extra_repr() const override;
  /// x as the kernel meets it: with a padding of anything but zeros around it.
  Tensor padded(const Tensor& x) const;
  /// How the kernel moves over padded(x).
  const ConvOptions& options() const { return options_; }

 protected:
  /// Throws ValueError for what would make every call throw.
  ConvNd(const char* layer, std::int64_t in, std::int64_t out, const Shape& kernel,
         const ConvLayerOptions& options);

 private:
  std::string options_text() const override;
  ConvOptions given_, options_;
  PadMode padding_mode_;
  std::vector<std::int64_t> pads_;  // of padded(); empty for zeros
};

/// y = conv1d(x, weight, bias):  x (N, in, L), weight (out, in/groups, k), y (N, out, L').
/// https://pytorch.org/docs/stable/generated/torch.nn.Conv1d.html
class Conv1d : public ConvNd {
 public:
  Conv1d(std::int64_t in_channels, std::int64_t out_channels, const PerDim& kernel_size,
         const ConvLayerOptions& options = {});
  Tensor forward(const Tensor& x) override;
};

/// y = conv2d(x, weight, bias):  x (N, in, H, W), weight (out, in/groups, kH, kW), y
/// (N, out, H', W'): `nn::Conv2d{3, 16, 5, {.padding = 2}}`.
/// https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
class Conv2d : public ConvNd {
 public:
  Conv2d(std::int64_t in_channels, std::int64_t out_channels, const PerDim& kernel_size,
         const ConvLayerOptions& options = {});
  Tensor forward(const Tensor& x) override;
};

struct ConvTransposeLayerOptions {
  PerDim stride = 1;
  PerDim padding = 0;
  PerDim output_padding = 0;
  std::int64_t groups = 1;
  bool bias = true;
  PerDim dilation = 1;
  Dtype dtype = f32;
};

/// y = conv_transpose2d(x, weight, bias):  x (N, in, H, W), weight (in, out/groups, kH, kW), y
/// (N, out, H', W'). https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
class ConvTranspose2d : public Convolution {
 public:
  ConvTranspose2d(std::int64_t in_channels, std::int64_t out_channels, const PerDim& kernel_size,
                  const ConvTransposeLayerOptions& options = {});
  Tensor forward(const Tensor& x) override;
  using Module::operator();
  /// y of this size, {H', W'}, one of those that a stride above 1 leaves open; it stands for
  /// output_padding. Throws ValueError for others.
  Tensor operator()(const Tensor& x, const PerDim& output_size);
  std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;

 private:
  std::string options_text() const override;
  ConvTransposeOptions options_;
};

/// y = unfold(x):  x (N, C, H, W), y (N, C kH kW, L).
/// https://pytorch.org/docs/stable/generated/torch.nn.Unfold.html
class Unfold : public Module {
 public:
  explicit Unfold(const PerDim& kernel_size, const UnfoldOptions& options = {})
      : kernel_size_(kernel_size), options_(options) {}
  Tensor forward(const Tensor& x) override;
  void visit(Visitor&) override {}
  std::string extra_repr() const override;

 private:
  PerDim kernel_size_;
  UnfoldOptions options_;
};

/// y = fold(x):  x (N, C kH kW, L), y (N, C, H, W) with output_size (H, W).
/// https://pytorch.org/docs/stable/generated/torch.nn.Fold.html
class Fold : public Module {
 public:
  Fold(const PerDim& output_size, const PerDim& kernel_size, const UnfoldOptions& options = {})
      : output_size_(output_size), kernel_size_(kernel_size), options_(options) {}
  Tensor forward(const Tensor& x) override;
  void visit(Visitor&) override {}
  std::string extra_repr() const override;

 private:
  PerDim output_size_, kernel_size_;
  UnfoldOptions options_;
};

}  // namespace percept::nn
