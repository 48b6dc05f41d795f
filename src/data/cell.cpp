#include "data/cell.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/text.h"
#include "percept/base/error.h"

namespace percept::data {

std::string_view trimmed(std::string_view field) {
  constexpr std::string_view kSpace = " \t";
  const auto first = field.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return field.substr(first, field.find_last_not_of(kSpace) - first + 1);
}

Cell read_cell(std::string_view field) {
  Cell cell{.text = trimmed(field)};
  const std::string_view text = cell.text;
  if (text.empty() || text == "NA" || text == "NaN" || text == "nan" || text == "?") return cell;
  cell.kind = CellKind::text;
  std::string_view digits = text;
  if (digits[0] == '+') digits.remove_prefix(1);
  if (digits.size() < text.size() && !digits.empty() && digits[0] == '-') return cell;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), cell.number);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) return cell;
  const bool finite = error == std::errc() && std::isfinite(cell.number);
  cell.kind = finite ? CellKind::number : CellKind::not_finite;
  return cell;
}

void bad_cell(const std::string& file, std::int64_t row, std::int64_t column, std::string_view rule,
              std::string_view found, std::string_view allowed) {
  throw FormatError(fmt::format("{}: row {}, column {}: {}: found {}, allowed {}", file, row,
                                column, rule, escaped(found, 300), allowed));
}

}  // namespace percept::data
