#include "percept/train/event.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace percept::train {
namespace {

using Json = nlohmann::ordered_json;

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

Json as_json(const Value& value) {
  return std::visit(
      [](const auto& x) -> Json {
        using T = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<T, double>) {
          return number(x);
        } else if constexpr (std::is_same_v<T, std::vector<double>>) {
          Json list = Json::array();
          for (double entry : x) list.push_back(number(entry));
          return list;
        } else {
          return x;
        }
      },
      value);
}

}  // namespace

std::string to_json(const Event& event) {
  Json json;
  json["schema"] = event.schema;
  for (const auto& [name, value] : event.fields) json[name] = as_json(value);
  // Text that is no UTF-8 (a file name) must not stop a run: bad bytes become U+FFFD.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace percept::train
