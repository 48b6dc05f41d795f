// Several tensors to one, and back.
#pragma once

#include <vector>

#include "percept/tensor/tensor.h"

namespace percept {

/// End to end along dim; all other sizes equal. Throws ValueError for none, ShapeError.
Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim = 0);
/// Along a new dimension; all shapes equal.
Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim = 0);
/// Views of `size` each, the last one smaller.
std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t dim = 0);
/// Views of these sizes, which add up to the dimension.
std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes,
                          std::int64_t dim = 0);
/// At most n views of equal size, the last one smaller.
std::vector<Tensor> chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim = 0);
/// One view per index of the dimension.
std::vector<Tensor> unbind(const Tensor& x, std::int64_t dim = 0);

}  // namespace percept
