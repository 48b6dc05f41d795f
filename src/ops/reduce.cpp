#include "percept/ops/reduce.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/pointwise.h"
#include "engine/reduce.h"
#include "ops/check.h"
#include "ops/promote.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/math.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

/// The dimensions to reduce, wrapped; none means all.
struct Plan {
  Shape kept;              // x's shape with size 1 in their place
  Shape squeezed;          // and without them
  std::int64_t count = 1;  // elements that make one result
};

Plan plan(const Tensor& x, const Shape& dims, const char* op) {
  must_be_defined(op, x);
  std::array<bool, kMaxDims> reduced{};
  for (std::int64_t dim : dims) {
    bool& marked = reduced[static_cast<std::size_t>(wrap_dim(dim, x.dim(), op))];
    if (marked) throw ValueError(fmt::format("{}: dimension {} is named twice", op, dim));
    marked = true;
  }
  Plan p;
  for (int d = 0; d < x.dim(); ++d) {
    const bool gone = dims.dim() == 0 || reduced[static_cast<std::size_t>(d)];
    p.kept.push_back(gone ? 1 : x.shape()[d]);
    if (gone)
      p.count *= x.shape()[d];
    else
      p.squeezed.push_back(x.shape()[d]);
  }
  return p;
}

void must_hold_reals(const Tensor& x, const char* op) {
  must_be_computed_in(op, x);
  if (!is_floating(x.dtype()))
    throw DtypeError(
        fmt::format("{}: expects real numbers, found {}; hint: .to(f32)", op, name_of(x.dtype())));
}

/// dy with size-1 dimensions put back, so that it broadcasts to the input.
Tensor restore(const Tensor& dy, const Shape& kept) {
  return dy.shape() == kept ? dy : reshape(dy, kept);
}

// y = sum x:  dx = dy, repeated
struct SumBackward final : Node {
  Shape kept;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = expand(restore(dy, kept), input(0).shape);
  }
};

// y = sum x / n:  dx = dy / n, repeated
struct MeanBackward final : Node {
  Shape kept;
  double count = 1;
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = expand(restore(dy, kept) / count, input(0).shape);
  }
};

// y = max x over everything:  dx = dy / (number of places), in those places
struct ExtremeAllBackward : Node {
  Saved x{this}, y{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor value = y.get().detach();
    const Tensor places = logical_or(eq(x, value), logical_and(isnan(x), isnan(value)));
    dx[0] = places.to(dy.dtype()) * (dy / sum(places).to(dy.dtype()));
  }
};
struct MaxBackward final : ExtremeAllBackward {};
struct MinBackward final : ExtremeAllBackward {};

// y = x[place]:  dx = dy there
struct ExtremeDimBackward : Node {
  Saved index{this};
  int dim = 0;
  bool keepdim = false;
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor at = index;
    const Tensor dense = keepdim ? dy : unsqueeze(dy, dim);
    dx[0] = scatter(zeros(input(0).shape, {.dtype = dy.dtype()}), dim,
                    keepdim ? at : unsqueeze(at, dim), dense);
  }
};
struct MaxDimBackward final : ExtremeDimBackward {};
struct MinDimBackward final : ExtremeDimBackward {};

double divisor(const Plan& p, const VarOptions& options) {
  return static_cast<double>(std::max<std::int64_t>(0, p.count - options.correction));
}

// y = (sum (x - mean)^2 / n)^1/2:  dx = dy (x - mean) / (n y), 0 where y = 0
struct StdBackward final : Node {
  Saved x{this}, y{this};
  Shape dims, kept;
  double n = 1;
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor value = restore(y, kept), flat = eq(value, 0);
    const Tensor centred = x.get() - mean(x, dims, {.keepdim = true});
    dx[0] = where(flat, 0, centred * (restore(dy, kept) / (where(flat, 1, value) * n)));
  }
};

// y = (sum |x|^p)^(1/p):  dx = dy x |x|^(p-2) / y^(p-1), 0 where y = 0
struct NormBackward final : Node {
  Saved x{this}, y{this};
  Shape kept;
  double p = 2;
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor value = restore(y, kept), g = restore(dy, kept);
    if (std::isinf(p)) {
      const Tensor nan = logical_and(isnan(x), isnan(value));
      const Tensor places = logical_or(eq(abs(x), value), nan).to(g.dtype());
      dx[0] =
          sign(x) * places * (g / sum(places, dims_of(kept, input(0).shape), {.keepdim = true}));
    } else if (p == 1) {
      dx[0] = sign(x) * g;
    } else if (p == 2) {
      dx[0] = where(eq(value, 0), 0, x * (g / where(eq(value, 0), 1, value)));
    } else {
      const Tensor safe = where(eq(value, 0), 1, value);
      const Tensor magnitude = pow(where(eq(x, 0), 1, abs(x)), p - 1) * sign(x);
      dx[0] = magnitude * (g / pow(safe, p - 1));
    }
  }
  static Shape dims_of(const Shape& kept_shape, const Shape& full) {
    Shape dims;
    for (int d = 0; d < full.dim(); ++d)
      if (kept_shape[d] != full[d] || full[d] == 1) dims.push_back(d);
    return dims;
  }
};

using Extreme = void(const Tensor&, int, const Tensor&, const Tensor&);

void must_have_elements(std::int64_t n, const Tensor& x, const char* op) {
  if (n == 0)
    throw ValueError(fmt::format("{}: no element to choose from in shape {}", op, x.shape().str()));
}

template <class Derivative>
ValuesIndices extreme(Extreme* kernel, const char* op, const Tensor& x, std::int64_t dim,
                      bool keepdim) {
  must_be_defined(op, x);
  const int d = wrap_dim(dim, x.dim(), op);
  if (x.dim() == 0) {
    const ValuesIndices one = extreme<Derivative>(kernel, op, reshape(x, {1}), 0, false);
    return {one.values, one.indices};
  }
  must_have_elements(x.shape()[d], x, op);
  Shape shape = x.shape();
  shape.erase(d);
  Tensor values = make(shape, x.dtype()), indices = make(shape, i64);
  kernel(x, d, values, indices);
  if (keepdim) {
    shape.insert(d, 1);
    values = values.view(shape), indices = indices.view(shape);
  }
  if (auto* node = record<Derivative>(values, x))
    node->index = indices, node->dim = d, node->keepdim = keepdim;
  return {values, indices};
}

template <class Derivative>
Tensor extreme_of_all(Extreme* kernel, const char* op, const Tensor& x) {
  must_be_defined(op, x);
  must_have_elements(x.numel(), x, op);
  Tensor y = make({}, x.dtype());
  const Tensor place = make({}, i64);
  kernel(x.detach().contiguous().reshape({x.numel()}), 0, y, place);
  if (auto* node = record<Derivative>(y, x)) node->x = x, node->y = y;
  return y;
}

Tensor place_in_all(Extreme* kernel, const char* op, const Tensor& x) {
  must_be_defined(op, x);
  must_have_elements(x.numel(), x, op);
  Tensor y = make({}, x.dtype()), place = make({}, i64);
  kernel(x.detach().contiguous().reshape({x.numel()}), 0, y, place);
  return place;
}

Tensor truth(const Tensor& x, const char* op) {
  must_be_defined(op, x);
  must_be_computed_in(op, x);
  return x.dtype() == boolean ? x : ne(x, 0);
}

}  // namespace

Tensor sum(const Tensor& x) { return sum(x, Shape{}); }

Tensor sum(const Tensor& x, const Shape& dims, const ReduceOptions& options) {
  const Plan p = plan(x, dims, "sum");
  const Tensor full = make(p.kept, is_floating(x.dtype()) ? x.dtype() : i64);
  engine::sum(x, full);
  Tensor y = options.keepdim ? full : make_view(full, p.squeezed, contiguous_strides(p.squeezed));
  y.mutable_impl().view = false;  // its base is known to nobody
  if (auto* node = record<SumBackward>(y, x)) node->kept = p.kept;
  return y;
}

Tensor mean(const Tensor& x) { return mean(x, Shape{}); }

Tensor mean(const Tensor& x, const Shape& dims, const ReduceOptions& options) {
  must_be_defined("mean", x);
  must_hold_reals(x, "mean");
  const Plan p = plan(x, dims, "mean");
  Tensor y;
  {
    const NoGradGuard no_grad;
    y = sum(x, dims, options) / static_cast<double>(p.count);
  }
  if (auto* node = record<MeanBackward>(y, x))
    node->kept = p.kept, node->count = static_cast<double>(p.count);
  return y;
}

namespace {

Tensor variance(const char* op, const Tensor& x, const Shape& dims, const VarOptions& options) {
  const Plan p = plan(x, dims, op);
  must_hold_reals(x, op);
  const Tensor centred = x - mean(x, dims, {.keepdim = true});
  return sum(square(centred), dims, {.keepdim = options.keepdim}) / divisor(p, options);
}

}  // namespace

Tensor var(const Tensor& x, const VarOptions& options) { return variance("var", x, {}, options); }
Tensor var(const Tensor& x, const Shape& dims, const VarOptions& options) {
  return variance("var", x, dims, options);
}
Tensor std(const Tensor& x, const VarOptions& options) { return std(x, Shape{}, options); }
Tensor std(const Tensor& x, const Shape& dims, const VarOptions& options) {
  Tensor y;
  {
    const NoGradGuard no_grad;
    y = sqrt(variance("std", x, dims, options));
  }
  if (auto* node = record<StdBackward>(y, x)) {
    const Plan p = plan(x, dims, "std");
    node->x = x, node->y = y, node->dims = dims, node->kept = p.kept, node->n = divisor(p, options);
  }
  return y;
}

Tensor max(const Tensor& x) { return extreme_of_all<MaxBackward>(engine::max, "max", x); }
Tensor min(const Tensor& x) { return extreme_of_all<MinBackward>(engine::min, "min", x); }
ValuesIndices max(const Tensor& x, std::int64_t dim, const ReduceOptions& options) {
  return extreme<MaxDimBackward>(engine::max, "max", x, dim, options.keepdim);
}
ValuesIndices min(const Tensor& x, std::int64_t dim, const ReduceOptions& options) {
  return extreme<MinDimBackward>(engine::min, "min", x, dim, options.keepdim);
}
Tensor argmax(const Tensor& x) { return place_in_all(engine::max, "argmax", x); }
Tensor argmin(const Tensor& x) { return place_in_all(engine::min, "argmin", x); }
Tensor argmax(const Tensor& x, std::int64_t dim, const ReduceOptions& options) {
  const NoGradGuard no_grad;
  return extreme<MaxDimBackward>(engine::max, "argmax", x, dim, options.keepdim).indices;
}
Tensor argmin(const Tensor& x, std::int64_t dim, const ReduceOptions& options) {
  const NoGradGuard no_grad;
  return extreme<MinDimBackward>(engine::min, "argmin", x, dim, options.keepdim).indices;
}

Tensor logsumexp(const Tensor& x, const Shape& dims, const ReduceOptions& options) {
  const Plan p = plan(x, dims, "logsumexp");
  must_be_computed_in("logsumexp", x);
  // m = max x over the dimensions, 0 where infinite: log sum exp(x) = m + log sum exp(x - m)
  Tensor m = x.detach();
  for (int d = 0; d < x.dim(); ++d)
    if (p.kept[d] == 1 && x.shape()[d] != 0) m = max(m, d, {.keepdim = true}).values;
  if (x.numel() == 0) m = zeros(p.kept, {.dtype = x.dtype()});
  m = where(isfinite(m), m, 0);
  const Tensor y = log(sum(exp(x - m), dims, {.keepdim = true})) + m;
  return options.keepdim ? y : reshape(y, p.squeezed);
}

Tensor norm(const Tensor& x, double p) { return norm(x, p, Shape{}); }

Tensor norm(const Tensor& x, double p, const Shape& dims, const ReduceOptions& options) {
  must_be_defined("norm", x);
  must_hold_reals(x, "norm");
  if (!(p > 0)) throw ValueError(fmt::format("norm: p must be above 0, found {}", p));
  const Plan how = plan(x, dims, "norm");
  Tensor y;
  {
    const NoGradGuard no_grad;
    Tensor full;
    if (std::isinf(p)) {
      full = abs(x);
      for (int d = 0; d < x.dim(); ++d)
        if (how.kept[d] == 1 && x.shape()[d] != 0) full = max(full, d, {.keepdim = true}).values;
      if (x.numel() == 0) full = zeros(how.kept, {.dtype = x.dtype()});
    } else if (p == 2) {
      full = sqrt(sum(square(x), dims, {.keepdim = true}));
    } else {
      full = pow(sum(pow(abs(x), p), dims, {.keepdim = true}), 1 / p);
    }
    y = options.keepdim ? full : reshape(full, how.squeezed).clone();
  }
  if (auto* node = record<NormBackward>(y, x))
    node->x = x, node->y = y, node->kept = how.kept, node->p = p;
  return y;
}

Tensor any(const Tensor& x) { return gt(sum(truth(x, "any")), 0); }
Tensor all(const Tensor& x) { return eq(sum(logical_not(truth(x, "all"))), 0); }
Tensor any(const Tensor& x, std::int64_t dim, const ReduceOptions& options) {
  const Tensor true_ones = truth(x, "any");
  return gt(sum(true_ones, {wrap_dim(dim, x.dim(), "any")}, options), 0);
}
Tensor all(const Tensor& x, std::int64_t dim, const ReduceOptions& options) {
  const Tensor false_ones = logical_not(truth(x, "all"));
  return eq(sum(false_ones, {wrap_dim(dim, x.dim(), "all")}, options), 0);
}

// -- Tensor's members
Tensor Tensor::sum() const { return percept::sum(*this); }
Tensor Tensor::sum(const Shape& dims, bool keepdim) const {
  return percept::sum(*this, dims, {.keepdim = keepdim});
}
Tensor Tensor::mean() const { return percept::mean(*this); }
Tensor Tensor::mean(const Shape& dims, bool keepdim) const {
  return percept::mean(*this, dims, {.keepdim = keepdim});
}
Tensor Tensor::max() const { return percept::max(*this); }
Tensor Tensor::min() const { return percept::min(*this); }
Tensor Tensor::argmax() const { return percept::argmax(*this); }
Tensor Tensor::argmin() const { return percept::argmin(*this); }
Tensor Tensor::argmax(std::int64_t d, bool keepdim) const {
  return percept::argmax(*this, d, {.keepdim = keepdim});
}
Tensor Tensor::argmin(std::int64_t d, bool keepdim) const {
  return percept::argmin(*this, d, {.keepdim = keepdim});
}

}  // namespace percept
