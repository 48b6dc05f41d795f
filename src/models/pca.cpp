#include "percept/models/pca.h"

#include <fmt/format.h>

#include <cmath>

#include "models/orthonormal.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/tensor/factory.h"

namespace percept::models {

Tensor Pca::encode(const Tensor& x) const { return linear(x - mean, components); }

Tensor Pca::decode(const Tensor& code) const { return matmul(code, components) + mean; }

Pca pca(const Tensor& x, std::int64_t k, const PcaOptions& options) {
  if (x.dim() != 2 || x.size(0) < 1)
    throw ShapeError(
        fmt::format("pca: x has shape {}, expected (n, d) with a sample", x.shape().str()));
  if (k < 1 || k > x.size(1))
    throw ValueError(fmt::format("pca: found {} components, allowed 1 to {}", k, x.size(1)));
  const NoGradGuard no_grad;
  Pca result{.mean = mean(x, {0}), .components = {}, .variances = {}};
  const Tensor away = x - result.mean;
  const Tensor covariance = matmul(away.t(), away) / static_cast<double>(x.size(0));
  Tensor q = orthonormal_rows(randn({k, x.size(1)}, {.dtype = x.dtype()}, options.generator), 1e-6);
  double before = 0;
  for (std::int64_t i = 0; i < options.most_iterations; ++i) {
    const Tensor image = matmul(q, covariance);
    result.components = q;
    result.variances = sum(image * q, {1});
    const double now = sum(result.variances).item();
    if (std::abs(now - before) <= options.tolerance * now) break;
    before = now;
    q = orthonormal_rows(image, 1e-6);
  }
  return result;
}

}  // namespace percept::models
