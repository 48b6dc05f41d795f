// Tensor's copies, conversions and in-place forms.
#include <fmt/format.h>

#include "engine/pointwise.h"
#include "percept/autograd/autograd.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/math.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

// y = x in another type or place:  dx = dy (the walk converts it back)
struct ToCopyBackward final : Node {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy; }
};
struct CloneBackward final : Node {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy; }
};

// x is overwritten with the source, if that is a tensor:  dx = 0,  dsource = dy
struct CopyBackward final : Node {
  void backward(const Tensor& dy, Gradients& dx) override {
    if (dx.wanted(0)) dx[0] = zeros(input(0).shape, {.dtype = dy.dtype()});
    if (inputs() > 1) dx[1] = dy;
  }
};

/// True when an in-place result needs no history, so that it can be computed straight into x.
bool plain(const Tensor& x) { return !x.requires_grad() || !grad_enabled(); }

bool same_kind(const Tensor& x, const Tensor& other) {
  return x.dtype() == other.dtype() &&
         broadcast_shapes(x.shape(), other.shape(), "in place") == x.shape();
}

/// x, or while that is recorded a copy: the gradient may need what the result will overwrite.
Tensor original(const Tensor& x) { return plain(x) ? x : x.clone(); }

/// x = f(x, other) where neither history nor conversion is called for.
bool directly(Tensor& x, const engine::Pointwise& f, const char* op, const Tensor& other,
              engine::Params params = {}) {
  if (!plain(x) || (other.requires_grad() && grad_enabled()) || !same_kind(x, other)) return false;
  if (x.impl().storage == other.impl().storage && !x.is_same(other)) return false;  // may overlap
  engine::apply(f, op, x, {&x, &other}, params);
  bump_version(x);
  return true;
}

}  // namespace

Tensor Tensor::to(Dtype wanted) const {
  if (dtype() == wanted) return *this;
  Tensor y = make(shape(), wanted);
  engine::copy(*this, y);
  record<ToCopyBackward>(y, *this);
  return y;
}

Tensor Tensor::contiguous() const { return is_contiguous() ? *this : clone(); }

Tensor Tensor::clone() const {
  Tensor y = make(shape(), dtype());
  engine::copy(*this, y);
  record<CloneBackward>(y, *this);
  return y;
}

Tensor Tensor::detach() const { return alias(*this); }

Tensor Tensor::add(const Tensor& other) const { return percept::add(*this, other); }
Tensor Tensor::abs() const { return percept::abs(*this); }
Tensor Tensor::exp() const { return percept::exp(*this); }
Tensor Tensor::log() const { return percept::log(*this); }
Tensor Tensor::sqrt() const { return percept::sqrt(*this); }
Tensor Tensor::pow(const Scalar& exponent) const { return percept::pow(*this, exponent); }

Tensor& Tensor::copy_(const Tensor& source) {
  if (broadcast_shapes(shape(), source.shape(), "copy_") != shape())
    throw ShapeError(fmt::format("copy_: shape {} does not broadcast to {}", source.shape().str(),
                                 shape().str()));
  if (plain(*this) && (!source.requires_grad() || !grad_enabled())) {
    const bool overlap = impl().storage == source.impl().storage;
    engine::copy(overlap ? source.clone() : source, *this);
    bump_version(*this);
    return *this;
  }
  Tensor fresh = make(shape(), dtype());
  engine::copy(source, fresh);
  record<CopyBackward>(fresh, *this, source);
  return assign_in_place(*this, fresh, "copy_");
}

Tensor& Tensor::fill_(const Scalar& value) {
  if (plain(*this)) {
    engine::fill(*this, value);
    bump_version(*this);
    return *this;
  }
  Tensor fresh = full(shape(), value, {.dtype = dtype()});
  record<CopyBackward>(fresh, *this);
  return assign_in_place(*this, fresh, "fill_");
}

Tensor& Tensor::zero_() { return fill_(0); }

Tensor& Tensor::add_(const Tensor& other, const Scalar& alpha) {
  if (directly(*this, engine::add_scaled, "add_", other, {alpha.to_double()})) return *this;
  return assign_in_place(*this, percept::add(*this, other, alpha), "add_");
}
Tensor& Tensor::sub_(const Tensor& other, const Scalar& alpha) {
  if (directly(*this, engine::add_scaled, "sub_", other, {-alpha.to_double()})) return *this;
  return assign_in_place(*this, percept::sub(*this, other, alpha), "sub_");
}
Tensor& Tensor::mul_(const Tensor& other) {
  if (directly(*this, engine::mul, "mul_", other)) return *this;
  return assign_in_place(*this, percept::mul(original(*this), other), "mul_");
}
Tensor& Tensor::div_(const Tensor& other) {
  if (is_floating(dtype()) && directly(*this, engine::div, "div_", other)) return *this;
  return assign_in_place(*this, percept::div(*this, other), "div_");
}
Tensor& Tensor::add_(const Scalar& other) {
  return assign_in_place(*this, percept::add(*this, other), "add_");
}
Tensor& Tensor::sub_(const Scalar& other) {
  return assign_in_place(*this, percept::sub(*this, other), "sub_");
}
Tensor& Tensor::mul_(const Scalar& other) {
  return assign_in_place(*this, percept::mul(*this, other), "mul_");
}
Tensor& Tensor::div_(const Scalar& other) {
  return assign_in_place(*this, percept::div(*this, other), "div_");
}
Tensor& Tensor::pow_(const Scalar& exponent) {
  return assign_in_place(*this, percept::pow(original(*this), exponent), "pow_");
}
Tensor& Tensor::neg_() { return assign_in_place(*this, percept::neg(*this), "neg_"); }
Tensor& Tensor::abs_() { return assign_in_place(*this, percept::abs(original(*this)), "abs_"); }
Tensor& Tensor::exp_() { return assign_in_place(*this, percept::exp(*this), "exp_"); }
Tensor& Tensor::log_() { return assign_in_place(*this, percept::log(original(*this)), "log_"); }
Tensor& Tensor::sqrt_() { return assign_in_place(*this, percept::sqrt(*this), "sqrt_"); }
Tensor& Tensor::sigmoid_() { return assign_in_place(*this, percept::sigmoid(*this), "sigmoid_"); }
Tensor& Tensor::tanh_() { return assign_in_place(*this, percept::tanh(*this), "tanh_"); }
Tensor& Tensor::relu_() { return assign_in_place(*this, percept::relu(*this), "relu_"); }
Tensor& Tensor::clamp_(std::optional<Scalar> min, std::optional<Scalar> max) {
  return assign_in_place(*this, percept::clamp(original(*this), min, max), "clamp_");
}

// These change how the handle sees the data, not the data.
Tensor& Tensor::t_() { return *this = t(); }
Tensor& Tensor::unsqueeze_(std::int64_t d) { return *this = unsqueeze(d); }
Tensor& Tensor::squeeze_() { return *this = squeeze(); }

}  // namespace percept
