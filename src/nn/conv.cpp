#include "percept/nn/conv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "nn/place.h"
#include "ops/check.h"
#include "ops/sliding.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/nn/init.h"
#include "percept/tensor/factory.h"

namespace percept::nn {
namespace {

/// As Python writes a tuple: (5, 5), (5,).
std::string tuple(const Shape& sizes) {
  return fmt::format("({}{})", fmt::join(sizes.begin(), sizes.end(), ", "),
                     sizes.dim() == 1 ? "," : "");
}

/// ", name=(1, 1)" where the sizes are not all `usual`.
std::string unless_usual(const char* name, const Shape& sizes, std::int64_t usual) {
  return sizes == Shape::filled(sizes.dim(), usual) ? ""
                                                    : fmt::format(", {}={}", name, tuple(sizes));
}

std::string conv_text(const char* layer, int dims, const ConvOptions& options) {
  return fmt::format(", stride={}{}{}", tuple(options.stride.of(dims, layer, "stride", 1)),
                     options.padding.name().empty()
                         ? unless_usual("padding", options.padding.of(dims, layer, "padding", 0), 0)
                         : ", padding=" + options.padding.name(),
                     unless_usual("dilation", options.dilation.of(dims, layer, "dilation", 1), 1) +
                         (options.groups == 1 ? "" : fmt::format(", groups={}", options.groups)));
}

/// What pad() puts around x: of the last dimension before and behind, then of the one before it.
std::vector<std::int64_t> pads_around(const char* layer, const Shape& kernel,
                                      const ConvOptions& options) {
  const int dims = kernel.dim();
  const Shape padding = options.padding.of(dims, layer, "padding", 0),
              dilation = options.dilation.of(dims, layer, "dilation", 1);
  std::vector<std::int64_t> pads;
  for (int d = dims - 1; d >= 0; --d) {
    const std::int64_t all =
        options.padding.same() ? dilation[d] * (kernel[d] - 1) : 2 * padding[d];
    pads.insert(pads.end(), {all / 2, all - all / 2});
  }
  return pads;
}

const char* padding_text(PadMode mode) {
  switch (mode) {
    case PadMode::reflect:
      return ", padding_mode=reflect";
    case PadMode::replicate:
      return ", padding_mode=replicate";
    case PadMode::circular:
      return ", padding_mode=circular";
    case PadMode::constant:
      break;
  }
  return "";
}

std::string patches_text(const PerDim& kernel_size, const UnfoldOptions& options) {
  return fmt::format("kernel_size={}, dilation={}, padding={}, stride={}", kernel_size.str(),
                     options.dilation.str(), options.padding.str(), options.stride.str());
}

}  // namespace

Convolution::Convolution(const char* layer, std::int64_t in, std::int64_t out, const Shape& kernel,
                         bool transposed, std::int64_t groups, bool with_bias, Dtype dtype)
    : in_channels(in), out_channels(out), kernel_size(kernel) {
  if (in < 0 || out < 0)
    throw ValueError(
        fmt::format("{}: channels must not be negative, found {} and {}", layer, in, out));
  if (groups < 1 || in % groups != 0 || out % groups != 0)
    throw ValueError(fmt::format("{}: {} and {} channels cannot be parted into {} groups", layer,
                                 in, out, groups));
  Shape shape = transposed ? Shape{in, out / groups} : Shape{out, in / groups};
  for (const std::int64_t size : kernel_size) shape.push_back(size);
  weight = Parameter(empty(shape, {.dtype = dtype}));
  if (with_bias) bias = Parameter(empty({out}, {.dtype = dtype}));
  reset_parameters();
}

void Convolution::reset_parameters() {
  const NoGradGuard no_grad;
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  const auto fan_in = static_cast<double>(weight.size(1) * kernel_elements());
  const double bound = fan_in > 0 ? 1 / std::sqrt(fan_in) : 0;
  if (bias.defined()) uniform_(bias, -bound, bound);
}

void Convolution::visit(Visitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

std::string Convolution::extra_repr() const {
  return fmt::format("{}, {}, kernel_size={}{}{}", in_channels, out_channels, tuple(kernel_size),
                     options_text(), bias.defined() ? "" : ", bias=False");
}

ConvNd::ConvNd(const char* layer, std::int64_t in, std::int64_t out, const Shape& kernel,
               const ConvLayerOptions& options)
    : Convolution(layer, in, out, kernel, false, options.groups, options.bias, options.dtype),
      given_{options.stride, options.padding, options.dilation, options.groups},
      options_(given_),
      padding_mode_(options.padding_mode) {
  const int dims = kernel.dim();
  conv_text(layer, dims, given_);  // throws for numbers that no call could take
  if (given_.padding.same() && given_.stride.of(dims, layer, "stride", 1) != Shape::filled(dims, 1))
    throw ValueError(
        fmt::format("{}: padding 'same' asks for stride 1, found {}", layer, given_.stride.str()));
  if (padding_mode_ == PadMode::constant) return;
  pads_ = pads_around(layer, kernel, given_);
  options_.padding = 0;
}

Tensor ConvNd::padded(const Tensor& x) const {
  return pads_.empty() ? x : pad(x, pads_, {.mode = padding_mode_});
}
std::string ConvNd::extra_repr() const {
  return Convolution::extra_repr() + padding_text(padding_mode_);
}
std::string ConvNd::options_text() const {
  return conv_text(name().c_str(), kernel_size.dim(), given_);
}
std::int64_t ConvNd::multiply_adds(const Shape&, const Shape& output) const {
  return output.numel() * weight.size(1) * kernel_elements();
}

Conv1d::Conv1d(std::int64_t in, std::int64_t out, const PerDim& kernel,
               const ConvLayerOptions& options)
    : ConvNd("Conv1d", in, out, kernel.of(1, "Conv1d", "kernel_size", 1), options) {}
Tensor Conv1d::forward(const Tensor& x) { return conv1d(padded(x), weight, bias, options()); }

Conv2d::Conv2d(std::int64_t in, std::int64_t out, const PerDim& kernel,
               const ConvLayerOptions& options)
    : ConvNd("Conv2d", in, out, kernel.of(2, "Conv2d", "kernel_size", 1), options) {}
Tensor Conv2d::forward(const Tensor& x) { return conv2d(padded(x), weight, bias, options()); }

ConvTranspose2d::ConvTranspose2d(std::int64_t in, std::int64_t out, const PerDim& kernel,
                                 const ConvTransposeLayerOptions& options)
    : Convolution("ConvTranspose2d", in, out, kernel.of(2, "ConvTranspose2d", "kernel_size", 1),
                  true, options.groups, options.bias, options.dtype),
      options_{options.stride, options.padding, options.output_padding, options.groups,
               options.dilation} {
  options_text();  // throws for options that no call could take
}
Tensor ConvTranspose2d::forward(const Tensor& x) {
  return conv_transpose2d(x, weight, bias, options_);
}
Tensor ConvTranspose2d::operator()(const Tensor& x, const PerDim& output_size) {
  return inside(*this, [&] {
    constexpr const char* layer = "ConvTranspose2d";
    must_be_defined("conv_transpose2d", x);
    must_be_images("conv_transpose2d", 2, x);
    const Shape wanted = output_size.of(2, layer, "output_size", 1),
                stride = options_.stride.of(2, layer, "stride", 1),
                padding = options_.padding.of(2, layer, "padding", 0),
                dilation = options_.dilation.of(2, layer, "dilation", 1);
    Shape least = wanted, most = wanted, more = wanted;
    for (int d = 0; d < 2; ++d) {
      least[d] = (x.shape()[x.dim() - 2 + d] - 1) * stride[d] - 2 * padding[d] +
                 dilation[d] * (kernel_size[d] - 1) + 1;
      most[d] = least[d] + stride[d] - 1;
      more[d] = wanted[d] - least[d];
    }
    for (int d = 0; d < 2; ++d)
      if (wanted[d] < least[d] || wanted[d] > most[d])
        throw ValueError(
            fmt::format("{}: output_size must be between {} and {} for an input of shape {}, found "
                        "{}",
                        layer, least.str(), most.str(), x.shape().str(), wanted.str()));
    ConvTransposeOptions options = options_;
    options.output_padding = PerDim(more);
    return conv_transpose2d(x, weight, bias, options);
  });
}
std::string ConvTranspose2d::options_text() const {
  constexpr const char* layer = "ConvTranspose2d";
  return fmt::format(
      ", stride={}{}{}{}{}", tuple(options_.stride.of(2, layer, "stride", 1)),
      unless_usual("padding", options_.padding.of(2, layer, "padding", 0), 0),
      unless_usual("dilation", options_.dilation.of(2, layer, "dilation", 1), 1),
      unless_usual("output_padding", options_.output_padding.of(2, layer, "output_padding", 0), 0),
      options_.groups == 1 ? "" : fmt::format(", groups={}", options_.groups));
}
std::int64_t ConvTranspose2d::multiply_adds(const Shape& input, const Shape&) const {
  return input.numel() * weight.size(1) * kernel_elements();
}

Tensor Unfold::forward(const Tensor& x) { return unfold(x, kernel_size_, options_); }
std::string Unfold::extra_repr() const { return patches_text(kernel_size_, options_); }

Tensor Fold::forward(const Tensor& x) { return fold(x, output_size_, kernel_size_, options_); }
std::string Fold::extra_repr() const {
  return fmt::format("output_size={}, {}", output_size_.str(),
                     patches_text(kernel_size_, options_));
}

}  // namespace percept::nn
