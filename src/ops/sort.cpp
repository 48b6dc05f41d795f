#include "percept/ops/sort.h"

#include <fmt/format.h>

#include "engine/indexing.h"
#include "ops/check.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/indexing.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

Tensor cumsum_along(const Tensor& x, int dim, bool backwards);

// y[i] = x[0] + ... + x[i]:  dx[i] = dy[i] + ... + dy[n-1], and the other way round
struct CumsumBackward final : Node {
  int dim = 0;
  bool backwards = false;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = cumsum_along(dy, dim, !backwards);
  }
};

Tensor cumsum_along(const Tensor& x, int dim, bool backwards) {
  Tensor y = make(x.shape(), x.dtype());
  engine::cumsum(x, dim, backwards, y);
  if (auto* node = record<CumsumBackward>(y, x)) node->dim = dim, node->backwards = backwards;
  return y;
}

/// The places of the first `count` along dim, in order.
Tensor order(const Tensor& x, int dim, bool descending, std::int64_t count) {
  Shape shape = x.shape();
  shape[dim] = count;
  Tensor places = make(shape, i64);
  engine::order(x, dim, descending, places);
  return places;
}

Tensor full_order(const Tensor& x, const SortOptions& options, const char* op) {
  must_be_defined(op, x);
  const int d = wrap_dim(options.dim, x.dim(), op);
  if (x.dim() == 0) return zeros({}, {i64});
  return order(x, d, options.descending, x.shape()[d]);
}

}  // namespace

Tensor cumsum(const Tensor& x, std::int64_t dim) {
  must_be_defined("cumsum", x);
  const int d = wrap_dim(dim, x.dim(), "cumsum");
  const Tensor wide = is_floating(x.dtype()) ? x : x.to(i64);
  return x.dim() == 0 ? wide.clone() : cumsum_along(wide, d, false);
}

// The values are gathered from their places, and so is the gradient scattered back.
ValuesIndices sort(const Tensor& x, const SortOptions& options) {
  const Tensor places = full_order(x, options, "sort");
  return {gather(x, options.dim, places), places};
}

Tensor argsort(const Tensor& x, const SortOptions& options) {
  return full_order(x, options, "argsort");
}

ValuesIndices topk(const Tensor& x, std::int64_t k, const TopkOptions& options) {
  must_be_defined("topk", x);
  const int d = wrap_dim(options.dim, x.dim(), "topk");
  const std::int64_t size = x.dim() ? x.shape()[d] : 1;
  if (k < 0 || k > size)
    throw ValueError(
        fmt::format("topk: k must lie in 0 to {}, the size of dimension {} of shape {}; found {}",
                    size, d, x.shape().str(), k));
  if (x.dim() == 0) {
    const auto [values, indices] = topk(x.reshape({1}), k, options);
    return k == 1 ? ValuesIndices{values.reshape({}), indices.reshape({})}
                  : ValuesIndices{values, indices};
  }
  const Tensor places = order(x, d, options.largest, k);
  return {gather(x, d, places), places};
}

}  // namespace percept
