// Pooling: one number for every window of a signal (N, C, L) or an image (N, C, H, W), which may
// also come without N. A result lies in memory as its input does: contiguous or channels last.
//
// Each function throws ShapeError for an input of other dimensions or smaller than the window,
// ValueError for an argument outside its domain, and DtypeError unless x is f32 or f64.
#pragma once

#include <optional>
#include <string>

#include "percept/ops/per_dim.h"
#include "percept/ops/reduce.h"
#include "percept/tensor/tensor.h"

namespace percept {

struct MaxPoolOptions {
  std::optional<PerDim> stride = {};  ///< kernel_size unless given
  PerDim padding = 0;                 ///< of -inf on both sides, at most half of kernel_size
  PerDim dilation = 1;                ///< distance of a window's elements
  bool ceil_mode = false;             ///< a last window may reach beyond the end
};
/// The largest element of every window; y has floor((L + 2 padding - dilation (kernel - 1) - 1) /
/// stride) + 1 of them. The first of equal ones gets the gradient; NaN wins.
/// https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
Tensor max_pool1d(const Tensor& x, const PerDim& kernel_size, const MaxPoolOptions& options = {});
Tensor max_pool2d(const Tensor& x, const PerDim& kernel_size, const MaxPoolOptions& options = {});
/// The same with the places: i64, l or h W + w in the input.
ValuesIndices max_pool1d_with_indices(const Tensor& x, const PerDim& kernel_size,
                                      const MaxPoolOptions& options = {});
ValuesIndices max_pool2d_with_indices(const Tensor& x, const PerDim& kernel_size,
                                      const MaxPoolOptions& options = {});

struct AvgPoolOptions {
  std::optional<PerDim> stride = {};  ///< kernel_size unless given
  PerDim padding = 0;                 ///< of zeros on both sides, at most half of kernel_size
  bool ceil_mode = false;
  bool count_include_pad = true;  ///< the padding counts among a window's elements
  /// Divides the sum, instead of their number; of avg_pool2d alone.
  std::optional<std::int64_t> divisor_override = {};
};
/// The mean of every window.
/// https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
Tensor avg_pool1d(const Tensor& x, const PerDim& kernel_size, const AvgPoolOptions& options = {});
Tensor avg_pool2d(const Tensor& x, const PerDim& kernel_size, const AvgPoolOptions& options = {});

/// The size of an adaptive pooling's result: `5`, `{5, 7}`, or `{{}, 7}` to keep the height.
struct OutputSize {
  std::optional<std::int64_t> h, w;
  bool one = false;  ///< given as one number, and printed so

  OutputSize(int both) : h(both), w(both), one(true) {}
  OutputSize(std::int64_t both) : h(both), w(both), one(true) {}
  OutputSize(std::optional<std::int64_t> height, std::optional<std::int64_t> width)
      : h(height), w(width) {}
  std::string str() const;  ///< as Python prints it: "5" or "(None, 7)"
};
/// Means (largest elements) of windows that cover the input: output o sees those from
/// floor(o L / out) up to, but not including, ceil((o + 1) L / out).
Tensor adaptive_avg_pool1d(const Tensor& x, std::int64_t output_size);
Tensor adaptive_avg_pool2d(const Tensor& x, const OutputSize& output_size);
Tensor adaptive_max_pool1d(const Tensor& x, std::int64_t output_size);
Tensor adaptive_max_pool2d(const Tensor& x, const OutputSize& output_size);
ValuesIndices adaptive_max_pool1d_with_indices(const Tensor& x, std::int64_t output_size);
ValuesIndices adaptive_max_pool2d_with_indices(const Tensor& x, const OutputSize& output_size);

}  // namespace percept
