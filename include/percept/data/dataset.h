// Datasets: examples by number.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "percept/data/transform.h"
#include "percept/tensor/tensor.h"

namespace percept::data {

/// One example: input and target. y is undefined where a set has no targets.
struct Example {
  Tensor x, y;
};

/// Examples stacked along a new first dimension: x [B, ...], y [B, ...].
struct Batch {
  Tensor x, y;
};

/// Examples 0 .. size()-1. Derive from it and write size() and get(); a loader with workers calls
/// the const members from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual std::int64_t size() const = 0;
  /// Example `i` in [0, size()). Throws IndexError.
  virtual Example get(std::int64_t i) const = 0;
  /// Example `i` as random transforms show it at `draw`; get(i) where nothing is random.
  virtual Example sample(std::int64_t i, const Draw& draw) const;
  /// What stacking sample(i, draw) for every index gives, for sets that can do it at once without
  /// work per example; otherwise nothing. Throws IndexError.
  virtual std::optional<Batch> get_batch(std::span<const std::int64_t> indices,
                                         const Draw& draw) const;

 protected:
  Dataset() = default;
  Dataset(const Dataset&) = default;
  Dataset& operator=(const Dataset&) = default;
};

/// A dataset of any kind, shared: made of a value or of a shared_ptr.
class AnyDataset {
 public:
  template <std::derived_from<Dataset> D>
  AnyDataset(D dataset) : set_(std::make_shared<const D>(std::move(dataset))) {}
  template <std::derived_from<Dataset> D>
  AnyDataset(std::shared_ptr<D> dataset) : set_(check(std::move(dataset))) {}

  const Dataset& operator*() const { return *set_; }
  const Dataset* operator->() const { return set_.get(); }

 private:
  /// Throws ValueError for null.
  static std::shared_ptr<const Dataset> check(std::shared_ptr<const Dataset> dataset);
  std::shared_ptr<const Dataset> set_;
};

/// Rows of tensors: x [N, ...] and y [N, ...], or x alone.
class TensorDataset : public Dataset {
 public:
  /// Throws ShapeError unless both have the same number of rows.
  explicit TensorDataset(Tensor x, Tensor y = {});
  std::int64_t size() const override;
  Example get(std::int64_t i) const override;
  std::optional<Batch> get_batch(std::span<const std::int64_t> indices,
                                 const Draw& draw) const override;
  const Tensor& x() const { return x_; }
  const Tensor& y() const { return y_; }

 private:
  Tensor x_, y_;
};

/// Some examples of another set, in the order given.
class Subset : public Dataset {
 public:
  /// Throws IndexError.
  Subset(AnyDataset dataset, std::vector<std::int64_t> indices);
  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  Example get(std::int64_t i) const override;
  Example sample(std::int64_t i, const Draw& draw) const override;
  std::optional<Batch> get_batch(std::span<const std::int64_t> indices,
                                 const Draw& draw) const override;
  const std::vector<std::int64_t>& indices() const { return indices_; }
  const Dataset& dataset() const { return *dataset_; }

 private:
  std::int64_t index(std::int64_t i) const;
  AnyDataset dataset_;
  std::vector<std::int64_t> indices_;
};

/// Several sets one after the other.
class ConcatDataset : public Dataset {
 public:
  explicit ConcatDataset(std::vector<AnyDataset> datasets);
  std::int64_t size() const override { return ends_.empty() ? 0 : ends_.back(); }
  Example get(std::int64_t i) const override;
  Example sample(std::int64_t i, const Draw& draw) const override;

 private:
  std::pair<std::size_t, std::int64_t> place(std::int64_t i) const;
  std::vector<AnyDataset> datasets_;
  std::vector<std::int64_t> ends_;
};

struct TransformedOptions {
  Transform transform = {};         ///< of x
  Transform target_transform = {};  ///< of y
};

/// Another set with its examples transformed as they are asked for.
class TransformedDataset : public Dataset {
 public:
  TransformedDataset(AnyDataset dataset, TransformedOptions options);
  std::int64_t size() const override { return dataset_->size(); }
  Example get(std::int64_t i) const override { return sample(i, {}); }
  Example sample(std::int64_t i, const Draw& draw) const override;

 private:
  AnyDataset dataset_;
  TransformedOptions options_;
};

/// A set cut into random parts, as torch.utils.data.random_split: `parts` are counts that add up to
/// the size, or fractions that add up to 1 (what rounding leaves goes to the first parts, one
/// each). The order depends on the seed alone. Throws ValueError.
std::vector<Subset> random_split(const AnyDataset& dataset, const std::vector<double>& parts,
                                 std::uint64_t seed = 0);

/// Stacks examples: x [...] gives [B, ...], y alike. Throws ShapeError and DtypeError naming the
/// first example that differs from example 0, ValueError for none at all.
Batch collate(const std::vector<Example>& examples);

}  // namespace percept::data
