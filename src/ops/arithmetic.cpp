#include "percept/ops/arithmetic.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/pointwise.h"
#include "ops/check.h"
#include "ops/promote.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/indexing.h"
#include "percept/ops/math.h"
#include "percept/ops/reduce.h"

namespace percept {
namespace {

using engine::Pointwise;

Tensor binary(const Pointwise& f, const char* op, const Tensor& a, const Tensor& b) {
  must_be_defined(op, a, b);
  const Dtype dtype = common_dtype(a, b);
  return engine::map(f, op, a.to(dtype), b.to(dtype));
}

Tensor binary(const Pointwise& f, const char* op, const Tensor& a, const Scalar& b) {
  must_be_defined(op, a);
  return engine::map(f, op, a.to(promote(a.dtype(), b)), b);
}

Tensor binary(const Pointwise& f, const char* op, const Scalar& a, const Tensor& b) {
  must_be_defined(op, b);
  return engine::map(f, op, a, b.to(promote(b.dtype(), a)));
}

/// Compares in a type that holds the number too: 300 is above every u8.
Tensor compare(const Pointwise& f, const char* op, const Tensor& a, const Scalar& b) {
  must_be_defined(op, a);
  const Dtype dtype = is_floating(a.dtype()) ? a.dtype() : promote(a.dtype(), b.kind());
  return engine::map(f, op, a.to(dtype), b);
}

Tensor undifferentiated(const Pointwise& f, const char* op, const Tensor& a) {
  must_be_defined(op, a);
  return engine::map(f, op, a);
}

bool is_one(const Scalar& x) { return x.to_double() == 1; }

void refuse_zero(const Tensor& divisor, const char* op) {
  if (!is_floating(divisor.dtype()) && any(eq(divisor, 0)).item<bool>())
    throw ValueError(fmt::format("{}: an integer divisor is 0", op));
}

// y = a + alpha b:  da = dy,  db = alpha dy
struct AddBackward final : Node {
  Scalar alpha = 1;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = dy;
    if (inputs() > 1 && dx.wanted(1)) dx[1] = is_one(alpha) ? dy : dy * alpha;
  }
};

// y = a - alpha b:  da = dy,  db = -alpha dy
struct SubBackward final : Node {
  Scalar alpha = 1;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = dy;
    if (inputs() > 1 && dx.wanted(1)) dx[1] = is_one(alpha) ? -dy : dy * -alpha.to_double();
  }
};

// y = number - b:  db = -dy
struct RsubBackward final : Node {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = -dy; }
};

// y = a b:  da = dy b,  db = dy a
struct MulBackward final : Node {
  Saved a{this}, b{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    if (dx.wanted(0)) dx[0] = dy * b;
    if (dx.wanted(1)) dx[1] = dy * a;
  }
};

// y = number x:  dx = number dy
struct ScaleBackward final : Node {
  Scalar number = 1;
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy * number; }
};

// y = a / b:  da = dy / b,  db = -dy y / b
struct DivBackward final : Node {
  Saved b{this}, y{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor quotient = dy / b;
    if (dx.wanted(0)) dx[0] = quotient;
    if (dx.wanted(1)) dx[1] = -(quotient * y);
  }
};

// y = number / b:  db = -dy y / b
struct RdivBackward final : Node {
  Saved b{this}, y{this};
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = -(dy * y / b); }
};

// y = a mod b = a - b floor(a/b):  da = dy,  db = -dy floor(a/b)
struct RemainderBackward final : Node {
  Saved a{this}, b{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = dy;
    if (dx.wanted(1)) dx[1] = -(dy * floor_divide(a, b));
  }
};

struct NegBackward final : Node {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = -dy; }
};

// y = a^b:  da = dy b a^(b-1), 0 where b = 0;  db = dy y ln a, 0 where a = 0 and b >= 0
struct PowBackward final : Node {
  Saved a{this}, b{this}, y{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    if (dx.wanted(0)) dx[0] = where(eq(b, 0), 0, dy * b * pow(a, sub(b, 1)));
    if (dx.wanted(1)) {
      const Tensor flat = logical_and(eq(a, 0), ge(b, 0));
      dx[1] = where(flat, 0, dy * y * log(where(flat, 1, a.get().to(dy.dtype()))));
    }
  }
};

// y = x^number:  dx = dy number x^(number-1), 0 for number 0
struct PowScalarBackward final : Node {
  Saved x{this};
  Scalar exponent = 1;
  void backward(const Tensor& dy, Gradients& dx) override {
    const double e = exponent.to_double();
    if (e == 0)
      dx[0] = dy * 0;
    else if (e == 2)
      dx[0] = dy * x * 2;
    else
      dx[0] = dy * (pow(x, e - 1) * e);
  }
};

// y = number^x:  dx = dy y ln number; 0 for number 0 and x >= 0
struct RpowBackward final : Node {
  Saved x{this}, y{this};
  Scalar base = 1;
  void backward(const Tensor& dy, Gradients& dx) override {
    const double b = base.to_double();
    dx[0] = b == 0 ? where(ge(x, 0), 0, dy * y * std::log(b)) : dy * y * std::log(b);
  }
};

// y = min(a, b) or max(a, b):  the gradient goes to the one taken, in halves where they are equal,
// to both where one is NaN
struct ExtremeBackward : Node {
  Saved a{this}, b{this};
  virtual Tensor left(const Tensor& x, const Tensor& other) const = 0;
  void backward(const Tensor& dy, Gradients& dx) override {
    const auto share = [&](const Tensor& x, const Tensor& other) {
      return where(eq(x, other), dy * 0.5, where(left(x, other), 0, dy));
    };
    if (dx.wanted(0)) dx[0] = share(a, b);
    if (dx.wanted(1)) dx[1] = share(b, a);
  }
};
struct MinimumBackward final : ExtremeBackward {
  Tensor left(const Tensor& x, const Tensor& other) const override { return gt(x, other); }
};
struct MaximumBackward final : ExtremeBackward {
  Tensor left(const Tensor& x, const Tensor& other) const override { return lt(x, other); }
};

// y = clamp(x):  dx = dy inside the bounds, borders included
struct ClampBackward final : Node {
  Saved x{this};
  double min = 0, max = 0;
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor inside = logical_and(ge(x, min), le(x, max));
    dx[0] = where(inside, dy, 0);
  }
};

}  // namespace

Tensor add(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  must_be_defined("add", a, b);
  const Dtype dtype = common_dtype(a, b);
  Tensor y = is_one(alpha) ? engine::map(engine::add, "add", a.to(dtype), b.to(dtype))
                           : engine::map(engine::add_scaled, "add", a.to(dtype), b.to(dtype),
                                         {alpha.to_double()});
  if (auto* node = record<AddBackward>(y, a, b)) node->alpha = alpha;
  return y;
}

Tensor add(const Tensor& a, const Scalar& b) {
  Tensor y = binary(engine::add, "add", a, b);
  record<AddBackward>(y, a);
  return y;
}

Tensor sub(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  must_be_defined("sub", a, b);
  const Dtype dtype = common_dtype(a, b);
  Tensor y = is_one(alpha) ? engine::map(engine::sub, "sub", a.to(dtype), b.to(dtype))
                           : engine::map(engine::add_scaled, "sub", a.to(dtype), b.to(dtype),
                                         {-alpha.to_double()});
  if (auto* node = record<SubBackward>(y, a, b)) node->alpha = alpha;
  return y;
}

Tensor sub(const Tensor& a, const Scalar& b) {
  Tensor y = binary(engine::sub, "sub", a, b);
  record<SubBackward>(y, a);
  return y;
}

Tensor sub(const Scalar& a, const Tensor& b) {
  Tensor y = binary(engine::sub, "sub", a, b);
  record<RsubBackward>(y, b);
  return y;
}

Tensor mul(const Tensor& a, const Tensor& b) {
  Tensor y = binary(engine::mul, "mul", a, b);
  if (auto* node = record<MulBackward>(y, a, b)) {
    if (node->input(1).wanted()) node->a = a;
    if (node->input(0).wanted()) node->b = b;
  }
  return y;
}

Tensor mul(const Tensor& a, const Scalar& b) {
  Tensor y = binary(engine::mul, "mul", a, b);
  if (auto* node = record<ScaleBackward>(y, a)) node->number = b;
  return y;
}

Tensor div(const Tensor& a, const Tensor& b) {
  must_be_defined("div", a, b);
  const Dtype dtype = real_dtype(common_dtype(a, b));
  Tensor y = engine::map(engine::div, "div", a.to(dtype), b.to(dtype));
  if (auto* node = record<DivBackward>(y, a, b)) node->b = b, node->y = y;
  return y;
}

Tensor div(const Tensor& a, const Scalar& b) {
  must_be_defined("div", a);
  Tensor y = binary(engine::div, "div", as_real(a), Scalar(b.to_double()));
  if (auto* node = record<ScaleBackward>(y, a)) node->number = 1 / b.to_double();
  return y;
}

Tensor div(const Scalar& a, const Tensor& b) {
  must_be_defined("div", b);
  Tensor y = binary(engine::div, "div", Scalar(a.to_double()), as_real(b));
  if (auto* node = record<RdivBackward>(y, b)) node->b = b, node->y = y;
  return y;
}

Tensor floor_divide(const Tensor& a, const Tensor& b) {
  must_be_defined("floor_divide", a, b);
  refuse_zero(b, "floor_divide");
  return binary(engine::floor_divide, "floor_divide", a, b).detach();
}

Tensor remainder(const Tensor& a, const Tensor& b) {
  must_be_defined("remainder", a, b);
  refuse_zero(b, "remainder");
  Tensor y = binary(engine::remainder, "remainder", a, b);
  if (auto* node = record<RemainderBackward>(y, a, b)) node->a = a, node->b = b;
  return y;
}

Tensor neg(const Tensor& a) {
  must_be_defined("neg", a);
  Tensor y = engine::map(engine::neg, "neg", a);
  record<NegBackward>(y, a);
  return y;
}

Tensor pow(const Tensor& a, const Tensor& b) {
  Tensor y = binary(engine::pow, "pow", a, b);
  if (auto* node = record<PowBackward>(y, a, b)) node->a = a, node->b = b, node->y = y;
  return y;
}

Tensor pow(const Tensor& a, const Scalar& b) {
  must_be_defined("pow", a);
  if (!is_floating(promote(a.dtype(), b)) && b.to_int() < 0)
    throw ValueError(
        "pow: an integer cannot be raised to a negative integer power; hint: .to(f32)");
  Tensor y = binary(engine::pow, "pow", a, b);
  if (auto* node = record<PowScalarBackward>(y, a)) node->x = a, node->exponent = b;
  return y;
}

Tensor pow(const Scalar& a, const Tensor& b) {
  Tensor y = binary(engine::pow, "pow", a, b);
  if (auto* node = record<RpowBackward>(y, b)) node->x = b, node->y = y, node->base = a;
  return y;
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  Tensor y = binary(engine::minimum, "minimum", a, b);
  if (auto* node = record<MinimumBackward>(y, a, b)) node->a = a, node->b = b;
  return y;
}

Tensor maximum(const Tensor& a, const Tensor& b) {
  Tensor y = binary(engine::maximum, "maximum", a, b);
  if (auto* node = record<MaximumBackward>(y, a, b)) node->a = a, node->b = b;
  return y;
}

Tensor clamp(const Tensor& a, std::optional<Scalar> min, std::optional<Scalar> max) {
  must_be_defined("clamp", a);
  if (!min && !max) throw ValueError("clamp: at least one of min and max must be given");
  Dtype dtype = a.dtype();
  if (min) dtype = promote(dtype, *min);
  if (max) dtype = promote(dtype, *max);
  const double low = min ? min->to_double() : -INFINITY, high = max ? max->to_double() : INFINITY;
  Tensor y = engine::map(engine::clamp, "clamp", a.to(dtype), {low, high});
  if (auto* node = record<ClampBackward>(y, a)) node->x = a, node->min = low, node->max = high;
  return y;
}

Tensor eq(const Tensor& a, const Tensor& b) { return binary(engine::eq, "eq", a, b); }
Tensor ne(const Tensor& a, const Tensor& b) { return binary(engine::ne, "ne", a, b); }
Tensor lt(const Tensor& a, const Tensor& b) { return binary(engine::lt, "lt", a, b); }
Tensor le(const Tensor& a, const Tensor& b) { return binary(engine::le, "le", a, b); }
Tensor gt(const Tensor& a, const Tensor& b) { return binary(engine::gt, "gt", a, b); }
Tensor ge(const Tensor& a, const Tensor& b) { return binary(engine::ge, "ge", a, b); }
Tensor eq(const Tensor& a, const Scalar& b) { return compare(engine::eq, "eq", a, b); }
Tensor ne(const Tensor& a, const Scalar& b) { return compare(engine::ne, "ne", a, b); }
Tensor lt(const Tensor& a, const Scalar& b) { return compare(engine::lt, "lt", a, b); }
Tensor le(const Tensor& a, const Scalar& b) { return compare(engine::le, "le", a, b); }
Tensor gt(const Tensor& a, const Scalar& b) { return compare(engine::gt, "gt", a, b); }
Tensor ge(const Tensor& a, const Scalar& b) { return compare(engine::ge, "ge", a, b); }
Tensor logical_not(const Tensor& a) {
  return undifferentiated(engine::logical_not, "logical_not", a);
}
Tensor logical_and(const Tensor& a, const Tensor& b) {
  return binary(engine::logical_and, "logical_and", a, b);
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
  return binary(engine::logical_or, "logical_or", a, b);
}
Tensor isnan(const Tensor& a) { return undifferentiated(engine::isnan, "isnan", a); }
Tensor isinf(const Tensor& a) { return undifferentiated(engine::isinf, "isinf", a); }
Tensor isfinite(const Tensor& a) {
  must_be_defined("isfinite", a);
  must_be_computed_in("isfinite", a);
  return logical_not(logical_or(isnan(a), isinf(a)));
}

bool equal(const Tensor& a, const Tensor& b) {
  must_be_defined("equal", a, b);
  must_be_computed_in("equal", a), must_be_computed_in("equal", b);
  return a.shape() == b.shape() && a.dtype() == b.dtype() && all(eq(a, b)).item<bool>();
}

bool allclose(const Tensor& a, const Tensor& b, const AllcloseOptions& options) {
  must_be_defined("allclose", a, b);
  broadcast_shapes(a.shape(), b.shape(), "allclose");
  const NoGradGuard no_grad;
  const Tensor x = a.to(f64), y = b.to(f64);
  Tensor close = logical_or(
      eq(x, y), logical_and(le(abs(x - y), abs(y) * options.rtol + options.atol), isfinite(y)));
  if (options.equal_nan) close = logical_or(close, logical_and(isnan(x), isnan(y)));
  return all(close).item<bool>();
}

}  // namespace percept
