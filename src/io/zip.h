// Zip archives as .npz uses them: stored or deflated entries, one file, no encryption.
// Layout: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace percept::io {

struct ZipEntry {
  std::string name;
  bool deflated = false;
  std::uint32_t crc = 0;
  std::uint64_t packed_bytes = 0;
  std::uint64_t bytes = 0;
  std::uint64_t header_offset = 0;
};

/// The entries in the central directory of `archive`. Names are unique. Throws FormatError.
std::vector<ZipEntry> zip_entries(std::string_view archive, const std::string& file);

/// The unpacked bytes of an entry; the last byte is given only when length and CRC-32 are right.
std::unique_ptr<ByteSource> open_zip_entry(std::string_view archive, const std::string& file,
                                           const ZipEntry& entry);

/// Writes an archive, entry by entry.
class ZipWriter {
 public:
  ZipWriter(AtomicFile& file, bool compress) : file_(file), compress_(compress) {}
  /// An entry whose bytes are `head` and `body`. Throws LimitError beyond what zip can hold
  /// without its 64-bit extension.
  void add(const std::string& name, std::string_view head, std::string_view body);
  void finish();

 private:
  AtomicFile& file_;
  bool compress_;
  std::uint64_t written_ = 0;
  std::uint64_t entries_ = 0;
  std::string directory_;
};

}  // namespace percept::io
