#include "engine/layer_norm.h"

#include <cmath>

#include "base/parallel.h"

namespace percept::engine::reference {
namespace {

constexpr std::int64_t kNormGrain = 16384;  // elements worth a thread

template <class T>
T* normal_data(const Tensor& x) {
  return x.defined() ? static_cast<T*>(x.impl().data) : nullptr;
}

// Sums are made in f64, for f32 too.
template <class T>
void normalize_typed(double eps, const Tensor& in, const Tensor& weight, const Tensor& bias,
                     const Tensor& out, const Tensor& means, const Tensor& rstds) {
  const std::int64_t n = in.shape()[1];
  const T *w = normal_data<T>(weight), *b = normal_data<T>(bias);
  T *mean = normal_data<T>(means), *rstd = normal_data<T>(rstds);
  parallel_for(in.shape()[0], std::max<std::int64_t>(1, kNormGrain / n),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const T* x = normal_data<T>(in) + i * n;
                   T* y = normal_data<T>(out) + i * n;
                   double sum = 0, squares = 0;
                   if (mean)
                     for (std::int64_t j = 0; j < n; ++j) sum += static_cast<double>(x[j]);
                   const double m = sum / static_cast<double>(n);
                   for (std::int64_t j = 0; j < n; ++j) {
                     const double z = static_cast<double>(x[j]) - m;
                     squares += z * z;
                   }
                   const double r = 1 / std::sqrt(squares / static_cast<double>(n) + eps);
                   if (mean) mean[i] = static_cast<T>(m);
                   rstd[i] = static_cast<T>(r);
                   for (std::int64_t j = 0; j < n; ++j) {
                     const T z = static_cast<T>((static_cast<double>(x[j]) - m) * r);
                     y[j] = z * (w ? w[j] : T(1)) + (b ? b[j] : T(0));
                   }
                 }
               });
}

template <class T>
void normalize_backward_typed(const Tensor& dys, const Tensor& in, const Tensor& weight,
                              const Tensor& means, const Tensor& rstds, const Tensor& dxs,
                              const Tensor& dweight, const Tensor& dbias) {
  const std::int64_t rows = in.shape()[0], n = in.shape()[1];
  const T *w = normal_data<T>(weight), *mean = normal_data<T>(means), *rstd = normal_data<T>(rstds);
  const T *dy = normal_data<T>(dys), *x = normal_data<T>(in);
  const auto z = [&](std::int64_t i, std::int64_t j) {
    return static_cast<double>((x[i * n + j] - (mean ? mean[i] : T(0))) * rstd[i]);
  };
  const auto g = [&](std::int64_t i, std::int64_t j) {
    return static_cast<double>(dy[i * n + j] * (w ? w[j] : T(1)));
  };
  if (T* dx = normal_data<T>(dxs))
    parallel_for(rows, std::max<std::int64_t>(1, kNormGrain / n),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     double mean_g = 0, mean_gz = 0;
                     for (std::int64_t j = 0; j < n; ++j)
                       mean_g += g(i, j), mean_gz += g(i, j) * z(i, j);
                     mean_g = mean ? mean_g / static_cast<double>(n) : 0;
                     mean_gz /= static_cast<double>(n);
                     for (std::int64_t j = 0; j < n; ++j)
                       dx[i * n + j] = static_cast<T>(static_cast<double>(rstd[i]) *
                                                      (g(i, j) - mean_g - z(i, j) * mean_gz));
                   }
                 });
  T *dw = normal_data<T>(dweight), *db = normal_data<T>(dbias);
  parallel_for(n, std::max<std::int64_t>(1, kNormGrain / std::max<std::int64_t>(1, rows)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t j = begin; j < end; ++j) {
                   double sum = 0, sum_z = 0;
                   for (std::int64_t i = 0; i < rows; ++i) {
                     const auto d = static_cast<double>(dy[i * n + j]);
                     sum += d, sum_z += d * z(i, j);
                   }
                   if (dw) dw[j] = static_cast<T>(sum_z);
                   if (db) db[j] = static_cast<T>(sum);
                 }
               });
}

}  // namespace

void layer_norm(double eps, const Tensor& x, const Tensor& weight, const Tensor& bias,
                const Tensor& y, const Tensor& mean, const Tensor& rstd) {
  x.dtype() == f64 ? normalize_typed<double>(eps, x, weight, bias, y, mean, rstd)
                   : normalize_typed<float>(eps, x, weight, bias, y, mean, rstd);
}

void layer_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                         const Tensor& mean, const Tensor& rstd, const Tensor& dx,
                         const Tensor& dweight, const Tensor& dbias) {
  x.dtype() == f64 ? normalize_backward_typed<double>(dy, x, weight, mean, rstd, dx, dweight, dbias)
                   : normalize_backward_typed<float>(dy, x, weight, mean, rstd, dx, dweight, dbias);
}

}  // namespace percept::engine::reference
