// Files for tests: a folder that goes away, bytes written out in hexadecimal, expected errors.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "percept/base/error.h"
#include "percept/base/file.h"

namespace percept::testing {

/// A new folder, removed with everything in it at the end of the scope.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "percept-XXXXXX").string();
    if (!::mkdtemp(name.data())) ADD_FAILURE() << "no temporary folder " << name;
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  /// Writes a file by the standard library alone and returns its path.
  std::string file(std::string_view name, std::string_view bytes) const {
    std::filesystem::remove(path(name));  // some file systems sync a file that is truncated
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::size_t count() const {
    const std::filesystem::directory_iterator files(path_);
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }

 private:
  std::string path_;
};

/// "00 00 08 01" or "00000801" as bytes.
inline std::string hex(std::string_view text) {
  std::string bytes, digits;
  for (const char c : text) {
    if (c == ' ' || c == '\n') continue;
    digits += c;
    if (digits.size() == 2) {
      bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
      digits.clear();
    }
  }
  return bytes;
}

/// `bytes` with those from `at` on overwritten.
inline std::string changed(std::string_view bytes, std::size_t at, std::string_view with) {
  std::string result(bytes.substr(0, at));
  return result.append(with).append(bytes.substr(at + with.size()));
}

inline std::string little(std::uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

/// The text of the exception of type E that `call` throws; "" and a failure when it does not.
template <class E, class Call>
std::string error_text(Call call) {
  try {
    call();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another exception: " << error.what();
  }
  return "";
}

/// The error is E, of one line without control characters, `FILE: offset N: rule: found, allowed`
/// and holds `text`.
template <class E, class Call>
void expect_format_error(Call call, const std::string& path, std::string_view text) {
  const std::string what = error_text<E>(call);
  EXPECT_EQ(what.find(path + ": offset "), 0u) << what;
  EXPECT_NE(what.find(text), std::string::npos) << what << "\nlacks: " << text;
  for (const char c : what) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << what;
}

}  // namespace percept::testing
