#include "percept/autograd/gradcheck.h"

#include <fmt/format.h>

#include <cmath>

#include "percept/autograd/autograd.h"
#include "percept/base/error.h"
#include "percept/base/random.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

/// Where element `i` (row-major) of a strided tensor lies.
double& element(const Tensor& x, std::int64_t i) {
  std::int64_t offset = 0;
  for (int d = x.dim() - 1; d >= 0; --d) {
    offset += i % x.shape()[d] * x.strides()[d];
    i /= x.shape()[d];
  }
  return x.data<double>()[offset];
}

/// Weights between 1/2 and 3/2: no element of the result can hide behind another.
double weight(std::int64_t i) {
  return 0.5 + RandomBlock(20260607, 0, 0).uniform(static_cast<std::uint64_t>(i));
}

double weighted_sum(const TensorFunction& f, const std::vector<Tensor>& inputs) {
  const std::vector<double> y = f(inputs).detach().to_vector<double>();
  double sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i) sum += weight(static_cast<std::int64_t>(i)) * y[i];
  return sum;
}

Tensor weights_like(const Tensor& y) {
  const Tensor wide = empty(y.shape(), {.dtype = f64});
  std::int64_t i = 0;
  for (double& x : wide.span<double>()) x = weight(i++);
  return wide.to(y.dtype());
}

}  // namespace

GradcheckResult gradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options) {
  std::vector<Tensor> wanted;
  std::vector<std::size_t> place;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!is_floating(inputs[i].dtype()) || !inputs[i].requires_grad()) continue;
    if (inputs[i].dtype() != f64)
      throw DtypeError(fmt::format("gradcheck: input {} is {}; differences need f64", i,
                                   name_of(inputs[i].dtype())));
    wanted.push_back(inputs[i]);
    place.push_back(i);
  }
  if (wanted.empty()) throw ValueError("gradcheck: no input needs a gradient");

  const Tensor y = f(inputs);
  std::vector<Tensor> analytic(wanted.size());
  if (y.requires_grad()) analytic = grad({y}, wanted, {weights_like(y)}, {.allow_unused = true});

  GradcheckResult result;
  const NoGradGuard no_grad;
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    for (std::int64_t i = 0; i < wanted[k].numel(); ++i) {
      double& x = element(wanted[k], i);
      const double before = x;
      // A step that is a power of two times the number's size loses no digits.
      const double h =
          std::exp2(std::round(std::log2(options.eps * 1024 * std::max(1.0, std::abs(before)))));
      const auto at = [&](double steps) {
        x = before + steps * h;
        return weighted_sum(f, inputs);
      };
      // (-y(2h) + 8 y(h) - 8 y(-h) + y(-2h)) / 12h: error of order h^4
      const double far = at(2) - at(-2), near = at(1) - at(-1);
      x = before;
      const double numeric = (8 * near - far) / (12 * h);
      const double exact = analytic[k].defined() ? element(analytic[k], i) : 0;
      const double off =
          std::abs(exact - numeric) / (options.atol + options.rtol * std::abs(numeric));
      if (off <= result.worst || (off <= 1 && !std::isnan(off))) {
        result.worst = std::max(result.worst, off);
        continue;
      }
      result.ok = false;
      result.worst = off;
      result.message = fmt::format(
          "gradient of input {} (shape {}) at element {}: backward gives "
          "{:.12g}, differences {:.12g}",
          place[k], wanted[k].shape().str(), i, exact, numeric);
    }
  }
  return result;
}

GradcheckResult gradgradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options) {
  const TensorFunction gradient = [&f](const std::vector<Tensor>& in) {
    const EnableGradGuard enable;
    std::vector<Tensor> wanted;
    for (const Tensor& x : in)
      if (is_floating(x.dtype()) && x.requires_grad()) wanted.push_back(x);
    const Tensor y = f(in);
    Tensor total = zeros({}, {.dtype = f64});
    if (!y.requires_grad()) return total;
    const std::vector<Tensor> gradients =
        grad({y}, wanted, {weights_like(y)}, {.create_graph = true, .allow_unused = true});
    for (const Tensor& g : gradients)
      if (g.defined()) total = total.add(g.pow(2).sum());
    return total;
  };
  return gradcheck(gradient, inputs, options);
}

}  // namespace percept
