// The arithmetic: one contract, two engines. `reference` is plain loops, f32 and f64, the oracle of
// the tests and the only engine for f64 and integers; `onednn` is fast: oneDNN primitives and
// Highway SIMD, f32. Kernels take tensors whose shapes and types the op has checked, and know no
// gradients.
#pragma once

#include "percept/tensor/dtype.h"

namespace percept::engine {

/// True where the fast engine may be used: f32, unless PERCEPT_ENGINE=reference or a guard says no.
bool fast(Dtype dtype);

/// Runs everything on the reference engine while it lives (tests compare the two).
class ReferenceGuard {
 public:
  ReferenceGuard();
  ~ReferenceGuard();
  ReferenceGuard(const ReferenceGuard&) = delete;
  ReferenceGuard& operator=(const ReferenceGuard&) = delete;

 private:
  bool before_;
};

/// True where several operations may be computed as one; PERCEPT_FUSION=0 or a guard keeps them
/// apart.
bool fusion();

/// Switches fusion on or off while it lives.
class FusionGuard {
 public:
  explicit FusionGuard(bool on);
  ~FusionGuard();
  FusionGuard(const FusionGuard&) = delete;
  FusionGuard& operator=(const FusionGuard&) = delete;

 private:
  bool before_;
};

}  // namespace percept::engine
