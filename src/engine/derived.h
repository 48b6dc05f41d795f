// What the engine keeps beside a storage's numbers: the same in another form, as long as nobody
// writes them. Freed with the storage; bounded, as there is at most one copy of each form.
#pragma once

#include <memory>
#include <mutex>

#include "percept/tensor/tensor.h"

namespace percept {

struct Derived {
  std::mutex mutex;              // many threads may use one model at once
  Tensor rounded;                // (elements) all numbers as bf16
  std::uint32_t rounded_at = 0;  // the storage's version then
  std::shared_ptr<void>
      packed;  // a matrix in the layout a product wants (engine/onednn/matmul.cpp)
  std::uint32_t packed_at = 0;
  std::shared_ptr<void> kernels;  // a convolution's weight as primitives want it
                                  // (engine/onednn/conv.cpp)

  static void* operator new(std::size_t bytes);
  static void operator delete(void* derived, std::size_t bytes) noexcept;
};

namespace engine {

/// That of x's storage, made when there is none.
Derived& derived_of(const Tensor& x);

/// x, f32, rounded to bf16, with x's shape; any strides. The copy is kept for the next time when x
/// is a good part of its storage.
Tensor rounded(const Tensor& x);

/// Where x's rounded numbers are kept, if they are up to date and x is contiguous; else null.
bfloat16* kept_rounding(const Tensor& x);
/// Counts a write to x in which the kept rounding, if there was one, was renewed.
void count_write(const Tensor& x, bool rounding_renewed);

}  // namespace engine
}  // namespace percept
