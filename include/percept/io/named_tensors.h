// NamedTensors: what a safetensors or npz file holds.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "percept/tensor/tensor.h"

namespace percept {

/// Tensors by name, in the order they were added.
class NamedTensors {
 public:
  using Item = std::pair<std::string, Tensor>;

  NamedTensors() = default;
  /// Throws ValueError for a name that comes twice.
  NamedTensors(std::initializer_list<Item> items);

  /// Appends. Throws ValueError when the name is there already.
  void add(std::string name, Tensor tensor);
  /// Null when there is no such name.
  const Tensor* find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Throws IndexError naming what there is.
  const Tensor& at(std::string_view name) const;

  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  std::vector<Item>::const_iterator begin() const { return items_.begin(); }
  std::vector<Item>::const_iterator end() const { return items_.end(); }

 private:
  std::vector<Item> items_;
  std::map<std::string, std::size_t, std::less<>> position_;
};

}  // namespace percept
