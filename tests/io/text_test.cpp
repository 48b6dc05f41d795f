#include "percept/io/text.h"

#include <gtest/gtest.h>

#include "support/files.h"
#include "support/throws.h"

namespace percept::io {
namespace {

using testing::hex;
using testing::TempFolder;

// gzip.compress(b"two\nlines\n", mtime=0) of Python 3.11
const std::string kPackedLines =
    hex("1f8b08000000000002032b29cfe7cac9cc4b2de602001c9e67bf0a000000");

TEST(Text, IsReadPlainAndPacked) {
  const TempFolder folder;
  const std::string lines = "two\nlines\n";
  for (const std::string& bytes : {lines, kPackedLines})
    EXPECT_EQ(load_text(folder.file("f", bytes)), lines);
  EXPECT_EQ(load_text(folder.file("empty", "")), "");
  const std::string path = folder.file("f", kPackedLines);
  EXPECT_EQ(load_text(path, {.max_bytes = 10}), lines);
  EXPECT_EQ(thrown<LimitError>([&] { load_text(path, {.max_bytes = 9}); }),
            path + ": offset 0: text: more when unpacked, the limit is 9 bytes");
  EXPECT_THROW(load_text(folder.path("none")), IoError);
  EXPECT_THROW(load_text(folder.file("cut", kPackedLines.substr(0, 12))), FormatError);
}

}  // namespace
}  // namespace percept::io
