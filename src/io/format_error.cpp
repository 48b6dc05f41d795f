#include "io/format_error.h"

#include <fmt/format.h>

#include "base/text.h"
#include "percept/base/error.h"

namespace percept::io {

void bad_format(const std::string& file, std::uint64_t offset, std::string_view rule,
                std::string_view found, std::string_view allowed) {
  throw FormatError(fmt::format("{}: offset {}: {}: {}, {}", escaped(file), offset, rule,
                                escaped(found), allowed));
}

void over_limit(const std::string& file, std::uint64_t offset, std::string_view what,
                std::string_view found, std::uint64_t max_bytes) {
  throw LimitError(fmt::format("{}: offset {}: {}: {}, the limit is {} bytes", escaped(file),
                               offset, what, escaped(found), max_bytes));
}

}  // namespace percept::io
