#include "engine/matmul.h"

namespace percept::engine {
namespace {

onednn::SmallProduct small(const Gemm& g) {
  const TensorImpl &a = g.a.impl(), &b = g.b.impl(), &c = g.c.impl();
  return {.a = static_cast<const float*>(a.data),
          .b = static_cast<const float*>(b.data),
          .bias = g.bias ? static_cast<const float*>(g.bias->impl().data) : nullptr,
          .c = static_cast<float*>(c.data),
          .m = c.shape[0],
          .n = c.shape[1],
          .k = a.shape[1],
          .as = {a.strides[0], a.strides[1]},
          .bs = {b.strides[0], b.strides[1]},
          .relu = g.activation == Activation::relu,
          .accumulate = g.accumulate};
}

}  // namespace

void gemm(const Gemm& product) {
  // Below this many multiply-adds a loop beats oneDNN's call (0.4 us) and its threads.
  constexpr std::int64_t kTiny = 4096;
  const std::int64_t k = product.a.shape().back(), results = product.c.numel();
  if (!fast(product.c.dtype()) || results == 0 || k == 0) return reference::gemm(product);
  if (results * k > kTiny) return onednn::gemm(product);
  if (product.c.dim() == 2 && k <= onednn::kSmallDepth) return onednn::gemm(small(product));
  reference::gemm(product);
}

}  // namespace percept::engine
