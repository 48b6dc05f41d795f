#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/file_calls.h"
#include "base/text.h"
#include "percept/base/error.h"

namespace percept {
namespace {

constexpr std::size_t kLargestCall = std::size_t{1} << 30;  // Linux moves at most 2 GiB a call

[[noreturn]] void fail(const std::string& path, std::string_view what, int reason) {
  throw IoError(
      fmt::format("{}: {}: {}", escaped(path), what, std::generic_category().message(reason)));
}

/// Repeats a call that a signal interrupted.
template <class Call>
auto uninterrupted(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

int open_file(const std::string& path, int flags, mode_t mode = 0) {
  if (path.find('\0') != std::string::npos) {
    errno = EINVAL;
    return -1;
  }
  return uninterrupted([&] { return file_calls().open(path.c_str(), flags | O_CLOEXEC, mode); });
}

std::size_t read_some(int file, std::span<std::byte> into, const std::string& path) {
  const ssize_t bytes = uninterrupted(
      [&] { return file_calls().read(file, into.data(), std::min(into.size(), kLargestCall)); });
  if (bytes < 0) fail(path, "cannot read", errno);
  return static_cast<std::size_t>(bytes);
}

std::size_t read_full(int file, std::span<std::byte> into, const std::string& path) {
  std::size_t done = 0;
  while (done < into.size()) {
    const std::size_t bytes = read_some(file, into.subspan(done), path);
    if (bytes == 0) break;
    done += bytes;
  }
  return done;
}

struct Opened {
  OpenFile file;
  std::optional<std::uint64_t> size;  // of a regular file
};

Opened open_to_read(const std::string& path) {
  OpenFile file(open_file(path, O_RDONLY));
  if (file.number() < 0) fail(path, "cannot open for reading", errno);
  struct stat status {};
  if (file_calls().fstat(file.number(), &status) != 0) fail(path, "cannot read its size", errno);
  if (S_ISDIR(status.st_mode)) fail(path, "cannot read", EISDIR);
  // Files the kernel makes up (/proc) are regular and say 0.
  if (S_ISREG(status.st_mode) && status.st_size > 0)
    return {std::move(file), static_cast<std::uint64_t>(status.st_size)};
  return {std::move(file), std::nullopt};
}

[[noreturn]] void too_large(const std::string& path, std::uint64_t max_bytes) {
  throw LimitError(fmt::format("{}: larger than the limit of {} bytes", escaped(path), max_bytes));
}

std::string read_to_end(Opened opened, const std::string& path, std::uint64_t max_bytes) {
  if (opened.size && *opened.size > max_bytes) too_large(path, max_bytes);
  std::string bytes;
  std::size_t done = 0;
  // One byte more than the size is asked for, to see the end.
  std::size_t step = opened.size ? *opened.size + 1 : std::size_t{1} << 16;
  for (;;) {
    bytes.resize(done + step);
    const std::size_t got = read_full(opened.file.number(),
                                      std::as_writable_bytes(std::span(bytes).subspan(done)), path);
    done += got;
    if (done > max_bytes) too_large(path, max_bytes);
    if (got < step) break;
    step = std::min<std::uint64_t>(done, max_bytes - done + 1);
  }
  bytes.resize(done);
  return bytes;
}

class FileSource : public ByteSource {
 public:
  FileSource(std::string path, OpenFile file, std::uint64_t size)
      : ByteSource(std::move(path)), file_(std::move(file)), size_(size) {}
  std::uint64_t at_most() const override { return size_ - std::min(size_, offset()); }

 private:
  std::size_t fill(std::span<std::byte> into) override {
    return read_full(file_.number(), into, name());
  }

  OpenFile file_;
  std::uint64_t size_;
};

/// Where to write when `path` is asked for, and how.
struct Target {
  std::string path;
  bool directly = false;  // a pipe or device
  mode_t mode = 0666;
};

Target resolve(const std::string& path) {
  if (path.find('\0') != std::string::npos) fail(path, "cannot write", EINVAL);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {path};
  if (S_ISDIR(status.st_mode)) fail(path, "cannot write", EISDIR);
  if (!S_ISREG(status.st_mode)) return {path, true};
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error) fail(path, "cannot write", error.value());
  return {real.string(), false, static_cast<mode_t>(status.st_mode & 0777)};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

OpenFile::~OpenFile() {
  if (number_ >= 0) file_calls().close(number_);
}

bool OpenFile::close() {
  // Not repeated after EINTR: the number is free already and may be somebody else's.
  return file_calls().close(std::exchange(number_, -1)) == 0 || errno == EINTR;
}

std::size_t MemorySource::fill(std::span<std::byte> into) {
  const std::size_t bytes = std::min(into.size(), left_.size());
  if (bytes > 0) std::memcpy(into.data(), left_.data(), bytes);
  left_.remove_prefix(bytes);
  return bytes;
}

std::unique_ptr<ByteSource> open_source(const std::string& path, std::uint64_t max_bytes) {
  Opened opened = open_to_read(path);
  if (opened.size) return std::make_unique<FileSource>(path, std::move(opened.file), *opened.size);
  return std::make_unique<MemorySource>(path, read_to_end(std::move(opened), path, max_bytes));
}

std::string read_file(const std::string& path, const ReadFileOptions& options) {
  return read_to_end(open_to_read(path), path, options.max_bytes);
}

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  const Target target = resolve(path);
  target_ = target.path;
  if (target.directly) {
    file_ = OpenFile(open_file(target_, O_WRONLY));
    if (file_.number() < 0) fail(path_, "cannot open for writing", errno);
    return;
  }
  static std::atomic<unsigned> counter{0};
  do {  // a name that a crashed process of the same number left behind is passed over
    temporary_ = fmt::format("{}/.percept-{}-{}.tmp", folder_of(target_), ::getpid(), counter++);
    file_ = OpenFile(open_file(temporary_, O_WRONLY | O_CREAT | O_EXCL, target.mode));
  } while (file_.number() < 0 && errno == EEXIST);
  if (file_.number() < 0) {
    const int reason = errno;
    temporary_.clear();
    fail(path_, "cannot create a temporary file beside it", reason);
  }
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) file_calls().unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = uninterrupted([&] {
      return file_calls().write(file_.number(), bytes.data(), std::min(bytes.size(), kLargestCall));
    });
    if (done <= 0) fail(path_, "cannot write", done < 0 ? errno : EIO);
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
}

void AtomicFile::commit() {
  if (temporary_.empty()) {
    if (!file_.close()) fail(path_, "cannot write", errno);
    return;
  }
  const auto synced = [](int file) {
    return uninterrupted([&] { return file_calls().fsync(file); }) == 0;
  };
  if (!synced(file_.number())) fail(path_, "cannot bring to disk (fsync)", errno);
  if (!file_.close()) fail(path_, "cannot write", errno);
  if (file_calls().rename(temporary_.c_str(), target_.c_str()) != 0)
    fail(path_, "cannot rename the temporary file", errno);
  temporary_.clear();
  const OpenFile folder(open_file(folder_of(target_), O_RDONLY | O_DIRECTORY));
  // Some file systems cannot sync a folder and say EINVAL: nothing more can be done there.
  if (folder.number() < 0 || (!synced(folder.number()) && errno != EINVAL))
    fail(path_, "written, but its folder could not be brought to disk (fsync)", errno);
}

void write_atomic(const std::string& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace percept
