#include "percept/train/event.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace percept::train {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson finite_or_null(double x) {
  return std::isfinite(x) ? OrderedJson(x) : OrderedJson(nullptr);
}

OrderedJson as_json(const Value& value) {
  return std::visit(
      [](const auto& x) -> OrderedJson {
        using T = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<T, double>) {
          return finite_or_null(x);
        } else if constexpr (std::is_same_v<T, std::vector<double>>) {
          OrderedJson list = OrderedJson::array();
          for (double entry : x) list.push_back(finite_or_null(entry));
          return list;
        } else {
          return x;
        }
      },
      value);
}

}  // namespace

std::string to_json(const Event& event) {
  OrderedJson json;
  json["schema"] = event.schema;
  for (const auto& [name, value] : event.fields) json[name] = as_json(value);
  // Text that is no UTF-8 (a file name) must not stop a run: bad bytes become U+FFFD.
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace percept::train
