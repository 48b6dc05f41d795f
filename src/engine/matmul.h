// Matrix products.
#pragma once

#include <cstdint>

#include "engine/engine.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

/// What may be done to a product while it is still in the registers.
enum class Activation : unsigned char { none, relu };

/// c = act(a b + bias). a (B, m, k), b (B, k, n), c (B, m, n) dense; or all without B. a and b may
/// have any strides, 0 for a broadcast batch included. bias (n) or null. All of one real type.
struct Gemm {
  const Tensor& a;
  const Tensor& b;
  const Tensor& c;
  const Tensor* bias = nullptr;
  Activation activation = Activation::none;
  bool accumulate = false;  ///< c += a b; without bias and activation
  bool rounded = false;     ///< a and b, f32, are rounded to bf16 first; sums stay f32
  bool constant = false;    ///< b is likely to come again unchanged: worth packing
};

void gemm(const Gemm& product);

namespace reference {
void gemm(const Gemm& product);
}
namespace onednn {
void gemm(const Gemm& product);

/// The largest k of a small product: its columns of b are kept on the stack.
inline constexpr std::int64_t kSmallDepth = 512;
/// c = act(a b + bias) of a few thousand multiply-adds, on the calling thread; c dense, a and b of
/// any strides.
struct SmallProduct {
  const float *a, *b, *bias;  // bias may be null
  float* c;
  std::int64_t m, n, k;
  std::int64_t as[2], bs[2];
  bool relu, accumulate;
};
void gemm(const SmallProduct& product);
}  // namespace onednn

}  // namespace percept::engine
