// The catalogue: datasets percept knows by name, where they are found, and whether they are intact.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace percept::data {

/// The four files of a set of labelled pictures, in this order.
enum class Part { train_images, train_labels, test_images, test_labels };
inline constexpr std::size_t kParts = 4;

/// A file of a known set, by its bytes when unpacked.
struct KnownFile {
  std::string name;  ///< without .gz
  std::uint64_t bytes = 0;
  std::string sha256;  ///< hexadecimal; empty where percept has none to compare with
};

struct KnownDataset {
  std::string name;         ///< "fashion-mnist"
  std::string folder_name;  ///< torchvision's name of its folder: "FashionMNIST"
  std::string description;
  std::array<KnownFile, kParts> files;
  std::vector<std::string> class_names;
  float mean = 0, std = 1;     ///< of the training pixels in 0..1
  std::string debian_package;  ///< empty when Debian has none
  std::string debian_folder;
  std::vector<std::string> mirrors;  ///< addresses that end in '/'; the files there end in .gz
};

/// Every set percept knows: fashion-mnist and mnist.
const std::vector<KnownDataset>& known_datasets();

/// The set of that name. Throws ValueError listing the names.
const KnownDataset& known_dataset(std::string_view name);

/// Four files found in one folder.
struct FoundDataset {
  std::string folder;
  std::string
      origin;  ///< "given folder", "PERCEPT_DATA", "Debian package ...", "cache", "download"
  std::array<std::string, kParts> files;
};

struct FindOptions {
  std::string root = {};   ///< looked into first, with the subfolders NAME and FOLDER_NAME/raw
  bool root_only = false;  ///< look nowhere else
};

/// The four IDX files of a folder, packed or not, under their usual names. Nothing when none is
/// there; throws IoError naming what lacks when only some are.
std::optional<FoundDataset> find_idx_folder(const std::string& folder);

/// Looks into `root`, then PERCEPT_DATA, the folder of the Debian package and the user's cache
/// ($XDG_CACHE_HOME or ~/.cache, percept/NAME). Throws IoError when `root` is no folder or a place
/// has only some files.
std::optional<FoundDataset> find_dataset(const KnownDataset& set, const FindOptions& options = {});

/// As find_dataset, and downloads into the cache with curl or wget when nothing is found; each file
/// appears there only with the right bytes. Throws IoError telling where was looked and what
/// failed.
FoundDataset fetch_dataset(const KnownDataset& set, const FindOptions& options = {});

/// What a file of a set holds, unpacked.
struct FileCheck {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;
  std::string complaint;  ///< empty when it is as it should be
};

/// Reads all four files and compares them with what is known. Throws IoError, FormatError.
std::vector<FileCheck> verify_dataset(const KnownDataset& set, const FoundDataset& found);

}  // namespace percept::data
