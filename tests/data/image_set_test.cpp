#include "percept/data/image_set.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "data/checksum.h"
#include "data/download.h"
#include "percept/base/error.h"
#include "percept/data/data_loader.h"
#include "percept/tensor/factory.h"
#include "support/files.h"

namespace percept::data {
namespace {

namespace fs = std::filesystem;
using testing::TempFolder;

/// Sets a variable of the environment for a scope; null removes it.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) before_ = old;
    set(value);
  }
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) {
    if (value)
      ::setenv(name_, value, 1);
    else
      ::unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> before_;
};

std::string images(int count) {
  std::string bytes = testing::hex("00000803 000000") + static_cast<char>(count) +
                      testing::hex("00000002 00000003");
  for (int i = 0; i < 6 * count; ++i) bytes += static_cast<char>(i);
  return bytes;
}

std::string labels(const std::vector<int>& all) {
  std::string bytes = testing::hex("00000801 000000") + static_cast<char>(all.size());
  for (const int label : all) bytes += static_cast<char>(label);
  return bytes;
}

/// Three training pictures of classes 0, 2, 0 and one test picture of class 3.
void write_folder(const TempFolder& folder, const std::string& under = "") {
  fs::create_directories(folder.path(under));
  folder.file(under + "/train-images-idx3-ubyte", images(3));
  folder.file(under + "/train-labels-idx1-ubyte", labels({0, 2, 0}));
  folder.file(under + "/t10k-images-idx3-ubyte", images(1));
  folder.file(under + "/t10k-labels-idx1-ubyte", labels({3}));
}

/// The real files, or nothing where they are not installed.
std::optional<FoundDataset> installed() {
  return find_idx_folder(known_dataset("fashion-mnist").debian_folder);
}

TEST(Checksum, IsSha256) {
  // FIPS 180-2, appendix B: the digests of "abc" and of no bytes at all.
  EXPECT_EQ(checksum("abc").sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(checksum("").sha256,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(ImageSet, FashionMnistIsWhatItShouldBe) {
  ASSERT_TRUE(installed()) << "dataset-fashion-mnist is not installed; ./dev test installs it";
  const FashionMNIST train({.root = installed()->folder});
  const FashionMNIST test({.root = installed()->folder, .train = false});
  EXPECT_EQ(train.size(), 60000);
  EXPECT_EQ(test.size(), 10000);
  EXPECT_EQ(train.class_counts(), std::vector<std::int64_t>(10, 6000));
  EXPECT_EQ(test.class_counts(), std::vector<std::int64_t>(10, 1000));
  const auto first = [](const ImageSet& set) {
    return set.labels().narrow(0, 0, 10).to_vector<std::int64_t>();
  };
  EXPECT_EQ(first(train), (std::vector<std::int64_t>{9, 0, 0, 3, 0, 2, 7, 2, 5, 5}));
  EXPECT_EQ(first(test), (std::vector<std::int64_t>{9, 2, 1, 1, 6, 1, 4, 6, 5, 7}));
  const auto [mean, std] = train.pixel_statistics();
  EXPECT_NEAR(mean.at(0), 0.286041, 5e-7);
  EXPECT_NEAR(std.at(0), 0.353024, 5e-7);
  EXPECT_EQ(train.class_names().at(9), "Ankle boot");

  DataLoader loader(train, {.batch_size = 64});
  EXPECT_EQ(loader.size(), 938);
  const auto [x, y] = *loader.begin();
  EXPECT_EQ(x.shape(), Shape({64, 1, 28, 28}));
  EXPECT_EQ(x.dtype(), f32);
  EXPECT_EQ(y.shape(), Shape({64}));
  EXPECT_EQ(y.dtype(), i64);
  EXPECT_EQ(x.max().item(), 1);
  loader.set_state({0, 937});
  EXPECT_EQ((*loader.begin()).x.size(0), 32);
}

TEST(Catalog, ChecksumsAreThoseOfThePackage) {
  const auto found = installed();
  ASSERT_TRUE(found) << "dataset-fashion-mnist is not installed; ./dev test installs it";
  const KnownDataset& set = known_dataset("fashion-mnist");
  for (const FileCheck& check : verify_dataset(set, *found))
    EXPECT_EQ(check.complaint, "") << check.path;
  const char* beginnings[] = {"c59f468a2f672dc8", "bad3541b69d91243", "5b4141f0afbad91e",
                              "0402a96d92fd2663"};
  for (std::size_t i = 0; i < kParts; ++i)
    EXPECT_EQ(set.files[i].sha256.substr(0, 16), beginnings[i]);
}

TEST(Catalog, VerifyTellsWhichFileIsWrong) {
  const TempFolder folder;
  write_folder(folder);
  const auto found = find_idx_folder(folder.path(""));
  ASSERT_TRUE(found);
  const auto checks = verify_dataset(known_dataset("fashion-mnist"), *found);
  ASSERT_EQ(checks.size(), 4u);
  EXPECT_EQ(checks[0].complaint, "34 bytes unpacked, 47040016 expected");
  const KnownFile other{.name = "x", .bytes = 3, .sha256 = checksum("abc").sha256};
  EXPECT_EQ(complaint_about(checksum("abc"), other), "");
  EXPECT_EQ(complaint_about(checksum("abd"), other), "SHA-256 of the unpacked bytes is " +
                                                         checksum("abd").sha256 + ", " +
                                                         other.sha256 + " expected");
}

TEST(Catalog, LooksInOrder) {
  const KnownDataset& set = known_dataset("mnist");  // no Debian package stands in between
  const TempFolder given, variable, cache;
  const Variable data("PERCEPT_DATA", variable.path("").c_str());
  const Variable home("XDG_CACHE_HOME", cache.path("").c_str());
  EXPECT_FALSE(find_dataset(set, {.root = given.path("")}));
  write_folder(cache, "percept/mnist");
  EXPECT_EQ(find_dataset(set, {.root = given.path("")})->origin, "cache");
  write_folder(variable, "MNIST/raw");  // as torchvision lays it out
  EXPECT_EQ(find_dataset(set, {.root = given.path("")})->origin, "PERCEPT_DATA");
  EXPECT_FALSE(find_dataset(set, {.root = given.path(""), .root_only = true}));
  write_folder(given);
  EXPECT_EQ(find_dataset(set, {.root = given.path("")})->origin, "given folder");
  EXPECT_EQ(find_dataset(set)->origin, "PERCEPT_DATA");
}

TEST(Catalog, AFolderThatIsNotThereIsAnError) {
  const TempFolder folder;
  const std::string misspelt = folder.path("dtaa");
  EXPECT_EQ(testing::error_text<IoError>(
                [&] { find_dataset(known_dataset("fashion-mnist"), {.root = misspelt}); }),
            misspelt + ": no such folder to look for fashion-mnist in");
}

TEST(Catalog, HalfAFolderIsAnError) {
  const TempFolder folder;
  write_folder(folder);
  fs::remove(folder.path("t10k-labels-idx1-ubyte"));
  fs::remove(folder.path("train-labels-idx1-ubyte"));
  EXPECT_EQ(testing::error_text<IoError>([&] { find_idx_folder(folder.path("")); }),
            folder.path("") +
                ": lacks train-labels-idx1-ubyte, t10k-labels-idx1-ubyte (each may end in .gz)");
  EXPECT_EQ(testing::error_text<ValueError>([] { known_dataset("cifar"); }),
            "dataset 'cifar': unknown, known are fashion-mnist, mnist");
}

TEST(Catalog, DownloadsIntoTheCacheAndChecksTheBytes) {
  ASSERT_TRUE(installed()) << "dataset-fashion-mnist is not installed; ./dev test installs it";
  // A folder plays the network: curl reads file:// addresses.
  ASSERT_EQ(std::system("command -v curl > /dev/null"), 0) << "curl is not installed";
  const TempFolder wrong, cache;
  wrong.file("train-images-idx3-ubyte.gz", images(3));
  KnownDataset set = known_dataset("fashion-mnist");
  const std::string real = "file://" + set.debian_folder + "/";
  set.mirrors = {"file://" + wrong.path(""), real};
  set.debian_folder.clear();
  const Variable data("PERCEPT_DATA", nullptr);
  const Variable home("XDG_CACHE_HOME", cache.path("").c_str());
  const FoundDataset found = fetch_dataset(set);
  EXPECT_EQ(found.origin, "download");
  EXPECT_EQ(found.folder, (fs::path(cache.path("")) / "percept" / "fashion-mnist").string());
  EXPECT_EQ(std::distance(fs::directory_iterator(found.folder), fs::directory_iterator()), 4);
  EXPECT_EQ(fetch_dataset(set).origin, "cache");

  // Once one file is lost and no mirror has it, what is there stays and nothing half done appears.
  fs::remove(found.files[0]);
  set.mirrors = {"file://" + wrong.path("")};
  const std::string error = testing::error_text<IoError>([&] { fetch_dataset(set); });
  EXPECT_NE(error.find("train-images-idx3-ubyte.gz: 34 bytes unpacked, 47040016 expected"),
            std::string::npos)
      << error;
  EXPECT_NE(error.find("apt-get install dataset-fashion-mnist"), std::string::npos) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos);
  EXPECT_EQ(std::distance(fs::directory_iterator(found.folder), fs::directory_iterator()), 3);
}

TEST(ImageSet, ReadsAnyIdxFolder) {
  const TempFolder folder;
  write_folder(folder);
  const IdxFolder train(folder.path(""));
  EXPECT_EQ(train.size(), 3);
  EXPECT_EQ(train.class_names(), (std::vector<std::string>{"0", "1", "2", "3"}));
  EXPECT_EQ(train.get(1).x.shape(), Shape({1, 2, 3}));
  EXPECT_EQ(train.get(1).x.at<float>(0, 0, 0), 6.0f / 255.0f);
  EXPECT_EQ(train.get(1).y.item<std::int64_t>(), 2);
  EXPECT_EQ(IdxFolder(folder.path(""), {.train = false}).labels().item<std::int64_t>(), 3);
  EXPECT_EQ(testing::error_text<FormatError>([&] {
              folder.file("train-images-idx3-ubyte", testing::hex("00000801 00000003 000000"));
              IdxFolder(folder.path(""));
            }),
            folder.path("train-images-idx3-ubyte") +
                ": offset 2: images: found u8 [3], allowed are bytes in [N, H, W] or [N, H, W, C]");
  const TempFolder empty;
  EXPECT_NE(testing::error_text<IoError>([&] { IdxFolder(empty.path("")); }).find("no IDX files"),
            std::string::npos);
}

TEST(ImageSet, TransformsTargetsToo) {
  const ImageSet set(zeros({2, 2, 2}, {.dtype = u8}), tensor({1, 0}),
                     {.target_transform = transforms::OneHot(2)});
  DataLoader loader(set, {.batch_size = 2});
  EXPECT_EQ((*loader.begin()).y.to_vector<float>(), (std::vector<float>{0, 1, 1, 0}));
}

TEST(ImageSet, WrongCallsSayWhatIsWrong) {
  const Tensor two = zeros({2, 2, 2}, {.dtype = u8});
  EXPECT_EQ(testing::error_text<DtypeError>([&] {
              ImageSet(two.to(f32), tensor({0, 1}));
            }),
            "ImageSet: takes images of u8 and labels of i64, found f32 and i64");
  EXPECT_EQ(testing::error_text<ShapeError>([&] { ImageSet(two, tensor({0})); }),
            "ImageSet: takes images [N, H, W] or [N, H, W, C] and labels [N], found [2, 2, 2] and "
            "[1]");
  EXPECT_EQ(testing::error_text<ValueError>([&] {
              ImageSet(two, tensor({0, 5}), {.class_names = {"a", "b"}});
            }),
            "ImageSet: label 5 is not in 0..1");
  EXPECT_EQ(testing::error_text<IndexError>([&] {
              ImageSet(two, tensor({0, 1})).get(2);
            }),
            "ImageSet: index 2 is out of range for size 2");
}

}  // namespace
}  // namespace percept::data
