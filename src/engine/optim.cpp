#include "engine/optim.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <span>
#include <type_traits>
#include <variant>
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

/// What is to be done to one parameter.
struct Update {
  std::variant<SgdStep, AdamStep, RmspropStep, AdagradStep> step;
  const Tensor* p;
  std::array<void*, kMaxTensors> at;  // p, grad and buffers; null where undefined
  bfloat16* rounded;                  // p's numbers as bf16, or null
  std::int64_t cost;                  // of an element

  std::int64_t work() const { return p->numel() * cost; }
  /// Where the work goes on after that much of it: at a multiple of 64 bytes, which threads then do
  /// not share.
  std::int64_t element(std::int64_t done) const {
    return done >= work() ? p->numel() : done / cost / 16 * 16;
  }
};

template <class T, class Step>
void run_typed(const Update& u, const Step& step, std::int64_t begin, std::int64_t end) {
  std::array<T*, kMaxTensors> part{};
  for (std::size_t i = 0; i < kMaxTensors; ++i)
    part[i] = u.at[i] ? static_cast<T*>(u.at[i]) + begin : nullptr;
  if constexpr (std::is_same_v<T, float>)
    if (fast(f32))
      return run_fast(step, end - begin, part.data(), u.rounded ? u.rounded + begin : nullptr);
  reference::run(step, end - begin, part.data());
}

/// Elements [begin, end) of one parameter.
void run(const Update& u, std::int64_t begin, std::int64_t end) {
  if (begin >= end) return;
  const auto make = [&](const auto& step) {
    u.p->dtype() == f64 ? run_typed<double>(u, step, begin, end)
                        : run_typed<float>(u, step, begin, end);
  };
  std::visit(make, u.step);
}

/// Those that wait for the end of their pass.
std::vector<Update>& waiting() {
  thread_local std::vector<Update> list;
  return list;
}

template <class Step>
void put_off(const Step& step, std::int64_t cost, std::initializer_list<const Tensor*> tensors) {
  Update u{.step = step, .p = *tensors.begin(), .at = {}, .rounded = nullptr, .cost = cost};
  std::transform(tensors.begin(), tensors.end(), u.at.begin(),
                 [](const Tensor* x) { return x->defined() ? x->impl().data : nullptr; });
  if (fast(u.p->dtype())) u.rounded = kept_rounding(*u.p);
  waiting().push_back(u);
}

}  // namespace

OnePass::OnePass() : first_(waiting().size()) {}

OnePass::~OnePass() {
  constexpr std::int64_t kGrain = 32768;  // work that is worth a thread
  std::vector<Update>& list = waiting();
  const std::span updates = std::span(list).subspan(first_);
  std::int64_t all = 0;
  for (const Update& u : updates) all += u.work();
  parallel_for(all, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (const Update& u : updates) {
      run(u, u.element(std::max<std::int64_t>(0, begin)),
          u.element(std::max<std::int64_t>(0, end)));
      begin -= u.work(), end -= u.work();
    }
  });
  for (const Update& u : updates) count_write(*u.p, u.rounded != nullptr);
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(first_), list.end());
}

void update(const SgdStep& step, const Tensor& p, const Tensor& grad, const Tensor& b) {
  put_off(step, 1, {&p, &grad, &b});
}

void update(const AdamStep& step, const Tensor& p, const Tensor& grad, const Tensor& m,
            const Tensor& v, const Tensor& w) {
  put_off(step, 4, {&p, &grad, &m, &v, &w});
}

void update(const RmspropStep& step, const Tensor& p, const Tensor& grad, const Tensor& v,
            const Tensor& a, const Tensor& b) {
  put_off(step, 4, {&p, &grad, &v, &a, &b});
}

void update(const AdagradStep& step, const Tensor& p, const Tensor& grad, const Tensor& s) {
  put_off(step, 4, {&p, &grad, &s});
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
