// What operations that move a kernel over signals (one dimension) or images (two) have in common.
#pragma once

#include "engine/conv.h"
#include "percept/ops/per_dim.h"
#include "percept/tensor/tensor.h"

namespace percept {

/// Throws ShapeError unless x has `dims` dimensions of places, one of channels and perhaps one of
/// samples in front.
void must_be_images(const char* op, int dims, const Tensor& x);

/// x, checked, as a batch of images (N, C, H, W): a single sample as a batch of one, a signal as an
/// image of one row.
Tensor as_images(const Tensor& x, int dims);
/// A batch of images in the form that x had.
Tensor like_images(const Tensor& y, const Tensor& x, int dims);

/// How a kernel moves over an image and at how many places it stands; (rows, columns).
struct KernelPlaces {
  engine::Sliding sliding;
  std::array<std::int64_t, 2> count{1, 1};
};

/// Those of a kernel of that size (a number a dimension) over x (..., H, W). Throws ValueError for
/// strides, dilations and paddings outside of their domain, ShapeError when the kernel does not
/// fit.
KernelPlaces kernel_places(const char* op, const Shape& x, const Shape& kernel,
                           const PerDim& stride, const Padding& padding, const PerDim& dilation);

}  // namespace percept
