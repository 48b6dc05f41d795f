// What is learned about a table's columns, and how its rows are divided.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "base/text.h"
#include "data/cell.h"
#include "data/gather.h"
#include "data/table_target.h"
#include "percept/base/error.h"
#include "percept/data/table.h"

namespace percept::data {
namespace {

constexpr std::size_t kMostWholeClasses = 20;

std::string place_of(std::int64_t column, const std::string& name) {
  return fmt::format("column {} ({})", column + 1, in_quotes(name));
}

struct Moments {
  double mean = 0, std = 0;
  std::int64_t count = 0;
};

/// Mean and population standard deviation, in two passes.
Moments moments(const std::vector<double>& values) {
  if (values.empty()) return {};
  const auto n = static_cast<double>(values.size());
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  Moments m{.mean = *least, .count = static_cast<std::int64_t>(values.size())};
  if (*least == *most) return m;  // a sum would round, and leave a deviation
  m.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double v : values) squares += (v - m.mean) * (v - m.mean);
  m.std = std::sqrt(squares / n);
  return m;
}

/// The numbers of a column in `rows`; missing ones are left out.
std::vector<double> numbers(const Table& table, std::span<const std::int64_t> rows,
                            std::int64_t column) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const std::int64_t r : rows) {
    const Cell cell = read_cell(table.cell(r, column));
    if (cell.kind == CellKind::not_finite)
      bad_cell(table.file(), table.row_number(r), column + 1, "number", in_quotes(cell.text),
               "finite numbers");
    if (cell.kind == CellKind::number) values.push_back(cell.number);
  }
  return values;
}

Moments checked_moments(const Table& table, std::span<const std::int64_t> rows,
                        std::int64_t column) {
  const Moments m = moments(numbers(table, rows, column));
  if (!std::isfinite(m.std))
    bad_cell(table.file(), table.row_number(rows[0]), column + 1, "numbers",
             "values too large to square", "a column whose standard deviation is a double");
  return m;
}

bool all_numbers(const Table& table, std::int64_t column) {
  for (std::int64_t r = 0; r < table.rows(); ++r)
    if (read_cell(table.cell(r, column)).kind == CellKind::text) return false;
  return true;
}

/// Fits one column of x.
class ColumnFitter {
 public:
  ColumnFitter(const Table& table, std::span<const std::int64_t> rows,
               const FitTableOptions& options, std::vector<std::string>& notes)
      : table_(table), rows_(rows), options_(options), notes_(notes) {}

  TableColumn fit(std::int64_t c, bool forced_category) {
    TableColumn column{.name = table_.names()[static_cast<std::size_t>(c)]};
    if (!forced_category && all_numbers(table_, c))
      fit_number(c, column);
    else
      fit_category(c, column);
    return column;
  }

 private:
  void note(std::int64_t c, const TableColumn& column, const std::string& text) {
    notes_.push_back(place_of(c, column.name) + ": " + text);
  }

  void fit_number(std::int64_t c, TableColumn& column) {
    const Moments m = checked_moments(table_, rows_, c);
    if (m.count == 0 || m.std == 0) {
      column.kind = ColumnKind::ignored;
      note(c, column,
           m.count == 0 ? "ignored, it has no value in the training rows"
                        : fmt::format("ignored, it is {} in every training row", m.mean));
      return;
    }
    column.mean = m.mean;
    column.std = m.std;
    const auto missing = static_cast<std::int64_t>(rows_.size()) - m.count;
    if (missing > 0)
      note(c, column,
           fmt::format("{} of {} training values are missing; the mean {:.6g} of the others stands "
                       "for them",
                       missing, rows_.size(), m.mean));
  }

  void fit_category(std::int64_t c, TableColumn& column) {
    std::set<std::string, std::less<>> values;
    std::size_t present = 0;
    for (const std::int64_t r : rows_) {
      const Cell cell = read_cell(table_.cell(r, c));
      if (cell.kind == CellKind::missing) continue;
      ++present;
      values.emplace(cell.text);
    }
    constexpr std::size_t kFew = 20;
    std::string why;
    if (values.size() < 2)
      why =
          fmt::format("it has {} in the training rows", values.empty() ? "no value" : "one value");
    else if (values.size() > static_cast<std::size_t>(options_.max_categories))
      why = fmt::format("{} different texts are more than {} categories", values.size(),
                        options_.max_categories);
    else if (values.size() > kFew && 2 * values.size() > present)
      why = fmt::format("{} different texts in {} rows name rows, not categories", values.size(),
                        present);
    if (!why.empty()) {
      column.kind = ColumnKind::ignored;
      return note(c, column, "ignored, " + why);
    }
    column.kind = ColumnKind::category;
    column.categories.assign(values.begin(), values.end());
    if (present < rows_.size())
      note(c, column,
           fmt::format("{} of {} training values are missing; they are all zeros",
                       rows_.size() - present, rows_.size()));
  }

  const Table& table_;
  std::span<const std::int64_t> rows_;
  const FitTableOptions& options_;
  std::vector<std::string>& notes_;
};

void check_rows(const Table& table, std::span<const std::int64_t> rows) {
  if (rows.empty()) throw ValueError("fit_table: there are no training rows");
  for (const std::int64_t r : rows) check_index(r, table.rows(), "fit_table: training row");
}

}  // namespace

std::string class_text(std::string_view field) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const Cell cell = read_cell(field);
  if (cell.kind == CellKind::number && cell.number == std::floor(cell.number) &&
      std::abs(cell.number) < kExact)
    return std::to_string(static_cast<std::int64_t>(cell.number));
  return std::string(cell.text);
}

Target read_target(const Table& table, std::int64_t column, std::optional<TableTask> task) {
  std::map<std::string, std::int64_t> counts;
  std::vector<std::string> texts;
  bool numeric = true, whole = true;
  for (std::int64_t r = 0; r < table.rows(); ++r) {
    const Cell cell = read_cell(table.cell(r, column));
    if (cell.kind == CellKind::missing)
      bad_cell(table.file(), table.row_number(r), column + 1, "target", "a missing value",
               "a value in every row");
    numeric = numeric && cell.kind != CellKind::text;
    whole = whole && cell.kind == CellKind::number && cell.number == std::floor(cell.number);
    texts.push_back(class_text(cell.text));
    ++counts[texts.back()];
  }
  const bool few = counts.size() <= kMostWholeClasses &&
                   2 * static_cast<std::int64_t>(counts.size()) <= table.rows();
  Target target{.task = task.value_or(!numeric || (whole && few) ? TableTask::classification
                                                                 : TableTask::regression)};
  if (target.task == TableTask::regression) {
    for (std::int64_t r = 0; r < table.rows(); ++r)
      if (const Cell cell = read_cell(table.cell(r, column)); cell.kind != CellKind::number)
        bad_cell(table.file(), table.row_number(r), column + 1, "target", in_quotes(cell.text),
                 "finite numbers, for a regression");
    return target;
  }
  if (counts.size() < 2)
    bad_cell(table.file(), table.row_number(0), column + 1, "target",
             fmt::format("the one class {} in every row", in_quotes(counts.begin()->first)),
             "two classes or more");
  for (const auto& [name, count] : counts) target.class_names.push_back(name);
  if (numeric)
    std::sort(target.class_names.begin(), target.class_names.end(),
              [](const std::string& a, const std::string& b) {
                return read_cell(a).number < read_cell(b).number;
              });
  std::map<std::string, std::int64_t, std::less<>> number;
  for (std::size_t k = 0; k < target.class_names.size(); ++k)
    number[target.class_names[k]] = static_cast<std::int64_t>(k);
  for (const std::string& text : texts) target.labels.push_back(number[text]);
  return target;
}

FittedTable fit_table(const Table& table, std::span<const std::int64_t> training_rows,
                      const FitTableOptions& options) {
  check_rows(table, training_rows);
  if (options.max_categories < 2)
    throw ValueError(fmt::format("fit_table: max_categories must be at least 2, found {}",
                                 options.max_categories));
  const std::int64_t target = table.find_column(options.target);
  const Target learned = read_target(table, target, options.task);
  FittedTable fitted;
  TableSchema& schema = fitted.schema;
  schema.task = learned.task;
  schema.header = table.has_header();
  schema.target = table.names()[static_cast<std::size_t>(target)];
  schema.target_position = target;
  schema.class_names = learned.class_names;
  if (schema.task == TableTask::regression) {
    const Moments m = checked_moments(table, training_rows, target);
    schema.target_mean = m.mean;
    schema.target_std = m.std > 0 ? m.std : 1;
    if (m.std == 0)
      fitted.notes.push_back(place_of(target, schema.target) +
                             ": the target has one value in all training rows");
  }
  std::set<std::int64_t> forced;
  for (const std::string& name : options.categories) forced.insert(table.find_column(name));
  ColumnFitter fitter(table, training_rows, options, fitted.notes);
  for (std::int64_t c = 0; c < table.columns(); ++c)
    if (c != target) schema.columns.push_back(fitter.fit(c, forced.contains(c)));
  if (schema.features() == 0)
    bad_cell(table.file(), table.row_number(0), 1, "columns",
             fmt::format("none but {} to learn from{}", in_quotes(schema.target),
                         fitted.notes.empty() ? "" : " (" + fitted.notes.front() + ")"),
             "at least one column that varies");
  return fitted;
}

RowSplit split_rows(std::span<const std::int64_t> labels, const SplitRowsOptions& options) {
  const double fraction = options.test_fraction;
  if (!(fraction >= 0 && fraction < 1))
    throw ValueError(
        fmt::format("split_rows: test_fraction must be in 0..1, without 1, found {}", fraction));
  // Each class in the order of one shuffle of all rows, so that a seed means one thing.
  std::map<std::int64_t, std::vector<std::int64_t>> of_class;
  const auto rows = static_cast<std::int64_t>(labels.size());
  for (const std::int64_t r : shuffled(rows, options.seed, kSplitStream, 1))
    of_class[labels[static_cast<std::size_t>(r)]].push_back(r);
  RowSplit split;
  double wanted = 0;  // what rounding leaves of one class goes on to the next
  for (auto& [label, members] : of_class) {
    wanted += fraction * static_cast<double>(members.size());
    const auto most = static_cast<std::int64_t>(members.size()) - 1;
    const auto test = std::clamp<std::int64_t>(std::llround(wanted), 0, most);
    wanted -= static_cast<double>(test);
    split.test.insert(split.test.end(), members.begin(), members.begin() + test);
    split.train.insert(split.train.end(), members.begin() + test, members.end());
  }
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.test.begin(), split.test.end());
  return split;
}

RowSplit split_rows(std::int64_t rows, const SplitRowsOptions& options) {
  if (rows < 0)
    throw ValueError(fmt::format("split_rows: rows must not be negative, found {}", rows));
  return split_rows(std::vector<std::int64_t>(static_cast<std::size_t>(rows), 0), options);
}

TableData load_table(const std::string& path, const LoadTableOptions& options) {
  const Table table = read_csv(path, options.csv);
  const Target target = read_target(table, table.find_column(options.target), options.task);
  RowSplit rows = target.task == TableTask::classification
                      ? split_rows(target.labels, options.split)
                      : split_rows(table.rows(), options.split);
  if (rows.test.empty() && options.split.test_fraction > 0)
    bad_cell(table.file(), table.row_number(0), 1, "rows",
             target.task == TableTask::classification
                 ? fmt::format("{} rows of {} classes", table.rows(), target.class_names.size())
                 : fmt::format("{} rows", table.rows()),
             "enough for a training and a test part");
  FittedTable fitted = fit_table(table, rows.train,
                                 {.target = options.target,
                                  .task = target.task,
                                  .categories = options.categories,
                                  .max_categories = options.max_categories});
  EncodedTable all = fitted.schema.encode(table);
  fitted.notes.insert(fitted.notes.end(), all.warnings.begin(), all.warnings.end());
  const auto part = [&](const std::vector<std::int64_t>& of) {
    return TensorDataset(gather_rows(all.x, of), gather_rows(all.y, of));
  };
  TensorDataset train = part(rows.train), test = part(rows.test);
  return {std::move(fitted.schema), std::move(train), std::move(test), std::move(rows),
          std::move(fitted.notes)};
}

}  // namespace percept::data
