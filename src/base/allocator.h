// The caching allocator: memory for tensors, their data and graph nodes. A freed block is kept for
// the next request of its size class, because giving 9 MiB back to the system and taking it again
// costs 5 ms of page faults, and because a training step should not call malloc at all.
#pragma once

#include <cstddef>
#include <cstdint>

#include "percept/base/memory.h"

namespace percept {

/// At least `bytes` bytes, aligned to 64. Throws LimitError when the system has no more.
void* allocate(std::size_t bytes);

/// Gives back what allocate(bytes) returned. Any thread may free what another allocated.
void deallocate(void* block, std::size_t bytes) noexcept;

/// What has been asked of the allocator so far.
struct Allocations {
  std::uint64_t requests = 0;     ///< calls of allocate() on this thread
  std::uint64_t from_system = 0;  ///< those, of all threads, that no kept block could serve
};
Allocations allocations();

/// Memory for a container of the standard library, from the same free lists.
template <class T>
struct Cached {
  using value_type = T;
  Cached() = default;
  template <class U>
  Cached(const Cached<U>&) {}
  // NOLINTBEGIN(bugprone-sizeof-expression): T may be a pointer, of which there are n.
  T* allocate(std::size_t n) { return static_cast<T*>(percept::allocate(n * sizeof(T))); }
  void deallocate(T* block, std::size_t n) noexcept { percept::deallocate(block, n * sizeof(T)); }
  // NOLINTEND(bugprone-sizeof-expression)
  friend bool operator==(Cached, Cached) { return true; }
};

}  // namespace percept
