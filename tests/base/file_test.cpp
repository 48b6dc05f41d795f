#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "base/checked.h"
#include "base/text.h"
#include "support/faulty_files.h"
#include "support/files.h"

namespace percept {
namespace {

using testing::error_text;
using testing::Faults;
using testing::FaultyFileCalls;
using testing::TempFolder;

struct WriteFault {
  const char* name;
  Faults faults;
  const char* text;  // of the error, after the path
};

const WriteFault kWriteFaults[] = {
    {"create", {.open_at = 0, .reason = EACCES}, ": cannot create a temporary file beside it: "},
    {"first byte", {.write_at = 0, .reason = ENOSPC}, ": cannot write: "},
    {"byte 3", {.write_at = 3, .reason = ENOSPC}, ": cannot write: "},
    {"last byte", {.write_at = 8, .reason = EDQUOT}, ": cannot write: "},
    {"fsync", {.fsync_at = 0}, ": cannot bring to disk (fsync): "},
    {"close", {.close_at = 0}, ": cannot write: "},
    {"rename", {.rename = true, .reason = EXDEV}, ": cannot rename the temporary file: "},
};

TEST(WriteAtomic, AFaultLeavesTheOldFileAndNothingElse) {
  for (const bool there : {true, false}) {
    for (const WriteFault& row : kWriteFaults) {
      SCOPED_TRACE(row.name);
      TempFolder folder;
      const std::string path = folder.path("file");
      if (there) folder.file("file", "old");
      FaultyFileCalls calls(row.faults);
      {
        const UseFileCalls use(calls);
        const std::string what = error_text<IoError>([&] { write_atomic(path, "new bytes"); });
        EXPECT_EQ(what, path + row.text + std::strerror(row.faults.reason));
      }
      EXPECT_EQ(folder.count(), there ? 1u : 0u);
      if (there) {
        EXPECT_EQ(read_file(path), "old");
      }
    }
  }
}

TEST(WriteAtomic, AFaultAfterTheRenameLeavesTheNewFile) {
  for (const Faults faults : {Faults{.open_at = 1}, Faults{.fsync_at = 1}}) {
    TempFolder folder;
    const std::string path = folder.file("file", "old");
    FaultyFileCalls calls(faults);
    {
      const UseFileCalls use(calls);
      EXPECT_EQ(error_text<IoError>([&] { write_atomic(path, "new"); }),
                path + ": written, but its folder could not be brought to disk (fsync): " +
                    std::strerror(EIO));
    }
    EXPECT_EQ(read_file(path), "new");
    EXPECT_EQ(folder.count(), 1u);
  }
}

TEST(WriteAtomic, AFileSystemThatCannotSyncFoldersIsNoFault) {
  TempFolder folder;
  FaultyFileCalls calls({.fsync_at = 1, .reason = EINVAL});
  const UseFileCalls use(calls);
  write_atomic(folder.path("file"), "new");
  EXPECT_EQ(read_file(folder.path("file")), "new");
}

TEST(File, SurvivesShortCallsAndSignals) {
  TempFolder folder;
  const std::string path = folder.path("file");
  std::string bytes(1000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  FaultyFileCalls calls({.largest_call = 7, .interrupt = true});
  const UseFileCalls use(calls);
  write_atomic(path, bytes);
  EXPECT_EQ(read_file(path), bytes);
}

TEST(File, ReadFaultsNamePathAndReason) {
  TempFolder folder;
  const std::string path = folder.file("file", "0123456789");
  for (const auto& [faults, text] : {std::pair{Faults{.open_at = 0}, ": cannot open for reading: "},
                                     {Faults{.read_at = 0}, ": cannot read: "},
                                     {Faults{.read_at = 4}, ": cannot read: "}}) {
    FaultyFileCalls calls(faults);
    const UseFileCalls use(calls);
    EXPECT_EQ(error_text<IoError>([&] { read_file(path); }), path + text + std::strerror(EIO));
  }
  EXPECT_EQ(error_text<IoError>([&] { read_file(folder.path("no\nfile")); }),
            folder.path("no\\nfile") + ": cannot open for reading: No such file or directory");
  EXPECT_EQ(error_text<IoError>([&] { read_file(folder.path("")); }),
            folder.path("") + ": cannot read: Is a directory");
  EXPECT_THROW(read_file(std::string("a\0b", 3)), IoError);
}

TEST(File, LimitsWhatIsRead) {
  TempFolder folder;
  const std::string path = folder.file("file", "0123456789");
  EXPECT_EQ(read_file(path, {.max_bytes = 10}), "0123456789");
  EXPECT_EQ(error_text<LimitError>([&] { read_file(path, {.max_bytes = 9}); }),
            path + ": larger than the limit of 9 bytes");
  EXPECT_THROW(read_file("/dev/zero", {.max_bytes = 1 << 20}), LimitError);
  EXPECT_EQ(read_file("/dev/null"), "");
  EXPECT_GT(read_file("/proc/self/stat").size(), 10u);  // says it is 0 bytes long
}

TEST(File, ReadsAPipeToItsEnd) {
  TempFolder folder;
  const std::string path = folder.path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const std::string bytes(300'000, 'x');
  std::thread writer([&] { write_atomic(path, bytes); });  // not replaced: it is a pipe
  const auto source = open_source(path, 1 << 20);
  writer.join();
  EXPECT_EQ(source->at_most(), bytes.size());
  std::string read(bytes.size() + 5, ' ');
  EXPECT_EQ(source->read(std::as_writable_bytes(std::span(read))), bytes.size());
  EXPECT_EQ(source->at_most(), 0u);
  EXPECT_EQ(source->offset(), bytes.size());
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISFIFO(status.st_mode));
}

TEST(WriteAtomic, FollowsALinkKeepsTheModeAndRefusesAFolder) {
  TempFolder folder;
  const std::string target = folder.file("target", "old"), link = folder.path("link");
  ASSERT_EQ(::symlink("target", link.c_str()), 0);
  ASSERT_EQ(::chmod(target.c_str(), 0600), 0);
  write_atomic(link, "new");
  EXPECT_EQ(read_file(target), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  struct stat status {};
  ASSERT_EQ(::stat(target.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(folder.count(), 2u);
  EXPECT_EQ(error_text<IoError>([&] { write_atomic(folder.path(""), "x"); }),
            folder.path("") + ": cannot write: Is a directory");
  EXPECT_EQ(error_text<IoError>([&] { write_atomic(folder.path("none/x"), "x"); }),
            folder.path("none/x") +
                ": cannot create a temporary file beside it: No such file or directory");
}

TEST(WriteAtomic, PassesOverATemporaryFileLeftBehind) {
  TempFolder folder;
  for (int n = 0; n < 100; ++n)
    folder.file(".percept-" + std::to_string(::getpid()) + "-" + std::to_string(n) + ".tmp",
                "left");
  write_atomic(folder.path("file"), "new");
  EXPECT_EQ(read_file(folder.path("file")), "new");
  EXPECT_EQ(folder.count(), 101u);
}

TEST(Text, EscapesWhatWouldBreakALine) {
  const std::pair<std::string, std::string> rows[] = {
      {"plain \xe4\xb8\xad", "plain \xe4\xb8\xad"},
      {"a\nb\r\tc", "a\\nb\\r\\tc"},
      {"\x1b[2J\x7f", "\\x1b[2J\\x7f"},
      {std::string("\0", 1), "\\x00"},
      {"\xc2\x9b", "\\xc2\\x9b"},           // C1 control
      {"\xe2\x80\xae", "\\xe2\\x80\\xae"},  // right-to-left override
      {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},  // line separator
      {"\xff\xc0\x80", "\\xff\\xc0\\x80"},  // no UTF-8, overlong NUL
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(escaped(text), expected);
  EXPECT_EQ(in_quotes(std::string(200, 'x')), "'" + std::string(100, 'x') + "...'");
}

TEST(Text, FindsBadUtf8) {
  const std::pair<std::string, std::size_t> rows[] = {
      {"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", std::string::npos},
      {"ab\xff", 2},
      {"\xc3", 0},
      {"\xc0\xaf", 0},
      {"\xe0\x9f\xbf", 0},  // overlong
      {"\xed\xa0\x80", 0},
      {"\xf4\x90\x80\x80", 0},  // surrogate, beyond U+10FFFF
      {"x\xe2\x82", 1},
      {"\x80", 0},
  };
  for (const auto& [text, at] : rows) EXPECT_EQ(find_bad_utf8(text), at) << escaped(text);
}

TEST(Text, SpellsSignsInAscii) {
  const std::pair<std::string, std::string> rows[] = {
      {"x₁² - W⁽¹⁾ᵀx", "x1^2 - W^(1)Tx"},
      {"10⁻³ ≤ η", "10^-3 <= eta"},
      {"∂L/∂wᵢⱼ → Σⱼ λ·wᵢ₊₁", "dL/dw_ij -> sum_j lambda*w_i+1"},
      {"字符①，✓", "字符(1)，+"},
      {"\xff a", "\xff a"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(ascii(text), expected);
}

TEST(Checked, OverflowIsSeenBehindAZero) {
  const std::uint64_t large = std::uint64_t{1} << 63;
  EXPECT_EQ(checked_mul(large, 2), std::nullopt);
  EXPECT_EQ(checked_mul(large, 1), large);
  EXPECT_EQ(checked_add(large, large), std::nullopt);
  using Sizes = std::vector<std::uint64_t>;
  EXPECT_EQ(checked_product(Sizes{3, 4}, 8), 96u);
  EXPECT_EQ(checked_product(Sizes{}, 8), 8u);
  EXPECT_EQ(checked_product(Sizes{3, 0}, 8), 0u);
  EXPECT_EQ(checked_product(Sizes{0, large, 2}), std::nullopt);
}

}  // namespace
}  // namespace percept
