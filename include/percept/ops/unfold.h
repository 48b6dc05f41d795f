// Images as matrices of their patches, and back. x may come without its first dimension.
#pragma once

#include "percept/ops/per_dim.h"
#include "percept/tensor/tensor.h"

namespace percept {

struct UnfoldOptions {
  PerDim dilation = 1;
  PerDim padding = 0;
  PerDim stride = 1;
};

/// Every patch that a kernel of that size sees, as a column:  x (N, C, H, W), y (N, C kH kW, L)
/// with the L = H' W' places of conv2d in rows. conv2d is weight (O, C kH kW) times unfold(x).
/// Throws ShapeError, DtypeError, ValueError.
/// https://pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html
Tensor unfold(const Tensor& x, const PerDim& kernel_size, const UnfoldOptions& options = {});

/// The patches put back, added where they overlap:  x (N, C kH kW, L), y (N, C, H, W) with
/// output_size (H, W). The linear map transposed to unfold's. Throws ShapeError, DtypeError,
/// ValueError.
/// https://pytorch.org/docs/stable/generated/torch.nn.functional.fold.html
Tensor fold(const Tensor& x, const PerDim& output_size, const PerDim& kernel_size,
            const UnfoldOptions& options = {});

}  // namespace percept
