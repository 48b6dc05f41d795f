// Notices that a model may no longer be what it was.
#pragma once

#include <atomic>
#include <cstdint>

namespace percept {

namespace detail {
extern std::atomic<std::uint64_t> structure_changes;
}

/// Called wherever a module is copied, moved, assigned or destroyed, its mode or its hooks change,
/// a parameter is replaced or converted, a tensor's need of a gradient or its hooks change:
/// anywhere in the program, on any thread.
inline void structure_changed() noexcept {
  detail::structure_changes.fetch_add(1, std::memory_order_relaxed);
}

/// While this number stays the same, so do all models.
inline std::uint64_t structure_version() {
  return detail::structure_changes.load(std::memory_order_relaxed);
}

}  // namespace percept
