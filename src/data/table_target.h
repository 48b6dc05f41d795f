// The column a table's model predicts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "percept/data/table.h"

namespace percept::data {

/// How a class is named: a whole number without sign +, zeros or point, else the text itself.
std::string class_text(std::string_view field);

struct Target {
  TableTask task = TableTask::classification;
  std::vector<std::string> class_names = {};  ///< numbers by value, texts by alphabet
  std::vector<std::int64_t> labels = {};      ///< a class number a row; empty for a regression
};

/// Throws FormatError for a missing value, a regression's text, a single class.
Target read_target(const Table& table, std::int64_t column, std::optional<TableTask> task);

}  // namespace percept::data
