#include "percept/data/csv.h"

#include <gtest/gtest.h>

#include "percept/base/error.h"
#include "support/files.h"

namespace percept::data {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(const Table& table) {
  Rows rows;
  for (std::int64_t r = 0; r < table.rows(); ++r) {
    rows.emplace_back();
    for (std::int64_t c = 0; c < table.columns(); ++c) rows.back().emplace_back(table.cell(r, c));
  }
  return rows;
}

// What RFC 4180 says of each text; the last three columns of a row are the expected table.
TEST(Csv, ReadsWhatTheStandardAllows) {
  using std::string_literals::operator""s;
  struct Row {
    const char* rule;
    std::string text;
    CsvOptions options;
    std::vector<std::string> names;
    Rows rows;
  };
  const std::vector<std::string> ab{"a", "b"};
  for (const Row& row : std::vector<Row>{
           {"CR LF after every line", "a,b\r\n1,2\r\n", {}, ab, {{"1", "2"}}},
           {"no line end after the last line", "a,b\r\n1,2", {}, ab, {{"1", "2"}}},
           {"LF alone", "a,b\n1,2\n", {}, ab, {{"1", "2"}}},
           {"quoted fields", "\"a\",\"b\"\n\"1\",2\n", {}, ab, {{"1", "2"}}},
           {"delimiters in quotes", "a,b\n\"1,5\",2\n", {}, ab, {{"1,5", "2"}}},
           {"line ends in quotes", "a,b\n\"x\r\ny\nz\",2\n", {}, ab, {{"x\r\ny\nz", "2"}}},
           {"a lone CR in quotes", "a,b\n\"x\ry\",2\n", {}, ab, {{"x\ry", "2"}}},
           {"doubled quotes", "a,b\n\"say \"\"hi\"\"\",2\n", {}, ab, {{"say \"hi\"", "2"}}},
           {"a field of one quote", "a,b\n\"\"\"\",2\n", {}, ab, {{"\"", "2"}}},
           {"empty fields", "a,b\n,\n\"\",x\n", {}, ab, {{"", ""}, {"", "x"}}},
           {"the last field empty at the end", "a,b\n1,", {}, ab, {{"1", ""}}},
           {"spaces are kept", "a,b\n 1 ,2\n", {}, ab, {{" 1 ", "2"}}},
           {"a byte order mark",
            "\xef\xbb\xbf"
            "a,b\n1,2\n",
            {},
            ab,
            {{"1", "2"}}},
           {"empty lines", "\n\na,b\n\n1,2\n\r\n\n3,4\n\n", {}, ab, {{"1", "2"}, {"3", "4"}}},
           {"UTF-8",
            "a,b\nd\xc3\xa9j\xc3\xa0,\xe4\xb8\xad\n",
            {},
            ab,
            {{"d\xc3\xa9j\xc3\xa0", "\xe4\xb8\xad"}}},
           {"one column", "a\n1\n2\n", {}, {"a"}, {{"1"}, {"2"}}},
           {"semicolons", "a;b\n1,5;2\n", {.delimiter = ';'}, ab, {{"1,5", "2"}}},
           {"tabs", "a\tb\n1\t2\n", {.delimiter = '\t'}, ab, {{"1", "2"}}},
           {"names without spaces around them", "a , b\n1,2\n", {}, ab, {{"1", "2"}}},
           {"a header of texts", "a,b\nx,y\n", {}, ab, {{"x", "y"}}},
           {"no header: a number",
            "x,1\ny,2\n",
            {},
            {"column 1", "column 2"},
            {{"x", "1"}, {"y", "2"}}},
           {"no header: a missing value",
            "x,?\ny,z\n",
            {},
            {"column 1", "column 2"},
            {{"x", "?"}, {"y", "z"}}},
           {"no header: told so",
            "a,b\n1,2\n",
            {.header = false},
            {"column 1", "column 2"},
            {{"a", "b"}, {"1", "2"}}},
           {"a header of numbers: told so",
            "1990,1991\n1,2\n",
            {.header = true},
            {"1990", "1991"},
            {{"1", "2"}}},
           {"a header by known names",
            "b,7\n1,2\n",
            {.known_names = {"b"}},
            {"b", "7"},
            {{"1", "2"}}},
           {"no header by known names",
            "x,y\nx,z\n",
            {.known_names = {"b"}},
            {"column 1", "column 2"},
            {{"x", "y"}, {"x", "z"}}},
           {"a header that names only some", ",b\n1,2\n", {}, {"column 1", "b"}, {{"1", "2"}}}}) {
    const Table table = parse_csv(row.text, "t.csv", row.options);
    EXPECT_EQ(table.names(), row.names) << row.rule;
    EXPECT_EQ(rows_of(table), row.rows) << row.rule;
  }
}

TEST(Csv, TellsWhereTheFileBreaksARule) {
  using std::string_literals::operator""s;
  struct Row {
    std::string text, message;
    CsvOptions options = {};
  };
  const std::vector<Row> rows{
      {"", "row 1, column 1: rows: found an empty file, allowed at least one row"},
      {"\n\r\n\n", "row 1, column 1: rows: found an empty file, allowed at least one row"},
      {"a,b\n", "row 2, column 1: rows: found only a header, allowed at least one row below it"},
      {"a,b\n1\n", "row 2, column 2: row length: found 1 fields, allowed 2, as in the first row"},
      {"a,b\n1,2\n1,2,3\n",
       "row 3, column 3: row length: found 3 fields, allowed 2, as in the first row"},
      {"a,b\n\n1\n", "row 3, column 2: row length: found 1 fields, allowed 2, as in the first row"},
      {"a,b\n1,\"2\n3,4\n",
       "row 2, column 2: quote: found the end of the file inside a quoted field, allowed a closing "
       "quote"},
      {"a,b\n\"1\"x,2\n",
       "row 2, column 1: quote: found 'x' after the closing quote, allowed a delimiter or the end "
       "of "
       "the line"},
      {"a,b\n\"1\"\r,2\n",
       "row 2, column 1: quote: found '\\r' after the closing quote, allowed a delimiter or the "
       "end "
       "of the line"},
      {"a,b\n1\"2,3\n",
       "row 2, column 1: quote: found a quote inside a field that does not start with one, allowed "
       "fields in quotes as a whole, with quotes doubled"},
      {"a,b\n1,2\r3,4\n", "row 2, column 2: line end: found CR without LF, allowed LF or CR LF"},
      {"a,b\n1,\0\n"s, "row 2, column 2: text: found a NUL byte, allowed text in UTF-8"},
      {"a,b\n1,\"\0\"\n"s, "row 2, column 2: text: found a NUL byte, allowed text in UTF-8"},
      {"a,b\n1,caf\xe9\n",
       "row 2, column 2: text: found byte 0xE9, allowed text in UTF-8 (iconv converts it)"},
      {"\xff\xfe"
       "a\0"s,
       "row 1, column 1: encoding: found UTF-16, allowed UTF-8"},
      {"a,b,a\n1,2,3\n", "row 1, column 3: column names: found 'a' twice, allowed different names"},
      {"a,\x1b[2J\x07,\x1b[2J\x07\n1,2,3\n",
       "row 1, column 3: column names: found '\\x1b[2J\\x07' twice, allowed different names"},
      {"column 2,\n1,2\n",
       "row 1, column 2: column names: found 'column 2' twice, allowed different names"}};
  for (const Row& row : rows)
    EXPECT_EQ(testing::error_text<FormatError>([&] { parse_csv(row.text, "t.csv", row.options); }),
              "t.csv: " + row.message);
}

TEST(Csv, HoldsItsLimits) {
  const std::string wide = "a,b\n1," + std::string(2000, 'x') + "\n";
  EXPECT_EQ(parse_csv(wide, "t.csv").cell(0, 1).size(), 2000u);
  EXPECT_EQ(
      testing::error_text<LimitError>([&] { parse_csv(wide, "t.csv", {.max_field_bytes = 1999}); }),
      "t.csv: row 2, column 2: field: found more than 1999 bytes, allowed 1999 bytes");
  EXPECT_EQ(testing::error_text<LimitError>([] {
              parse_csv("a\n\"" + std::string(50, 'x') + "\"\n", "t.csv", {.max_field_bytes = 9});
            }),
            "t.csv: row 2, column 1: field: found more than 9 bytes, allowed 9 bytes");
  const testing::TempFolder folder;
  const std::string path = folder.file("t.csv", wide);
  EXPECT_EQ(rows_of(read_csv(path)).size(), 1u);
  EXPECT_THROW(read_csv(path, {.max_bytes = 100}), LimitError);
  EXPECT_THROW(read_csv(folder.path("none.csv")), IoError);
  for (const char delimiter : {'"', '\n', '\r', '\0', '\xe9'})
    EXPECT_THROW(parse_csv("a\n1\n", "t", {.delimiter = delimiter}), ValueError);
}

TEST(Csv, EscapesTheNameOfTheFile) {
  EXPECT_EQ(testing::error_text<FormatError>([] { parse_csv("", "a\nb.csv"); }).substr(0, 15),
            "a\\nb.csv: row 1");
}

TEST(Csv, CountsRowsAsTheFileDoes) {
  const Table table = parse_csv("\na\n1\n\n\"x\ny\"\n3\n", "t.csv");
  EXPECT_EQ(table.row_number(0), 3);
  EXPECT_EQ(table.row_number(1), 5);
  EXPECT_EQ(table.row_number(2), 6);
}

TEST(Csv, FindsColumnsByNameThenNumber) {
  const Table table = parse_csv("a,2,c\nx,y,z\n", "t.csv", {.header = true});
  EXPECT_EQ(table.find_column("c"), 2);
  EXPECT_EQ(table.find_column("2"), 1);
  EXPECT_EQ(table.find_column("3"), 2);
  for (const char* name : {"d", "0", "4", "", "1x", "-1"})
    EXPECT_EQ(testing::error_text<ValueError>([&] { table.find_column(name); }),
              std::string("t.csv: there is no column '") + name +
                  "'; the columns are 'a', '2', 'c' (or a number, 1 to 3)");
}

TEST(Csv, CopiesShareTheText) {
  Table copy;
  {
    const Table table = parse_csv("a\nsome longer text than fits inside a string\n", "t.csv");
    copy = table;
  }
  EXPECT_EQ(copy.cell(0, 0), "some longer text than fits inside a string");
}

}  // namespace
}  // namespace percept::data
