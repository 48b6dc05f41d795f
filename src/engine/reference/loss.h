// The loss of class scores, for any way to compute exponentials.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "engine/loss.h"

namespace percept::engine::reference {

inline constexpr std::int64_t kExponentials = 4096;  // worth a thread

/// Samples that count.
inline double counted(const CrossEntropy& how, const std::int64_t* t, std::int64_t n) {
  return static_cast<double>(n - std::count(t, t + n, how.ignore_index));
}

/// engine::cross_entropy; exponentials(n, x) makes x[i] = exp(x[i]), x[i] <= 0.
// -log q_t = m + log(sum_j exp(x_j - m)) - x_t,  m = max x: exp never overflows
template <class T>
void softmax_loss(const CrossEntropy& how, const Tensor& in, const Tensor& target,
                  const Tensor& kept, const Tensor& out, void (*exponentials)(std::int64_t, T*)) {
  const std::int64_t n = in.shape()[0], classes = in.shape()[1];
  const T* from = in.data<T>();
  const auto* t = target.data<std::int64_t>();
  T* soft = kept.data<T>();
  parallel_for(n, std::max<std::int64_t>(1, kExponentials / std::max<std::int64_t>(1, classes)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const T* x = from + i * classes;
                   const T m = *std::max_element(x, x + classes);
                   for (std::int64_t c = 0; c < classes; ++c) soft[i * classes + c] = x[c] - m;
                 }
                 exponentials((end - begin) * classes, soft + begin * classes);
                 for (std::int64_t i = begin; i < end; ++i) {
                   T* q = soft + i * classes;
                   T sum = 0;
                   for (std::int64_t c = 0; c < classes; ++c) sum += q[c];
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

}  // namespace percept::engine::reference
