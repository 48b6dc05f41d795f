// The header of a safetensors file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/block.h"
#include "percept/io/safetensors.h"

namespace percept::io {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;               // as written
  std::optional<Element> element;  // empty for a type percept does not have
  std::vector<std::uint64_t> sizes;
  std::uint64_t begin = 0, end = 0;  // in the byte buffer
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order written
  std::vector<std::size_t> by_place;      // indices of entries in the order of their data
  Metadata metadata;
};

/// Parses `text`, which starts at byte 8 of `file`, and checks every rule of the format against
/// the `buffer` bytes that follow it. Throws FormatError.
SafetensorsHeader parse_safetensors_header(std::string_view text, std::uint64_t buffer,
                                           const std::string& file);

}  // namespace percept::io
