// Labelled pictures in memory: MNIST, Fashion-MNIST, any folder of IDX files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "percept/data/catalog.h"
#include "percept/data/dataset.h"
#include "percept/data/transform.h"

namespace percept::data {

struct IdxOptions {
  std::string root = {};                         ///< a folder to look into first; see find_dataset
  bool train = true;                             ///< the training part, else the test part
  bool download = true;                          ///< when it is nowhere on this machine
  Transform transform = transforms::ToTensor();  ///< of a picture, u8 [H, W] or [H, W, C]
  Transform target_transform = {};               ///< of a label, i64 []
  bool root_only = false;                        ///< look nowhere but in root
  std::uint64_t max_bytes = std::uint64_t{4} << 30;  ///< larger files are refused with LimitError
};

struct ImageSetOptions {
  Transform transform = transforms::ToTensor();  ///< of a picture, u8 [H, W] or [H, W, C]
  Transform target_transform = {};               ///< of a label, i64 []
  std::vector<std::string> class_names = {};     ///< "0", "1", ... when empty
};

/// Pictures u8 [N, H, W] or [N, H, W, C] and labels i64 [N]. With ToTensor, or Compose{ToTensor,
/// Normalize}, and no target_transform a batch is made in one pass over its bytes.
class ImageSet : public Dataset {
 public:
  /// Throws DtypeError, ShapeError, and ValueError for a label that has no class name.
  ImageSet(Tensor images, Tensor labels, ImageSetOptions options = {});
  /// One part of files found, with as many classes as names. Throws FormatError, IoError,
  /// LimitError.
  static ImageSet load(FoundDataset source, const IdxOptions& options,
                       std::vector<std::string> class_names);

  std::int64_t size() const override;
  Example get(std::int64_t i) const override { return sample(i, {}); }
  Example sample(std::int64_t i, const Draw& draw) const override;
  std::optional<Batch> get_batch(std::span<const std::int64_t> indices,
                                 const Draw& draw) const override;

  const Tensor& images() const { return images_; }
  const Tensor& labels() const { return labels_; }
  const std::vector<std::string>& class_names() const { return options_.class_names; }
  std::int64_t classes() const { return static_cast<std::int64_t>(class_names().size()); }
  std::vector<std::int64_t> class_counts() const;  ///< pictures of each class
  /// Mean and standard deviation of each channel's pixels in 0..1, for Normalize.
  struct Statistics {
    std::vector<double> mean, std;
  };
  Statistics pixel_statistics() const;
  /// Where the files were found; empty for a set made of tensors.
  const std::optional<FoundDataset>& source() const { return source_; }

 private:
  std::optional<FoundDataset> source_;
  Tensor images_, labels_;
  ImageSetOptions options_;
  bool gathers_ = false;           // get_batch has a way without work per picture
  std::vector<float> mean_, std_;  // of the Normalize it includes, if any
};

/// A set of the catalogue. Throws IoError when it cannot be found or fetched, FormatError for files
/// that are not what they should be.
class CatalogSet : public ImageSet {
 public:
  /// Throws ValueError for a name that is not in the catalogue.
  explicit CatalogSet(const std::string& name, const IdxOptions& options = {});
};

/// 60,000 training and 10,000 test pictures of clothes. Source: github.com/zalandoresearch.
class FashionMNIST : public CatalogSet {
 public:
  explicit FashionMNIST(const IdxOptions& options = {}) : CatalogSet("fashion-mnist", options) {}
};

/// 60,000 training and 10,000 test pictures of digits. Source: LeCun, Cortes, Burges.
class MNIST : public CatalogSet {
 public:
  explicit MNIST(const IdxOptions& options = {}) : CatalogSet("mnist", options) {}
};

/// Any folder with the usual four IDX files; the classes are 0 to the largest label of both parts.
/// Throws IoError, FormatError.
class IdxFolder : public ImageSet {
 public:
  explicit IdxFolder(const std::string& folder, const IdxOptions& options = {});
};

}  // namespace percept::data
