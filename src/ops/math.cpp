#include "percept/ops/math.h"

#include <cmath>

#include "engine/pointwise.h"
#include "ops/check.h"
#include "ops/promote.h"
#include "percept/autograd/node.h"
#include "percept/ops/arithmetic.h"

namespace percept {
namespace {

/// The derivative in terms of x, or of y where that is simpler.
struct OfX : Node {
  Saved x{this};
  void save(const Tensor& input, const Tensor&) { x = input; }
};
struct OfY : Node {
  Saved y{this};
  void save(const Tensor&, const Tensor& result) { y = result; }
};
/// A function that is flat wherever it has a derivative.
struct Flat : Node {
  void save(const Tensor&, const Tensor&) {}
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy * 0; }
};

template <class Derivative>
Tensor unary(const engine::Pointwise& f, const char* op, const Tensor& x) {
  must_be_defined(op, x);
  Tensor y = engine::map(f, op, as_real(x));
  if (auto* node = record<Derivative>(y, x)) node->save(x, y);
  return y;
}

/// A function to whole numbers; integers are that already.
template <class Derivative>
Tensor whole(const engine::Pointwise& f, const char* op, const Tensor& x) {
  must_be_defined(op, x);
  return x.dtype() == i64 || x.dtype() == u8 ? x.clone() : unary<Derivative>(f, op, x);
}

// y = exp x:  dx = dy y
struct ExpBackward final : OfY {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy * y; }
};
// y = ln x:  dx = dy / x
struct LogBackward final : OfX {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy / x; }
};
// y = ln(1 + x):  dx = dy / (1 + x)
struct Log1pBackward final : OfX {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy / add(x, 1); }
};
// y = exp(x) - 1:  dx = dy (y + 1)
struct Expm1Backward final : OfY {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy * add(y, 1); }
};
// y = x^1/2:  dx = dy / 2y
struct SqrtBackward final : OfY {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy / mul(y, 2); }
};
// y = x^-1/2:  dx = -dy y^3 / 2
struct RsqrtBackward final : OfY {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy * pow(y, 3) * -0.5; }
};
// y = x^2:  dx = 2 dy x
struct SquareBackward final : OfX {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy * x * 2; }
};
// y = 1/x:  dx = -dy y^2
struct ReciprocalBackward final : OfY {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = -(dy * square(y)); }
};
// y = |x|:  dx = dy sign x
struct AbsBackward final : OfX {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy * sign(x); }
};
struct SinBackward final : OfX {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = dy * cos(x); }
};
struct CosBackward final : OfX {
  void backward(const Tensor& dy, Gradients& dx) override { dx[0] = -(dy * sin(x)); }
};
// y = erf x:  dx = dy 2/sqrt(pi) exp(-x^2)
struct ErfBackward final : OfX {
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = dy * exp(-square(x)) * M_2_SQRTPI;
  }
};
struct SignBackward final : Flat {};
struct FloorBackward final : Flat {};
struct CeilBackward final : Flat {};
struct RoundBackward final : Flat {};

}  // namespace

Tensor exp(const Tensor& x) { return unary<ExpBackward>(engine::exp, "exp", x); }
Tensor log(const Tensor& x) { return unary<LogBackward>(engine::log, "log", x); }
Tensor log1p(const Tensor& x) { return unary<Log1pBackward>(engine::log1p, "log1p", x); }
Tensor expm1(const Tensor& x) { return unary<Expm1Backward>(engine::expm1, "expm1", x); }
Tensor sqrt(const Tensor& x) { return unary<SqrtBackward>(engine::sqrt, "sqrt", x); }
Tensor rsqrt(const Tensor& x) { return unary<RsqrtBackward>(engine::rsqrt, "rsqrt", x); }
Tensor reciprocal(const Tensor& x) {
  return unary<ReciprocalBackward>(engine::reciprocal, "reciprocal", x);
}
Tensor sin(const Tensor& x) { return unary<SinBackward>(engine::sin, "sin", x); }
Tensor cos(const Tensor& x) { return unary<CosBackward>(engine::cos, "cos", x); }
Tensor erf(const Tensor& x) { return unary<ErfBackward>(engine::erf, "erf", x); }
Tensor floor(const Tensor& x) { return whole<FloorBackward>(engine::floor, "floor", x); }
Tensor ceil(const Tensor& x) { return whole<CeilBackward>(engine::ceil, "ceil", x); }
Tensor round(const Tensor& x) { return whole<RoundBackward>(engine::round, "round", x); }

Tensor abs(const Tensor& x) {  // integers stay integers
  must_be_defined("abs", x);
  Tensor y = engine::map(engine::abs, "abs", x);
  if (auto* node = record<AbsBackward>(y, x)) node->x = x;
  return y;
}

Tensor sign(const Tensor& x) {
  must_be_defined("sign", x);
  Tensor y = engine::map(engine::sign, "sign", x);
  record<SignBackward>(y, x);
  return y;
}

Tensor square(const Tensor& x) {
  must_be_defined("square", x);
  const Tensor number = x.dtype() == boolean ? x.to(i64) : x;
  Tensor y = engine::map(engine::mul, "square", number, number);
  if (auto* node = record<SquareBackward>(y, x)) node->x = x;
  return y;
}

}  // namespace percept
