// Making TensorImpls without going through the public factories.
#pragma once

#include "percept/tensor/tensor.h"
#include "tensor/tape.h"

namespace percept {

/// A new contiguous tensor, uninitialised. Throws ShapeError for a negative size, LimitError when
/// the bytes cannot be counted in 63 bits.
Tensor make(const Shape& shape, Dtype dtype);

/// A view of `base`'s storage, `offset` elements after its first. The caller has checked the range.
Tensor make_view(const Tensor& base, const Shape& shape, const Strides& strides,
                 std::int64_t offset = 0);

/// A new handle to the same data that knows nothing of the graph; not counted as a view.
Tensor alias(const Tensor& tensor);

/// Tells autograd and saved tensors that the data of `tensor` has been written.
inline void bump_version(const Tensor& tensor) {
  ++tensor.mutable_impl().storage->version;
  if (Tape* tape = Tape::current()) tape->wrote(tensor);
}

}  // namespace percept
