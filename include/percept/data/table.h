// Tables as tensors: what is learned about the columns from the training rows, kept with the model.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "percept/data/csv.h"
#include "percept/data/dataset.h"
#include "percept/tensor/tensor.h"

namespace percept::data {

enum class TableTask { classification, regression };

/// How a column goes into x: a number as (value - mean) / std; a category as one 0 or 1 for each of
/// the categories; an ignored column not at all.
enum class ColumnKind { number, category, ignored };

struct TableColumn {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  double mean = 0, std = 1;                  ///< of a number, over the training rows
  std::vector<std::string> categories = {};  ///< in alphabetical order
  friend bool operator==(const TableColumn&, const TableColumn&) = default;
};

struct EncodeOptions {
  bool target = true;  ///< the table has the target column, and y is wanted
};

struct EncodedTable {
  Tensor x = {};  ///< f32 [N, features]
  Tensor y =
      {};  ///< i64 [N] class numbers, or f32 [N, 1] standardised values; undefined without target
  std::vector<std::string> warnings = {};  ///< unknown categories, missing values
};

/// The fitted preprocessing of a table: all that is needed to turn new rows into the model's input.
struct TableSchema {
  TableTask task = TableTask::classification;
  bool header = true;                         ///< the training table named its columns
  std::vector<TableColumn> columns;           ///< all but the target, in the table's order
  std::string target;                         ///< the target column's name
  std::int64_t target_position = 0;           ///< its place in the training table, from 0
  std::vector<std::string> class_names = {};  ///< classification: of outputs 0, 1, ...
  double target_mean = 0, target_std = 1;     ///< regression

  std::int64_t features() const;                   ///< columns of x
  std::int64_t outputs() const;                    ///< classes, or 1
  std::vector<std::string> feature_names() const;  ///< "age", "colour=red", ...
  std::vector<std::string> column_names() const;   ///< for CsvOptions::known_names
  /// A model's output in the target's own units.
  double target_value(double output) const { return output * target_std + target_mean; }

  /// Rows as tensors. Columns are found by name, or by place where the table or the training table
  /// has no header. An unknown category is all zeros, a missing number the mean, both with a
  /// warning. Throws FormatError for a missing column (named) or a field of the wrong type (with
  /// its place).
  EncodedTable encode(const Table& table, const EncodeOptions& options = {}) const;

  std::string to_json() const;
  /// Throws FormatError, which calls the text `name`.
  static TableSchema from_json(const std::string& text, const std::string& name = "table schema");
  friend bool operator==(const TableSchema&, const TableSchema&) = default;
};

struct FitTableOptions {
  std::string target = {};                   ///< name or number of the column to be predicted
  std::optional<TableTask> task = {};        ///< see fit_table
  std::vector<std::string> categories = {};  ///< columns of numbers that name categories
  std::int64_t max_categories = 256;         ///< a column with more is ignored
};

struct FittedTable {
  TableSchema schema;
  std::vector<std::string> notes;  ///< what a user should know: missing values, ignored columns
};

/// Learns a schema. A column is of numbers when every field that is not missing is one, else of
/// categories. Unless told, the task is classification for a target of text or of at most 20
/// different whole numbers that come twice or more on average, else regression. Kinds and classes
/// come from the whole table; means, deviations and categories from `training_rows` alone. Throws
/// FormatError, ValueError for a column that does not exist.
FittedTable fit_table(const Table& table, std::span<const std::int64_t> training_rows,
                      const FitTableOptions& options);

struct RowSplit {
  std::vector<std::int64_t> train, test;  ///< in rising order
};

struct SplitRowsOptions {
  double test_fraction = 0.2;  ///< rounded to whole rows
  std::uint64_t seed = 0;
};

/// Rows 0 .. rows-1 in two parts at random. With labels (one a row) each class is divided in that
/// proportion, and a class keeps at least one row for training. Throws ValueError unless
/// 0 <= test_fraction < 1.
RowSplit split_rows(std::int64_t rows, const SplitRowsOptions& options = {});
RowSplit split_rows(std::span<const std::int64_t> labels, const SplitRowsOptions& options = {});

struct LoadTableOptions {
  std::string target = {};
  std::optional<TableTask> task = {};
  CsvOptions csv = {};
  SplitRowsOptions split = {};
  std::vector<std::string> categories = {};
  std::int64_t max_categories = 256;
};

/// A table ready to train on.
struct TableData {
  TableSchema schema;
  TensorDataset train, test;
  RowSplit rows;
  std::vector<std::string> notes;
};

/// Reads a CSV file, divides its rows (each class alike), learns the schema from the training rows
/// and encodes both parts. Throws what read_csv, split_rows and fit_table throw, and FormatError
/// when there are too few rows for two parts.
TableData load_table(const std::string& path, const LoadTableOptions& options);

}  // namespace percept::data
