#include "engine/loss.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"

namespace percept::engine::reference {
namespace {

constexpr std::int64_t kLossGrain = 4096;  // exponentials worth a thread

double counted(const CrossEntropy& how, const std::int64_t* t, std::int64_t n) {
  return static_cast<double>(n - std::count(t, t + n, how.ignore_index));
}

// -log q_t = m + log(sum_j exp(x_j - m)) - x_t,  m = max x: exp never overflows
template <class T>
void forward(const CrossEntropy& how, const Tensor& in, const Tensor& target, const Tensor& kept,
             const Tensor& out) {
  const std::int64_t n = in.shape()[0], classes = in.shape()[1];
  const T* from = in.data<T>();
  const auto* t = target.data<std::int64_t>();
  T* soft = kept.data<T>();
  parallel_for(n, std::max<std::int64_t>(1, kLossGrain / std::max<std::int64_t>(1, classes)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const T* x = from + i * classes;
                   T* q = soft + i * classes;
                   const T m = *std::max_element(x, x + classes);
                   T sum = 0;
                   for (std::int64_t c = 0; c < classes; ++c) sum += q[c] = std::exp(x[c] - m);
                   for (std::int64_t c = 0; c < classes; ++c) q[c] /= sum;
                 }
               });
  // The losses again from x: -log q would lose what q has rounded to 0.
  double total = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    if (t[i] == how.ignore_index) continue;
    const T* x = from + i * classes;
    const auto top = std::max_element(x, x + classes) - x;
    const T log_sum = -std::log(soft[i * classes + top]);  // q_top = 1 / sum
    total += static_cast<double>(x[top] - x[t[i]] + log_sum);
  }
  *out.data<T>() = static_cast<T>(how.mean ? total / counted(how, t, n) : total);
}

template <class T>
void backward(const CrossEntropy& how, const Tensor& dy, const Tensor& kept, const Tensor& target,
              const Tensor& out) {
  const std::int64_t n = kept.shape()[0], classes = kept.shape()[1];
  const T* soft = kept.data<T>();
  const auto* t = target.data<std::int64_t>();
  T* to = out.data<T>();
  const auto g = static_cast<double>(*dy.data<T>());
  const T scale = static_cast<T>(how.mean ? g / counted(how, t, n) : g);
  parallel_for(n, std::max<std::int64_t>(1, 8 * kLossGrain / std::max<std::int64_t>(1, classes)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const T* q = soft + i * classes;
                   T* dx = to + i * classes;
                   if (t[i] == how.ignore_index) {
                     std::fill_n(dx, classes, T(0));
                     continue;
                   }
                   for (std::int64_t c = 0; c < classes; ++c) dx[c] = q[c] * scale;
                   dx[t[i]] = (q[t[i]] - T(1)) * scale;
                 }
               });
}

}  // namespace

void cross_entropy(const CrossEntropy& how, const Tensor& x, const Tensor& t, const Tensor& q,
                   const Tensor& y) {
  x.dtype() == f64 ? forward<double>(how, x, t, q, y) : forward<float>(how, x, t, q, y);
}

void cross_entropy_backward(const CrossEntropy& how, const Tensor& dy, const Tensor& q,
                            const Tensor& t, const Tensor& dx) {
  q.dtype() == f64 ? backward<double>(how, dy, q, t, dx) : backward<float>(how, dy, q, t, dx);
}

}  // namespace percept::engine::reference
