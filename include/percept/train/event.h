// The event stream: one schema for the terminal, events.ndjson and whoever else listens.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace percept::train {

/// null, a truth value, a number, a text or a list of numbers; numbers that are not finite become
/// null.
using Value = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string,
                           std::vector<double>, std::vector<std::string>>;

/// Something that happened: a schema such as "percept.train.epoch/1" and named values.
struct Event {
  std::string schema;
  std::vector<std::pair<std::string, Value>> fields;
};

/// One line of JSON, "schema" first, without a line break.
std::string to_json(const Event& event);

}  // namespace percept::train
