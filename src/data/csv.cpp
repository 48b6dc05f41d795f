#include "percept/data/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <set>

#include <unistd.h>

#include "base/text.h"
#include "data/cell.h"
#include "percept/base/error.h"
#include "percept/base/file.h"

namespace percept::data {
namespace {

/// Splits a text into fields, which point into it; doubled quotes are undone in place.
class Parser {
 public:
  Parser(std::string& text, const std::string& file, const CsvOptions& options)
      : text_(text), file_(file), options_(options) {
    if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff"))
      fail("encoding", "UTF-16", "UTF-8");
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // a byte order mark
  }

  /// Appends the fields of the next row that is not an empty line; false at the end.
  bool next(std::vector<std::string_view>& fields) {
    while (skip_line_end()) ++row_;
    if (at_ == text_.size()) return false;
    column_ = 1;
    while (true) {
      fields.push_back(text_[at_] == '"' && at_ < text_.size() ? quoted_field() : plain_field());
      if (at_ < text_.size() && text_[at_] == options_.delimiter) {
        ++at_;
        ++column_;
        continue;
      }
      skip_line_end();
      ++row_;
      return true;
    }
  }
  /// Of the row that next() gave last.
  std::int64_t row() const { return row_ - 1; }

 private:
  [[noreturn]] void fail(std::string_view rule, std::string_view found, std::string_view allowed) {
    bad_cell(file_, row_, column_, rule, found, allowed);
  }

  bool skip_line_end() {
    const std::string_view left = std::string_view(text_).substr(at_);
    const std::size_t length = left.starts_with("\r\n") ? 2 : left.starts_with('\n') ? 1 : 0;
    at_ += length;
    return length > 0;
  }

  /// Checks what holds for every byte of a field.
  void check(char byte, std::size_t length) {
    if (byte == '\0') fail("text", "a NUL byte", "text in UTF-8");
    if (length > options_.max_field_bytes)
      throw LimitError(
          fmt::format("{}: row {}, column {}: field: found more than {} bytes, allowed "
                      "{} bytes",
                      file_, row_, column_, options_.max_field_bytes, options_.max_field_bytes));
  }

  std::string_view checked(std::size_t first, std::size_t length, bool ascii) {
    const std::string_view field = std::string_view(text_).substr(first, length);
    if (ascii) return field;
    if (const auto bad = find_bad_utf8(field); bad != std::string_view::npos)
      fail("text", fmt::format("byte 0x{:02X}", static_cast<unsigned char>(field[bad])),
           "text in UTF-8 (iconv converts it)");
    return field;
  }

  std::string_view plain_field() {
    const std::size_t first = at_;
    bool ascii = true;
    for (; at_ < text_.size(); ++at_) {
      const char byte = text_[at_];
      if (byte == options_.delimiter || byte == '\n') break;
      if (byte == '\r') {
        if (at_ + 1 < text_.size() && text_[at_ + 1] == '\n') break;
        fail("line end", "CR without LF", "LF or CR LF");
      }
      if (byte == '"')
        fail("quote", "a quote inside a field that does not start with one",
             "fields in quotes as a whole, with quotes doubled");
      check(byte, at_ - first + 1);
      ascii = ascii && static_cast<unsigned char>(byte) < 0x80;
    }
    return checked(first, at_ - first, ascii);
  }

  std::string_view quoted_field() {
    const std::size_t first = ++at_;
    std::size_t to = first;
    bool ascii = true;
    while (true) {
      if (at_ == text_.size())
        fail("quote", "the end of the file inside a quoted field", "a closing quote");
      const char byte = text_[at_++];
      if (byte == '"') {
        if (at_ == text_.size() || text_[at_] != '"') break;
        ++at_;  // doubled
      }
      check(byte, to - first + 1);
      ascii = ascii && static_cast<unsigned char>(byte) < 0x80;
      text_[to++] = byte;
    }
    const std::string_view left = std::string_view(text_).substr(at_);
    if (!left.empty() && left[0] != options_.delimiter && left[0] != '\n' &&
        !left.starts_with("\r\n"))
      fail("quote", fmt::format("{} after the closing quote", in_quotes(left.substr(0, 1))),
           "a delimiter or the end of the line");
    return checked(first, to - first, ascii);
  }

  std::string& text_;
  const std::string& file_;
  const CsvOptions& options_;
  std::size_t at_ = 0;
  std::int64_t row_ = 1, column_ = 1;
};

bool is_header(const std::vector<std::string_view>& first, const CsvOptions& options) {
  if (options.header) return *options.header;
  const auto known = [&](std::string_view field) {
    return std::find(options.known_names.begin(), options.known_names.end(), trimmed(field)) !=
           options.known_names.end();
  };
  if (!options.known_names.empty()) return std::any_of(first.begin(), first.end(), known);
  return std::all_of(first.begin(), first.end(), [](std::string_view field) {
    const Cell cell = read_cell(field);
    return cell.kind == CellKind::text || cell.text.empty();
  });
}

std::vector<std::string> header_names(const std::vector<std::string_view>& fields,
                                      const std::string& file, std::int64_t row) {
  std::vector<std::string> names;
  std::set<std::string, std::less<>> seen;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::string name(trimmed(fields[i]));
    if (name.empty()) name = fmt::format("column {}", i + 1);
    if (!seen.insert(name).second)
      bad_cell(file, row, static_cast<std::int64_t>(i) + 1, "column names",
               in_quotes(name) + " twice", "different names");
    names.push_back(std::move(name));
  }
  return names;
}

std::string read_stdin(std::uint64_t max_bytes) {
  std::string text;
  std::array<char, 1 << 16> buffer;
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw IoError(fmt::format("stdin: cannot read: {}", std::strerror(errno)));
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > max_bytes)
      throw LimitError(fmt::format("stdin: more than {} bytes", max_bytes));
  }
}

}  // namespace

Table parse_csv(std::string text, const std::string& name, const CsvOptions& options) {
  constexpr std::string_view kNever("\"\r\n\0", 4);
  if (kNever.find(options.delimiter) != std::string_view::npos ||
      static_cast<unsigned char>(options.delimiter) >= 0x80)
    throw ValueError(fmt::format("csv: the delimiter cannot be {}",
                                 in_quotes(std::string_view(&options.delimiter, 1))));
  Table table;
  table.file_ = escaped(name);
  auto owned = std::make_shared<std::string>(std::move(text));
  Parser parser(*owned, table.file_, options);

  std::vector<std::string_view> first;
  if (!parser.next(first)) bad_cell(table.file_, 1, 1, "rows", "an empty file", "at least one row");
  const std::size_t width = first.size();
  table.has_header_ = is_header(first, options);
  if (table.has_header_) {
    table.names_ = header_names(first, table.file_, parser.row());
  } else {
    for (std::size_t i = 0; i < width; ++i) table.names_.push_back(fmt::format("column {}", i + 1));
    table.cells_ = std::move(first);
    table.row_numbers_.push_back(parser.row());
  }
  for (std::size_t before = table.cells_.size(); parser.next(table.cells_);
       before = table.cells_.size()) {
    const std::size_t found = table.cells_.size() - before;
    if (found != width)
      bad_cell(table.file_, parser.row(), static_cast<std::int64_t>(std::min(found, width)) + 1,
               "row length", fmt::format("{} fields", found),
               fmt::format("{}, as in the first row", width));
    table.row_numbers_.push_back(parser.row());
  }
  if (table.rows() == 0)
    bad_cell(table.file_, parser.row() + 1, 1, "rows", "only a header",
             "at least one row below it");
  table.text_ = std::move(owned);
  return table;
}

Table read_csv(const std::string& path, const CsvOptions& options) {
  if (path == "-") return parse_csv(read_stdin(options.max_bytes), "stdin", options);
  return parse_csv(read_file(path, {.max_bytes = options.max_bytes}), path, options);
}

std::int64_t Table::find_column(std::string_view name_or_number) const {
  for (std::int64_t c = 0; c < columns(); ++c)
    if (names_[static_cast<std::size_t>(c)] == name_or_number) return c;
  std::int64_t number = 0;
  const char* end = name_or_number.data() + name_or_number.size();
  const auto [stop, error] = std::from_chars(name_or_number.data(), end, number);
  if (error == std::errc() && stop == end && number >= 1 && number <= columns()) return number - 1;
  std::string list;
  for (const std::string& name : names_) list += (list.empty() ? "" : ", ") + in_quotes(name);
  throw ValueError(
      fmt::format("{}: there is no column {}; the columns are {} (or a number, 1 to {})", file_,
                  in_quotes(name_or_number), escaped(list, 1000), columns()));
}

}  // namespace percept::data
