#include "engine/pool.h"

#include <limits>

#include "base/parallel.h"

namespace percept::engine::reference {
namespace {

/// One image plane of a tensor (N, C, H, W).
template <class T>
struct Plane {
  T* data;  // null for an undefined tensor
  std::int64_t rows, columns;
  T& operator()(std::int64_t i, std::int64_t j) const { return data[i * rows + j * columns]; }
};

template <class T>
Plane<T> plane(const Tensor& x, std::int64_t number) {
  if (!x.defined()) return {nullptr, 0, 0};
  const std::int64_t n = number / x.shape()[1], c = number % x.shape()[1];
  return {static_cast<T*>(x.impl().data) + n * x.strides()[0] + c * x.strides()[1], x.strides()[2],
          x.strides()[3]};
}

/// body(number) for every plane of x.
template <class Body>
void for_each_plane(const Pooling& p, const Tensor& x, const Body& body) {
  const std::int64_t cost = std::max<std::int64_t>(1, p.h.out * p.w.out * p.places());
  parallel_for(x.shape()[0] * x.shape()[1], std::max<std::int64_t>(1, 8192 / cost),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t number = begin; number < end; ++number) body(number);
               });
}

/// body(oh, ow, window along h, window along w) for all of a plane.
template <class Body>
void for_each_window(const PoolWindows& windows, const Body& body) {
  std::int64_t oh = 0;
  for (const PoolWindow& h : windows.h) {
    std::int64_t ow = 0;
    for (const PoolWindow& w : windows.w) body(oh, ow++, h, w);
    ++oh;
  }
}

// y[oh][ow] = max over kh, kw of x[h.start + kh dilation][w.start + kw dilation]
template <class T, class At>
void max_typed(const Pooling& p, const Tensor& in, const Tensor& out, const Tensor& where) {
  const PoolWindows windows(p);
  for_each_plane(p, in, [&](std::int64_t i) {
    const Plane<T> x = plane<T>(in, i), y = plane<T>(out, i);
    const Plane<At> place = plane<At>(where, i);
    for_each_window(
        windows, [&](std::int64_t oh, std::int64_t ow, const PoolWindow& h, const PoolWindow& w) {
          T best = -std::numeric_limits<T>::infinity();
          std::int64_t at = h.begin * p.w.kernel + w.begin;
          for (std::int64_t kh = h.begin; kh < h.end; ++kh)
            for (std::int64_t kw = w.begin; kw < w.end; ++kw) {
              const T value = x(h.start + kh * p.h.dilation, w.start + kw * p.w.dilation);
              if (value > best || value != value) best = value, at = kh * p.w.kernel + kw;
            }
          y(oh, ow) = best;
          if (place.data) place(oh, ow) = static_cast<At>(at);
        });
  });
}

template <class T>
void clear_plane(const Pooling& p, const Plane<T>& x) {
  for (std::int64_t i = 0; i < p.h.size; ++i)
    for (std::int64_t j = 0; j < p.w.size; ++j) x(i, j) = 0;
}

template <class T, class At>
void max_backward_typed(const Pooling& p, const Tensor& dy, const Tensor& where, const Tensor& dx) {
  const PoolWindows windows(p);
  for_each_plane(p, dx, [&](std::int64_t i) {
    const Plane<T> to = plane<T>(dx, i), from = plane<T>(dy, i);
    const Plane<At> place = plane<At>(where, i);
    clear_plane(p, to);
    for_each_window(
        windows, [&](std::int64_t oh, std::int64_t ow, const PoolWindow& h, const PoolWindow& w) {
          if (h.begin >= h.end || w.begin >= w.end) return;  // only padding
          const auto k = static_cast<std::int64_t>(place(oh, ow));
          to(h.start + k / p.w.kernel * p.h.dilation, w.start + k % p.w.kernel * p.w.dilation) +=
              from(oh, ow);
        });
  });
}

/// The input that a window sees as its k-th; kept inside where it sees only padding.
std::int64_t input_of(const PoolAxis& axis, const PoolWindow& window, std::int64_t k) {
  return std::min(window.start + k * axis.dilation, axis.size - 1);
}

template <class At>
void index_typed(const Pooling& p, const Tensor& where, const Tensor& index) {
  const PoolWindows windows(p);
  for_each_plane(p, where, [&](std::int64_t i) {
    const Plane<At> place = plane<At>(where, i);
    const auto to = plane<std::int64_t>(index, i);
    for_each_window(windows, [&](std::int64_t oh, std::int64_t ow, const PoolWindow& h,
                                 const PoolWindow& w) {
      const auto k = static_cast<std::int64_t>(place(oh, ow));
      to(oh, ow) = input_of(p.h, h, k / p.w.kernel) * p.w.size + input_of(p.w, w, k % p.w.kernel);
    });
  });
}

template <class T>
T divisor_of(const Pooling& p, const PoolWindow& h, const PoolWindow& w) {
  return static_cast<T>(p.divisor ? p.divisor : h.count * w.count);
}

// y[oh][ow] = sum over kh, kw of x[h.start + kh][w.start + kw] / divisor
template <class T>
void avg_typed(const Pooling& p, const Tensor& x, const Tensor& y) {
  const PoolWindows windows(p);
  for_each_plane(p, x, [&](std::int64_t i) {
    const Plane<T> from = plane<T>(x, i), to = plane<T>(y, i);
    for_each_window(
        windows, [&](std::int64_t oh, std::int64_t ow, const PoolWindow& h, const PoolWindow& w) {
          T sum = 0;
          for (std::int64_t kh = h.begin; kh < h.end; ++kh)
            for (std::int64_t kw = w.begin; kw < w.end; ++kw)
              sum += from(h.start + kh, w.start + kw);
          to(oh, ow) = sum / divisor_of<T>(p, h, w);
        });
  });
}

// dx[h.start + kh][w.start + kw] += dy[oh][ow] / divisor
template <class T>
void avg_backward_typed(const Pooling& p, const Tensor& dy, const Tensor& dx) {
  const PoolWindows windows(p);
  for_each_plane(p, dx, [&](std::int64_t i) {
    const Plane<T> from = plane<T>(dy, i), to = plane<T>(dx, i);
    clear_plane(p, to);
    for_each_window(
        windows, [&](std::int64_t oh, std::int64_t ow, const PoolWindow& h, const PoolWindow& w) {
          const T part = from(oh, ow) / divisor_of<T>(p, h, w);
          for (std::int64_t kh = h.begin; kh < h.end; ++kh)
            for (std::int64_t kw = w.begin; kw < w.end; ++kw)
              to(h.start + kh, w.start + kw) += part;
        });
  });
}

/// f.template operator()<T, At>() for the types of the numbers and of the places.
template <class F>
void with_pool_types(Dtype numbers, const Tensor& place, const F& f) {
  const bool wide = place.defined() && place.dtype() == i64;
  if (numbers == f64)
    wide ? f.template operator()<double, std::int64_t>()
         : f.template operator()<double, std::uint8_t>();
  else
    wide ? f.template operator()<float, std::int64_t>()
         : f.template operator()<float, std::uint8_t>();
}

}  // namespace

void max_pool(const Pooling& p, const Tensor& x, const Tensor& y, const Tensor& place) {
  with_pool_types(x.dtype(), place, [&]<class T, class At>() { max_typed<T, At>(p, x, y, place); });
}

void max_pool_backward(const Pooling& p, const Tensor& dy, const Tensor& place, const Tensor& dx) {
  with_pool_types(dy.dtype(), place,
                  [&]<class T, class At>() { max_backward_typed<T, At>(p, dy, place, dx); });
}

void plane_index(const Pooling& p, const Tensor& place, const Tensor& index) {
  place.dtype() == i64 ? index_typed<std::int64_t>(p, place, index)
                       : index_typed<std::uint8_t>(p, place, index);
}

void avg_pool(const Pooling& p, const Tensor& x, const Tensor& y) {
  x.dtype() == f64 ? avg_typed<double>(p, x, y) : avg_typed<float>(p, x, y);
}

void avg_pool_backward(const Pooling& p, const Tensor& dy, const Tensor& dx) {
  dy.dtype() == f64 ? avg_backward_typed<double>(p, dy, dx) : avg_backward_typed<float>(p, dy, dx);
}

}  // namespace percept::engine::reference
