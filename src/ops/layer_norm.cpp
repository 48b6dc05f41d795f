#include "percept/ops/layer_norm.h"

#include <fmt/format.h>

#include <limits>

#include "engine/layer_norm.h"
#include "ops/check.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/math.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "tensor/make.h"

namespace percept {
namespace {

struct RowNormBackward : Node {
  Saved x{this}, weight{this}, mean{this}, rstd{this};
  double eps = 0;
  bool centred = true, weighted = false;

 protected:
  void in_one_pass(const Tensor& dy, Gradients& dx) const;
  void as_formula(const Tensor& dy, Gradients& dx) const;
};

// x (N, n):  z = (x - mean) / sqrt(var + eps),  y = z weight + bias.  With g = dy weight:
// dx = (g - mean(g) - z mean(g z)) / sqrt(var + eps),  dweight = sum of dy z,  dbias = sum of dy
struct NativeLayerNormBackward final : RowNormBackward {
  void backward(const Tensor& dy, Gradients& dx) override {
    grad_enabled() ? as_formula(dy, dx) : in_one_pass(dy, dx);
  }
};

// z = x / sqrt(mean(x^2) + eps),  y = z weight:  the same without mean(g)
struct FusedRmsNormBackward final : RowNormBackward {
  void backward(const Tensor& dy, Gradients& dx) override {
    grad_enabled() ? as_formula(dy, dx) : in_one_pass(dy, dx);
  }
};

bool wants_gradient_of(const Node& node, Gradients& dx, int i) {
  return i < node.inputs() && dx.wanted(i);
}

void RowNormBackward::in_one_pass(const Tensor& dy, Gradients& dx) const {
  const Tensor in = x;
  const auto gradient = [&](int i, const Shape& shape) {
    return wants_gradient_of(*this, dx, i) ? dx[i] = make(shape, in.dtype()) : Tensor();
  };
  const Shape features{in.shape()[1]};
  const Tensor to = gradient(0, in.shape()), dweight = gradient(1, features),
               dbias = gradient(2, features);
  engine::layer_norm_backward(dy.contiguous(), in, weight, mean, rstd, to, dweight, dbias);
}

void RowNormBackward::as_formula(const Tensor& dy, Gradients& dx) const {
  const ReduceOptions kept{.keepdim = true};
  const Tensor in = x, w = weight, centre = centred ? in - percept::mean(in, {-1}, kept) : in;
  const Tensor r = rsqrt(percept::mean(square(centre), {-1}, kept) + eps), z = centre * r;
  const Tensor g = weighted ? dy * w : dy;
  if (wants_gradient_of(*this, dx, 0)) {
    const Tensor along = g - z * percept::mean(g * z, {-1}, kept);
    dx[0] = r * (centred ? along - percept::mean(g, {-1}, kept) : along);
  }
  if (wants_gradient_of(*this, dx, 1)) dx[1] = dy * z;  // summed over rows by the walk
  if (wants_gradient_of(*this, dx, 2)) dx[2] = dy;
}

void check_layer_norm(const char* op, const Tensor& x, const Shape& sizes, const Tensor& weight,
                      const Tensor& bias) {
  must_be_defined(op, x);
  if (x.dtype() != f32 && x.dtype() != f64)
    throw DtypeError(fmt::format("{}: expects f32 or f64, found {} (shape {}); hint: .to(f32)", op,
                                 name_of(x.dtype()), x.shape().str()));
  bool fits = sizes.dim() > 0 && sizes.dim() <= x.dim();
  for (int i = 0; fits && i < sizes.dim(); ++i)
    fits = x.shape()[x.dim() - sizes.dim() + i] == sizes[i];
  if (!fits)
    throw ShapeError(fmt::format(
        "{}: the last dimensions of input {} must be normalized_shape {}{}", op, x.shape().str(),
        sizes.str(), sizes.dim() == 0 ? ", which must not be empty" : ""));
  const auto check = [&](const Tensor& parameter, const char* name) {
    if (!parameter.defined()) return;
    if (parameter.shape() != sizes)
      throw ShapeError(fmt::format("{}: {} has shape {}, expected normalized_shape {}", op, name,
                                   parameter.shape().str(), sizes.str()));
    if (parameter.dtype() != x.dtype())
      throw DtypeError(fmt::format("{}: {} is {}, but the input {}; hint: .to({})", op, name,
                                   name_of(parameter.dtype()), name_of(x.dtype()),
                                   name_of(x.dtype())));
  };
  check(weight, "weight");
  check(bias, "bias");
}

template <class Derivative>
Tensor normalize_rows(const Tensor& input, const Shape& sizes, const Tensor& weight,
                      const Tensor& bias, double eps) {
  constexpr bool centred = std::is_same_v<Derivative, NativeLayerNormBackward>;
  const std::int64_t n = sizes.numel();
  if (input.numel() == 0) {  // nothing to normalise: y is empty, and so are all sums
    Tensor y = input;
    if (weight.defined()) y = y * weight;
    return bias.defined() ? y + bias : y * 1;
  }
  const auto flat = [n](const Tensor& p) {
    return !p.defined() ? p : (p.dim() == 1 ? p : reshape(p, {n})).contiguous();
  };
  const Tensor x = reshape(input, {input.numel() / n, n}).contiguous(), w = flat(weight),
               b = flat(bias);
  Tensor y = make(x.shape(), x.dtype()), rstd = make({x.shape()[0]}, x.dtype()),
         mean = centred ? make({x.shape()[0]}, x.dtype()) : Tensor();
  engine::layer_norm(eps, x, w, b, y, mean, rstd);
  const Tensor* const inputs[] = {&x, &w, &b};
  const std::size_t count = b.defined() ? 3 : w.defined() ? 2 : 1;
  if (auto* node = record<Derivative>(y, inputs, count)) {
    node->x = x, node->rstd = rstd, node->eps = eps;
    node->centred = centred, node->weighted = w.defined();
    if (centred) node->mean = mean;
    if (w.defined()) node->weight = w;
  }
  return reshape(y, input.shape());
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const LayerNormOptions& options) {
  check_layer_norm("layer_norm", x, normalized_shape, options.weight, options.bias);
  const auto normalized = [&](const Tensor& bias) {
    return normalize_rows<NativeLayerNormBackward>(x, normalized_shape, options.weight, bias,
                                                   options.eps);
  };
  if (options.bias.defined() && !options.weight.defined()) return normalized({}) + options.bias;
  return normalized(options.bias);
}

Tensor rms_norm(const Tensor& x, const Shape& normalized_shape, const RmsNormOptions& options) {
  check_layer_norm("rms_norm", x, normalized_shape, options.weight, {});
  const double ulp = x.dtype() == f64 ? std::numeric_limits<double>::epsilon()
                                      : static_cast<double>(std::numeric_limits<float>::epsilon());
  return normalize_rows<FusedRmsNormBackward>(x, normalized_shape, options.weight, {},
                                              options.eps.value_or(ulp));
}

}  // namespace percept
