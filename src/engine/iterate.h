// How a pointwise function walks over several strided tensors of one (broadcast) shape.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/parallel.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

inline constexpr int kMaxOperands = 4;

inline constexpr std::array<int, kMaxDims> kRowMajor{0, 1, 2, 3, 4, 5, 6, 7};

/// The dimensions of x in the order in which they lie in memory, outermost first.
inline std::array<int, kMaxDims> memory_order(const Tensor& x) {
  std::array<int, kMaxDims> order = kRowMajor;
  if (!x.is_contiguous())
    std::stable_sort(order.begin(), order.begin() + x.dim(),
                     [&](int a, int b) { return x.strides()[a] > x.strides()[b]; });
  return order;
}

/// The walk: sizes and byte strides per operand, innermost dimension last, with neighbouring
/// dimensions merged wherever every operand allows it.
struct Walk {
  int dims = 0, operands = 0;
  std::array<std::int64_t, kMaxDims> size{};
  std::array<std::array<std::int64_t, kMaxDims>, kMaxOperands> step{};
  std::array<char*, kMaxOperands> base{};
};

/// In row-major order, or in any: then as the first operand, which has that shape, lies in memory.
inline Walk make_walk(const Shape& shape, std::initializer_list<const Tensor*> operands,
                      bool any_order = false) {
  Walk walk;
  const std::array<int, kMaxDims> order = any_order ? memory_order(**operands.begin()) : kRowMajor;
  for (const Tensor* tensor : operands) {
    walk.base[static_cast<std::size_t>(walk.operands++)] = static_cast<char*>(tensor->impl().data);
  }
  for (int place = 0; place < shape.dim(); ++place) {
    const int d = order[static_cast<std::size_t>(place)];
    if (shape[d] == 1) continue;
    std::array<std::int64_t, kMaxOperands> step{};
    std::size_t k = 0;
    for (const Tensor* tensor : operands) {
      const Shape& own = tensor->shape();
      const int at = d - (shape.dim() - own.dim());
      const bool moves = at >= 0 && own[at] != 1;
      step[k++] =
          moves ? tensor->strides()[at] * static_cast<std::int64_t>(size_of(tensor->dtype())) : 0;
    }
    bool merge = walk.dims > 0;
    for (std::size_t i = 0; merge && i < k; ++i)
      merge = walk.step[i][static_cast<std::size_t>(walk.dims - 1)] == step[i] * shape[d];
    const auto to = static_cast<std::size_t>(merge ? walk.dims - 1 : walk.dims++);
    walk.size[to] = merge ? walk.size[to] * shape[d] : shape[d];
    for (std::size_t i = 0; i < k; ++i) walk.step[i][to] = step[i];
  }
  if (walk.dims == 0) walk.size[static_cast<std::size_t>(walk.dims++)] = 1;
  return walk;
}

/// Calls run(n, at, step) for every innermost run; rows, or parts of a single row, are spread over
/// the threads. `grain`: elements worth a thread.
template <class Run>
void for_each_run(const Walk& walk, std::int64_t grain, const Run& run) {
  const auto last = static_cast<std::size_t>(walk.dims - 1);
  const std::int64_t n = walk.size[last];
  std::array<std::int64_t, kMaxOperands> step{};
  for (std::size_t k = 0; k < kMaxOperands; ++k) step[k] = walk.step[k][last];
  if (walk.dims == 1) {
    parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
      std::array<char*, kMaxOperands> at = walk.base;
      for (std::size_t k = 0; k < kMaxOperands; ++k)
        if (at[k]) at[k] += begin * step[k];
      run(end - begin, at.data(), step.data());
    });
    return;
  }
  std::int64_t rows = 1;
  for (std::size_t d = 0; d < last; ++d) rows *= walk.size[d];
  if (n == 0 || rows == 0) return;
  parallel_for(rows, std::max<std::int64_t>(1, grain / n),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) {
                   std::array<char*, kMaxOperands> at = walk.base;
                   std::int64_t rest = row;
                   for (std::size_t d = last; d-- > 0;) {
                     const std::int64_t i = rest % walk.size[d];
                     rest /= walk.size[d];
                     for (std::size_t k = 0; k < kMaxOperands; ++k)
                       if (at[k]) at[k] += i * walk.step[k][d];
                   }
                   run(n, at.data(), step.data());
                 }
               });
}

}  // namespace percept::engine
