#include "percept/ops/conv.h"

#include <fmt/format.h>

#include "engine/conv.h"
#include "engine/pointwise.h"
#include "ops/check.h"
#include "ops/sliding.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "tensor/make.h"

namespace percept {
namespace {

using engine::Sliding;

// The three sums of engine/conv.h, each with the other two as its derivatives. Shapes are those of
// the results.
Tensor convolve(const Tensor& x, const Tensor& w, const Shape& shape, const Sliding& sliding);
Tensor convolve_transposed(const Tensor& y, const Tensor& w, const Shape& shape,
                           const Sliding& sliding);
Tensor convolve_to_weights(const Tensor& x, const Tensor& y, const Shape& shape,
                           const Sliding& sliding);

// y = act(x * w + bias):  dx = dy *ᵀ w,  dw = x * dy,  dbias = sum of dy over samples and places
struct ConvolutionBackward : Node {
  Saved x{this}, w{this};
  Sliding sliding;

  void backward(const Tensor& dy, Gradients& dx) override {
    if (dx.wanted(0)) dx[0] = convolve_transposed(dy, w, input(0).shape, sliding);
    const bool biased = inputs() > 2 && dx.wanted(2);
    if (dx.wanted(1) && biased && !grad_enabled()) {  // in one pass
      dx[1] = make(input(1).shape, dy.dtype());
      dx[2] = make(input(2).shape, dy.dtype());
      engine::conv_weights(x, dy, dx[1], dx[2], sliding);
      return;
    }
    if (dx.wanted(1)) dx[1] = convolve_to_weights(x, dy, input(1).shape, sliding);
    if (biased) dx[2] = sum(dy, {0, 2, 3});
  }
};

// as above with dy where y > 0
struct ConvolutionReluBackward final : ConvolutionBackward {
  Saved y{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor positive = y.get().detach();
    const Tensor open = grad_enabled() ? dy * logical_not(le(positive, 0)).to(dy.dtype())
                                       : engine::map(engine::relu_backward, "relu", dy, positive);
    ConvolutionBackward::backward(open, dx);
  }
};

template <class Derivative>
Tensor convolve_as(const Tensor& x, const Tensor& w, const Tensor& bias, const Shape& shape,
                   const Sliding& sliding, engine::Activation activation) {
  Tensor y = engine::make_images(shape, x.dtype());
  engine::conv(x, w, bias.defined() ? bias.contiguous() : bias, y, sliding, activation);
  Derivative* node =
      bias.defined() ? record<Derivative>(y, x, w, bias) : record<Derivative>(y, x, w);
  if (node) {
    if (node->input(1).wanted()) node->x = x;
    if (node->input(0).wanted()) node->w = w;
    if constexpr (std::is_same_v<Derivative, ConvolutionReluBackward>) node->y = y;
    node->sliding = sliding;
  }
  return y;
}

Tensor convolve(const Tensor& x, const Tensor& w, const Shape& shape, const Sliding& sliding) {
  return convolve_as<ConvolutionBackward>(x, w, {}, shape, sliding, engine::Activation::none);
}

// x = y *ᵀ w:  dy = dx * w,  dw = dx * y
struct ConvolutionTransposedBackward final : Node {
  Saved y{this}, w{this};
  Sliding sliding;
  void backward(const Tensor& dx, Gradients& dy) override {
    if (dy.wanted(0)) dy[0] = convolve(dx, w, input(0).shape, sliding);
    if (dy.wanted(1)) dy[1] = convolve_to_weights(dx, y, input(1).shape, sliding);
  }
};

Tensor convolve_transposed(const Tensor& y, const Tensor& w, const Shape& shape,
                           const Sliding& sliding) {
  Tensor x = engine::make_images(shape, y.dtype());
  engine::conv_transpose(y, w, x, sliding);
  if (auto* node = record<ConvolutionTransposedBackward>(x, y, w)) {
    if (node->input(1).wanted()) node->y = y;
    if (node->input(0).wanted()) node->w = w;
    node->sliding = sliding;
  }
  return x;
}

// w = x * y:  dx = y *ᵀ dw,  dy = x * dw
struct ConvolutionWeightsBackward final : Node {
  Saved x{this}, y{this};
  Sliding sliding;
  void backward(const Tensor& dw, Gradients& dx) override {
    if (dx.wanted(0)) dx[0] = convolve_transposed(y, dw, input(0).shape, sliding);
    if (dx.wanted(1)) dx[1] = convolve(x, dw, input(1).shape, sliding);
  }
};

Tensor convolve_to_weights(const Tensor& x, const Tensor& y, const Shape& shape,
                           const Sliding& sliding) {
  Tensor w = make(shape, x.dtype());
  engine::conv_weights(x, y, w, {}, sliding);
  if (auto* node = record<ConvolutionWeightsBackward>(w, x, y)) {
    if (node->input(1).wanted()) node->x = x;
    if (node->input(0).wanted()) node->y = y;
    node->sliding = sliding;
  }
  return w;
}

// -- checks
bool is_rounded(const Tensor& x) { return x.dtype() == f32 && autocast_dtype() == bf16; }

/// What convolutions in one direction or the other ask of their inputs: the channels of x and of
/// the result as dimension `in` and `out` of the weight, one of which is a group's.
void check_inputs(const char* op, int dims, const Tensor& x, const Tensor& weight,
                  const Tensor& bias, std::int64_t groups, bool transposed) {
  must_be_defined(op, x, weight);
  must_be_images(op, dims, x);
  if (weight.dim() != dims + 2)
    throw ShapeError(fmt::format("{}: weight must be {}, found shape {}", op,
                                 transposed  ? "(in, out / groups, kH, kW)"
                                 : dims == 1 ? "(out, in / groups, k)"
                                             : "(out, in / groups, kH, kW)",
                                 weight.shape().str()));
  for (const Tensor* other : {&weight, &bias})
    if (other->defined() && (other->dtype() != x.dtype() || (x.dtype() != f32 && x.dtype() != f64)))
      throw DtypeError(fmt::format(
          "{}: expects tensors of f32 or of f64, found {} {} and {} {}; hint: .to(f32)", op,
          x.shape().str(), name_of(x.dtype()), other->shape().str(), name_of(other->dtype())));
  if (groups < 1 || weight.shape()[0] % groups != 0)
    throw ValueError(fmt::format("{}: weight {} cannot be parted into {} groups", op,
                                 weight.shape().str(), groups));
  const std::int64_t channels = x.shape()[x.dim() - dims - 1];
  const std::int64_t takes = transposed ? weight.shape()[0] : weight.shape()[1] * groups;
  if (channels != takes)
    throw ShapeError(fmt::format("{}: input has {} channels (shape {}) but weight {} takes {}", op,
                                 channels, x.shape().str(), weight.shape().str(), takes));
  const std::int64_t gives = transposed ? weight.shape()[1] * groups : weight.shape()[0];
  if (bias.defined() && (bias.dim() != 1 || bias.shape()[0] != gives))
    throw ShapeError(fmt::format("{}: bias has shape {} but weight {} gives {} channels", op,
                                 bias.shape().str(), weight.shape().str(), gives));
}

/// The sizes of a kernel (..., ..., k) or (..., ..., kH, kW).
Shape kernel_of(const Tensor& weight) {
  return Shape(std::span(weight.shape().begin() + 2, weight.shape().end()));
}

template <class Derivative>
Tensor conv_as(const char* op, int dims, const Tensor& x, const Tensor& weight, const Tensor& bias,
               const ConvOptions& options, engine::Activation activation) {
  check_inputs(op, dims, x, weight, bias, options.groups, false);
  const KernelPlaces places = kernel_places(op, x.shape(), kernel_of(weight), options.stride,
                                            options.padding, options.dilation);
  Sliding sliding = places.sliding;
  sliding.groups = options.groups;
  sliding.rounded = is_rounded(x);
  const Tensor images = as_images(x, dims), w = dims == 1 ? unsqueeze(weight, 2) : weight;
  const Shape shape{images.shape()[0], w.shape()[0], places.count[0], places.count[1]};
  return like_images(convolve_as<Derivative>(images, w, bias, shape, sliding, activation), x, dims);
}

}  // namespace

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const ConvOptions& options) {
  return conv_as<ConvolutionBackward>("conv1d", 1, x, weight, bias, options,
                                      engine::Activation::none);
}

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const ConvOptions& options) {
  return conv_as<ConvolutionBackward>("conv2d", 2, x, weight, bias, options,
                                      engine::Activation::none);
}

Tensor detail::conv2d_relu(const Tensor& x, const Tensor& weight, const Tensor& bias,
                           const ConvOptions& options) {
  return conv_as<ConvolutionReluBackward>("conv2d", 2, x, weight, bias, options,
                                          engine::Activation::relu);
}

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const ConvTransposeOptions& options) {
  constexpr const char* op = "conv_transpose2d";
  check_inputs(op, 2, x, weight, bias, options.groups, true);
  const Shape stride = options.stride.of(2, op, "stride", 1),
              padding = options.padding.of(2, op, "padding", 0),
              more = options.output_padding.of(2, op, "output_padding", 0),
              dilation = options.dilation.of(2, op, "dilation", 1), kernel = kernel_of(weight);
  const Tensor images = as_images(x, 2);
  Sliding sliding{.groups = options.groups, .rounded = is_rounded(x)};
  Shape shape{images.shape()[0], weight.shape()[1] * options.groups, 0, 0};
  for (int d = 0; d < 2; ++d) {
    if (more[d] >= stride[d] && more[d] >= dilation[d])
      throw ValueError(
          fmt::format("{}: output_padding must be below stride or dilation, found {} for stride {} "
                      "and dilation {}",
                      op, more.str(), stride.str(), dilation.str()));
    shape[d + 2] = (images.shape()[d + 2] - 1) * stride[d] - 2 * padding[d] +
                   dilation[d] * (kernel[d] - 1) + more[d] + 1;
    const auto to = static_cast<std::size_t>(d);
    sliding.stride[to] = stride[d];
    sliding.padding[to] = padding[d];
    sliding.dilation[to] = dilation[d];
  }
  if (shape[2] < 1 || shape[3] < 1 || images.shape()[2] < 1 || images.shape()[3] < 1)
    throw ShapeError(fmt::format(
        "{}: an input of shape {} and a kernel of {} with padding {} give no place of a result", op,
        x.shape().str(), kernel.str(), padding.str()));
  const Tensor y = convolve_transposed(images, weight, shape, sliding);
  return like_images(bias.defined() ? y + reshape(bias, {-1, 1, 1}) : y, x, 2);
}

}  // namespace percept
