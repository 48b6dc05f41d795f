// Fields of tables: what they say, and how complaints about them read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace percept::data {

enum class CellKind { missing, number, not_finite, text };

struct Cell {
  CellKind kind = CellKind::missing;
  double number = 0;
  std::string_view text;  ///< without spaces around it
};

/// Missing is an empty field, NA, NaN, nan or ?. A number is what std::from_chars reads, whatever
/// the locale, after at most one plus sign; inf and numbers beyond a double's range are not finite.
Cell read_cell(std::string_view field);

/// `field` without spaces and tabs around it.
std::string_view trimmed(std::string_view field);

/// Throws FormatError `FILE: row R, column C: rule: found FOUND, allowed ALLOWED`; rows and columns
/// count from 1. `found` is escaped here, `file` has been.
[[noreturn]] void bad_cell(const std::string& file, std::int64_t row, std::int64_t column,
                           std::string_view rule, std::string_view found, std::string_view allowed);

}  // namespace percept::data
