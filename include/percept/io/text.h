// Text files.
#pragma once

#include <string>

#include "percept/io/load_options.h"

namespace percept::io {

/// All bytes of a file, unpacked when it is gzip (RFC 1952), as dictionaries of dictd are. Throws
/// IoError, FormatError, and LimitError for more than `max_bytes` when unpacked.
std::string load_text(const std::string& path, const LoadOptions& options = {});

}  // namespace percept::io
