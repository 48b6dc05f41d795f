// Rows of a table as tensors, by a fitted schema.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "data/cell.h"
#include "data/table_target.h"
#include "percept/base/error.h"
#include "percept/data/table.h"
#include "percept/tensor/factory.h"

namespace percept::data {
namespace {

/// Counts what a column's rows have in common, and where it came first.
struct Tally {
  std::int64_t count = 0, first_row = 0;
  std::string first;
  void add(std::int64_t row_number, std::string_view text) {
    if (count++ > 0) return;
    first_row = row_number;
    first = in_quotes(text);
  }
};

/// Where the schema's columns are in a table.
struct Places {
  std::vector<std::int64_t> columns;  // -1 for an ignored one that is not there
  std::int64_t target = -1;           // -1 when not wanted
};

[[noreturn]] void lacks(const Table& table, const std::string& name) {
  std::string names;
  for (const std::string& have : table.names()) names += (names.empty() ? "" : ", ") + have;
  bad_cell(table.file(), table.row_number(0) > 1 ? table.row_number(0) - 1 : 1, 1, "missing column",
           names, "tables with a column " + in_quotes(name));
}

Places by_name(const TableSchema& schema, const Table& table, bool target) {
  const auto find = [&](const std::string& name) -> std::int64_t {
    const auto at = std::find(table.names().begin(), table.names().end(), name);
    return at == table.names().end() ? -1 : at - table.names().begin();
  };
  Places places;
  for (const TableColumn& column : schema.columns) {
    places.columns.push_back(find(column.name));
    if (places.columns.back() < 0 && column.kind != ColumnKind::ignored) lacks(table, column.name);
  }
  if (target && (places.target = find(schema.target)) < 0) lacks(table, schema.target);
  return places;
}

Places by_place(const TableSchema& schema, const Table& table, bool target) {
  const auto inputs = static_cast<std::int64_t>(schema.columns.size());
  const bool complete = table.columns() == inputs + 1;
  if (!complete && (target || table.columns() != inputs))
    bad_cell(table.file(), table.row_number(0), std::min(table.columns(), inputs + 1), "columns",
             fmt::format("{}", table.columns()),
             target ? fmt::format("{}, the target among them", inputs + 1)
                    : fmt::format("{}, or {} with the target", inputs, inputs + 1));
  Places places;
  for (std::int64_t c = 0; c < inputs; ++c)
    places.columns.push_back(c + (complete && c >= schema.target_position ? 1 : 0));
  if (target) places.target = schema.target_position;
  return places;
}

void encode_number(const TableColumn& column, const Table& table, std::int64_t place, float* to,
                   std::int64_t stride, Tally& missing) {
  for (std::int64_t r = 0; r < table.rows(); ++r) {
    const Cell cell = read_cell(table.cell(r, place));
    float& x = to[r * stride];
    if (cell.kind == CellKind::missing) {
      missing.add(table.row_number(r), cell.text);
      x = 0;  // the mean, standardised
      continue;
    }
    x = static_cast<float>((cell.number - column.mean) / column.std);
    if (cell.kind != CellKind::number || !std::isfinite(x))
      bad_cell(table.file(), table.row_number(r), place + 1, "number", in_quotes(cell.text),
               cell.kind == CellKind::text
                   ? fmt::format("numbers in column {}", in_quotes(column.name))
                   : "finite numbers of a usual size");
  }
}

void encode_category(const TableColumn& column, const Table& table, std::int64_t place, float* to,
                     std::int64_t stride, Tally& missing, Tally& unknown) {
  const auto& known = column.categories;
  for (std::int64_t r = 0; r < table.rows(); ++r) {
    const Cell cell = read_cell(table.cell(r, place));
    const auto at = std::lower_bound(known.begin(), known.end(), cell.text);
    if (cell.kind == CellKind::missing)
      missing.add(table.row_number(r), cell.text);
    else if (at == known.end() || *at != cell.text)
      unknown.add(table.row_number(r), cell.text);
    else
      to[r * stride + (at - known.begin())] = 1.0f;
  }
}

Tensor encode_target(const TableSchema& schema, const Table& table, std::int64_t place) {
  if (schema.task == TableTask::regression) {
    Tensor y = empty({table.rows(), 1});
    Tally missing;
    encode_number({.name = schema.target, .mean = schema.target_mean, .std = schema.target_std},
                  table, place, y.data<float>(), 1, missing);
    if (missing.count > 0)
      bad_cell(table.file(), missing.first_row, place + 1, "target", "a missing value",
               "a value in every row");
    return y;
  }
  Tensor y = empty({table.rows()}, {.dtype = i64});
  std::map<std::string_view, std::int64_t> number;
  for (std::size_t k = 0; k < schema.class_names.size(); ++k)
    number[schema.class_names[k]] = static_cast<std::int64_t>(k);
  for (std::int64_t r = 0; r < table.rows(); ++r) {
    const std::string text = class_text(table.cell(r, place));
    const auto at = number.find(text);
    if (at == number.end())
      bad_cell(table.file(), table.row_number(r), place + 1, "class", in_quotes(text),
               fmt::format("{}", fmt::join(schema.class_names, ", ")));
    y.data<std::int64_t>()[r] = at->second;
  }
  return y;
}

std::int64_t width(const TableColumn& column) {
  return column.kind == ColumnKind::number     ? 1
         : column.kind == ColumnKind::category ? static_cast<std::int64_t>(column.categories.size())
                                               : 0;
}

}  // namespace

std::int64_t TableSchema::features() const {
  std::int64_t count = 0;
  for (const TableColumn& column : columns) count += width(column);
  return count;
}

std::int64_t TableSchema::outputs() const {
  return task == TableTask::regression ? 1 : static_cast<std::int64_t>(class_names.size());
}

std::vector<std::string> TableSchema::feature_names() const {
  std::vector<std::string> names;
  for (const TableColumn& column : columns) {
    if (column.kind == ColumnKind::number) names.push_back(column.name);
    for (const std::string& category : column.categories)
      names.push_back(column.name + "=" + category);
  }
  return names;
}

std::vector<std::string> TableSchema::column_names() const {
  if (!header) return {};
  std::vector<std::string> names;
  for (const TableColumn& column : columns) names.push_back(column.name);
  names.insert(names.begin() + target_position, target);
  return names;
}

EncodedTable TableSchema::encode(const Table& table, const EncodeOptions& options) const {
  const Places places = header && table.has_header() ? by_name(*this, table, options.target)
                                                     : by_place(*this, table, options.target);
  const std::int64_t stride = features();
  EncodedTable encoded{.x = zeros({table.rows(), stride})};
  float* to = encoded.x.data<float>();
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const TableColumn& column = columns[c];
    const std::int64_t place = places.columns[c];
    Tally missing, unknown;
    if (column.kind == ColumnKind::number)
      encode_number(column, table, place, to, stride, missing);
    else if (column.kind == ColumnKind::category)
      encode_category(column, table, place, to, stride, missing, unknown);
    to += width(column);
    const auto warn = [&](const Tally& tally, const std::string& what) {
      if (tally.count > 0)
        encoded.warnings.push_back(fmt::format(
            "{}: row {}, column {} ({}): {}{}", table.file(), tally.first_row, place + 1,
            in_quotes(column.name), what,
            tally.count > 1 ? fmt::format(" (and {} more in this column)", tally.count - 1) : ""));
    };
    warn(missing, column.kind == ColumnKind::number
                      ? fmt::format("missing, taken as the mean {:.6g}", column.mean)
                      : "missing, taken as none of the categories");
    warn(unknown,
         fmt::format("unknown category {}, taken as none of the categories", unknown.first));
  }
  if (options.target) encoded.y = encode_target(*this, table, places.target);
  return encoded;
}

}  // namespace percept::data
