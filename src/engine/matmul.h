// Matrix products.
#pragma once

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
}

}  // namespace percept::engine
