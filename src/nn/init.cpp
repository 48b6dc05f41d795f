#include "percept/nn/init.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/tensor/factory.h"

namespace percept::nn::init {
namespace {

struct Fans {
  double in, out;
};

Fans fans_of(const Tensor& tensor, const char* op) {
  if (tensor.dim() < 2)
    throw ShapeError(
        fmt::format("{}: fan-in and fan-out need a weight (out, in, ...) of at least 2 "
                    "dimensions, found shape {}",
                    op, tensor.shape().str()));
  double field = 1;  // elements per in-out pair
  for (int d = 2; d < tensor.dim(); ++d) field *= static_cast<double>(tensor.size(d));
  return {static_cast<double>(tensor.size(1)) * field, static_cast<double>(tensor.size(0)) * field};
}

/// Standard deviation that keeps the variance; an empty weight has nothing to keep.
double xavier_std(const Tensor& tensor, double gain, const char* op) {
  const Fans fans = fans_of(tensor, op);
  return tensor.numel() == 0 ? 0 : gain * std::sqrt(2 / (fans.in + fans.out));
}

double kaiming_std(const Tensor& tensor, const KaimingOptions& options, const char* op) {
  const Fans fans = fans_of(tensor, op);
  if (tensor.numel() == 0) return 0;
  return calculate_gain(options.nonlinearity, options.a) /
         std::sqrt(options.mode == FanMode::fan_in ? fans.in : fans.out);
}

/// z with Phi(z) = p: a first guess (Winitzki 2008, of the inverse of erf), then Newton steps.
double normal_quantile(double p) {
  const double y = 2 * p - 1, c = 0.147, u = std::log1p(-y * y), v = 2 / (M_PI * c) + u / 2;
  if (std::abs(y) >= 1) return std::copysign(INFINITY, y);
  double x = std::copysign(std::sqrt(std::max(0.0, std::sqrt(v * v - u / c) - v)), y);
  for (int step = 0; step < 3; ++step) x -= (std::erf(x) - y) / (M_2_SQRTPI * std::exp(-x * x));
  return x * M_SQRT2;
}

}  // namespace

double calculate_gain(Nonlinearity nonlinearity, double negative_slope) {
  switch (nonlinearity) {
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid:
      return 1;
    case Nonlinearity::tanh:
      return 5.0 / 3;
    case Nonlinearity::relu:
      return M_SQRT2;
    case Nonlinearity::leaky_relu:
      return std::sqrt(2 / (1 + negative_slope * negative_slope));
    case Nonlinearity::selu:
      return 0.75;
  }
  return 1;
}

Tensor& constant_(Tensor& tensor, double value) {
  const NoGradGuard no_grad;
  return tensor.fill_(value);
}

Tensor& ones_(Tensor& tensor) { return constant_(tensor, 1); }
Tensor& zeros_(Tensor& tensor) { return constant_(tensor, 0); }

Tensor& eye_(Tensor& tensor) {
  if (tensor.dim() != 2)
    throw ShapeError(
        fmt::format("eye_: expects a matrix, found a tensor of shape {}", tensor.shape().str()));
  const NoGradGuard no_grad;
  return tensor.copy_(eye(tensor.size(0), tensor.size(1)));
}

Tensor& trunc_normal_(Tensor& tensor, const TruncNormalOptions& options) {
  const double mean = options.mean, std = options.std, low = options.low, high = options.high;
  if (!(std > 0) || !(low < high))
    throw ValueError(
        fmt::format("trunc_normal_: expects std > 0 and low < high, found std {}, low "
                    "{}, high {}",
                    std, low, high));
  const NoGradGuard no_grad;
  // Uniform between the bounds' probabilities, then the inverse of the distribution function.
  const auto probability = [&](double x) { return std::erfc((mean - x) / std * M_SQRT1_2) / 2; };
  Tensor drawn = empty(tensor.shape(), {.dtype = f64});
  uniform_(drawn, probability(low), probability(high), options.generator);
  for (double& x : drawn.span<double>()) x = std::clamp(mean + std * normal_quantile(x), low, high);
  return tensor.copy_(drawn);
}

Tensor& xavier_uniform_(Tensor& tensor, const XavierOptions& options) {
  const double bound = std::sqrt(3.0) * xavier_std(tensor, options.gain, "xavier_uniform_");
  return uniform_(tensor, -bound, bound, options.generator);
}

Tensor& xavier_normal_(Tensor& tensor, const XavierOptions& options) {
  return normal_(tensor, 0, xavier_std(tensor, options.gain, "xavier_normal_"), options.generator);
}

Tensor& kaiming_uniform_(Tensor& tensor, const KaimingOptions& options) {
  const double bound = std::sqrt(3.0) * kaiming_std(tensor, options, "kaiming_uniform_");
  return uniform_(tensor, -bound, bound, options.generator);
}

Tensor& kaiming_normal_(Tensor& tensor, const KaimingOptions& options) {
  return normal_(tensor, 0, kaiming_std(tensor, options, "kaiming_normal_"), options.generator);
}

Tensor& orthogonal_(Tensor& tensor, const OrthogonalOptions& options) {
  if (tensor.dim() < 2)
    throw ShapeError(fmt::format("orthogonal_: expects at least 2 dimensions, found shape {}",
                                 tensor.shape().str()));
  const NoGradGuard no_grad;
  if (tensor.numel() == 0) return tensor;
  const std::int64_t rows = tensor.size(0), columns = tensor.numel() / rows;
  const auto count = static_cast<std::size_t>(std::min(rows, columns));
  const auto length = static_cast<std::size_t>(std::max(rows, columns));
  // Random directions made orthogonal one after the other (Gram and Schmidt), each twice against
  // rounding.   (count, length)
  const Tensor vectors =
      randn({std::min(rows, columns), std::max(rows, columns)}, {.dtype = f64}, options.generator);
  double* const first = vectors.data<double>();
  for (std::size_t i = 0; i < count; ++i) {
    double* const v = first + i * length;
    for (int pass = 0; pass < 2; ++pass)
      for (std::size_t j = 0; j < i; ++j) {
        const double* const q = first + j * length;
        const double along = std::inner_product(v, v + length, q, 0.0);
        for (std::size_t k = 0; k < length; ++k) v[k] -= along * q[k];
      }
    const double size = std::sqrt(std::inner_product(v, v + length, v, 0.0));
    for (std::size_t k = 0; k < length; ++k) v[k] /= size;
  }
  const Tensor matrix = rows <= columns ? vectors : vectors.t();
  return tensor.copy_(matrix.reshape(tensor.shape())).mul_(options.gain);
}

}  // namespace percept::nn::init
