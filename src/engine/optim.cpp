#include "engine/optim.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <vector>

#include "base/parallel.h"
#include "engine/derived.h"
#include "engine/engine.h"
#include "engine/onednn/convert.h"

namespace percept::engine {
namespace {

constexpr std::size_t kMaxTensors = 5;  // p, grad and three buffers

/// Rounds what a step writes while it is in the cache, if p's numbers are kept rounded to bf16.
template <class Step>
void run_fast(const Step& step, std::int64_t n, float* const* at, bfloat16* rounded) {
  if (!rounded) return onednn::run(step, n, at);
  constexpr std::int64_t kChunk = 2048;
  for (std::int64_t i = 0; i < n; i += kChunk) {
    std::array<float*, kMaxTensors> part{};
    for (std::size_t t = 0; t < kMaxTensors; ++t) part[t] = at[t] ? at[t] + i : nullptr;
    const std::int64_t length = std::min(kChunk, n - i);
    onednn::run(step, length, part.data());
    onednn::round_input(length, part[0], rounded + i);
  }
}

template <class T, class Step>
void run_typed(const Step& step, std::int64_t grain, std::initializer_list<const Tensor*> tensors) {
  std::array<T*, kMaxTensors> at{};
  std::size_t count = 0;
  for (const Tensor* tensor : tensors) {
    if (tensor->defined()) at[count] = static_cast<T*>(tensor->impl().data);
    ++count;
  }
  const Tensor& p = **tensors.begin();
  bfloat16* const rounded = fast(p.dtype()) ? kept_rounding(p) : nullptr;
  parallel_for(p.numel(), grain, [&](std::int64_t begin, std::int64_t end) {
    std::array<T*, kMaxTensors> part{};
    for (std::size_t i = 0; i < count; ++i) part[i] = at[i] ? at[i] + begin : nullptr;
    if constexpr (std::is_same_v<T, float>)
      if (fast(f32))
        return run_fast(step, end - begin, part.data(), rounded ? rounded + begin : nullptr);
    reference::run(step, end - begin, part.data());
  });
  count_write(p, rounded != nullptr);
}

/// `grain`: elements worth a thread.
template <class Step>
void run(const Step& step, std::int64_t grain, std::initializer_list<const Tensor*> tensors) {
  if ((*tensors.begin())->dtype() == f64)
    run_typed<double>(step, grain, tensors);
  else
    run_typed<float>(step, grain, tensors);
}

}  // namespace

void update(const SgdStep& step, const Tensor& p, const Tensor& grad, const Tensor& b) {
  run(step, 32768, {&p, &grad, &b});
}

void update(const AdamStep& step, const Tensor& p, const Tensor& grad, const Tensor& m,
            const Tensor& v, const Tensor& w) {
  run(step, 8192, {&p, &grad, &m, &v, &w});
}

void update(const RmspropStep& step, const Tensor& p, const Tensor& grad, const Tensor& v,
            const Tensor& a, const Tensor& b) {
  run(step, 8192, {&p, &grad, &v, &a, &b});
}

void update(const AdagradStep& step, const Tensor& p, const Tensor& grad, const Tensor& s) {
  run(step, 8192, {&p, &grad, &s});
}

namespace {

template <class T>
double sum_of_powers_typed(std::int64_t n, const T* x, double p) {
  double total = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double size = std::abs(static_cast<double>(x[i]));
    if (p == 2)
      total += size * size;
    else if (p == 1)
      total += size;
    else if (!std::isinf(p))
      total += std::pow(size, p);
    else if (!(size <= total))
      total = std::isnan(total) ? total : size;
  }
  return total;
}

}  // namespace

double sum_of_powers(const Tensor& x, double p) {
  if (x.dtype() == f64) return sum_of_powers_typed(x.numel(), x.data<double>(), p);
  if (p != 2 || !fast(f32)) return sum_of_powers_typed(x.numel(), x.data<float>(), p);
  // Partial sums of fixed runs: the result does not depend on the number of threads.
  constexpr std::int64_t run = 65536;
  const std::int64_t runs = (x.numel() + run - 1) / run;
  if (runs <= 1) return onednn::sum_of_squares(x.numel(), x.data<float>());
  std::vector<double> part(static_cast<std::size_t>(runs));
  parallel_for(runs, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      part[static_cast<std::size_t>(i)] =
          onednn::sum_of_squares(std::min(run, x.numel() - i * run), x.data<float>() + i * run);
  });
  return std::accumulate(part.begin(), part.end(), 0.0);
}

}  // namespace percept::engine
