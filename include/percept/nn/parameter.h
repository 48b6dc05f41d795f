// The tensors a module owns.
#pragma once

#include "percept/tensor/tensor.h"

namespace percept::nn {

/// A tensor that is trained. Copying copies the numbers, so that a copied model is independent;
/// moving keeps the tensor an optimiser already holds; assigning to one that exists writes into it.
class Parameter : public Tensor {
 public:
  Parameter() = default;
  /// Its own copy of `initial`, which needs a gradient. Throws AutogradError for integers.
  explicit Parameter(const Tensor& initial);
  Parameter(const Parameter& other);
  Parameter(Parameter&& other) noexcept = default;
  /// Throws ShapeError when both are defined and their shapes differ.
  Parameter& operator=(const Parameter& other);
  Parameter& operator=(const Tensor& values);
  Parameter& operator=(Parameter&& other) noexcept;
  ~Parameter() = default;
};

/// A tensor that belongs to a module's state but is not trained. Copies like a Parameter.
class Buffer : public Tensor {
 public:
  Buffer() = default;
  explicit Buffer(const Tensor& initial);
  Buffer(const Buffer& other);
  Buffer(Buffer&& other) noexcept = default;
  Buffer& operator=(const Buffer& other);
  Buffer& operator=(const Tensor& values);
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer() = default;
};

namespace detail {
/// Copies made so far on this thread: how audit() counts what a module is made of.
struct Copies {
  std::int64_t modules = 0, parameters = 0, buffers = 0;
  Copies operator-(const Copies& b) const {
    return {modules - b.modules, parameters - b.parameters, buffers - b.buffers};
  }
};
Copies& copies();
}  // namespace detail

}  // namespace percept::nn
