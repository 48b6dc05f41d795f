#include "engine/loss.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "engine/reference/loss.h"

namespace percept::engine::reference {
namespace {

template <class T>
void exponentials(std::int64_t n, T* x) {
  for (std::int64_t i = 0; i < n; ++i) x[i] = std::exp(x[i]);
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
  parallel_for(n, std::max<std::int64_t>(1, 8 * kExponentials / std::max<std::int64_t>(1, classes)),
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
  x.dtype() == f64 ? softmax_loss<double>(how, x, t, q, y, exponentials<double>)
                   : softmax_loss<float>(how, x, t, q, y, exponentials<float>);
}

void cross_entropy_backward(const CrossEntropy& how, const Tensor& dy, const Tensor& q,
                            const Tensor& t, const Tensor& dx) {
  q.dtype() == f64 ? backward<double>(how, dy, q, t, dx) : backward<float>(how, dy, q, t, dx);
}

}  // namespace percept::engine::reference
