#include "percept/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "data/gather.h"
#include "percept/base/error.h"
#include "percept/tensor/factory.h"

namespace percept::data {
namespace {

/// [...] B times to [B, ...]; undefined when example 0 has none.
Tensor stacked(const std::vector<Example>& examples, Tensor Example::*part, const char* name) {
  const Tensor& first = examples[0].*part;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const Tensor& other = examples[i].*part;
    if (other.defined() != first.defined())
      throw ValueError(
          fmt::format("collate: example 0 has {} {} but example {} of the batch has {}",
                      first.defined() ? "a" : "no", name, i, other.defined() ? "one" : "none"));
    if (!first.defined()) continue;
    if (other.dtype() != first.dtype())
      throw DtypeError(
          fmt::format("collate: {} of example 0 is {} but of example {} of the batch {}", name,
                      name_of(first.dtype()), i, name_of(other.dtype())));
    if (!(other.shape() == first.shape()))
      throw ShapeError(
          fmt::format("collate: {} of example 0 has shape {} but of example {} of the "
                      "batch {}",
                      name, first.shape().str(), i, other.shape().str()));
  }
  if (!first.defined()) return {};
  Shape shape = first.shape();
  shape.insert(0, static_cast<std::int64_t>(examples.size()));
  Tensor result = empty(shape, {.dtype = first.dtype()});
  const std::size_t bytes = static_cast<std::size_t>(first.numel()) * size_of(first.dtype());
  auto* to = static_cast<std::byte*>(result.impl().data);
  if (bytes == 0) return result;
  for (const Example& example : examples) {
    const Tensor row = (example.*part).contiguous();
    std::memcpy(to, row.impl().data, bytes);
    to += bytes;
  }
  return result;
}

/// Counts from torch's two ways to say the parts of a split.
std::vector<std::int64_t> counts_of(std::int64_t size, const std::vector<double>& parts) {
  const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
  const bool valid = std::all_of(parts.begin(), parts.end(), [](double p) { return p >= 0; });
  std::vector<std::int64_t> counts;
  if (valid && std::abs(sum - 1) < 1e-9) {
    for (const double p : parts)
      counts.push_back(static_cast<std::int64_t>(std::floor(p * static_cast<double>(size))));
    std::int64_t left = size - std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    for (std::size_t k = 0; left > 0; k = (k + 1) % counts.size(), --left) ++counts[k];
    return counts;
  }
  const bool whole =
      std::all_of(parts.begin(), parts.end(), [](double p) { return p == std::floor(p); });
  if (!valid || !whole || sum != static_cast<double>(size))
    throw ValueError(
        fmt::format("random_split: parts must be counts that add up to {} or fractions "
                    "that add up to 1, found {}",
                    size, fmt::join(parts, ", ")));
  for (const double p : parts) counts.push_back(static_cast<std::int64_t>(p));
  return counts;
}

}  // namespace

Example Dataset::sample(std::int64_t i, const Draw&) const { return get(i); }

std::optional<Batch> Dataset::get_batch(std::span<const std::int64_t>, const Draw&) const {
  return std::nullopt;
}

std::shared_ptr<const Dataset> AnyDataset::check(std::shared_ptr<const Dataset> dataset) {
  if (!dataset) throw ValueError("dataset: the pointer given is null");
  return dataset;
}

TensorDataset::TensorDataset(Tensor x, Tensor y)
    : x_(x.detach().contiguous()), y_(y.defined() ? y.detach().contiguous() : Tensor()) {
  if (x_.dim() < 1 || (y_.defined() && y_.dim() < 1))
    throw ShapeError("TensorDataset: x and y need a first dimension that counts the examples");
  if (y_.defined() && x_.size(0) != y_.size(0))
    throw ShapeError(fmt::format("TensorDataset: x {} has {} rows but y {} has {}",
                                 x_.shape().str(), x_.size(0), y_.shape().str(), y_.size(0)));
}

std::int64_t TensorDataset::size() const { return x_.size(0); }

Example TensorDataset::get(std::int64_t i) const {
  check_index(i, size(), "TensorDataset");
  return {x_.select(0, i), y_.defined() ? y_.select(0, i) : Tensor()};
}

std::optional<Batch> TensorDataset::get_batch(std::span<const std::int64_t> indices,
                                              const Draw&) const {
  return Batch{gather_rows(x_, indices), y_.defined() ? gather_rows(y_, indices) : Tensor()};
}

Subset::Subset(AnyDataset dataset, std::vector<std::int64_t> indices)
    : dataset_(std::move(dataset)), indices_(std::move(indices)) {
  for (const std::int64_t i : indices_) check_index(i, dataset_->size(), "Subset");
}

std::int64_t Subset::index(std::int64_t i) const {
  check_index(i, size(), "Subset");
  return indices_[static_cast<std::size_t>(i)];
}

Example Subset::get(std::int64_t i) const { return dataset_->get(index(i)); }

Example Subset::sample(std::int64_t i, const Draw& draw) const {
  return dataset_->sample(index(i), draw);
}

std::optional<Batch> Subset::get_batch(std::span<const std::int64_t> indices,
                                       const Draw& draw) const {
  std::vector<std::int64_t> inner;
  inner.reserve(indices.size());
  for (const std::int64_t i : indices) inner.push_back(index(i));
  return dataset_->get_batch(inner, draw);
}

ConcatDataset::ConcatDataset(std::vector<AnyDataset> datasets) : datasets_(std::move(datasets)) {
  std::int64_t end = 0;
  for (const AnyDataset& dataset : datasets_) ends_.push_back(end += dataset->size());
}

/// Which set, and where in it.
std::pair<std::size_t, std::int64_t> ConcatDataset::place(std::int64_t i) const {
  check_index(i, size(), "ConcatDataset");
  const auto k =
      static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), i) - ends_.begin());
  return {k, k == 0 ? i : i - ends_[k - 1]};
}

Example ConcatDataset::get(std::int64_t i) const {
  const auto [k, inner] = place(i);
  return datasets_[k]->get(inner);
}

Example ConcatDataset::sample(std::int64_t i, const Draw& draw) const {
  const auto [k, inner] = place(i);
  return datasets_[k]->sample(inner, draw.with_part(static_cast<std::uint32_t>(k)));
}

TransformedDataset::TransformedDataset(AnyDataset dataset, TransformedOptions options)
    : dataset_(std::move(dataset)), options_(std::move(options)) {}

Example TransformedDataset::sample(std::int64_t i, const Draw& draw) const {
  Example example = dataset_->sample(i, draw.with_part(2));
  const Draw here = draw.with_sample(static_cast<std::uint64_t>(i));
  example.x = options_.transform(example.x, here.with_part(0));
  if (example.y.defined()) example.y = options_.target_transform(example.y, here.with_part(1));
  return example;
}

std::vector<Subset> random_split(const AnyDataset& dataset, const std::vector<double>& parts,
                                 std::uint64_t seed) {
  const auto counts = counts_of(dataset->size(), parts);
  const auto order = shuffled(dataset->size(), seed, kSplitStream, 0);
  std::vector<Subset> subsets;
  auto at = order.begin();
  for (const std::int64_t count : counts) {
    subsets.emplace_back(dataset, std::vector<std::int64_t>(at, at + count));
    at += count;
  }
  return subsets;
}

Batch collate(const std::vector<Example>& examples) {
  if (examples.empty()) throw ValueError("collate: there is no example to stack");
  return {stacked(examples, &Example::x, "x"), stacked(examples, &Example::y, "y")};
}

}  // namespace percept::data
