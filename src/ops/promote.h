// Bringing operands to one element type before the engine is entered.
#pragma once

#include "percept/tensor/tensor.h"

namespace percept {

/// The type two operands are computed in. A 0-dim tensor yields to one with dimensions unless it is
/// of a higher kind.
inline Dtype common_dtype(const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype()) return a.dtype();
  const auto kind = [](Dtype d) { return is_floating(d) ? 2 : d == boolean ? 0 : 1; };
  if (a.dim() == 0 && b.dim() > 0 && kind(a.dtype()) <= kind(b.dtype())) return b.dtype();
  if (b.dim() == 0 && a.dim() > 0 && kind(b.dtype()) <= kind(a.dtype())) return a.dtype();
  return promote(a.dtype(), b.dtype());
}

/// Integers become f32; real types stay.
inline Dtype real_dtype(Dtype dtype) { return is_floating(dtype) ? dtype : f32; }
inline Tensor as_real(const Tensor& x) { return x.to(real_dtype(x.dtype())); }

}  // namespace percept
