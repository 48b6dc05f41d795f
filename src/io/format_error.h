// The one form of every complaint about a file: FILE: offset N: rule: found, allowed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace percept::io {

/// Throws FormatError. `found` may hold text from the file: it is escaped here.
[[noreturn]] void bad_format(const std::string& file, std::uint64_t offset, std::string_view rule,
                             std::string_view found, std::string_view allowed);

/// Throws LimitError in the same form.
[[noreturn]] void over_limit(const std::string& file, std::uint64_t offset, std::string_view what,
                             std::string_view found, std::uint64_t max_bytes);

}  // namespace percept::io
