// What a Tensor points at: counted memory, and the header that gives it a shape.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "percept/base/ref.h"
#include "percept/tensor/dtype.h"
#include "percept/tensor/shape.h"

namespace percept {

struct AutogradMeta;                                 // what autograd knows of a tensor
void destroy_autograd_meta(AutogradMeta*) noexcept;  // defined there
struct Derived;                                      // what the engine made of a storage's numbers
void destroy_derived(Derived*) noexcept;             // defined there
void forget_derived(Derived&) noexcept;

/// A block of memory shared by a tensor and its views.
struct Storage : RefCounted {
  void* data = nullptr;
  std::size_t bytes = 0;
  std::uint32_t version = 0;    ///< writes so far: a saved tensor must find the version it saw
  std::uint32_t rewritten = 0;  ///< writes that autograd recorded: older views no longer fit
  std::shared_ptr<void> owner;  ///< keeps aliased memory alive; empty when percept allocated it
  std::atomic<Derived*> derived = nullptr;  ///< copies in other forms, good for one version

  /// New memory, 64-byte aligned, uninitialised.
  static Ref<Storage> allocate(std::size_t bytes);
  /// Somebody else's memory.
  static Ref<Storage> alias(void* data, std::size_t bytes, std::shared_ptr<void> owner);
  static void destroy(Storage*) noexcept;
};

/// The object behind a Tensor handle.
struct TensorImpl : RefCounted {
  Ref<Storage> storage;
  void* data = nullptr;  ///< first element: storage->data plus the view's offset
  Shape shape;
  Strides strides;  ///< in elements, >= 0
  std::int64_t numel = 0;
  Dtype dtype = f32;
  bool contiguous = true;       ///< row-major without gaps
  bool view = false;            ///< shares storage with the tensor it was made from
  bool inference = false;       ///< made under InferenceGuard: autograd may not record it
  std::uint32_t rewritten = 0;  ///< storage->rewritten when this view was made
  AutogradMeta* autograd = nullptr;

  static void destroy(TensorImpl*) noexcept;
};

}  // namespace percept
