#include "ops/sliding.h"

#include <fmt/format.h>

#include <algorithm>

#include "percept/base/error.h"
#include "percept/ops/view.h"

namespace percept {

void must_be_images(const char* op, int dims, const Tensor& x) {
  if (x.dim() != dims + 1 && x.dim() != dims + 2)
    throw ShapeError(fmt::format("{}: expects an input {}, found shape {}", op,
                                 dims == 1 ? "(N, C, L) or (C, L)" : "(N, C, H, W) or (C, H, W)",
                                 x.shape().str()));
}

Tensor as_images(const Tensor& x, int dims) {
  const Tensor batch = x.dim() == dims + 2 ? x : unsqueeze(x, 0);
  return dims == 2 ? batch : unsqueeze(batch, 2);
}

Tensor like_images(const Tensor& y, const Tensor& x, int dims) {
  const Tensor batch = dims == 2 ? y : squeeze(y, 2);
  return x.dim() == dims + 2 ? batch : squeeze(batch, 0);
}

KernelPlaces kernel_places(const char* op, const Shape& x, const Shape& kernel,
                           const PerDim& stride, const Padding& padding, const PerDim& dilation) {
  const int dims = kernel.dim(), first = x.dim() - dims;
  const Shape strides = stride.of(dims, op, "stride", 1),
              dilations = dilation.of(dims, op, "dilation", 1),
              zeros = padding.of(dims, op, "padding", 0);
  if (padding.same() && std::any_of(strides.begin(), strides.end(), [](auto s) { return s != 1; }))
    throw ValueError(
        fmt::format("{}: padding 'same' asks for stride 1, found {}", op, strides.str()));
  KernelPlaces places;
  for (int d = 0; d < dims; ++d) {
    const auto to = static_cast<std::size_t>(d + 2 - dims);
    const std::int64_t size = x[first + d], reach = dilations[d] * (kernel[d] - 1);
    const std::int64_t front = padding.same() ? reach / 2 : zeros[d];
    const std::int64_t room = size + (padding.same() ? reach : 2 * front) - reach - 1;
    if (kernel[d] < 1 || room < 0)
      throw ShapeError(
          fmt::format("{}: a kernel of {} with dilation {} does not fit into an input of shape {} "
                      "with padding {}",
                      op, kernel.str(), dilations.str(), x.str(), zeros.str()));
    places.sliding.stride[to] = strides[d];
    places.sliding.dilation[to] = dilations[d];
    places.sliding.padding[to] = front;
    places.count[to] = room / strides[d] + 1;
  }
  return places;
}

}  // namespace percept
