#include "percept/ops/pad.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/pointwise.h"
#include "ops/check.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/math.h"
#include "percept/tensor/factory.h"
#include "tensor/layout.h"
#include "tensor/make.h"

namespace percept {
namespace {

using Pads = std::vector<std::int64_t>;

// y = x with numbers around it:  dx = dy without them, which is padding by -pads
struct ConstantPadNdBackward final : Node {
  Pads pads;
  void backward(const Tensor& dy, Gradients& dx) override {
    Pads back = pads;
    for (std::int64_t& n : back) n = -n;
    dx[0] = pad(dy, back);
  }
};

/// The part of `whole` that the pads leave when they are negative: of x's dimensions with before
/// and after negated, it is where x lies in the result.
Tensor cropped(const Tensor& whole, const Pads& pads, bool negated) {
  Shape shape = whole.shape();
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < pads.size() / 2; ++i) {
    const int d = whole.dim() - 1 - static_cast<int>(i);
    const auto taken = [&](std::int64_t pad) {
      return std::max<std::int64_t>(0, negated ? pad : -pad);
    };
    offset += taken(pads[2 * i]) * whole.strides()[d];
    shape[d] -= taken(pads[2 * i]) + taken(pads[2 * i + 1]);
  }
  return make_view(whole, shape, whole.strides(), shape.numel() == 0 ? 0 : offset);
}

Tensor pad_constant(const Tensor& x, const Pads& pads, const Scalar& value) {
  Shape shape = x.shape();
  for (std::size_t i = 0; i < pads.size() / 2; ++i) {
    const int d = x.dim() - 1 - static_cast<int>(i);
    shape[d] += pads[2 * i] + pads[2 * i + 1];
    const bool crossed = x.shape()[d] + std::min<std::int64_t>(0, pads[2 * i]) +
                             std::min<std::int64_t>(0, pads[2 * i + 1]) <
                         0;
    if (shape[d] < 0 || crossed)
      throw ShapeError(fmt::format("pad: pads [{}] take more than all of dimension {} of shape {}",
                                   fmt::join(pads, ", "), d, x.shape().str()));
  }
  Tensor y = make_laid_out(x, shape, x.dtype());
  engine::fill(y, value);
  engine::copy(cropped(x, pads, false), cropped(y, pads, true));
  if (auto* node = record<ConstantPadNdBackward>(y, x)) node->pads = pads;
  return y;
}

/// Which elements of a dimension of size n stand where, `before` and `after` it included: i64.
Tensor places(PadMode mode, std::int64_t n, std::int64_t before, std::int64_t after) {
  const Tensor i = arange(-before, n + after);
  if (mode == PadMode::replicate) return clamp(i, 0, n - 1);
  if (mode == PadMode::circular) return remainder(i, full({}, n));
  return n - 1 - abs(n - 1 - abs(i));
}

}  // namespace

Tensor pad(const Tensor& x, const Pads& pads, const PadOptions& options) {
  must_be_defined("pad", x);
  const auto dims = static_cast<int>(pads.size() / 2);
  if (pads.size() % 2 != 0 || dims > x.dim())
    throw ValueError(
        fmt::format("pad: expects 2 pads a dimension, at most {} for shape {}, found [{}]",
                    2 * x.dim(), x.shape().str(), fmt::join(pads, ", ")));
  if (options.mode == PadMode::constant) return pad_constant(x, pads, options.value);

  if (dims == 0 || dims > 3 || x.dim() < dims + 1 || x.dim() > dims + 2)
    throw ValueError(fmt::format(
        "pad: modes but constant take 2 pads for each dimension behind (N, C) or (C), found [{}] "
        "for shape {}",
        fmt::join(pads, ", "), x.shape().str()));
  Tensor y = x;
  for (int i = 0; i < dims; ++i) {
    const int d = x.dim() - 1 - i;
    const auto at = 2 * static_cast<std::size_t>(i);
    const std::int64_t n = x.shape()[d], before = pads[at], after = pads[at + 1];
    const std::int64_t most = options.mode == PadMode::reflect ? n - 1 : n;
    const bool bounded = options.mode != PadMode::replicate;
    if (n < 1 || (bounded && std::max(before, after) > most) || n + before + after < 1)
      throw ValueError(
          fmt::format("pad: {} before and {} behind do not fit dimension {} of shape {}"
                      "{}",
                      before, after, d, x.shape().str(),
                      bounded ? fmt::format(", which has {} to give", most) : ""));
    if (before != 0 || after != 0) y = index_select(y, d, places(options.mode, n, before, after));
  }
  return y;
}

}  // namespace percept
