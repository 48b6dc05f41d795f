#include "percept/ops/pool.h"

#include <fmt/format.h>

#include "engine/pool.h"
#include "ops/check.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/indexing.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/layout.h"

namespace percept {

std::string OutputSize::str() const {
  const auto text = [](const std::optional<std::int64_t>& size) {
    return size ? fmt::format("{}", *size) : "None";
  };
  return one ? text(h) : fmt::format("({}, {})", text(h), text(w));
}

namespace {

using engine::PoolAxis;
using engine::Pooling;

/// (N, C, OH, OW) for x (N, C, H, W).
Shape pooled_shape(const Tensor& x, const Pooling& pooling) {
  return {x.shape()[0], x.shape()[1], pooling.h.out, pooling.w.out};
}

Tensor index_of_places(const Pooling& pooling, const Tensor& place) {
  Tensor index = make_laid_out(place, place.shape(), i64);
  engine::plane_index(pooling, place, index);
  return index;
}

// y = max of each window:  dx = sum of dy over the windows whose largest element it is
struct MaxPool2DWithIndicesBackward final : Node {
  Saved place{this};  // (N, C, OH, OW)
  Pooling pooling{};
  void backward(const Tensor& dy, Gradients& dx) override {
    const Shape& shape = input(0).shape;
    const Tensor at = place;
    if (grad_enabled()) {
      const Tensor zero = zeros({shape[0], shape[1], shape[2] * shape[3]}, {.dtype = dy.dtype()});
      const Tensor index = index_of_places(pooling, at);
      dx[0] = reshape(scatter_add(zero, -1, flatten(index, 2), flatten(dy, 2)), shape);
      return;
    }
    dx[0] = make_laid_out(at, shape, dy.dtype());
    engine::max_pool_backward(pooling, dense_as(at, dy), at, dx[0]);
  }
};

struct MaxPooled {
  Tensor y, place;  // place is undefined unless somebody may ask
};

MaxPooled max_of(const Tensor& x, const Pooling& pooling, bool places) {
  const Tensor in = dense(x);
  const Shape shape = pooled_shape(x, pooling);
  MaxPooled result{make_laid_out(in, shape, x.dtype()), {}};
  if (places || (grad_enabled() && x.requires_grad()))
    result.place = make_laid_out(in, shape, pooling.places() > 256 ? i64 : u8);
  engine::max_pool(pooling, in, result.y, result.place);
  if (auto* node = record<MaxPool2DWithIndicesBackward>(result.y, x))
    node->place = result.place, node->pooling = pooling;
  return result;
}

Tensor mean_of(const Tensor& x, const Pooling& pooling);
Tensor spread(const Tensor& dy, const Pooling& pooling, const Shape& shape);

// dx is linear in dy, and its derivative the mean again
struct SpreadBackward final : Node {
  Pooling pooling{};
  void backward(const Tensor& ddx, Gradients& ddy) override { ddy[0] = mean_of(ddx, pooling); }
};

// y = sum of each window / divisor:  dx = sum of dy / divisor over the windows that see it
struct AvgPool2DBackward final : Node {
  Pooling pooling{};
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = spread(dy, pooling, input(0).shape);
  }
};

Tensor mean_of(const Tensor& x, const Pooling& pooling) {
  const Tensor in = dense(x);
  Tensor y = make_laid_out(in, pooled_shape(x, pooling), x.dtype());
  engine::avg_pool(pooling, in, y);
  if (auto* node = record<AvgPool2DBackward>(y, x)) node->pooling = pooling;
  return y;
}

Tensor spread(const Tensor& dy, const Pooling& pooling, const Shape& shape) {
  const Tensor from = dense(dy);
  Tensor dx = make_laid_out(from, shape, dy.dtype());
  engine::avg_pool_backward(pooling, from, dx);
  if (auto* node = record<SpreadBackward>(dx, dy)) node->pooling = pooling;
  return dx;
}

// -- checks
void check_pooled(const char* op, const Tensor& x, int axes) {
  must_be_defined(op, x);
  if (x.dim() != axes + 1 && x.dim() != axes + 2)
    throw ShapeError(fmt::format("{}: expects input (N, C, {}) or (C, {}), found shape {}", op,
                                 axes == 1 ? "L" : "H, W", axes == 1 ? "L" : "H, W",
                                 x.shape().str()));
  for (int d = x.dim() - axes - 1; d < x.dim(); ++d)
    if (x.shape()[d] == 0)
      throw ShapeError(
          fmt::format("{}: only the batch may be empty, found shape {}", op, x.shape().str()));
  if (x.dtype() != f32 && x.dtype() != f64)
    throw DtypeError(fmt::format("{}: expects f32 or f64, found {} (shape {}); hint: .to(f32)", op,
                                 name_of(x.dtype()), x.shape().str()));
}

/// How a window moves over an image: one number an axis.
struct Steps {
  Shape kernel, stride, padding, dilation;
};

Steps steps_of(const char* op, int axes, const PerDim& kernel, const std::optional<PerDim>& stride,
               const PerDim& padding, const PerDim& dilation = 1) {
  const Steps steps{kernel.of(axes, op, "kernel_size", 1),
                    stride.value_or(kernel).of(axes, op, "stride", 1),
                    padding.of(axes, op, "padding", 0), dilation.of(axes, op, "dilation", 1)};
  for (int i = 0; i < axes; ++i)
    if (steps.padding[i] > steps.kernel[i] / 2)
      throw ValueError(fmt::format("{}: padding {} is more than half of kernel_size {}", op,
                                   steps.padding.str(), steps.kernel.str()));
  return steps;
}

/// The windows along the i-th axis of an image or signal x.
PoolAxis axis(const char* op, const Tensor& x, const Steps& steps, int i, bool ceil_mode) {
  const std::int64_t k = steps.kernel[i], s = steps.stride[i], p = steps.padding[i],
                     d = steps.dilation[i];
  const std::int64_t size = x.size(i - steps.kernel.dim());
  const std::int64_t window = d * (k - 1) + 1, room = size + 2 * p - window;
  std::int64_t out = room < 0 ? 0 : room / s + 1;
  if (ceil_mode && room > -s) {
    out = (room + s - 1) / s + 1;
    if ((out - 1) * s >= size + p) --out;  // the last window has to begin before the padding
  }
  if (out < 1)
    throw ShapeError(
        fmt::format("{}: a window of {} does not fit into size {} with padding {} (shape {})", op,
                    window, size, p, x.shape().str()));
  return {.size = size, .out = out, .kernel = k, .stride = s, .padding = p, .dilation = d};
}

/// The axis that a signal lacks.
PoolAxis flat_axis() { return {.size = 1, .out = 1, .kernel = 1}; }

PoolAxis adaptive_axis(const char* op, const Tensor& x, int dim,
                       const std::optional<std::int64_t>& wanted) {
  const std::int64_t size = x.size(dim), out = wanted.value_or(size);
  if (out < 1)
    throw ValueError(fmt::format("{}: output_size must be at least 1, found {}", op, out));
  PoolAxis axis{.size = size, .out = out, .kernel = 0, .adaptive = true};
  for (std::int64_t o = 0; o < out; ++o)
    axis.kernel = std::max(axis.kernel, ((o + 1) * size + out - 1) / out - axis.start(o));
  return axis;
}

Pooling windows(const char* op, const Tensor& x, const Steps& steps, bool ceil_mode) {
  if (steps.kernel.dim() == 1) return {flat_axis(), axis(op, x, steps, 0, ceil_mode)};
  return {axis(op, x, steps, 0, ceil_mode), axis(op, x, steps, 1, ceil_mode)};
}

Pooling adaptive_windows(const char* op, const Tensor& x, std::int64_t size) {
  check_pooled(op, x, 1);
  return {flat_axis(), adaptive_axis(op, x, -1, size)};
}

Pooling adaptive_windows(const char* op, const Tensor& x, const OutputSize& size) {
  check_pooled(op, x, 2);
  return {adaptive_axis(op, x, -2, size.h), adaptive_axis(op, x, -1, size.w)};
}

// -- signals and single samples as batches of images, and back
Tensor with_batch(const Tensor& x, int axes) {
  const Tensor batch = x.dim() == axes + 1 ? unsqueeze(x, 0) : x;
  return axes == 1 ? unsqueeze(batch, -2) : batch;
}

Tensor as_before(const Tensor& y, const Tensor& x, int axes) {
  const Tensor batch = axes == 1 ? squeeze(y, -2) : y;
  return x.dim() == axes + 1 ? squeeze(batch, 0) : batch;
}

Tensor max_values(const Tensor& x, const Pooling& pooling, int axes) {
  return as_before(max_of(with_batch(x, axes), pooling, false).y, x, axes);
}

ValuesIndices max_and_indices(const Tensor& x, const Pooling& pooling, int axes) {
  const auto [y, place] = max_of(with_batch(x, axes), pooling, true);
  return {as_before(y, x, axes), as_before(index_of_places(pooling, place), x, axes)};
}

Tensor mean_values(const Tensor& x, const Pooling& pooling, int axes) {
  return as_before(mean_of(with_batch(x, axes), pooling), x, axes);
}

Pooling max_windows(const char* op, const Tensor& x, int axes, const PerDim& kernel,
                    const MaxPoolOptions& options) {
  check_pooled(op, x, axes);
  const Steps steps = steps_of(op, axes, kernel, options.stride, options.padding, options.dilation);
  return windows(op, x, steps, options.ceil_mode);
}

Tensor avg_pool(const char* op, const Tensor& x, int axes, const PerDim& kernel,
                const AvgPoolOptions& options) {
  check_pooled(op, x, axes);
  if (options.divisor_override && axes == 1)
    throw ValueError(fmt::format("{}: takes no divisor_override", op));
  if (options.divisor_override == 0)
    throw ValueError(fmt::format("{}: divisor_override must not be 0", op));
  const Steps steps = steps_of(op, axes, kernel, options.stride, options.padding);
  Pooling pooling = windows(op, x, steps, options.ceil_mode);
  pooling.count_padding = options.count_include_pad;
  pooling.divisor = options.divisor_override.value_or(0);
  return mean_values(x, pooling, axes);
}

}  // namespace

Tensor max_pool1d(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& options) {
  return max_values(x, max_windows("max_pool1d", x, 1, kernel, options), 1);
}
Tensor max_pool2d(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& options) {
  return max_values(x, max_windows("max_pool2d", x, 2, kernel, options), 2);
}
ValuesIndices max_pool1d_with_indices(const Tensor& x, const PerDim& kernel,
                                      const MaxPoolOptions& options) {
  return max_and_indices(x, max_windows("max_pool1d_with_indices", x, 1, kernel, options), 1);
}
ValuesIndices max_pool2d_with_indices(const Tensor& x, const PerDim& kernel,
                                      const MaxPoolOptions& options) {
  return max_and_indices(x, max_windows("max_pool2d_with_indices", x, 2, kernel, options), 2);
}

Tensor avg_pool1d(const Tensor& x, const PerDim& kernel, const AvgPoolOptions& options) {
  return avg_pool("avg_pool1d", x, 1, kernel, options);
}
Tensor avg_pool2d(const Tensor& x, const PerDim& kernel, const AvgPoolOptions& options) {
  return avg_pool("avg_pool2d", x, 2, kernel, options);
}

Tensor adaptive_avg_pool1d(const Tensor& x, std::int64_t size) {
  return mean_values(x, adaptive_windows("adaptive_avg_pool1d", x, size), 1);
}
Tensor adaptive_avg_pool2d(const Tensor& x, const OutputSize& size) {
  return mean_values(x, adaptive_windows("adaptive_avg_pool2d", x, size), 2);
}
Tensor adaptive_max_pool1d(const Tensor& x, std::int64_t size) {
  return max_values(x, adaptive_windows("adaptive_max_pool1d", x, size), 1);
}
Tensor adaptive_max_pool2d(const Tensor& x, const OutputSize& size) {
  return max_values(x, adaptive_windows("adaptive_max_pool2d", x, size), 2);
}
ValuesIndices adaptive_max_pool1d_with_indices(const Tensor& x, std::int64_t size) {
  return max_and_indices(x, adaptive_windows("adaptive_max_pool1d_with_indices", x, size), 1);
}
ValuesIndices adaptive_max_pool2d_with_indices(const Tensor& x, const OutputSize& size) {
  return max_and_indices(x, adaptive_windows("adaptive_max_pool2d_with_indices", x, size), 2);
}

}  // namespace percept
