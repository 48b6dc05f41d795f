// Products of vectors, matrices and batches of matrices.
#pragma once

#include "percept/tensor/tensor.h"

namespace percept {

/// PyTorch's matmul. (n)(n) -> (); (m,k)(k,n) -> (m,n); (k)(k,n) -> (n); (m,k)(k) -> (m); with more
/// dimensions the last two are matrices and the leading ones broadcast. Throws ShapeError, and
/// DtypeError for integers and for operands of two types.
/// https://pytorch.org/docs/stable/generated/torch.matmul.html
Tensor matmul(const Tensor& a, const Tensor& b);
/// (m,k)(k,n) -> (m,n)
Tensor mm(const Tensor& a, const Tensor& b);
/// (b,m,k)(b,k,n) -> (b,m,n)
Tensor bmm(const Tensor& a, const Tensor& b);
/// y = x wᵀ + bias:  x (..., in), weight (out, in), bias (out) or undefined, y (..., out). Throws
/// ShapeError, DtypeError.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

namespace detail {
/// relu(linear(x, weight, bias)) with the activation applied while the product is in the registers.
Tensor linear_relu(const Tensor& x, const Tensor& weight, const Tensor& bias);
}  // namespace detail

}  // namespace percept
