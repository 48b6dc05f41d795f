#include "percept/nn/parameter.h"

#include <fmt/format.h>

#include "autograd/meta.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "tensor/structure.h"

namespace percept::nn {
namespace {

Tensor own_copy(const Tensor& tensor) {
  const NoGradGuard no_grad;
  return tensor.defined() ? tensor.clone() : Tensor();
}

/// Writes `values` into `target`, or makes it a copy where it was undefined.
void assign(Tensor& target, const Tensor& values, const char* what) {
  if (!values.defined()) {
    target = Tensor();
    return;
  }
  if (target.shape() != values.shape())
    throw ShapeError(fmt::format("{}: shape {} cannot be assigned to {}; hint: make a new module",
                                 what, values.shape().str(), target.shape().str()));
  const NoGradGuard no_grad;
  target.copy_(values);
}

}  // namespace

Parameter::Parameter(const Tensor& initial) : Tensor(own_copy(initial)) {
  if (!defined()) return;
  requires_grad_();
  meta_of(*this).parameter = true;
}

Parameter::Parameter(const Parameter& other) : Tensor(own_copy(other)) {
  if (!defined()) return;
  ++detail::copies().parameters;
  if (other.requires_grad()) requires_grad_();
  meta_of(*this).parameter = true;
  meta_of(*this).visited = other.impl().autograd && other.impl().autograd->visited;
}

Parameter& Parameter::operator=(const Parameter& other) {
  if (this == &other) return *this;
  if (!defined()) return *this = Parameter(other);
  assign(*this, other, "Parameter");
  return *this;
}

Parameter& Parameter::operator=(const Tensor& values) {
  if (!defined()) return *this = Parameter(values);
  assign(*this, values, "Parameter");
  return *this;
}

Parameter& Parameter::operator=(Parameter&& other) noexcept {
  structure_changed();
  static_cast<Tensor&>(*this) = std::move(other);
  return *this;
}

detail::Copies& detail::copies() {
  thread_local Copies copies;
  return copies;
}

Buffer::Buffer(const Tensor& initial) : Tensor(own_copy(initial)) {}
Buffer::Buffer(const Buffer& other) : Tensor(own_copy(other)) {
  if (defined()) ++detail::copies().buffers;
}

Buffer& Buffer::operator=(const Buffer& other) {
  if (this == &other) return *this;
  if (!defined()) return *this = Buffer(other);
  assign(*this, other, "Buffer");
  return *this;
}

Buffer& Buffer::operator=(const Tensor& values) {
  if (!defined()) return *this = Buffer(values);
  assign(*this, values, "Buffer");
  return *this;
}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  structure_changed();
  static_cast<Tensor&>(*this) = std::move(other);
  return *this;
}

}  // namespace percept::nn
