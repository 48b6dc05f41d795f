#include "percept/io/named_tensors.h"

#include <fmt/format.h>

#include "base/text.h"
#include "percept/base/error.h"

namespace percept {

NamedTensors::NamedTensors(std::initializer_list<Item> items) {
  for (const auto& [name, tensor] : items) add(name, tensor);
}

void NamedTensors::add(std::string name, Tensor tensor) {
  if (!position_.emplace(name, items_.size()).second)
    throw ValueError(fmt::format("named tensors: the name {} is there already", in_quotes(name)));
  items_.emplace_back(std::move(name), std::move(tensor));
}

const Tensor* NamedTensors::find(std::string_view name) const {
  const auto found = position_.find(name);
  return found == position_.end() ? nullptr : &items_[found->second].second;
}

const Tensor& NamedTensors::at(std::string_view name) const {
  if (const Tensor* tensor = find(name)) return *tensor;
  std::string present;
  for (std::size_t i = 0; i < items_.size() && i < 8; ++i)
    present += (i ? ", " : "") + in_quotes(items_[i].first);
  if (items_.size() > 8) present += fmt::format(" and {} more", items_.size() - 8);
  throw IndexError(fmt::format("named tensors: no {}, there is {}", in_quotes(name),
                               present.empty() ? "nothing" : present));
}

}  // namespace percept
