#include "engine/matmul.h"

#include <fmt/format.h>

#include "base/parallel.h"
#include "engine/pointwise.h"
#include "percept/base/error.h"
#include "tensor/make.h"

namespace percept::engine::reference {
namespace {

// One matrix: c[i][j] = act(bias[j] + sum over p of a[i][p] b[p][j]), p ascending.
// Rows of c are built in the order i, p, j so that b and c are read along their rows.
template <class T>
void rows(const T* a, const std::int64_t* as, const T* b, const std::int64_t* bs, const T* bias,
          T* c, std::int64_t begin, std::int64_t end, std::int64_t n, std::int64_t k,
          const Gemm& product) {
  for (std::int64_t i = begin; i < end; ++i) {
    T* ci = c + i * n;
    if (!product.accumulate)
      for (std::int64_t j = 0; j < n; ++j) ci[j] = bias ? bias[j] : T(0);
    if (bs[1] == 1) {
      for (std::int64_t p = 0; p < k; ++p) {
        const T x = a[i * as[0] + p * as[1]];
        const T* bp = b + p * bs[0];
        for (std::int64_t j = 0; j < n; ++j) ci[j] += x * bp[j];
      }
    } else {
      for (std::int64_t j = 0; j < n; ++j) {
        T sum = ci[j];
        for (std::int64_t p = 0; p < k; ++p)
          sum += a[i * as[0] + p * as[1]] * b[p * bs[0] + j * bs[1]];
        ci[j] = sum;
      }
    }
    if (product.activation == Activation::relu)
      for (std::int64_t j = 0; j < n; ++j) ci[j] = ci[j] < T(0) ? T(0) : ci[j];
  }
}

template <class T>
void typed(const Gemm& product) {
  const Tensor &a = product.a, &b = product.b, &c = product.c;
  const bool batched = c.dim() == 3;
  const int d = batched ? 1 : 0;
  const std::int64_t batch = batched ? c.shape()[0] : 1;
  const std::int64_t m = c.shape()[d], n = c.shape()[d + 1], k = a.shape()[d + 1];
  const std::int64_t abatch = batched && a.shape()[0] != 1 ? a.strides()[0] : 0;
  const std::int64_t bbatch = batched && b.shape()[0] != 1 ? b.strides()[0] : 0;
  const T* bias = product.bias ? product.bias->data<T>() : nullptr;
  const std::int64_t grain = std::max<std::int64_t>(1, 65536 / std::max<std::int64_t>(1, n * k));
  parallel_for(batch * m, grain, [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::int64_t s = begin / m, i = begin % m, stop = std::min(m, i + end - begin);
      rows(a.data<T>() + s * abatch, a.strides().begin() + d, b.data<T>() + s * bbatch,
           b.strides().begin() + d, bias, c.data<T>() + s * m * n, i, stop, n, k, product);
      begin += stop - i;
    }
  });
}

}  // namespace

void gemm(const Gemm& product) {
  if (product.rounded) {
    const auto rounded = [](const Tensor& x) {
      Tensor half = make(x.shape(), bf16), y = make(x.shape(), f32);
      engine::copy(x, half);
      engine::copy(half, y);
      return y;
    };
    return gemm({.a = rounded(product.a),
                 .b = rounded(product.b),
                 .c = product.c,
                 .bias = product.bias,
                 .activation = product.activation,
                 .accumulate = product.accumulate});
  }
  if (product.c.dtype() == f64) return typed<double>(product);
  if (product.c.dtype() == f32) return typed<float>(product);
  throw DtypeError(fmt::format("matmul: elements of type {} are not taken; hint: .to(f32)",
                               name_of(product.c.dtype())));
}

}  // namespace percept::engine::reference
