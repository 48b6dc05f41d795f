// Normalisation layers; the functions, with their formulas, are in percept/ops/batch_norm.h.
#pragma once

#include <optional>

#include "percept/nn/module.h"

namespace percept::nn {

struct ChannelNormOptions {
  double eps = 1e-5;
  std::optional<double> momentum = 0.1;  ///< std::nullopt: the plain mean over all batches
  bool affine = true;                    ///< with weight and bias
  bool track_running_stats = true;       ///< else eval() too uses the statistics of its input
  bool bias = true;                      ///< false: the weight alone
  Dtype dtype = f32;
};

/// What BatchNorm and InstanceNorm share: weight 1 and bias 0 to begin with, running mean 0 and
/// variance 1, and how many batches these are from.
class ChannelNorm : public Module {
 public:
  void visit(Visitor& visitor) override;
  std::string extra_repr() const override;
  void reset_running_stats();
  /// Weight, bias and running statistics as they were at first.
  void reset_parameters();

  std::int64_t num_features;
  Parameter weight, bias;            // (C), undefined without affine
  Buffer running_mean, running_var;  // (C), undefined unless tracked
  Buffer num_batches_tracked;        // (), i64

 protected:
  /// Throws ValueError, naming `type`, for num_features < 0.
  ChannelNorm(const char* type, std::int64_t num_features, const ChannelNormOptions& options);
  ChannelNormOptions options_;
};

class BatchNorm : public ChannelNorm {
 public:
  Tensor forward(const Tensor& x) override;

 protected:
  BatchNorm(std::int64_t num_features, const ChannelNormOptions& options)
      : ChannelNorm("BatchNorm", num_features, options) {}
  virtual bool takes(const Shape& input) const = 0;
  virtual const char* expected() const = 0;
};

/// x (N, C) or (N, C, L).
class BatchNorm1d : public BatchNorm {
 public:
  explicit BatchNorm1d(std::int64_t num_features, const ChannelNormOptions& options = {})
      : BatchNorm(num_features, options) {}

 private:
  bool takes(const Shape& input) const override { return input.dim() == 2 || input.dim() == 3; }
  const char* expected() const override { return "(N, C) or (N, C, L)"; }
};

/// x (N, C, H, W).
class BatchNorm2d : public BatchNorm {
 public:
  explicit BatchNorm2d(std::int64_t num_features, const ChannelNormOptions& options = {})
      : BatchNorm(num_features, options) {}

 private:
  bool takes(const Shape& input) const override { return input.dim() == 4; }
  const char* expected() const override { return "(N, C, H, W)"; }
};

/// Neither affine nor tracking unless asked, as in PyTorch.
struct InstanceNormLayerOptions {
  double eps = 1e-5;
  double momentum = 0.1;
  bool affine = false;
  bool track_running_stats = false;
  bool bias = true;  ///< if affine
  Dtype dtype = f32;
};

class InstanceNorm : public ChannelNorm {
 public:
  Tensor forward(const Tensor& x) override;

 protected:
  InstanceNorm(std::int64_t num_features, const InstanceNormLayerOptions& options, int places);

 private:
  int places_;  // dimensions of an image: 1 or 2
};

/// x (N, C, L) or (C, L).
class InstanceNorm1d : public InstanceNorm {
 public:
  explicit InstanceNorm1d(std::int64_t num_features, const InstanceNormLayerOptions& options = {})
      : InstanceNorm(num_features, options, 1) {}
};

/// x (N, C, H, W) or (C, H, W).
class InstanceNorm2d : public InstanceNorm {
 public:
  explicit InstanceNorm2d(std::int64_t num_features, const InstanceNormLayerOptions& options = {})
      : InstanceNorm(num_features, options, 2) {}
};

struct GroupNormLayerOptions {
  double eps = 1e-5;
  bool affine = true;
  bool bias = true;  ///< if affine
  Dtype dtype = f32;
};

/// x (N, C, ...). Throws ValueError unless num_groups divides num_channels.
class GroupNorm : public Module {
 public:
  GroupNorm(std::int64_t num_groups, std::int64_t num_channels,
            const GroupNormLayerOptions& options = {});
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;
  std::string extra_repr() const override;
  void reset_parameters();

  Parameter weight, bias;  // (C), undefined without affine

 private:
  std::int64_t num_groups_, num_channels_;
  double eps_;
};

}  // namespace percept::nn
