#include "percept/models/hopfield.h"

#include <fmt/format.h>

#include "models/orthonormal.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/math.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/tensor/factory.h"

namespace percept::models {
Hopfield::Hopfield(std::int64_t units, Dtype dtype) {
  if (units < 1) throw ValueError(fmt::format("Hopfield: needs at least 1 unit, found {}", units));
  weight = nn::Buffer(zeros({units, units}, {.dtype = dtype}));
}

void Hopfield::store(const Tensor& patterns, Storage how) {
  const std::int64_t units = weight.size(0);
  if (patterns.dim() != 2 || patterns.size(0) < 1 || patterns.size(1) != units)
    throw ShapeError(fmt::format("Hopfield: patterns has shape {}, expected (count, {})",
                                 patterns.shape().str(), units));
  if (any(abs(patterns) != 1).item<bool>())
    throw ValueError("Hopfield: a pattern has a value that is neither 1 nor -1");
  const NoGradGuard no_grad;
  const Tensor rows = how == Storage::hebbian ? patterns.to(weight.dtype())
                                              : orthonormal_rows(patterns.to(f64), 1e-10);
  const Tensor diagonal = eye(units, {.dtype = boolean});
  weight.copy_(masked_fill(matmul(rows.t(), rows), diagonal, 0));
}

Tensor Hopfield::energy(const Tensor& states) const {
  return sum(states * matmul(states, weight), {-1}) * -0.5;
}

Tensor Hopfield::forward(const Tensor& states) {
  const Tensor field = matmul(states, weight);
  return where(field == 0, states, sign(field));
}

Recall Hopfield::recall(const Tensor& start, const RecallOptions& options) const {
  const std::int64_t units = weight.size(0);
  if (start.shape() != Shape{units})
    throw ShapeError(
        fmt::format("Hopfield: state has shape {}, expected ({})", start.shape().str(), units));
  const NoGradGuard no_grad;
  Recall recall{.state = start.to(f64).clone(),
                .energy = {energy(start.to(weight.dtype())).item()}};
  // W s of all units is kept up to date: a flip costs one row of W, a unit that stays costs
  // nothing.
  Tensor field = matmul(weight, start.to(weight.dtype())).to(f64);
  const auto s = recall.state.span<double>(), h = field.span<double>();
  for (std::int64_t sweep = 0; sweep < options.most_sweeps && !recall.settled; ++sweep) {
    recall.settled = true;
    for (const std::int64_t i : randperm(units, options.generator).to_vector<std::int64_t>()) {
      const auto unit = static_cast<std::size_t>(i);
      if (s[unit] * h[unit] >= 0) continue;
      recall.energy.push_back(recall.energy.back() + 2 * s[unit] * h[unit]);
      s[unit] = -s[unit];
      field += weight[i].to(f64) * (2 * s[unit]);
      recall.settled = false;
    }
  }
  recall.state = recall.state.to(start.dtype());
  return recall;
}

void Hopfield::visit(nn::Visitor& visitor) { visitor("weight", weight); }

std::string Hopfield::extra_repr() const { return fmt::format("units={}", weight.size(0)); }

}  // namespace percept::models
