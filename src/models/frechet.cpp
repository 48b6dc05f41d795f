#include "percept/models/frechet.h"

#include <fmt/format.h>

#include <cmath>
#include <span>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/math.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::models {
namespace {

double scalar_product(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// (a, b) <- (cos a - sin b, sin a + cos b)
void turn(std::span<double> a, std::span<double> b, double cosine, double sine) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double old = a[i];
    a[i] = cosine * old - sine * b[i];
    b[i] = sine * old + cosine * b[i];
  }
}

struct Eigen {
  Tensor values;   // (d)
  Tensor vectors;  // (d, d), rows
};

/// Of a symmetric matrix (d, d) of f64 without negative eigenvalues. Its rows are turned in pairs
/// until all are at right angles: V C = diag(values) V, so their lengths are the eigenvalues, and
/// what turned them are the vectors (Jacobi's method from one side; Golub, Van Loan, Matrix
/// Computations, 8.6.3).
Eigen eigen_of(const Tensor& matrix) {
  const std::int64_t d = matrix.size(0);
  const Tensor turned = matrix.clone(), vectors = eye(d, {.dtype = f64});
  const auto row = [n = static_cast<std::size_t>(d)](const Tensor& x, std::int64_t i) {
    return x.span<double>().subspan(static_cast<std::size_t>(i) * n, n);
  };
  bool at_right_angles = false;
  for (int sweep = 0; sweep < 60 && !at_right_angles; ++sweep) {
    at_right_angles = true;
    for (std::int64_t i = 0; i < d; ++i)
      for (std::int64_t j = i + 1; j < d; ++j) {
        const auto a = row(turned, i), b = row(turned, j);
        const double aa = scalar_product(a, a), bb = scalar_product(b, b),
                     ab = scalar_product(a, b);
        if (std::abs(ab) <= 1e-12 * std::sqrt(aa * bb)) continue;
        at_right_angles = false;
        const double half = (bb - aa) / (2 * ab);  // cot 2φ
        const double tangent = std::copysign(1, half) / (std::abs(half) + std::hypot(1, half));
        const double cosine = 1 / std::hypot(1, tangent);
        turn(a, b, cosine, cosine * tangent);
        turn(row(vectors, i), row(vectors, j), cosine, cosine * tangent);
      }
  }
  return {norm(turned, 2, {1}), vectors};
}

/// The symmetric R with R R = C.
Tensor root(const Tensor& c) {
  const Eigen eigen = eigen_of(c);
  return matmul(eigen.vectors.t(), unsqueeze(sqrt(eigen.values), 1) * eigen.vectors);
}

Tensor covariance(const Tensor& x) {
  const Tensor away = x - mean(x, {0});
  return matmul(away.t(), away) / static_cast<double>(x.size(0) - 1);
}

}  // namespace

// (C C')^½ has the trace of (R C' R)^½, R = C^½, which is symmetric.
double frechet_distance(const Tensor& x, const Tensor& y) {
  if (x.dim() != 2 || y.dim() != 2 || x.size(0) < 2 || y.size(0) < 2 || x.size(1) != y.size(1))
    throw ShapeError(
        fmt::format("frechet_distance: x and y have shapes {} and {}, expected (n, d) and (n', d) "
                    "with two samples or more",
                    x.shape().str(), y.shape().str()));
  const NoGradGuard no_grad;
  const Tensor a = x.to(f64), b = y.to(f64);
  const Tensor c = covariance(a), other = covariance(b), r = root(c);
  const Tensor shared = matmul(matmul(r, other), r);
  const double between = sum(square(mean(a, {0}) - mean(b, {0}))).item();
  const double within = sum(diagonal(c) + diagonal(other)).item();
  return between + within - 2 * sum(sqrt(eigen_of(shared).values)).item();
}

}  // namespace percept::models
