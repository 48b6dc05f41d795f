// Files as a row of bytes to read, and as something that appears whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "percept/base/file.h"

namespace percept {

/// An open file; closed with the object.
class OpenFile {
 public:
  OpenFile() = default;
  explicit OpenFile(int number) : number_(number) {}
  OpenFile(OpenFile&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~OpenFile();
  int number() const { return number_; }
  /// Closes now; false with errno set when the system reports an error.
  bool close();

 private:
  int number_ = -1;
};

/// Bytes that come one after the other. Errors name `name()`.
class ByteSource {
 public:
  explicit ByteSource(std::string name) : name_(std::move(name)) {}
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  const std::string& name() const { return name_; }
  /// Bytes read so far.
  std::uint64_t offset() const { return offset_; }
  /// Reads into.size() bytes, fewer only at the end.
  std::size_t read(std::span<std::byte> into) {
    const std::size_t bytes = fill(into);
    offset_ += bytes;
    return bytes;
  }
  /// No more than this many bytes can still come: what a file may make the reader allocate.
  virtual std::uint64_t at_most() const = 0;

 private:
  virtual std::size_t fill(std::span<std::byte> into) = 0;

  std::string name_;
  std::uint64_t offset_ = 0;
};

/// Bytes in memory; `owner`, if given, is where they live.
class MemorySource : public ByteSource {
 public:
  MemorySource(std::string name, std::string owner)
      : ByteSource(std::move(name)), owner_(std::move(owner)), left_(owner_) {}
  MemorySource(std::string name, std::string_view bytes)
      : ByteSource(std::move(name)), left_(bytes) {}
  MemorySource(std::string name, const char* bytes) = delete;
  std::uint64_t at_most() const override { return left_.size(); }

 private:
  std::size_t fill(std::span<std::byte> into) override;

  std::string owner_;
  std::string_view left_;
};

/// A file to be read in order. A regular file is read as it is asked for; of anything else (pipe,
/// terminal, /proc) at most `max_bytes` bytes are read into memory first, in growing steps, so that
/// at_most() is known. Throws IoError, LimitError.
std::unique_ptr<ByteSource> open_source(const std::string& path, std::uint64_t max_bytes);

/// A file that appears under its name only with commit(); see write_atomic.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  void write(std::span<const std::byte> bytes) {
    write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  void commit();

 private:
  std::string path_;       // as the caller named it, for errors
  std::string target_;     // links resolved
  std::string temporary_;  // empty when the target is written directly, or no longer there
  OpenFile file_;
};

}  // namespace percept
