// What the caching allocator holds. A freed tensor's memory is kept for the next of its size, as in
// PyTorch's caching allocator; a program that goes on to something else may give it back.
#pragma once

#include <cstddef>

namespace percept {

/// Bytes now held for reuse, over all threads that have ended and the calling one.
std::size_t cached_bytes();

/// Gives the blocks of the calling thread and of ended threads back to the system
/// (torch.cuda.empty_cache).
void empty_cache();

}  // namespace percept
