#include "lessons/series.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "lessons/epidemic.h"
#include "percept/percept.h"

namespace percept::lessons {
namespace {

double number(const data::Table& table, std::int64_t row, std::int64_t column) {
  const std::string_view cell = table.cell(row, column);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value))
    throw FormatError(
        fmt::format("{}: row {}, column {}: number: found '{}', allowed a finite number",
                    table.file(), table.row_number(row), column + 1, cell));
  return value;
}

/// The first column over which the last one is given.
Series series_of(const data::Table& table) {
  constexpr std::int64_t kFewest = 8;
  if (table.columns() < 2 || table.rows() < kFewest)
    throw FormatError(
        fmt::format("{}: size: found {} columns and {} rows, allowed 2 and {} or more",
                    table.file(), table.columns(), table.rows(), kFewest));
  std::vector<double> x, y;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    x.push_back(number(table, row, 0));
    y.push_back(number(table, row, table.columns() - 1));
    if (row > 0 && x[x.size() - 2] >= x.back())
      throw FormatError(
          fmt::format("{}: row {}, column 1: order: found {} after {}, allowed rising numbers",
                      table.file(), table.row_number(row), x.back(), x[x.size() - 2]));
  }
  Series series{.x = from_vector(x, {table.rows(), 1}),
                .y = from_vector(y, {table.rows(), 1}),
                .x_name = table.names().front(),
                .y_name = table.names().back(),
                .ours = false};
  if (series.range() == 0)
    throw FormatError(
        fmt::format("{}: column {}: range: found one value in all rows, allowed several",
                    table.file(), table.columns()));
  return series;
}

}  // namespace

double Series::range() const { return (y.max() - y.min()).item(); }

Series read_series(const std::string& csv) {
  if (!csv.empty()) return series_of(data::read_csv(csv));
  Series series = series_of(epidemic());
  series.ours = true;
  series.unit = 1e6;
  return series;
}

}  // namespace percept::lessons
