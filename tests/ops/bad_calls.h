// Rows of wrong calls: operation, inputs, arguments, and the exact error.
#pragma once

#include <vector>

#include "ops/op_table.h"

namespace percept::testing {

struct BadCall {
  std::string op;
  Inputs inputs;
  Args args;
  std::string error;  ///< "ShapeError: add: shapes ..."
};

/// A tensor of this shape and type with all elements `value`.
Tensor of(const Shape& shape, Dtype dtype = f32, double value = 1);

std::vector<BadCall> bad_pointwise_calls();
std::vector<BadCall> bad_reduce_calls();
std::vector<BadCall> bad_view_calls();
std::vector<BadCall> bad_indexing_calls();
std::vector<BadCall> bad_matmul_calls();
std::vector<BadCall> bad_loss_calls();
std::vector<BadCall> bad_conv_calls();
std::vector<BadCall> bad_pool_calls();
std::vector<BadCall> bad_batch_norm_calls();
std::vector<BadCall> bad_pad_calls();
std::vector<BadCall> bad_attention_calls();
std::vector<BadCall> bad_recurrent_calls();

}  // namespace percept::testing
