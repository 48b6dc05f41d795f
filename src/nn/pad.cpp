#include "percept/nn/pad.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "base/text.h"

namespace percept::nn {
namespace {

std::string pads_text(const Shape& numbers) {
  return fmt::format("({})", fmt::join(numbers.begin(), numbers.end(), ", "));
}

}  // namespace

Pad::Pad(const PerDim& padding, int dims, const PadOptions& options)
    : padding_(padding.of(2 * dims, "Pad", "padding", std::numeric_limits<std::int64_t>::min())),
      options_(options) {}

Tensor Pad::forward(const Tensor& x) {
  return pad(x, {padding_.begin(), padding_.end()}, options_);
}
std::string Pad::extra_repr() const { return pads_text(padding_); }

std::string ConstantPad::extra_repr() const {
  const Scalar& value = options_.value;
  return fmt::format(
      "padding={}, value={}", pads_text(padding_),
      value.kind() == i64 ? fmt::format("{}", value.to_int()) : real_text(value.to_double()));
}

}  // namespace percept::nn
