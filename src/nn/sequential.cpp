#include "percept/nn/sequential.h"

#include <fmt/format.h>

#include "engine/engine.h"
#include "nn/place.h"
#include "percept/base/error.h"
#include "percept/nn/activation.h"
#include "percept/nn/conv.h"
#include "percept/nn/linear.h"
#include "percept/ops/conv.h"
#include "percept/ops/matmul.h"
#include "tensor/structure.h"

namespace percept::nn {
namespace {

/// relu(layer(x)) in one pass.
using WithRelu = Tensor (*)(const Module& layer, const Tensor& x);

/// That of a layer which has such a function, else null.
WithRelu with_relu(const Module& layer) {
  if (typeid(layer) == typeid(Linear))
    return [](const Module& m, const Tensor& x) {
      const auto& linear = static_cast<const Linear&>(m);
      return percept::detail::linear_relu(x, linear.weight, linear.bias);
    };
  if (typeid(layer) == typeid(Conv2d))
    return [](const Module& m, const Tensor& x) {
      const auto& conv = static_cast<const Conv2d&>(m);
      return percept::detail::conv2d_relu(conv.padded(x), conv.weight, conv.bias, conv.options());
    };
  return nullptr;
}

/// How the pair is computed as one; null where it is not.
WithRelu fused(const Module& first, const Module& second) {
  if (typeid(second) != typeid(ReLU) || first.has_hooks() || second.has_hooks() ||
      !engine::fusion())
    return nullptr;
  return with_relu(first);
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
      if (const WithRelu both = fused(module, *children_[i + 1].module)) {
        try {
          y = both(module, y);
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
