// The optimisers' formulas, element by element.
#include "engine/optim.h"

#include <cmath>

namespace percept::engine::reference {
namespace {

/// The gradient that descends, with weight decay.
template <class T, class Step>
T gradient(const Step& step, T grad, T p) {
  const T g = step.maximize ? -grad : grad;
  return step.weight_decay == 0 ? g : g + static_cast<T>(step.weight_decay) * p;
}

}  // namespace

template <class T>
void run(const SgdStep& step, std::int64_t n, T* const* at) {
  T *const p = at[0], *const b = at[2];
  const T* const grad = at[1];
  const T lr = static_cast<T>(step.lr), momentum = static_cast<T>(step.momentum),
          fresh = static_cast<T>(1 - step.dampening);
  for (std::int64_t i = 0; i < n; ++i) {
    T g = gradient(step, grad[i], p[i]);
    if (b) {
      b[i] = step.first ? g : momentum * b[i] + fresh * g;
      g = step.nesterov ? g + momentum * b[i] : b[i];
    }
    p[i] -= lr * g;
  }
}

template <class T>
void run(const AdamStep& step, std::int64_t n, T* const* at) {
  T *const p = at[0], *const m = at[2], *const v = at[3], *const w = at[4];
  const T* const grad = at[1];
  const T fresh1 = static_cast<T>(1 - step.beta1), beta2 = static_cast<T>(step.beta2),
          fresh2 = static_cast<T>(1 - step.beta2), keep = static_cast<T>(step.keep),
          root = static_cast<T>(step.root), eps = static_cast<T>(step.eps),
          step_size = static_cast<T>(step.step_size);
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = gradient(step, grad[i], p[i]);
    m[i] += fresh1 * (g - m[i]);
    v[i] = beta2 * v[i] + fresh2 * g * g;
    if (w && !(w[i] >= v[i])) w[i] = v[i];
    p[i] = keep * p[i] - step_size * m[i] / (std::sqrt(w ? w[i] : v[i]) / root + eps);
  }
}

template <class T>
void run(const RmspropStep& step, std::int64_t n, T* const* at) {
  T *const p = at[0], *const v = at[2], *const a = at[3], *const b = at[4];
  const T* const grad = at[1];
  const T lr = static_cast<T>(step.lr), alpha = static_cast<T>(step.alpha),
          fresh = static_cast<T>(1 - step.alpha), eps = static_cast<T>(step.eps),
          momentum = static_cast<T>(step.momentum);
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = gradient(step, grad[i], p[i]);
    v[i] = alpha * v[i] + fresh * g * g;
    if (a) a[i] += fresh * (g - a[i]);
    const T d = g / (std::sqrt(a ? v[i] - a[i] * a[i] : v[i]) + eps);
    if (b) b[i] = momentum * b[i] + d;
    p[i] -= lr * (b ? b[i] : d);
  }
}

template <class T>
void run(const AdagradStep& step, std::int64_t n, T* const* at) {
  T *const p = at[0], *const s = at[2];
  const T* const grad = at[1];
  const T lr = static_cast<T>(step.lr), eps = static_cast<T>(step.eps);
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = gradient(step, grad[i], p[i]);
    s[i] += g * g;
    p[i] -= lr * g / (std::sqrt(s[i]) + eps);
  }
}

template void run(const SgdStep&, std::int64_t, float* const*);
template void run(const SgdStep&, std::int64_t, double* const*);
template void run(const AdamStep&, std::int64_t, float* const*);
template void run(const AdamStep&, std::int64_t, double* const*);
template void run(const RmspropStep&, std::int64_t, float* const*);
template void run(const RmspropStep&, std::int64_t, double* const*);
template void run(const AdagradStep&, std::int64_t, float* const*);
template void run(const AdagradStep&, std::int64_t, double* const*);

}  // namespace percept::engine::reference
