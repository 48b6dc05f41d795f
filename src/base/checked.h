// Sizes from files: unsigned 64-bit arithmetic that tells when it overflows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace percept {

constexpr std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

constexpr std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

/// The product of `sizes` and `width`. A size of 0 hides no overflow of the others.
constexpr std::optional<std::uint64_t> checked_product(std::span<const std::uint64_t> sizes,
                                                       std::uint64_t width = 1) {
  bool zero = false;
  std::optional<std::uint64_t> product = width;
  for (const std::uint64_t size : sizes) {
    zero |= size == 0;
    if (product && size != 0) product = checked_mul(*product, size);
  }
  if (product && zero) return 0;
  return product;
}

}  // namespace percept
