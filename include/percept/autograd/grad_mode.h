// What autograd does right now on this thread: records, stays out of the way, or looks for NaN.
#pragma once

#include "percept/tensor/dtype.h"

namespace percept {

namespace detail {
struct GradMode {
  bool enabled = true;     // record nodes
  bool inference = false;  // neither record nor count versions
  bool anomaly = false;    // check every result
  Dtype products = f32;    // what f32 matrices are rounded to before they are multiplied
};
extern thread_local GradMode grad_mode;

class GradModeGuard {
 public:
  GradModeGuard() : before_(grad_mode) {}
  ~GradModeGuard() { grad_mode = before_; }
  GradModeGuard(const GradModeGuard&) = delete;
  GradModeGuard& operator=(const GradModeGuard&) = delete;

 private:
  GradMode before_;
};
}  // namespace detail

/// True when operations on tensors that need gradients are recorded on this thread.
inline bool grad_enabled() { return detail::grad_mode.enabled; }
inline bool inference_mode() { return detail::grad_mode.inference; }

/// No operation is recorded while it lives: torch.no_grad.
struct NoGradGuard : detail::GradModeGuard {
  NoGradGuard() { detail::grad_mode.enabled = false; }
};

/// Recording is on again inside a NoGradGuard: torch.enable_grad.
struct EnableGradGuard : detail::GradModeGuard {
  EnableGradGuard() { detail::grad_mode.enabled = true; }
};

/// As NoGradGuard, and what is made inside may never take part in recording: torch.inference_mode.
struct InferenceGuard : detail::GradModeGuard {
  InferenceGuard() { detail::grad_mode.enabled = false, detail::grad_mode.inference = true; }
};

/// Every operation checks its result, and every backward step its gradients; the first that makes a
/// NaN or an infinity throws DivergedError and names itself: torch.autograd.detect_anomaly.
struct AnomalyGuard : detail::GradModeGuard {
  AnomalyGuard() { detail::grad_mode.anomaly = true; }
};

/// The type that inputs of products are rounded to: bf16 inside an AutocastGuard, else f32.
inline Dtype autocast_dtype() { return detail::grad_mode.products; }

/// While it lives, products of f32 matrices (linear, matmul, mm, bmm) round their inputs to `type`;
/// sums, results and all else stay f32, f64 is left alone: torch.autocast. Backward does what the
/// recorded product did, inside the guard or not. AutocastGuard(f32) switches it off. Throws
/// DtypeError for another type.
struct AutocastGuard : detail::GradModeGuard {
  explicit AutocastGuard(Dtype type = bf16);
};

}  // namespace percept
