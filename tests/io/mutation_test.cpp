// Good files with a few bytes changed: a loader gives tensors or one of percept's errors, whatever
// it meets. The sanitizer builds see what it must not do.
#include <cstdlib>
#include <functional>
#include <random>

#include "io/inflate.h"
#include "percept/io/idx.h"
#include "percept/io/npy.h"
#include "percept/io/npz.h"
#include "percept/io/png.h"
#include "percept/io/safetensors.h"
#include "percept/tensor/factory.h"
#include "support/files.h"

namespace percept::io {
namespace {

using testing::hex;
using testing::TempFolder;

constexpr LoadOptions kSmall{.max_bytes = 1 << 20};

struct Format {
  const char* name;
  std::function<void(const std::string&path)> save, load;
};

const Format kFormats[] = {
    {"idx",
     [](const std::string& path) {
       write_atomic(path, hex("00000803 00000002 00000002 00000002 0102030405060708"));
     },
     [](const std::string& path) { load_idx(path, kSmall); }},
    {"idx packed",
     [](const std::string& path) {
       write_atomic(path, hex("1f8b08000000000002036360e06064606060616462660100c910811d0c000000"));
     },
     [](const std::string& path) { load_idx(path, kSmall); }},
    {"npy",
     [](const std::string& path) {
       save_npy(path, ones({2, 3}));
     },
     [](const std::string& path) { load_npy(path, kSmall); }},
    {"npz",
     [](const std::string& path) {
       save_npz(path, {{"a", ones({2})}, {"b", zeros({})}});
     },
     [](const std::string& path) { load_npz(path, kSmall); }},
    {"npz packed",
     [](const std::string& path) {
       save_npz(path, {{"a", ones({9})}}, {.compress = true});
     },
     [](const std::string& path) { load_npz(path, kSmall); }},
    {"safetensors",
     [](const std::string& path) {
       save_safetensors(path, {{"a", ones({2})}, {"b", eye(2)}}, {{"k", "v"}});
     },
     [](const std::string& path) { load_safetensors(path, kSmall); }},
    {"png",
     [](const std::string& path) {
       save_png(path, ones({3, 4, 5}, {.dtype = u8}));
     },
     [](const std::string& path) { load_png(path, {.load = kSmall}); }},
};

/// One to three changes: a byte, a bit, a piece cut out, doubled, or the end cut off.
std::string mutated(std::string bytes, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  constexpr unsigned char kTelling[] = {0x00, 0x01, 0x7f, 0x80, 0xff, '{',
                                        '}',  '[',  '"',  ',',  '0',  '9'};
  for (std::size_t changes = 1 + below(3); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = below(bytes.size());
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 2:
        bytes[at] = static_cast<char>(kTelling[below(std::size(kTelling))]);
        break;
      case 3:
        bytes.erase(at, 1 + below(8));
        break;
      case 4:
        bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(8)));
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

TEST(Mutation, ALoaderGivesTensorsOrAnErrorOfOneLine) {
  const char* wanted = std::getenv("PERCEPT_MUTATIONS");
  const int rounds = wanted ? std::atoi(wanted) : 600;
  TempFolder folder;
  for (const Format& format : kFormats) {
    SCOPED_TRACE(format.name);
    const std::string path = folder.path("file");
    format.save(path);
    const std::string good = read_file(path);
    EXPECT_NO_THROW(format.load(path));
    std::mt19937 random(7);
    int refused = 0;
    for (int i = 0; i < rounds; ++i) {
      folder.file("file", mutated(good, random));
      try {
        format.load(path);
      } catch (const Error& error) {
        ++refused;
        const std::string_view what = error.what();
        EXPECT_EQ(what.find(path + ": "), 0u) << what;
        EXPECT_EQ(what.find('\n'), what.npos) << what;
      }
    }
    EXPECT_GT(refused, rounds / 3);
  }
}

}  // namespace
}  // namespace percept::io
