// The header of .npy: a Python dictionary literal with exactly three keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/block.h"

namespace percept::io {

struct NpyHeader {
  Block block;  // sizes as written, whatever the order of the data
  bool fortran_order = false;
};

/// Parses the literal, which starts at `offset` of `file`. Throws FormatError.
NpyHeader parse_npy_header(std::string_view text, const std::string& file, std::uint64_t offset);

}  // namespace percept::io
