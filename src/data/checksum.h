// SHA-256 of the unpacked bytes of files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace percept::data {

struct Checksum {
  std::uint64_t bytes = 0;
  std::string sha256;  ///< 64 hexadecimal digits
};

Checksum checksum(std::string_view bytes);

/// Of a file's bytes, unpacked when it is gzip; at most `max_bytes` are read. Throws IoError,
/// FormatError, LimitError.
Checksum checksum_of_file(const std::string& path, std::uint64_t max_bytes);

}  // namespace percept::data
