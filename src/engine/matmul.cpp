#include "engine/matmul.h"

#include "tensor/tape.h"

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

enum class Way : unsigned char { reference, small, onednn };

Way choose(const Gemm& g) {
  // Below this many multiply-adds a loop beats oneDNN's call (0.4 us) and its threads.
  constexpr std::int64_t kTiny = 4096;
  const std::int64_t k = g.a.shape().back(), results = g.c.numel();
  if (!fast(g.c.dtype()) || results == 0 || k == 0) return Way::reference;
  if (results * k > kTiny) return Way::onednn;
  const bool plain = g.c.dim() == 2 && !g.rounded;
  return plain && k <= onednn::kSmallDepth ? Way::small : Way::reference;
}

void gemm_now(const Gemm& product) {
  switch (choose(product)) {
    case Way::reference:
      return reference::gemm(product);
    case Way::small:
      return onednn::gemm(small(product));
    case Way::onednn:
      return onednn::gemm(product);
  }
}

void write_down(Tape& tape, const Gemm& g) {
  if (choose(g) == Way::small) {
    for (const Tensor* x : {&g.a, &g.b, &g.c, g.bias})
      if (x) tape.hold(*x);
    tape.add([product = small(g)] { onednn::gemm(product); });
    return;
  }
  tape.add([a = tape.keep(g.a), b = tape.keep(g.b), c = tape.keep(g.c),
            bias = g.bias ? tape.keep(*g.bias) : Tensor(), activation = g.activation,
            accumulate = g.accumulate, rounded = g.rounded, constant = g.constant] {
    gemm_now({.a = a,
              .b = b,
              .c = c,
              .bias = bias.defined() ? &bias : nullptr,
              .activation = activation,
              .accumulate = accumulate,
              .rounded = rounded,
              .constant = constant});
  });
}

}  // namespace

void gemm(const Gemm& product) {
  Tape* const tape = Tape::current();
  if (!tape) [[likely]]
    return gemm_now(product);
  {
    const Tape::Pause pause;
    gemm_now(product);
  }
  write_down(*tape, product);
}

}  // namespace percept::engine
