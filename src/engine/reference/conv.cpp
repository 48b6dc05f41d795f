#include "engine/conv.h"

#include "base/parallel.h"
#include "engine/pointwise.h"
#include "engine/reference/kernel_walk.h"
#include "tensor/make.h"

namespace percept::engine::reference {
namespace {

/// Planes worth a thread, each of which costs that many multiply-adds.
std::int64_t grain(std::int64_t work) { return std::max<std::int64_t>(1, 65536 / (work + 1)); }

// y[n][o][i][j] = act(bias[o] + sum over c, p, q of x[n][c][i'][j'] w[o][c][p][q]),
// i' = i s + p d - a where that lies in x, and j' likewise; one plane (n, o) after the other
template <class T>
void conv_of(const Planes<T>& x, const Planes<T>& w, const T* bias, const Planes<T>& y,
             const Sliding& s, Activation activation) {
  const std::int64_t N = y.size[0], O = y.size[1], H = y.size[2], W = y.size[3];
  const std::int64_t C = w.size[1], per_group = O / s.groups;
  parallel_for(N * O, grain(H * W * C * w.size[2] * w.size[3]), [&](auto begin, auto end) {
    for (std::int64_t plane = begin; plane < end; ++plane) {
      const std::int64_t n = plane / O, o = plane % O, first = o / per_group * C;
      for (std::int64_t i = 0; i < H; ++i)
        for (std::int64_t j = 0; j < W; ++j) y.at(n, o, i, j) = bias ? bias[o] : T(0);
      for (std::int64_t c = 0; c < C; ++c)
        for (std::int64_t p = 0; p < w.size[2]; ++p)
          for (std::int64_t q = 0; q < w.size[3]; ++q) {
            const Overlap rows = overlap(s, 0, p, x.size[2], H);
            const Overlap columns = overlap(s, 1, q, x.size[3], W);
            const T weight = w.at(o, c, p, q);
            for (std::int64_t i = rows.begin; i < rows.end; ++i)
              for (std::int64_t j = columns.begin; j < columns.end; ++j)
                y.at(n, o, i, j) += x.at(n, first + c, rows(i), columns(j)) * weight;
          }
      if (activation == Activation::relu)
        for (std::int64_t i = 0; i < H; ++i)
          for (std::int64_t j = 0; j < W; ++j)
            if (y.at(n, o, i, j) < T(0)) y.at(n, o, i, j) = T(0);
    }
  });
}

// x[n][c][i'][j'] = sum over o, p, q of y[n][o][i][j] w[o][c][p][q]; one plane (n, c) after the
// other
template <class T>
void conv_transpose_of(const Planes<T>& y, const Planes<T>& w, const Planes<T>& x,
                       const Sliding& s) {
  const std::int64_t N = x.size[0], C = x.size[1], H = x.size[2], W = x.size[3];
  const std::int64_t per_group = C / s.groups, O = y.size[1] / s.groups;
  parallel_for(N * C, grain(y.size[2] * y.size[3] * O * w.size[2] * w.size[3]),
               [&](auto begin, auto end) {
                 for (std::int64_t plane = begin; plane < end; ++plane) {
                   const std::int64_t n = plane / C, c = plane % C, first = c / per_group * O;
                   for (std::int64_t i = 0; i < H; ++i)
                     for (std::int64_t j = 0; j < W; ++j) x.at(n, c, i, j) = T(0);
                   for (std::int64_t o = first; o < first + O; ++o)
                     for (std::int64_t p = 0; p < w.size[2]; ++p)
                       for (std::int64_t q = 0; q < w.size[3]; ++q) {
                         const Overlap rows = overlap(s, 0, p, H, y.size[2]);
                         const Overlap columns = overlap(s, 1, q, W, y.size[3]);
                         const T weight = w.at(o, c % per_group, p, q);
                         for (std::int64_t i = rows.begin; i < rows.end; ++i)
                           for (std::int64_t j = columns.begin; j < columns.end; ++j)
                             x.at(n, c, rows(i), columns(j)) += y.at(n, o, i, j) * weight;
                       }
                 }
               });
}

// w[o][c][p][q] = sum over n, i, j of x[n][c][i'][j'] y[n][o][i][j], bias[o] of y; sums in f64; one
// kernel (o, c) after the other
template <class T>
void conv_weights_of(const Planes<T>& x, const Planes<T>& y, const Planes<T>& w, T* bias,
                     const Sliding& s) {
  const std::int64_t O = w.size[0], C = w.size[1], kH = w.size[2], kW = w.size[3];
  const std::int64_t N = y.size[0], H = y.size[2], W = y.size[3], per_group = O / s.groups;
  parallel_for(O * C, grain(N * H * W * kH * kW), [&](auto begin, auto end) {
    for (std::int64_t kernel = begin; kernel < end; ++kernel) {
      const std::int64_t o = kernel / C, c = kernel % C, first = o / per_group * C;
      for (std::int64_t p = 0; p < kH; ++p)
        for (std::int64_t q = 0; q < kW; ++q) {
          const Overlap rows = overlap(s, 0, p, x.size[2], H);
          const Overlap columns = overlap(s, 1, q, x.size[3], W);
          double sum = 0;
          for (std::int64_t n = 0; n < N; ++n)
            for (std::int64_t i = rows.begin; i < rows.end; ++i)
              for (std::int64_t j = columns.begin; j < columns.end; ++j)
                sum += static_cast<double>(x.at(n, first + c, rows(i), columns(j))) *
                       static_cast<double>(y.at(n, o, i, j));
          w.at(o, c, p, q) = static_cast<T>(sum);
        }
    }
  });
  if (!bias) return;
  parallel_for(O, grain(N * H * W), [&](auto begin, auto end) {
    for (std::int64_t o = begin; o < end; ++o) {
      double sum = 0;
      for (std::int64_t n = 0; n < N; ++n)
        for (std::int64_t i = 0; i < H; ++i)
          for (std::int64_t j = 0; j < W; ++j) sum += static_cast<double>(y.at(n, o, i, j));
      bias[o] = static_cast<T>(sum);
    }
  });
}

/// f(T{}) with the tensor's element type, f32 or f64.
template <class F>
void with_type_of(const Tensor& x, const F& f) {
  return x.dtype() == f64 ? f(double{}) : f(float{});
}

template <class T>
T* elements(const Tensor& x) {
  return x.defined() ? static_cast<T*>(x.impl().data) : nullptr;
}

/// x as bf16 would hold it, in f32; x itself unless it is to be rounded.
Tensor as_rounded(const Tensor& x, const Sliding& s) {
  if (!s.rounded) return x;
  Tensor half = make(x.shape(), bf16), y = make(x.shape(), f32);
  engine::copy(x, half);
  engine::copy(half, y);
  return y;
}

}  // namespace

void conv(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y, const Sliding& s,
          Activation activation) {
  const Tensor image = as_rounded(x, s), weight = as_rounded(w, s);
  with_type_of(y, [&]<class T>(T) {
    conv_of(Planes<T>(image), Planes<T>(weight), elements<T>(bias), Planes<T>(y), s, activation);
  });
}

void conv_transpose(const Tensor& y, const Tensor& w, const Tensor& x, const Sliding& s) {
  const Tensor result = as_rounded(y, s), weight = as_rounded(w, s);
  with_type_of(x, [&]<class T>(T) {
    conv_transpose_of(Planes<T>(result), Planes<T>(weight), Planes<T>(x), s);
  });
}

void conv_weights(const Tensor& x, const Tensor& y, const Tensor& w, const Tensor& bias,
                  const Sliding& s) {
  const Tensor image = as_rounded(x, s), result = as_rounded(y, s);
  with_type_of(w, [&]<class T>(T) {
    conv_weights_of(Planes<T>(image), Planes<T>(result), Planes<T>(w), elements<T>(bias), s);
  });
}

}  // namespace percept::engine::reference
