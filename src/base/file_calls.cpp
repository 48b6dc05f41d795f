#include "base/file_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace percept {
namespace {

thread_local FileCalls* replaced = nullptr;

}  // namespace

int FileCalls::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
int FileCalls::fstat(int file, struct stat* status) { return ::fstat(file, status); }
ssize_t FileCalls::read(int file, void* into, std::size_t bytes) {
  return ::read(file, into, bytes);
}
ssize_t FileCalls::write(int file, const void* from, std::size_t bytes) {
  return ::write(file, from, bytes);
}
int FileCalls::fsync(int file) { return ::fsync(file); }
int FileCalls::close(int file) { return ::close(file); }
int FileCalls::rename(const char* from, const char* to) { return std::rename(from, to); }
int FileCalls::unlink(const char* path) { return ::unlink(path); }

FileCalls& file_calls() {
  static FileCalls system;
  return replaced ? *replaced : system;
}

UseFileCalls::UseFileCalls(FileCalls& calls) : before_(std::exchange(replaced, &calls)) {}
UseFileCalls::~UseFileCalls() { replaced = before_; }

}  // namespace percept
