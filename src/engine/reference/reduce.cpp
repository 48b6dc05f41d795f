#include "engine/reduce.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/parallel.h"

namespace percept::engine::reference {
namespace {

/// A reduction split in two walks: over the kept dimensions (one result each), and over the reduced
/// ones (the elements of one result). Sizes and strides in elements.
struct Split {
  Shape kept, kept_strides, out_strides, reduced, reduced_strides;
};

Split split(const Tensor& x, const Tensor& y) {
  Split s;
  for (int d = 0; d < x.dim(); ++d) {
    const std::int64_t size = x.shape()[d], stride = x.strides()[d];
    if (y.shape()[d] == size && size != 1) {
      s.kept.push_back(size), s.kept_strides.push_back(stride);
      s.out_strides.push_back(y.strides()[d]);
    } else if (size != 1) {
      if (s.reduced.dim() > 0 && s.reduced_strides.back() == stride * size) {
        s.reduced[s.reduced.dim() - 1] *= size;
        s.reduced_strides[s.reduced.dim() - 1] = stride;
      } else {
        s.reduced.push_back(size), s.reduced_strides.push_back(stride);
      }
    }
  }
  return s;
}

std::int64_t offset_of(std::int64_t index, const Shape& sizes, const Strides& strides) {
  std::int64_t offset = 0;
  for (int d = sizes.dim() - 1; d >= 0; --d) {
    offset += index % sizes[d] * strides[d];
    index /= sizes[d];
  }
  return offset;
}

/// Adds the elements in pairs of halves, so that rounding grows with log n.
template <class Wide, class T>
Wide pairwise(const T* x, std::int64_t n, std::int64_t stride) {
  if (n <= 128) {
    Wide sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += static_cast<Wide>(x[i * stride]);
    return sum;
  }
  const std::int64_t half = n / 2;
  return pairwise<Wide>(x, half, stride) + pairwise<Wide>(x + half * stride, n - half, stride);
}

template <class T, class Wide, class Out>
void sum_typed(const Tensor& x, const Tensor& y) {
  const Split s = split(x, y);
  const T* from = static_cast<const T*>(x.impl().data);
  Out* to = static_cast<Out*>(y.impl().data);
  const bool reduces = s.reduced.dim() > 0;
  const std::int64_t inner = reduces ? s.reduced.back() : 1;
  const std::int64_t inner_stride = reduces ? s.reduced_strides.back() : 1;
  Shape outer = s.reduced;
  if (reduces) outer.erase(outer.dim() - 1);
  const std::int64_t runs = x.numel() == 0 ? 0 : outer.numel();
  const std::int64_t cost = std::max<std::int64_t>(1, inner * runs);
  parallel_for(s.kept.numel(), std::max<std::int64_t>(1, 32768 / cost),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const T* base = from + offset_of(i, s.kept, s.kept_strides);
                   Wide sum = 0;
                   for (std::int64_t r = 0; r < runs; ++r)
                     sum += pairwise<Wide>(base + offset_of(r, outer, s.reduced_strides), inner,
                                           inner_stride);
                   to[offset_of(i, s.kept, s.out_strides)] = static_cast<Out>(sum);
                 }
               });
}

template <class T>
void bias_relu_backward_typed(const Tensor& dy, const Tensor& y, const Tensor& dx,
                              const Tensor& dbias) {
  const auto of = [](const Tensor& x) { return static_cast<T*>(x.impl().data); };
  const std::int64_t rows = dx.shape()[0], n = dx.shape()[1];
  for (std::int64_t i = 0; i < rows * n; ++i) of(dx)[i] = of(y)[i] <= T(0) ? T(0) : of(dy)[i];
  for (std::int64_t j = 0; j < n; ++j)
    of(dbias)[j] = static_cast<T>(pairwise<double>(of(dx) + j, rows, n));
}

template <class T, class Better>
void extreme_typed(const Tensor& x, int dim, const Tensor& y, const Tensor& index, Better better) {
  Shape outer = x.shape();
  Strides strides = x.strides();
  const std::int64_t n = outer[dim], stride = strides[dim];
  outer.erase(dim), strides.erase(dim);
  const T* from = static_cast<const T*>(x.impl().data);
  T* values = static_cast<T*>(y.impl().data);
  auto* places = index.data<std::int64_t>();
  parallel_for(outer.numel(), std::max<std::int64_t>(1, 32768 / n),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const T* run = from + offset_of(i, outer, strides);
                   std::int64_t best = 0;
                   for (std::int64_t k = 1; k < n; ++k) {
                     const T a = run[k * stride], b = run[best * stride];
                     if (better(a, b) || (a != a && b == b)) best = k;
                   }
                   values[i] = run[best * stride];
                   places[i] = best;
                 }
               });
}

template <class Better>
void extreme(const Tensor& x, int dim, const Tensor& y, const Tensor& index, Better better) {
  switch (x.dtype()) {
    case Dtype::boolean:
      return extreme_typed<bool>(x, dim, y, index, better);
    case Dtype::u8:
      return extreme_typed<std::uint8_t>(x, dim, y, index, better);
    case Dtype::i64:
      return extreme_typed<std::int64_t>(x, dim, y, index, better);
    case Dtype::bf16:
      return extreme_typed<bfloat16>(x, dim, y, index, better);
    case Dtype::f32:
      return extreme_typed<float>(x, dim, y, index, better);
    case Dtype::f64:
      return extreme_typed<double>(x, dim, y, index, better);
  }
}

/// Calls row(x, y, n) for each row of the last dimension; `in` and `out` contiguous.
template <class T, class Row>
void rows_of(const Tensor& in, const Tensor& out, const Row& row) {
  const std::int64_t n = in.dim() > 0 ? in.shape().back() : 1;
  if (n == 0) return;
  parallel_for(in.numel() / n, std::max<std::int64_t>(1, 4096 / n),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i)
                   row(i * n, in.data<T>() + i * n, out.data<T>() + i * n, n);
               });
}

// log q_i = x_i - m - log(sum_j exp(x_j - m)),  m = max x: exp never overflows
template <class T>
void log_softmax_typed(const Tensor& in, const Tensor& out) {
  rows_of<T>(in, out, [](std::int64_t, const T* x, T* y, std::int64_t n) {
    const T m = *std::max_element(x, x + n);
    T sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += std::exp(x[i] - m);
    const T log_sum = m + std::log(sum);
    for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] - log_sum;
  });
}

// q_i = exp(x_i - m) / sum_j exp(x_j - m)
template <class T>
void softmax_typed(const Tensor& in, const Tensor& out) {
  rows_of<T>(in, out, [](std::int64_t, const T* x, T* y, std::int64_t n) {
    const T m = *std::max_element(x, x + n);
    T sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += y[i] = std::exp(x[i] - m);
    for (std::int64_t i = 0; i < n; ++i) y[i] /= sum;
  });
}

template <class T>
void log_softmax_backward_typed(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  const T* log_q = y.data<T>();
  rows_of<T>(dy, dx, [&](std::int64_t at, const T* g, T* d, std::int64_t n) {
    T sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += g[i];
    for (std::int64_t i = 0; i < n; ++i) d[i] = g[i] - std::exp(log_q[at + i]) * sum;
  });
}

template <class T>
void softmax_backward_typed(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  const T* q = y.data<T>();
  rows_of<T>(dy, dx, [&](std::int64_t at, const T* g, T* d, std::int64_t n) {
    T sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += g[i] * q[at + i];
    for (std::int64_t i = 0; i < n; ++i) d[i] = q[at + i] * (g[i] - sum);
  });
}

}  // namespace

void bias_relu_backward(const Tensor& dy, const Tensor& y, const Tensor& dx, const Tensor& dbias) {
  dx.dtype() == f64 ? bias_relu_backward_typed<double>(dy, y, dx, dbias)
                    : bias_relu_backward_typed<float>(dy, y, dx, dbias);
}

void sum(const Tensor& x, const Tensor& y) {
  switch (x.dtype()) {
    case Dtype::boolean:
      return sum_typed<bool, std::int64_t, std::int64_t>(x, y);
    case Dtype::u8:
      return sum_typed<std::uint8_t, std::int64_t, std::int64_t>(x, y);
    case Dtype::i64:
      return sum_typed<std::int64_t, std::int64_t, std::int64_t>(x, y);
    case Dtype::bf16:
      return sum_typed<bfloat16, float, bfloat16>(x, y);
    case Dtype::f32:
      return sum_typed<float, double, float>(x, y);
    case Dtype::f64:
      return sum_typed<double, double, double>(x, y);
  }
}

void max(const Tensor& x, int dim, const Tensor& y, const Tensor& index) {
  extreme(x, dim, y, index, [](auto a, auto b) { return a > b; });
}
void min(const Tensor& x, int dim, const Tensor& y, const Tensor& index) {
  extreme(x, dim, y, index, [](auto a, auto b) { return a < b; });
}

void log_softmax(const Tensor& x, const Tensor& y) {
  x.dtype() == f64 ? log_softmax_typed<double>(x, y) : log_softmax_typed<float>(x, y);
}
void softmax(const Tensor& x, const Tensor& y) {
  x.dtype() == f64 ? softmax_typed<double>(x, y) : softmax_typed<float>(x, y);
}
void log_softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  dy.dtype() == f64 ? log_softmax_backward_typed<double>(dy, y, dx)
                    : log_softmax_backward_typed<float>(dy, y, dx);
}
void softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx) {
  dy.dtype() == f64 ? softmax_backward_typed<double>(dy, y, dx)
                    : softmax_backward_typed<float>(dy, y, dx);
}

}  // namespace percept::engine::reference
