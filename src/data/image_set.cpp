#include "percept/data/image_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "data/gather.h"
#include "percept/base/error.h"
#include "percept/io/idx.h"

namespace percept::data {
namespace {

std::vector<std::string> numbered(std::int64_t classes) {
  std::vector<std::string> names;
  for (std::int64_t c = 0; c < classes; ++c) names.push_back(std::to_string(c));
  return names;
}

std::int64_t largest(const Tensor& labels) {
  const auto all = labels.span<std::int64_t>();
  return all.empty() ? -1 : *std::max_element(all.begin(), all.end());
}

/// 0 to the largest label of both parts: a part alone may lack the largest classes.
std::vector<std::string> classes_in(const FoundDataset& found, const IdxOptions& options) {
  std::int64_t classes = 1;
  constexpr std::int64_t kMost = 65536;  // what labels are beyond it is for load_idx_pair to refuse
  for (const Part part : {Part::train_labels, Part::test_labels}) {
    const std::string& path = found.files[static_cast<std::size_t>(part)];
    const Tensor labels = io::load_idx(path, {.max_bytes = options.max_bytes});
    if (!is_floating(labels.dtype()))
      classes = std::max(classes, std::min(kMost, largest(labels.to(i64)) + 1));
  }
  return numbered(classes);
}

FoundDataset found_in(const std::string& folder) {
  if (auto found = find_idx_folder(folder)) return *found;
  throw IoError(
      fmt::format("{}: holds no IDX files: found none of train-images-idx3-ubyte, "
                  "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, "
                  "t10k-labels-idx1-ubyte (each may end in .gz)",
                  escaped(folder)));
}

FoundDataset found_set(const KnownDataset& set, const IdxOptions& options) {
  const FindOptions where{.root = options.root, .root_only = options.root_only};
  if (options.download) return fetch_dataset(set, where);
  if (auto found = find_dataset(set, where)) return *found;
  throw IoError(fmt::format("{}: not found on this machine, and download is off", set.name));
}

}  // namespace

ImageSet ImageSet::load(FoundDataset source, const IdxOptions& options,
                        std::vector<std::string> class_names) {
  const auto file = [&](Part part) { return source.files[static_cast<std::size_t>(part)]; };
  const std::string images = file(options.train ? Part::train_images : Part::test_images);
  const std::string labels = file(options.train ? Part::train_labels : Part::test_labels);
  const auto pair = io::load_idx_pair(images, labels,
                                      {.classes = static_cast<std::int64_t>(class_names.size()),
                                       .load = {.max_bytes = options.max_bytes}});
  if (pair.images.dtype() != u8 || (pair.images.dim() != 3 && pair.images.dim() != 4))
    throw FormatError(
        fmt::format("{}: offset 2: images: found {} {}, allowed are bytes in [N, H, W] "
                    "or [N, H, W, C]",
                    escaped(images), name_of(pair.images.dtype()), pair.images.shape().str()));
  ImageSet set(pair.images, pair.labels,
               {.transform = options.transform,
                .target_transform = options.target_transform,
                .class_names = std::move(class_names)});
  set.source_ = std::move(source);
  return set;
}

ImageSet::ImageSet(Tensor images, Tensor labels, ImageSetOptions options)
    : images_(std::move(images)), labels_(std::move(labels)), options_(std::move(options)) {
  if (images_.dtype() != u8 || labels_.dtype() != i64)
    throw DtypeError(fmt::format("ImageSet: takes images of u8 and labels of i64, found {} and {}",
                                 name_of(images_.dtype()), name_of(labels_.dtype())));
  if ((images_.dim() != 3 && images_.dim() != 4) || labels_.dim() != 1 ||
      labels_.size(0) != images_.size(0))
    throw ShapeError(
        fmt::format("ImageSet: takes images [N, H, W] or [N, H, W, C] and labels [N], "
                    "found {} and {}",
                    images_.shape().str(), labels_.shape().str()));
  images_ = images_.contiguous();
  labels_ = labels_.contiguous();
  if (options_.class_names.empty()) options_.class_names = numbered(largest(labels_) + 1);
  for (const std::int64_t label : labels_.span<std::int64_t>())
    if (label < 0 || label >= classes())
      throw ValueError(fmt::format("ImageSet: label {} is not in 0..{}", label, classes() - 1));

  if (options_.target_transform) return;
  const Transform& transform = options_.transform;
  if (transform.as<transforms::ToTensor>()) gathers_ = true;
  const auto* compose = transform.as<transforms::Compose>();
  if (!compose || compose->steps().empty() || compose->steps().size() > 2) return;
  const auto& steps = compose->steps();
  if (!steps[0].as<transforms::ToTensor>()) return;
  if (steps.size() == 2) {
    const auto* normalize = steps[1].as<transforms::Normalize>();
    const std::size_t channels = images_.dim() == 4 ? static_cast<std::size_t>(images_.size(3)) : 1;
    // A Normalize that does not fit is left to complain by itself.
    if (!normalize || (normalize->mean().size() != 1 && normalize->mean().size() != channels))
      return;
    mean_ = normalize->mean();
    std_ = normalize->std();
  }
  gathers_ = true;
}

std::int64_t ImageSet::size() const { return images_.size(0); }

Example ImageSet::sample(std::int64_t i, const Draw& draw) const {
  check_index(i, size(), "ImageSet");
  const Draw here = draw.with_sample(static_cast<std::uint64_t>(i));
  return {options_.transform(images_.select(0, i), here.with_part(0)),
          options_.target_transform(labels_.select(0, i), here.with_part(1))};
}

std::optional<Batch> ImageSet::get_batch(std::span<const std::int64_t> indices, const Draw&) const {
  if (!gathers_) return std::nullopt;
  return Batch{gather_pictures(images_, indices, mean_, std_), gather_rows(labels_, indices)};
}

std::vector<std::int64_t> ImageSet::class_counts() const {
  std::vector<std::int64_t> counts(class_names().size());
  for (const std::int64_t label : labels_.span<std::int64_t>())
    ++counts[static_cast<std::size_t>(label)];
  return counts;
}

ImageSet::Statistics ImageSet::pixel_statistics() const {
  const std::size_t channels = images_.dim() == 4 ? static_cast<std::size_t>(images_.size(3)) : 1;
  std::vector<std::array<std::uint64_t, 256>> count(channels);
  const auto bytes = images_.span<std::uint8_t>();
  for (std::size_t i = 0; i < bytes.size(); ++i) ++count[i % channels][bytes[i]];
  Statistics statistics;
  for (const auto& of : count) {
    double n = 0, sum = 0, squares = 0;
    for (std::size_t value = 0; value < of.size(); ++value) {
      const double x = static_cast<double>(value) / 255, times = static_cast<double>(of[value]);
      n += times;
      sum += times * x;
      squares += times * x * x;
    }
    const double mean = n > 0 ? sum / n : 0;
    statistics.mean.push_back(mean);
    statistics.std.push_back(n > 0 ? std::sqrt(std::max(0.0, squares / n - mean * mean)) : 0);
  }
  return statistics;
}

CatalogSet::CatalogSet(const std::string& name, const IdxOptions& options)
    : ImageSet(load(found_set(known_dataset(name), options), options,
                    known_dataset(name).class_names)) {}

IdxFolder::IdxFolder(const std::string& folder, const IdxOptions& options)
    : ImageSet(load(found_in(folder), options, classes_in(found_in(folder), options))) {}

}  // namespace percept::data
