// Pooling layers; the functions, with their formulas, are in percept/ops/pool.h.
#pragma once

#include "percept/nn/module.h"
#include "percept/ops/pool.h"

namespace percept::nn {

/// What layers of windows share; `MaxPool2d{2}` halves height and width.
template <class Options>
class WindowPool : public Module {
 public:
  void visit(Visitor&) override {}

 protected:
  WindowPool(const PerDim& kernel_size, const Options& options)
      : kernel_size_(kernel_size), options_(options) {}
  PerDim kernel_size_;
  Options options_;
};

class MaxPool1d : public WindowPool<MaxPoolOptions> {
 public:
  explicit MaxPool1d(const PerDim& kernel_size, const MaxPoolOptions& options = {})
      : WindowPool(kernel_size, options) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;
};

class MaxPool2d : public WindowPool<MaxPoolOptions> {
 public:
  explicit MaxPool2d(const PerDim& kernel_size, const MaxPoolOptions& options = {})
      : WindowPool(kernel_size, options) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;
};

class AvgPool1d : public WindowPool<AvgPoolOptions> {
 public:
  explicit AvgPool1d(const PerDim& kernel_size, const AvgPoolOptions& options = {})
      : WindowPool(kernel_size, options) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;
};

class AvgPool2d : public WindowPool<AvgPoolOptions> {
 public:
  explicit AvgPool2d(const PerDim& kernel_size, const AvgPoolOptions& options = {})
      : WindowPool(kernel_size, options) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;
};

/// A pooling whose result has this size, whatever that of its input.
template <class Size>
class AdaptivePool : public Module {
 public:
  explicit AdaptivePool(const Size& output_size) : output_size_(output_size) {}
  void visit(Visitor&) override {}
  std::string extra_repr() const override;

 protected:
  Size output_size_;
};

class AdaptiveAvgPool1d : public AdaptivePool<std::int64_t> {
 public:
  using AdaptivePool::AdaptivePool;
  Tensor forward(const Tensor& x) override;
};

class AdaptiveAvgPool2d : public AdaptivePool<OutputSize> {
 public:
  using AdaptivePool::AdaptivePool;
  Tensor forward(const Tensor& x) override;
};

class AdaptiveMaxPool1d : public AdaptivePool<std::int64_t> {
 public:
  using AdaptivePool::AdaptivePool;
  Tensor forward(const Tensor& x) override;
};

class AdaptiveMaxPool2d : public AdaptivePool<OutputSize> {
 public:
  using AdaptivePool::AdaptivePool;
  Tensor forward(const Tensor& x) override;
};

}  // namespace percept::nn
