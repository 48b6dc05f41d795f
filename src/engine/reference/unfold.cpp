#include "engine/unfold.h"

#include "base/parallel.h"
#include "engine/reference/kernel_walk.h"

namespace percept::engine::reference {
namespace {

/// For each plane (n, c) of x and each element (p, q) of the kernel: f(n, c, row, i, j) with the
/// row of the matrix and the places at which that element meets x.
template <class T, class F>
void for_each_plane(const Planes<T>& x, const Patches& patches, const F& f) {
  const std::int64_t C = x.size[1], kH = patches.kernel[0], kW = patches.kernel[1];
  const std::int64_t rows = patches.places[0], columns = patches.places[1];
  const std::int64_t grain = std::max<std::int64_t>(1, 32768 / (kH * kW * rows * columns + 1));
  parallel_for(x.size[0] * C, grain, [&](auto begin, auto end) {
    for (std::int64_t plane = begin; plane < end; ++plane) {
      const std::int64_t n = plane / C, c = plane % C;
      for (std::int64_t p = 0; p < kH; ++p)
        for (std::int64_t q = 0; q < kW; ++q)
          f(n, c, (c * kH + p) * kW + q, overlap(patches.sliding, 0, p, x.size[2], rows),
            overlap(patches.sliding, 1, q, x.size[3], columns));
    }
  });
}

template <class T>
void unfold_of(const Planes<T>& x, T* y, const Patches& patches) {
  const std::int64_t width = patches.places[1], places = patches.places[0] * width;
  const std::int64_t height = x.size[1] * patches.kernel[0] * patches.kernel[1];
  for_each_plane(x, patches, [&](auto n, auto c, auto row, const Overlap& i, const Overlap& j) {
    T* const to = y + (n * height + row) * places;
    std::fill_n(to, places, T(0));
    for (std::int64_t a = i.begin; a < i.end; ++a)
      for (std::int64_t b = j.begin; b < j.end; ++b) to[a * width + b] = x.at(n, c, i(a), j(b));
  });
}

template <class T>
void fold_of(const T* y, const Strides& step, const Planes<T>& x, const Patches& patches) {
  std::fill_n(x.data, x.size[0] * x.size[1] * x.size[2] * x.size[3], T(0));
  for_each_plane(x, patches, [&](auto n, auto c, auto row, const Overlap& i, const Overlap& j) {
    const T* const from = y + n * step[0] + row * step[1];
    for (std::int64_t a = i.begin; a < i.end; ++a)
      for (std::int64_t b = j.begin; b < j.end; ++b)
        x.at(n, c, i(a), j(b)) += from[(a * patches.places[1] + b) * step[2]];
  });
}

}  // namespace

void unfold(const Tensor& x, const Tensor& y, const Patches& patches) {
  if (x.dtype() == f64)
    unfold_of(Planes<double>(x), static_cast<double*>(y.impl().data), patches);
  else
    unfold_of(Planes<float>(x), static_cast<float*>(y.impl().data), patches);
}

void fold(const Tensor& y, const Tensor& x, const Patches& patches) {
  if (x.dtype() == f64)
    fold_of(static_cast<const double*>(y.impl().data), y.strides(), Planes<double>(x), patches);
  else
    fold_of(static_cast<const float*>(y.impl().data), y.strides(), Planes<float>(x), patches);
}

}  // namespace percept::engine::reference
