// Rows of tensors in memory, copied into a batch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "percept/tensor/tensor.h"

namespace percept::data {

/// Throws IndexError unless 0 <= i < size.
void check_index(std::int64_t i, std::int64_t size, const char* what);

/// Rows `indices` of a contiguous tensor: [N, ...] gives [B, ...]. Throws IndexError.
Tensor gather_rows(const Tensor& source, std::span<const std::int64_t> indices);

/// ToTensor and, when `mean` is not empty, Normalize of pictures `indices` in one pass: contiguous
/// u8 [N, H, W] or [N, H, W, C] gives f32 [B, C, H, W], to the bits that the transforms give.
Tensor gather_pictures(const Tensor& source, std::span<const std::int64_t> indices,
                       const std::vector<float>& mean, const std::vector<float>& std);

/// 0 .. n-1 in an order that depends on (seed, stream, step) alone.
std::vector<std::int64_t> shuffled(std::int64_t n, std::uint64_t seed, std::uint32_t stream,
                                   std::uint64_t step);

// The streams of random numbers that this layer draws from, so that equal seeds do not meet.
inline constexpr std::uint32_t kShuffleStream = 0x73687566, kSplitStream = 0x73706c74,
                               kSamplerStream = 0x73616d70, kTransformStream = 0x7466726d;

}  // namespace percept::data
