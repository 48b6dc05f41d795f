// Modules one after the other.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "percept/nn/module.h"

namespace percept::nn {

/// One entry of a Sequential: a module, or {"name", module}.
struct Child {
  std::string name;  ///< empty: its number
  AnyModule module;

  template <class M, class = std::enable_if_t<std::is_base_of_v<Module, std::decay_t<M>>>>
  Child(M&& m) : module(std::forward<M>(m)) {}
  template <class M, class = std::enable_if_t<std::is_base_of_v<Module, std::decay_t<M>>>>
  Child(std::string given, M&& m) : name(std::move(given)), module(std::forward<M>(m)) {}
};

/// y = f_n(... f_2(f_1(x))). A Linear or Conv2d followed by a ReLU is computed in one pass, whose
/// results are cut off at 0 before they are stored; PERCEPT_FUSION=0 in the environment keeps them
/// apart.
class Sequential : public Module {
 public:
  Sequential() = default;
  Sequential(std::initializer_list<Child> children);

  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

  void push_back(Child child);
  std::size_t size() const { return children_.size(); }
  /// Throws IndexError.
  Module& operator[](std::size_t i);
  /// The child of that name. Throws IndexError.
  Module& operator[](std::string_view name);

 private:
  std::vector<Child> children_;
};

}  // namespace percept::nn
