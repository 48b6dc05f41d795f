#include "engine/optim.h"

#include <array>
#include <initializer_list>

#include "base/parallel.h"
#include "engine/engine.h"

namespace percept::engine {
namespace {

constexpr std::size_t kMaxTensors = 5;  // p, grad and three buffers

template <class T, class Step>
void run_typed(const Step& step, std::int64_t grain, std::initializer_list<const Tensor*> tensors) {
  std::array<T*, kMaxTensors> at{};
  std::size_t count = 0;
  for (const Tensor* tensor : tensors) {
    if (tensor->defined()) at[count] = static_cast<T*>(tensor->impl().data);
    ++count;
  }
  const Tensor& p = **tensors.begin();
  parallel_for(p.numel(), grain, [&](std::int64_t begin, std::int64_t end) {
    std::array<T*, kMaxTensors> part{};
    for (std::size_t i = 0; i < count; ++i) part[i] = at[i] ? at[i] + begin : nullptr;
    if constexpr (std::is_same_v<T, float>)
      if (fast(f32)) return onednn::run(step, end - begin, part.data());
    reference::run(step, end - begin, part.data());
  });
}

/// `grain`: elements worth a thread.
template <class Step>
void run(const Step& step, std::int64_t grain, std::initializer_list<const Tensor*> tensors) {
  if ((*tensors.begin())->dtype() == f64) run_typed<double>(step, grain, tensors);
  else run_typed<float>(step, grain, tensors);
}

}  // namespace

void update(const SgdStep& step, const Tensor& p, const Tensor& grad, const Tensor& b) {
  run(step, 32768, {&p, &grad, &b});
}

}  // namespace percept::engine
