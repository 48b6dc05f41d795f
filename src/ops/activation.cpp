#include "percept/ops/activation.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/pointwise.h"
#include "ops/check.h"
#include "ops/promote.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/math.h"

namespace percept {
namespace {

constexpr double kInvSqrt2Pi =
    M_2_SQRTPI * M_SQRT1_2 / 2;  // density of the normal distribution at 0

// dx = dy where y > 0:  linear in dy, so its own gradient is itself
Tensor pass_where_positive(const Tensor& dy, const Tensor& y);

struct ReluGradBackward final : Node {
  Saved y{this};
  void backward(const Tensor& ddx, Gradients& ddy) override {
    ddy[0] = pass_where_positive(ddx, y);
  }
};

Tensor pass_where_positive(const Tensor& dy, const Tensor& y) {
  Tensor dx = engine::map(engine::relu_backward, "relu", dy, y);
  if (auto* node = record<ReluGradBackward>(dx, dy)) node->y = y;
  return dx;
}

// y = max(x, 0):  dx = dy where y > 0
struct ReluBackward final : Node {
  Saved y{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = pass_where_positive(dy, y.get().detach());
  }
};

// y = s(x):  dx = dy y (1 - y)
struct SigmoidBackward final : Node {
  Saved y{this};
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy * y * sub(1, y); }
};

// y = tanh x:  dx = dy (1 - y^2)
struct TanhBackward final : Node {
  Saved y{this};
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy * sub(1, square(y)); }
};

// y = x > 0 ? x : s x:  dx = dy, or s dy
struct LeakyReluBackward final : Node {
  Saved x{this};
  double slope = 0;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = where(gt(x, 0), dy, dy * slope);
  }
};

// y = x > 0 ? x : a (e^x - 1):  dx = dy, or dy a e^x
struct EluBackward final : Node {
  Saved x{this};
  double alpha = 1;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = where(gt(x, 0), dy, dy * exp(clamp(x, {}, 0)) * alpha);  // no e^x where x > 0
  }
};

// y = x Phi(x):  dx = dy (Phi(x) + x phi(x))
struct GeluBackward final : Node {
  Saved x{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    if (!grad_enabled()) {
      dx[0] = engine::map(engine::gelu_backward, "gelu", dy, x.get());
      return;
    }
    const Tensor cdf = (erf(mul(x, M_SQRT1_2)) + 1) * 0.5;
    const Tensor density = exp(square(x) * -0.5) * kInvSqrt2Pi;
    dx[0] = dy * (cdf + x * density);
  }
};

// y = x (1 + t) / 2, t = tanh(u), u = sqrt(2/pi) (x + c x^3):  dx = dy ((1+t)/2 + x (1-t^2) u'/2)
struct GeluTanhBackward final : Node {
  Saved x{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    constexpr double k = M_SQRT2 * M_2_SQRTPI / 2, c = 0.044715;
    const Tensor square_x = square(x);
    const Tensor t = tanh((x + square_x * x * c) * k);
    const Tensor slope = (square_x * (3 * c) + 1) * k;
    dx[0] = dy * ((t + 1) * 0.5 + x * (1 - square(t)) * slope * 0.5);
  }
};

// y = x s(x):  dx = dy s (1 + x (1 - s))
struct SiluBackward final : Node {
  Saved x{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor s = sigmoid(x);
    dx[0] = dy * s * (x * (1 - s) + 1);
  }
};

// y = ln(1 + e^(b x)) / b:  dx = dy s(b x)
struct SoftplusBackward final : Node {
  Saved x{this};
  double beta = 1, threshold = 20;
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor bx = mul(x, beta);
    dx[0] = where(gt(bx, threshold), dy, dy * sigmoid(bx));
  }
};

struct StepBackward final : Node {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy * 0; }
};

}  // namespace

Tensor sigmoid(const Tensor& x) {
  must_be_defined("sigmoid", x);
  Tensor y = engine::map(engine::sigmoid, "sigmoid", as_real(x));
  if (auto* node = record<SigmoidBackward>(y, x)) node->y = y;
  return y;
}

Tensor tanh(const Tensor& x) {
  must_be_defined("tanh", x);
  Tensor y = engine::map(engine::tanh, "tanh", as_real(x));
  if (auto* node = record<TanhBackward>(y, x)) node->y = y;
  return y;
}

Tensor relu(const Tensor& x) {
  must_be_defined("relu", x);
  Tensor y = engine::map(engine::relu, "relu", x);
  if (auto* node = record<ReluBackward>(y, x)) node->y = y;
  return y;
}

Tensor leaky_relu(const Tensor& x, double negative_slope) {
  must_be_defined("leaky_relu", x);
  Tensor y = engine::map(engine::leaky_relu, "leaky_relu", x, {negative_slope});
  if (auto* node = record<LeakyReluBackward>(y, x)) node->x = x, node->slope = negative_slope;
  return y;
}

Tensor prelu(const Tensor& x, const Tensor& weight) {
  must_be_defined("prelu", x, weight);
  if (!is_floating(x.dtype()) || x.dtype() == bf16)
    throw DtypeError(fmt::format("prelu: elements of type {} are not taken; hint: .to(f32)",
                                 name_of(x.dtype())));
  const std::int64_t channels = x.dim() >= 2 ? x.shape()[1] : 1;
  if (weight.dim() > 1 || (weight.numel() != 1 && weight.numel() != channels))
    throw ShapeError(
        fmt::format("prelu: weight has shape {}, but must have 1 element or {} (the "
                    "channels, dimension 1, of an input of shape {})",
                    weight.shape().str(), channels, x.shape().str()));
  Shape over = Shape::filled(x.dim(), 1);
  if (weight.numel() != 1) over[1] = channels;
  return where(gt(x, 0), x, x * weight.reshape(over));
}

Tensor elu(const Tensor& x, double alpha) {
  must_be_defined("elu", x);
  Tensor y = engine::map(engine::elu, "elu", x, {alpha});
  if (auto* node = record<EluBackward>(y, x)) node->x = x, node->alpha = alpha;
  return y;
}

Tensor gelu(const Tensor& x, const GeluOptions& options) {
  must_be_defined("gelu", x);
  Tensor y = engine::map(options.tanh ? engine::gelu_tanh : engine::gelu, "gelu", x);
  if (options.tanh) {
    if (auto* node = record<GeluTanhBackward>(y, x)) node->x = x;
  } else if (auto* node = record<GeluBackward>(y, x)) {
    node->x = x;
  }
  return y;
}

Tensor silu(const Tensor& x) {
  must_be_defined("silu", x);
  Tensor y = engine::map(engine::silu, "silu", x);
  if (auto* node = record<SiluBackward>(y, x)) node->x = x;
  return y;
}

Tensor softplus(const Tensor& x, double beta, double threshold) {
  must_be_defined("softplus", x);
  if (beta == 0) throw ValueError("softplus: beta must not be 0");
  Tensor y = engine::map(engine::softplus, "softplus", x, {beta, threshold});
  if (auto* node = record<SoftplusBackward>(y, x))
    node->x = x, node->beta = beta, node->threshold = threshold;
  return y;
}

Tensor step(const Tensor& x) {
  must_be_defined("step", x);
  Tensor y = engine::map(engine::step, "step", x);
  record<StepBackward>(y, x);
  return y;
}

}  // namespace percept
