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
  const T *const grad = at[1];
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

template void run(const SgdStep&, std::int64_t, float* const*);
template void run(const SgdStep&, std::int64_t, double* const*);

}  // namespace percept::engine::reference
