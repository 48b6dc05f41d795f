// Comma-separated values (RFC 4180) as a table of texts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace percept::data {

struct CsvOptions {
  char delimiter = ',';
  /// Whether the first row names the columns. When unset: it does when it shares a name with
  /// known_names, or, without any, when none of its fields is a number or a mark for a missing
  /// value.
  std::optional<bool> header = {};
  std::vector<std::string> known_names = {};
  std::uint64_t max_bytes = std::uint64_t{1} << 30;        ///< of the file
  std::uint64_t max_field_bytes = std::uint64_t{1} << 20;  ///< of one field
};

/// Rows of fields, all of the same length. Copies share the text.
class Table {
 public:
  /// As errors name it.
  const std::string& file() const { return file_; }
  bool has_header() const { return has_header_; }
  /// The header's, or "column 1", ... where it is silent.
  const std::vector<std::string>& names() const { return names_; }
  std::int64_t rows() const { return static_cast<std::int64_t>(row_numbers_.size()); }
  std::int64_t columns() const { return static_cast<std::int64_t>(names_.size()); }
  /// The text of a field; 0 <= row < rows(), 0 <= column < columns().
  std::string_view cell(std::int64_t row, std::int64_t column) const {
    return cells_[static_cast<std::size_t>(row * columns() + column)];
  }
  /// The row's number in the file: from 1, the header and empty lines counted.
  std::int64_t row_number(std::int64_t row) const {
    return row_numbers_[static_cast<std::size_t>(row)];
  }
  /// The column of that name or, failing that, of that number, counted from 1. Throws ValueError
  /// listing the names.
  std::int64_t find_column(std::string_view name_or_number) const;

 private:
  friend Table parse_csv(std::string text, const std::string& name, const CsvOptions& options);
  std::string file_;
  std::shared_ptr<const std::string> text_;  // what the cells point into
  bool has_header_ = false;
  std::vector<std::string> names_;
  std::vector<std::string_view> cells_;  // row after row
  std::vector<std::int64_t> row_numbers_;
};

/// The table in a file; "-" is the standard input. UTF-8 with or without a byte order mark; lines
/// end in LF or CR LF; empty lines are skipped. Throws FormatError `FILE: row R, column C: rule:
/// found
/// ..., allowed ...`, IoError, LimitError, and ValueError for a delimiter that cannot be one.
Table read_csv(const std::string& path, const CsvOptions& options = {});

/// The table in a text; errors call it `name`.
Table parse_csv(std::string text, const std::string& name, const CsvOptions& options = {});

}  // namespace percept::data
