// A table's schema as JSON, to be kept with the model.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "percept/base/error.h"
#include "percept/data/table.h"

namespace percept::data {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "percept.table/1";

/// Reads a schema, and throws FormatError `NAME: KEY: found ..., allowed ...` for what is not one.
class Reader {
 public:
  explicit Reader(const std::string& name) : name_(escaped(name)) {}

  [[noreturn]] void fail(std::string_view key, std::string_view found, std::string_view allowed) {
    throw FormatError(
        fmt::format("{}: {}: found {}, allowed {}", name_, key, escaped(found, 200), allowed));
  }

  const Json& member(const Json& object, const char* key) {
    if (!object.is_object()) fail(key, object.dump(), "a member of an object");
    const auto at = object.find(key);
    if (at == object.end()) fail(key, "nothing", "a schema that has it");
    return *at;
  }
  std::string text(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_string()) fail(key, value.dump(), "a text");
    return value.get<std::string>();
  }
  double number(const Json& object, const char* key, bool positive = false) {
    const Json& value = member(object, key);
    const double x = value.is_number() ? value.get<double>() : std::nan("");
    if (!std::isfinite(x) || (positive && !(x > 0)))
      fail(key, value.dump(), positive ? "a positive number" : "a finite number");
    return x;
  }
  bool boolean(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_boolean()) fail(key, value.dump(), "true or false");
    return value.get<bool>();
  }
  const Json& list(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_array()) fail(key, value.dump(), "a list");
    return value;
  }
  /// At least two different texts.
  std::vector<std::string> names(const Json& object, const char* key) {
    std::vector<std::string> all;
    for (const Json& value : list(object, key)) {
      if (!value.is_string()) fail(key, value.dump(), "texts");
      all.push_back(value.get<std::string>());
    }
    if (all.size() < 2 || std::set<std::string>(all.begin(), all.end()).size() < all.size())
      fail(key, fmt::format("{} texts", all.size()), "two different texts or more");
    return all;
  }

 private:
  std::string name_;
};

TableColumn column_from(const Json& json, Reader& read) {
  TableColumn column{.name = read.text(json, "name")};
  const std::string kind = read.text(json, "kind");
  if (kind == "number") {
    column.mean = read.number(json, "mean");
    column.std = read.number(json, "std", true);
  } else if (kind == "category") {
    column.kind = ColumnKind::category;
    column.categories = read.names(json, "categories");
    if (!std::is_sorted(column.categories.begin(), column.categories.end()))
      read.fail("categories", "another order", "alphabetical order");
  } else if (kind == "ignored") {
    column.kind = ColumnKind::ignored;
  } else {
    read.fail("kind", in_quotes(kind), "number, category, ignored");
  }
  return column;
}

}  // namespace

std::string TableSchema::to_json() const {
  Json all{{"format", kFormat},
           {"task", task == TableTask::regression ? "regression" : "classification"},
           {"header", header}};
  Json& of_target = all["target"] = {{"name", target}, {"position", target_position}};
  if (task == TableTask::regression) {
    of_target["mean"] = target_mean;
    of_target["std"] = target_std;
  } else {
    of_target["classes"] = class_names;
  }
  Json& list = all["columns"] = Json::array();
  for (const TableColumn& column : columns) {
    Json json{{"name", column.name}};
    if (column.kind == ColumnKind::number) {
      json["kind"] = "number";
      json["mean"] = column.mean;
      json["std"] = column.std;
    } else if (column.kind == ColumnKind::category) {
      json["kind"] = "category";
      json["categories"] = column.categories;
    } else {
      json["kind"] = "ignored";
    }
    list.push_back(std::move(json));
  }
  return all.dump();
}

TableSchema TableSchema::from_json(const std::string& text, const std::string& name) {
  Reader read(name);
  const Json all = Json::parse(text, nullptr, false);
  if (all.is_discarded()) read.fail("JSON", "a text that is none", "a schema in JSON");
  if (const std::string format = read.text(all, "format"); format != kFormat)
    read.fail("format", in_quotes(format), kFormat);
  TableSchema schema;
  const std::string task = read.text(all, "task");
  if (task != "regression" && task != "classification")
    read.fail("task", in_quotes(task), "classification, regression");
  schema.header = read.boolean(all, "header");
  const Json& of_target = read.member(all, "target");
  schema.target = read.text(of_target, "name");
  if (task == "regression") {
    schema.task = TableTask::regression;
    schema.target_mean = read.number(of_target, "mean");
    schema.target_std = read.number(of_target, "std", true);
  } else {
    schema.class_names = read.names(of_target, "classes");
  }
  std::set<std::string> names{schema.target};
  for (const Json& json : read.list(all, "columns")) {
    schema.columns.push_back(column_from(json, read));
    if (!names.insert(schema.columns.back().name).second)
      read.fail("columns", in_quotes(schema.columns.back().name) + " twice", "different names");
  }
  const double position = read.number(of_target, "position");
  if (position < 0 || position > static_cast<double>(schema.columns.size()) ||
      position != std::floor(position))
    read.fail("position", fmt::format("{}", position),
              fmt::format("0 to {}", schema.columns.size()));
  schema.target_position = static_cast<std::int64_t>(position);
  if (schema.features() == 0) read.fail("columns", "no feature", "at least one");
  return schema;
}

}  // namespace percept::data
