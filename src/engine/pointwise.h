// Element by element: y[i] = f(a[i], b[i], ...), broadcasting and any strides.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "engine/engine.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

/// One run of n elements. at[0] is the result, at[1..] the inputs; step[] are their strides in
/// bytes; params are the op's numbers (slope, bounds, ...).
using Loop = void(std::int64_t n, char* const* at, const std::int64_t* step, const double* params);

/// The loops of one function: per element type of the reference engine (null: type not taken), and
/// the fast engine's for f32, which is given dense runs only: every step 4, or 0 for an input.
struct Pointwise {
  std::array<Loop*, 6> reference{};  // by Dtype
  Loop* fast = nullptr;
  bool boolean_result = false;
};

inline constexpr int kMaxParams = 4;
using Params = std::initializer_list<double>;

/// f over inputs of one type, which broadcast to `out`'s shape. `out` may be an input, not overlap
/// one otherwise. Throws DtypeError when f has no loop for the type.
void apply(const Pointwise& f, const char* op, const Tensor& out,
           std::initializer_list<const Tensor*> inputs, Params params = {});

/// The same into a new tensor of the broadcast shape.
Tensor map(const Pointwise& f, const char* op, const Tensor& a, Params params = {});
Tensor map(const Pointwise& f, const char* op, const Tensor& a, const Tensor& b,
           Params params = {});
Tensor map(const Pointwise& f, const char* op, const Tensor& a, const Tensor& b, const Tensor& c);

/// f(a, number) or f(number, a): no tensor is made of the number.
Tensor map(const Pointwise& f, const char* op, const Tensor& a, const Scalar& b);
Tensor map(const Pointwise& f, const char* op, const Scalar& a, const Tensor& b);

/// to[i] = from[i], converted; `from` broadcasts.
void copy(const Tensor& from, const Tensor& to);
void fill(const Tensor& to, const Scalar& value);

// Unary.
extern const Pointwise neg, exp, log, log1p, expm1, sqrt, rsqrt, reciprocal, abs, sign, sin, cos,
    floor, ceil, round, sigmoid, tanh, relu, leaky_relu, elu, gelu, gelu_tanh, silu, softplus, step,
    clamp, isnan, isinf, logical_not, erf;
// Binary.
extern const Pointwise add, sub, mul, div, floor_divide, remainder, pow, minimum, maximum, eq, ne,
    lt, le, gt, ge, logical_and, logical_or, add_scaled, relu_backward, gelu_backward;
// Ternary.
extern const Pointwise where;

}  // namespace percept::engine
