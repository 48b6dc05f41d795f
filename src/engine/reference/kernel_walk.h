// Where an element of a moving kernel lies inside of an image: shared by convolutions and patches.
#pragma once

#include <algorithm>

#include "engine/conv.h"

namespace percept::engine::reference {

/// (N, C, H, W), or a weight's (O, C, kH, kW), of any strides.
template <class T>
struct Planes {
  T* data;
  std::int64_t size[4], step[4];

  explicit Planes(const Tensor& x) : data(static_cast<T*>(x.impl().data)) {
    for (int d = 0; d < 4; ++d) size[d] = x.shape()[d], step[d] = x.strides()[d];
  }
  T& at(std::int64_t n, std::int64_t c, std::int64_t i, std::int64_t j) const {
    return data[n * step[0] + c * step[1] + i * step[2] + j * step[3]];
  }
};

/// The places [begin, end) along one dimension at which an element of the kernel meets the image,
/// and the image's coordinate there: i stride + shift.
struct Overlap {
  std::int64_t begin, end, stride, shift;

  std::int64_t operator()(std::int64_t i) const { return i * stride + shift; }
};

/// For the kernel's element p along dimension d (0 rows, 1 columns).
inline Overlap overlap(const Sliding& s, std::size_t d, std::int64_t p, std::int64_t image,
                       std::int64_t places) {
  const std::int64_t stride = s.stride[d], shift = p * s.dilation[d] - s.padding[d];
  const std::int64_t begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  const std::int64_t end = image <= shift ? 0 : (image - shift + stride - 1) / stride;
  return {begin, std::min(end, places), stride, shift};
}

}  // namespace percept::engine::reference
