#include "plot/atomic_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "percept/base/error.h"

namespace percept::plot {
namespace {

[[noreturn]] void fail(const std::string& path, const char* step, int code) {
  throw IoError(fmt::format("save: '{}' cannot be written ({}): {}", path, step,
                            std::generic_category().message(code)));
}

// A file that is closed and removed unless it was renamed.
class Temporary {
 public:
  explicit Temporary(const std::string& path) : path_(path) {
    static std::atomic<unsigned> counter{0};
    const auto slash = path.rfind('/') + 1;  // npos + 1 == 0
    name_ = fmt::format("{}.{}.{}-{}.tmp", path.substr(0, slash), path.substr(slash), getpid(),
                        counter++);
    file_ = open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_ < 0) fail(path_, "create a file beside it", errno);
  }
  ~Temporary() {
    if (file_ >= 0) close(file_);
    if (!renamed_) unlink(name_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(std::string_view content) {
    while (!content.empty()) {
      const ssize_t n = ::write(file_, content.data(), content.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail(path_, "write", errno);
      content.remove_prefix(static_cast<std::size_t>(n));
    }
    if (fsync(file_) != 0) fail(path_, "sync", errno);
    if (close(std::exchange(file_, -1)) != 0) fail(path_, "close", errno);
  }
  void rename() {
    if (std::rename(name_.c_str(), path_.c_str()) != 0) fail(path_, "rename", errno);
    renamed_ = true;
  }

 private:
  std::string path_, name_;
  int file_ = -1;
  bool renamed_ = false;
};

}  // namespace

void write_file(const std::string& path, std::string_view content) {
  Temporary file(path);
  file.write(content);
  file.rename();
}

}  // namespace percept::plot
