#include "percept/data/catalog.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "data/checksum.h"
#include "data/download.h"
#include "percept/base/error.h"

namespace percept::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, kParts> kNames = {
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte"};

// Sizes of 60,000 and 10,000 pictures of 28 x 28 with their headers of 16 and 8 bytes.
std::array<KnownFile, kParts> files(std::array<const char*, kParts> sha256) {
  constexpr std::array<std::uint64_t, kParts> kBytes = {47'040'016, 60'008, 7'840'016, 10'008};
  std::array<KnownFile, kParts> known;
  for (std::size_t i = 0; i < kParts; ++i) known[i] = {kNames[i], kBytes[i], sha256[i]};
  return known;
}

/// `text` of an environment variable, empty when unset.
std::string variable(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}

/// The user's cache folder for a set; empty without a home.
std::string cache_folder(const KnownDataset& set) {
  std::string base = variable("XDG_CACHE_HOME");
  if (base.empty()) {
    const std::string home = variable("HOME");
    if (home.empty()) return {};
    base = (fs::path(home) / ".cache").string();
  }
  return (fs::path(base) / "percept" / set.name).string();
}

/// A folder that holds several sets, or the files themselves.
std::optional<FoundDataset> find_under(const std::string& root, const KnownDataset& set,
                                       const std::string& origin) {
  const fs::path base(root);
  for (const fs::path& folder :
       {base / set.name, base / set.folder_name / "raw", base / set.folder_name, base})
    if (auto found = find_idx_folder(folder.string())) {
      found->origin = origin;
      return found;
    }
  return std::nullopt;
}

}  // namespace

const std::vector<KnownDataset>& known_datasets() {
  static const std::vector<KnownDataset> sets = {
      {.name = "fashion-mnist",
       .folder_name = "FashionMNIST",
       .description = "70,000 grey pictures of clothes, 28 x 28, 10 classes (Zalando)",
       .files = files({"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                       "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                       "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                       "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}),
       .class_names = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                       "Sneaker", "Bag", "Ankle boot"},
       .mean = 0.286041f,
       .std = 0.353024f,
       .debian_package = "dataset-fashion-mnist",
       .debian_folder = "/usr/share/datasets/fashion-mnist",
       .mirrors = {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                   "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"}},
      {.name = "mnist",
       .folder_name = "MNIST",
       .description = "70,000 grey pictures of handwritten digits, 28 x 28, 10 classes",
       .files = files({"", "", "", ""}),
       .class_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
       .mean = 0.1307f,
       .std = 0.3081f,
       .debian_package = {},
       .debian_folder = {},
       .mirrors = {"https://ossci-datasets.s3.amazonaws.com/mnist/"}},
  };
  return sets;
}

const KnownDataset& known_dataset(std::string_view name) {
  std::string names;
  for (const KnownDataset& set : known_datasets()) {
    if (set.name == name) return set;
    names += (names.empty() ? "" : ", ") + set.name;
  }
  throw ValueError(fmt::format("dataset {}: unknown, known are {}", in_quotes(name), names));
}

std::optional<FoundDataset> find_idx_folder(const std::string& folder) {
  FoundDataset found{.folder = folder, .origin = "given folder", .files = {}};
  std::string lacking;
  std::size_t count = 0;
  for (std::size_t i = 0; i < kParts; ++i) {
    const fs::path plain = fs::path(folder) / kNames[i];
    for (const fs::path& path : {plain, fs::path(plain.string() + ".gz")}) {
      std::error_code failed;
      if (!fs::is_regular_file(path, failed)) continue;
      found.files[i] = path.string();
      ++count;
      break;
    }
    if (found.files[i].empty())
      lacking += fmt::format("{}{}", lacking.empty() ? "" : ", ", kNames[i]);
  }
  if (count == 0) return std::nullopt;
  if (count < kParts)
    throw IoError(fmt::format("{}: lacks {} (each may end in .gz)", escaped(folder), lacking));
  return found;
}

std::optional<FoundDataset> find_dataset(const KnownDataset& set, const FindOptions& options) {
  if (!options.root.empty()) {
    std::error_code failed;
    if (!fs::is_directory(options.root, failed))
      throw IoError(
          fmt::format("{}: no such folder to look for {} in", escaped(options.root), set.name));
    if (auto found = find_under(options.root, set, "given folder")) return found;
  }
  if (options.root_only) return std::nullopt;
  if (const std::string root = variable("PERCEPT_DATA"); !root.empty())
    if (auto found = find_under(root, set, "PERCEPT_DATA")) return found;
  if (!set.debian_folder.empty())
    if (auto found = find_idx_folder(set.debian_folder)) {
      found->origin = "Debian package " + set.debian_package;
      return found;
    }
  if (const std::string cache = cache_folder(set); !cache.empty() && fs::is_directory(cache)) {
    // A download that was cut short is completed by fetch_dataset.
    bool complete = true;
    for (const char* name : kNames) {
      const fs::path plain = fs::path(cache) / name;
      complete = complete && (fs::exists(plain) || fs::exists(plain.string() + ".gz"));
    }
    if (complete)
      if (auto found = find_idx_folder(cache)) {
        found->origin = "cache";
        return found;
      }
  }
  return std::nullopt;
}

FoundDataset fetch_dataset(const KnownDataset& set, const FindOptions& options) {
  if (auto found = find_dataset(set, options)) return *found;
  if (options.root_only)
    throw IoError(fmt::format("{}: no IDX files of {} there: found none of {}",
                              escaped(options.root), set.name, fmt::join(kNames, ", ")));
  std::string places;
  const auto add = [&](const std::string& place) {
    if (!place.empty()) places += (places.empty() ? "" : ", ") + escaped(place);
  };
  add(options.root);
  add(variable("PERCEPT_DATA"));
  add(set.debian_folder);
  const std::string cache = cache_folder(set);
  add(cache);
  const std::string hint = set.debian_package.empty()
                               ? "put the four files into a folder and name it with --data-dir"
                               : "apt-get install " + set.debian_package +
                                     ", or name a folder with --data-dir or PERCEPT_DATA";
  if (cache.empty())
    throw IoError(
        fmt::format("{}: not found in {}, and without HOME there is no place to download "
                    "to; {}",
                    set.name, places, hint));
  try {
    download(set, cache);
  } catch (const IoError& error) {
    throw IoError(fmt::format("{}: not found in {}, and the download failed ({}); {}", set.name,
                              places, error.what(), hint));
  }
  FoundDataset found = find_idx_folder(cache).value();
  found.origin = "download";
  return found;
}

std::vector<FileCheck> verify_dataset(const KnownDataset& set, const FoundDataset& found) {
  std::vector<FileCheck> checks;
  for (std::size_t i = 0; i < kParts; ++i) {
    const KnownFile& known = set.files[i];
    const Checksum sum = checksum_of_file(found.files[i], known.bytes + (std::uint64_t{1} << 30));
    checks.push_back({found.files[i], sum.bytes, sum.sha256, complaint_about(sum, known)});
  }
  return checks;
}

}  // namespace percept::data
