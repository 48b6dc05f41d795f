#include "data/download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/text.h"
#include "percept/base/error.h"
#include "percept/base/file.h"

extern char** environ;

namespace percept::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestDownload = std::uint64_t{1} << 30;

/// A file that goes away with the object unless it has been renamed.
struct Temporary {
  std::string path;
  ~Temporary() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
};

/// Runs a program with its messages in a file. Returns its exit code; -1 when it cannot be started
/// or was killed.
int run(std::vector<std::string> words, const std::string& messages) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, messages.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return -1;
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// The last line a program wrote.
std::string last_line(const std::string& file) {
  std::error_code failed;
  if (fs::file_size(file, failed) == 0 || failed) return "it told nothing";
  std::string text = read_file(file, {.max_bytes = 1 << 20});
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return escaped(text.substr(text.rfind('\n') + 1), 300);
}

/// Nothing when `url` is in the file `to` now, else the reason.
std::string fetch(const std::string& url, const std::string& to) {
  const Temporary messages{to + ".log"};
  constexpr int kCannotStart = 127;
  const int curl = run({"curl", "--fail", "--location", "--silent", "--show-error",
                        "--connect-timeout", "20", "--speed-limit", "1000", "--speed-time", "30",
                        "--max-filesize", std::to_string(kLargestDownload), "--output", to, url},
                       messages.path);
  if (curl == 0) return {};
  if (curl != -1 && curl != kCannotStart) return last_line(messages.path);
  const int wget =
      run({"wget", "--no-verbose", "--timeout=30", "--tries=2", "--output-document=" + to, url},
          messages.path);
  if (wget == 0) return {};
  if (wget != -1 && wget != kCannotStart) return last_line(messages.path);
  return "neither curl nor wget can be started";
}

}  // namespace

std::string complaint_about(const Checksum& found, const KnownFile& file) {
  if (found.bytes != file.bytes)
    return fmt::format("{} bytes unpacked, {} expected", found.bytes, file.bytes);
  if (!file.sha256.empty() && found.sha256 != file.sha256)
    return fmt::format("SHA-256 of the unpacked bytes is {}, {} expected", found.sha256,
                       file.sha256);
  return {};
}

void download(const KnownDataset& set, const std::string& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    throw IoError(fmt::format("{}: cannot make the folder: {}", escaped(folder), failed.message()));
  for (const KnownFile& file : set.files) {
    const std::string target = (fs::path(folder) / (file.name + ".gz")).string();
    if (fs::exists(target)) continue;
    const Temporary part{fmt::format("{}.{}.part", target, getpid())};
    std::string reasons;
    bool done = false;
    for (const std::string& mirror : set.mirrors) {
      const std::string url = mirror + file.name + ".gz";
      std::string reason = fetch(url, part.path);
      if (reason.empty()) {
        try {
          reason = complaint_about(checksum_of_file(part.path, kLargestDownload), file);
        } catch (const Error& error) {
          reason = error.what();
        }
      }
      if (reason.empty()) {
        fs::rename(part.path, target, failed);
        if (failed)
          throw IoError(
              fmt::format("{}: cannot rename the download: {}", escaped(target), failed.message()));
        done = true;
        break;
      }
      reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", url, reason);
    }
    if (!done) throw IoError(reasons);
  }
}

}  // namespace percept::data
