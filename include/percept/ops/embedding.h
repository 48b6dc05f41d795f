// Rows of a table, chosen by number.
#pragma once

#include <optional>

#include "percept/tensor/tensor.h"

namespace percept {

/// y[...] = weight[index[...]]:  index (...) i64, weight (rows, d), y (..., d). The gradient of a
/// row is the sum over the places that chose it; row `padding_idx` (counted from the end when
/// negative) gets none. Throws IndexError for an index outside [0, rows), ShapeError, DtypeError.
/// https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
Tensor embedding(const Tensor& index, const Tensor& weight,
                 std::optional<std::int64_t> padding_idx = {});

}  // namespace percept
