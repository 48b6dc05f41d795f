#include "percept/nn/sequential.h"

#include <fmt/format.h>

#include "engine/engine.h"
#include "nn/place.h"
#include "percept/base/error.h"
#include "percept/nn/activation.h"
#include "percept/nn/linear.h"
#include "percept/ops/matmul.h"
#include "tensor/structure.h"

namespace percept::nn {
namespace {

/// The Linear of a pair that can be computed as one product, else null.
const Linear* fusible(const Module& first, const Module& second) {
  if (typeid(first) != typeid(Linear) || typeid(second) != typeid(ReLU)) return nullptr;
  if (first.has_hooks() || second.has_hooks() || !engine::fusion()) return nullptr;
  return &static_cast<const Linear&>(first);
}

}  // namespace

Sequential::Sequential(std::initializer_list<Child> children) {
  for (const Child& child : children) push_back(child);
}

void Sequential::push_back(Child child) {
  if (child.name.empty()) child.name = std::to_string(children_.size());
  for (const Child& other : children_)
    if (other.name == child.name)
      throw ValueError(fmt::format("Sequential: the name '{}' is used twice", child.name));
  if (child.name.find('.') != std::string::npos)
    throw ValueError(fmt::format("Sequential: the name '{}' must not contain '.'", child.name));
  structure_changed();
  children_.push_back(std::move(child));
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    Module& module = *children_[i].module;
    if (i + 1 < children_.size()) {
      if (const Linear* linear = fusible(module, *children_[i + 1].module)) {
        try {
          y = percept::detail::linear_relu(y, linear->weight, linear->bias);
        } catch (Error& error) {
          note_place(error, module);
          throw;
        }
        ++i;
        continue;
      }
    }
    y = module(y);
  }
  return y;
}

void Sequential::visit(Visitor& visitor) {
  for (Child& child : children_) visitor(child.name, *child.module);
}

Module& Sequential::operator[](std::size_t i) {
  if (i >= children_.size())
    throw IndexError(
        fmt::format("Sequential: index {} is out of range of {} children", i, children_.size()));
  return *children_[i].module;
}

Module& Sequential::operator[](std::string_view name) {
  for (Child& child : children_)
    if (child.name == name) return *child.module;
  throw IndexError(fmt::format("Sequential: no child is called '{}'", name));
}

}  // namespace percept::nn
