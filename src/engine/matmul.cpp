#include "engine/matmul.h"

namespace percept::engine {

void gemm(const Gemm& product) {
  // Below this many multiply-adds a plain loop beats oneDNN's call (0.4 us) and its threads.
  constexpr std::int64_t kTiny = 4096;
  const Shape& shape = product.c.shape();
  const bool tiny = shape.numel() * product.a.shape().back() <= kTiny;
  if (fast(product.c.dtype()) && !tiny && shape.numel() > 0 && product.a.shape().back() > 0)
    onednn::gemm(product);
  else
    reference::gemm(product);
}

}  // namespace percept::engine
