// What every loader of percept/io takes.
#pragma once

#include <cstdint>

namespace percept::io {

struct LoadOptions {
  /// More bytes of tensor data than this are refused with LimitError before memory is asked for.
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
};

}  // namespace percept::io
