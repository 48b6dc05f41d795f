#include "percept/nn/pool.h"

#include <fmt/format.h>

namespace percept::nn {
namespace {

template <class Options>
std::string stride_text(const PerDim& kernel_size, const Options& options) {
  return options.stride.value_or(kernel_size).str();
}

std::string max_text(const PerDim& kernel_size, const MaxPoolOptions& options) {
  return fmt::format("kernel_size={}, stride={}, padding={}, dilation={}, ceil_mode={}",
                     kernel_size.str(), stride_text(kernel_size, options), options.padding.str(),
                     options.dilation.str(), options.ceil_mode ? "True" : "False");
}

std::string size_text(std::int64_t size) { return std::to_string(size); }
std::string size_text(const OutputSize& size) { return size.str(); }

}  // namespace

Tensor MaxPool1d::forward(const Tensor& x) { return max_pool1d(x, kernel_size_, options_); }
std::string MaxPool1d::extra_repr() const { return max_text(kernel_size_, options_); }

Tensor MaxPool2d::forward(const Tensor& x) { return max_pool2d(x, kernel_size_, options_); }
std::string MaxPool2d::extra_repr() const { return max_text(kernel_size_, options_); }

Tensor AvgPool1d::forward(const Tensor& x) { return avg_pool1d(x, kernel_size_, options_); }
std::string AvgPool1d::extra_repr() const {  // which PyTorch keeps as tuples of one
  return fmt::format("kernel_size=({},), stride=({},), padding=({},)", kernel_size_.str(),
                     stride_text(kernel_size_, options_), options_.padding.str());
}

Tensor AvgPool2d::forward(const Tensor& x) { return avg_pool2d(x, kernel_size_, options_); }
std::string AvgPool2d::extra_repr() const {
  return fmt::format("kernel_size={}, stride={}, padding={}", kernel_size_.str(),
                     stride_text(kernel_size_, options_), options_.padding.str());
}

template <class Size>
std::string AdaptivePool<Size>::extra_repr() const {
  return fmt::format("output_size={}", size_text(output_size_));
}
template class AdaptivePool<std::int64_t>;
template class AdaptivePool<OutputSize>;

Tensor AdaptiveAvgPool1d::forward(const Tensor& x) { return adaptive_avg_pool1d(x, output_size_); }
Tensor AdaptiveAvgPool2d::forward(const Tensor& x) { return adaptive_avg_pool2d(x, output_size_); }
Tensor AdaptiveMaxPool1d::forward(const Tensor& x) { return adaptive_max_pool1d(x, output_size_); }
Tensor AdaptiveMaxPool2d::forward(const Tensor& x) { return adaptive_max_pool2d(x, output_size_); }

}  // namespace percept::nn
