// The caching allocator: memory for tensors, their data and graph nodes. A freed block is kept for
// the next request of its size class, because giving 9 MiB back to the system and taking it again
// costs 5 ms of page faults, and because a training step should not call malloc at all.
#pragma once

#include <cstddef>

namespace percept {

/// At least `bytes` bytes, aligned to 64. Throws LimitError when the system has no more.
void* allocate(std::size_t bytes);

/// Gives back what allocate(bytes) returned. Any thread may free what another allocated.
void deallocate(void* block, std::size_t bytes) noexcept;

/// Bytes now held for reuse, over all threads that have ended and the calling one.
std::size_t cached_bytes();

/// Gives the blocks of the calling thread and of ended threads back to the system.
void empty_cache();

}  // namespace percept
