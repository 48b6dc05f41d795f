// The functions themselves, one line each, for every element type. Read them as formulas.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace percept::engine::reference {

using P = const double*;  // the op's numbers

struct Neg {
  template <class T>
  static T of(P, T x) {
    return static_cast<T>(-x);
  }
};
struct Exp {
  template <class T>
  static T of(P, T x) {
    return std::exp(x);
  }
};
struct Log {
  template <class T>
  static T of(P, T x) {
    return std::log(x);
  }
};
struct Log1p {
  template <class T>
  static T of(P, T x) {
    return std::log1p(x);
  }
};
struct Expm1 {
  template <class T>
  static T of(P, T x) {
    return std::expm1(x);
  }
};
struct Sqrt {
  template <class T>
  static T of(P, T x) {
    return std::sqrt(x);
  }
};
struct Rsqrt {
  template <class T>
  static T of(P, T x) {
    return T(1) / std::sqrt(x);
  }
};
struct Reciprocal {
  template <class T>
  static T of(P, T x) {
    return T(1) / x;
  }
};
struct Abs {
  template <class T>
  static T of(P, T x) {
    return x < T(0) ? static_cast<T>(-x) : x == T(0) ? T(0) : x;
  }
};
struct Sign {
  template <class T>
  static T of(P, T x) {
    return static_cast<T>((T(0) < x) - (x < T(0)));
  }
};
struct Sin {
  template <class T>
  static T of(P, T x) {
    return std::sin(x);
  }
};
struct Cos {
  template <class T>
  static T of(P, T x) {
    return std::cos(x);
  }
};
struct Erf {
  template <class T>
  static T of(P, T x) {
    return std::erf(x);
  }
};
struct Floor {
  template <class T>
  static T of(P, T x) {
    return std::floor(x);
  }
};
struct Ceil {
  template <class T>
  static T of(P, T x) {
    return std::ceil(x);
  }
};
struct Round {
  template <class T>
  static T of(P, T x) {
    return std::nearbyint(x);
  }
};  // half to even
struct Sigmoid {
  template <class T>
  static T of(P, T x) {
    return T(1) / (T(1) + std::exp(-x));
  }
};
struct Tanh {
  template <class T>
  static T of(P, T x) {
    return std::tanh(x);
  }
};
struct Relu {
  template <class T>
  static T of(P, T x) {
    return x < T(0) ? T(0) : x;
  }
};  // NaN stays
struct LeakyRelu {
  template <class T>
  static T of(P p, T x) {
    return x > T(0) ? x : static_cast<T>(p[0]) * x;
  }
};
struct Elu {
  template <class T>
  static T of(P p, T x) {
    return x > T(0) ? x : static_cast<T>(p[0]) * std::expm1(x);
  }
};
// x * Phi(x), Phi the normal distribution function
struct Gelu {
  template <class T>
  static T of(P, T x) {
    return x * T(0.5) * (T(1) + std::erf(x * T(M_SQRT1_2)));
  }
};
struct GeluTanh {
  template <class T>
  static T of(P, T x) {
    return T(0.5) * x *
           (T(1) + std::tanh(T(M_SQRT2 * M_2_SQRTPI / 2) * (x + T(0.044715) * x * x * x)));
  }
};
struct Silu {
  template <class T>
  static T of(P, T x) {
    return x / (T(1) + std::exp(-x));
  }
};
// log(1 + exp(beta x)) / beta; the line above threshold, where they agree
struct Softplus {
  template <class T>
  static T of(P p, T x) {
    const T bx = static_cast<T>(p[0]) * x;
    return bx > static_cast<T>(p[1]) ? x : std::log1p(std::exp(bx)) / static_cast<T>(p[0]);
  }
};
struct Step {
  template <class T>
  static T of(P, T x) {
    return x > T(0) ? T(1) : T(0);
  }
};  // fires if z > 0
// NaN stays NaN
struct Clamp {
  template <class T>
  static T of(P p, T x) {
    if (static_cast<double>(x) < p[0]) x = static_cast<T>(p[0]);
    return static_cast<double>(x) > p[1] ? static_cast<T>(p[1]) : x;
  }
};

struct IsNan {
  template <class T>
  static bool of(P, T x) {
    return x != x;
  }
};
struct IsInf {
  template <class T>
  static bool of(P, T x) {
    return std::is_floating_point_v<T> && (x - x != x - x) && x == x;
  }
};
struct LogicalNot {
  template <class T>
  static bool of(P, T x) {
    return x == T(0);
  }
};

struct Add {
  template <class T>
  static T of(P, T a, T b) {
    return static_cast<T>(a + b);
  }
};
struct Sub {
  template <class T>
  static T of(P, T a, T b) {
    return static_cast<T>(a - b);
  }
};
struct Mul {
  template <class T>
  static T of(P, T a, T b) {
    return static_cast<T>(a * b);
  }
};
struct Div {
  template <class T>
  static T of(P, T a, T b) {
    return a / b;
  }
};
struct AddScaled {
  template <class T>
  static T of(P p, T a, T b) {
    return static_cast<T>(a + static_cast<T>(p[0]) * b);
  }
};
struct FloorDivide {
  template <class T>
  static T of(P, T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      if (b == T(0)) return T(0);  // the op has refused a zero divisor
      const T q = static_cast<T>(a / b);
      return static_cast<T>(q - ((a % b != 0) && ((a < 0) != (b < 0))));
    } else {  // from the remainder, as Python: a / b itself may round to a whole number
      if (b == T(0)) return a / b;
      const T r = std::fmod(a, b), q = std::nearbyint((a - r) / b);
      return q - T(r != T(0) && (r < T(0)) != (b < T(0)));
    }
  }
};
// the sign of the divisor, as Python's %
struct Remainder {
  template <class T>
  static T of(P, T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      if (b == T(0)) return T(0);
      const T r = static_cast<T>(a % b);
      return (r != 0 && ((r < 0) != (b < 0))) ? static_cast<T>(r + b) : r;
    } else {
      const T r = std::fmod(a, b);
      return (r != T(0) && ((r < T(0)) != (b < T(0)))) ? r + b : r;
    }
  }
};
struct Pow {
  template <class T>
  static T of(P, T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      if (b < T(0))
        return static_cast<T>(a == T(1) ? 1 : a == static_cast<T>(-1) ? (b % 2 ? -1 : 1) : 0);
      std::uint64_t base = static_cast<std::uint64_t>(a), y = 1;
      for (auto e = static_cast<std::uint64_t>(b); e; e >>= 1, base *= base)
        if (e & 1) y *= base;
      return static_cast<T>(y);
    } else {
      return b == T(2) ? a * a : std::pow(a, b);
    }
  }
};
struct Minimum {
  template <class T>
  static T of(P, T a, T b) {
    return (a < b || a != a) ? a : b;
  }
};  // NaN wins
struct Maximum {
  template <class T>
  static T of(P, T a, T b) {
    return (a > b || a != a) ? a : b;
  }
};
struct Eq {
  template <class T>
  static bool of(P, T a, T b) {
    return a == b;
  }
};
struct Ne {
  template <class T>
  static bool of(P, T a, T b) {
    return a != b;
  }
};
struct Lt {
  template <class T>
  static bool of(P, T a, T b) {
    return a < b;
  }
};
struct Le {
  template <class T>
  static bool of(P, T a, T b) {
    return a <= b;
  }
};
struct Gt {
  template <class T>
  static bool of(P, T a, T b) {
    return a > b;
  }
};
struct Ge {
  template <class T>
  static bool of(P, T a, T b) {
    return a >= b;
  }
};
struct LogicalAnd {
  template <class T>
  static bool of(P, T a, T b) {
    return a != T(0) && b != T(0);
  }
};
struct LogicalOr {
  template <class T>
  static bool of(P, T a, T b) {
    return a != T(0) || b != T(0);
  }
};
// dx = dy where y > 0 or NaN
struct ReluBackward {
  template <class T>
  static T of(P, T dy, T y) {
    return y <= T(0) ? T(0) : dy;
  }
};
// dx = dy (Phi(x) + x phi(x)), phi the density of the normal distribution
struct GeluBackward {
  template <class T>
  static T of(P, T dy, T x) {
    const T cdf = T(0.5) * (T(1) + std::erf(x * T(M_SQRT1_2)));
    return dy * (cdf + x * std::exp(T(-0.5) * x * x) * T(M_2_SQRTPI * M_SQRT1_2 / 2));
  }
};

}  // namespace percept::engine::reference
