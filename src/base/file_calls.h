// The system calls that percept's file access is made of, replaceable so that tests can make each
// of them fail.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>

namespace percept {

/// The calls of POSIX with their own results and errno.
class FileCalls {
 public:
  virtual ~FileCalls() = default;
  virtual int open(const char* path, int flags, mode_t mode);
  virtual int fstat(int file, struct stat* status);
  virtual ssize_t read(int file, void* into, std::size_t bytes);
  virtual ssize_t write(int file, const void* from, std::size_t bytes);
  virtual int fsync(int file);
  virtual int close(int file);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
};

/// The calls in use by this thread: the system's own unless a UseFileCalls is alive.
FileCalls& file_calls();

/// Has this thread use `calls` until the end of the scope.
class UseFileCalls {
 public:
  explicit UseFileCalls(FileCalls& calls);
  ~UseFileCalls();
  UseFileCalls(const UseFileCalls&) = delete;
  UseFileCalls& operator=(const UseFileCalls&) = delete;

 private:
  FileCalls* before_;
};

}  // namespace percept
