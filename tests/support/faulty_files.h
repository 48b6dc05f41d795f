// System calls that fail when told.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>

#include "base/file_calls.h"

namespace percept::testing {

/// Where to fail, with what errno. Counts start at 0; kNever means not at all.
struct Faults {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::int64_t open_at = kNever;   ///< the open() of that number
  std::int64_t write_at = kNever;  ///< once so many bytes are written
  std::int64_t read_at = kNever;   ///< once so many bytes are read
  std::int64_t fsync_at = kNever;  ///< 0 the file, 1 the folder
  std::int64_t close_at = kNever;  ///< the close() of that number
  bool rename = false;
  int reason = EIO;
  std::size_t largest_call = std::numeric_limits<std::size_t>::max();  ///< short reads and writes
  bool interrupt = false;  ///< every other call is interrupted by a signal
};

class FaultyFileCalls : public FileCalls {
 public:
  explicit FaultyFileCalls(const Faults& faults) : faults_(faults) {}

  int open(const char* path, int flags, mode_t mode) override {
    if (interrupted()) return -1;
    if (opened_++ == faults_.open_at) return fail();
    return FileCalls::open(path, flags, mode);
  }
  ssize_t read(int file, void* into, std::size_t bytes) override {
    if (interrupted()) return -1;
    if (read_ >= faults_.read_at) return fail();
    const ssize_t done = FileCalls::read(file, into, part(bytes, faults_.read_at - read_));
    read_ += done;
    return done;
  }
  ssize_t write(int file, const void* from, std::size_t bytes) override {
    if (interrupted()) return -1;
    if (written_ >= faults_.write_at) return fail();
    const ssize_t done = FileCalls::write(file, from, part(bytes, faults_.write_at - written_));
    written_ += done;
    return done;
  }
  int fsync(int file) override {
    if (interrupted()) return -1;
    if (synced_++ == faults_.fsync_at) return fail();
    return FileCalls::fsync(file);
  }
  int close(int file) override {
    const int result = FileCalls::close(file);
    return closed_++ == faults_.close_at ? fail() : result;
  }
  int rename(const char* from, const char* to) override {
    return faults_.rename ? fail() : FileCalls::rename(from, to);
  }

 private:
  int fail() const {
    errno = faults_.reason;
    return -1;
  }
  bool interrupted() {
    if (!faults_.interrupt || calls_++ % 2 == 1) return false;
    errno = EINTR;
    return true;
  }
  std::size_t part(std::size_t bytes, std::int64_t left) const {
    return std::min({bytes, static_cast<std::size_t>(left), faults_.largest_call});
  }

  Faults faults_;
  std::int64_t opened_ = 0, read_ = 0, written_ = 0, synced_ = 0, closed_ = 0;
  unsigned calls_ = 0;
};

}  // namespace percept::testing
