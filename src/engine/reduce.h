// Many elements to one, along chosen dimensions.
#pragma once

#include "engine/engine.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

/// y = sum of x over the dimensions where y has size 1 and x has not; y has x's number of
/// dimensions. f32 is summed in f64 by the reference engine and in short f32 runs by the fast one.
/// Types: f32, f64; i64 from any integer or boolean x.
void sum(const Tensor& x, const Tensor& y);

/// The first largest (smallest) element along `dim` of x, which y lacks, and its place. NaN wins.
/// y: x's type; index: i64. The dimension is not empty.
void max(const Tensor& x, int dim, const Tensor& y, const Tensor& index);
void min(const Tensor& x, int dim, const Tensor& y, const Tensor& index);

/// log softmax (or softmax) along the last dimension of a contiguous real x.
void log_softmax(const Tensor& x, const Tensor& y);
void softmax(const Tensor& x, const Tensor& y);
/// dx = dy - exp(y) sum(dy), along the last dimension; all contiguous, y the log softmax.
void log_softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx);
/// dx = y (dy - sum(dy y)), y the softmax.
void softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx);

/// The gradient of y = max(x + bias, 0) in one pass: dx = dy where y > 0, else 0, and
/// dbias[j] = the sum over i of dx[i][j], added up as sum() does. All contiguous, (m, n), dbias
/// (n).
void bias_relu_backward(const Tensor& dy, const Tensor& y, const Tensor& dx, const Tensor& dbias);

namespace reference {
decltype(engine::sum) sum;
decltype(engine::bias_relu_backward) bias_relu_backward;
decltype(engine::max) max, min;
decltype(engine::log_softmax) log_softmax, softmax;
decltype(engine::log_softmax_backward) log_softmax_backward, softmax_backward;
}  // namespace reference

namespace onednn {
/// y[j] = sum over i of x[i][j]; rows of n dense floats, `stride` apart.
void sum_rows(const float* x, std::int64_t rows, std::int64_t n, std::int64_t stride, float* y);
/// bias_relu_backward of `rows` rows of n floats.
void bias_relu_backward(const float* dy, const float* y, std::int64_t rows, std::int64_t n,
                        float* dx, float* dbias);
/// The sum of n dense floats.
float sum_run(const float* x, std::int64_t n);
}  // namespace onednn

}  // namespace percept::engine
