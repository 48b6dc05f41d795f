#include "base/allocator.h"

#include <array>
#include <bit>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "percept/base/error.h"

#if defined(__SANITIZE_ADDRESS__)
#define PERCEPT_CACHE_BLOCKS 0  // let the sanitizer see every block
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PERCEPT_CACHE_BLOCKS 0
#endif
#endif
#ifndef PERCEPT_CACHE_BLOCKS
#define PERCEPT_CACHE_BLOCKS 1
#endif

namespace percept {
namespace {

constexpr std::size_t kAlign = 64;
constexpr std::size_t kLargest = std::size_t{64} << 20;  // larger blocks go to the system
// Size classes: every 64 bytes up to 1 KiB, then four to each power of two (at most 25 % unused).
constexpr int kLinear = 16;
constexpr int kClasses = kLinear + 4 * 16 + 1;

int class_of(std::size_t bytes) {
  if (bytes <= kLinear * kAlign) return bytes == 0 ? 0 : static_cast<int>((bytes - 1) / kAlign);
  const int log = std::bit_width(bytes - 1) - 1;  // 2^log < bytes <= 2^(log+1), log >= 10
  const auto quarter = static_cast<int>((bytes - 1) >> (log - 2)) & 3;
  return kLinear + (log - 10) * 4 + quarter;
}

std::size_t size_of_class(int c) {
  if (c < kLinear) return static_cast<std::size_t>(c + 1) * kAlign;
  const int log = (c - kLinear) / 4 + 10, quarter = (c - kLinear) % 4;
  return (std::size_t{5} + static_cast<std::size_t>(quarter)) << (log - 2);
}

void* from_system(std::size_t bytes) {
  void* block = ::operator new (bytes, std::align_val_t{kAlign}, std::nothrow);
  if (!block)
    throw LimitError("cannot allocate " + std::to_string(bytes) + " bytes: out of memory");
  return block;
}

void to_system(void* block) noexcept { ::operator delete (block, std::align_val_t{kAlign}); }

using FreeLists = std::array<std::vector<void*>, kClasses>;

/// Blocks of ended threads; never destroyed, because tensors may outlive every static.
struct Shared {
  std::mutex mutex;
  FreeLists lists;
};
Shared& shared() {
  static auto* instance = new Shared;
  return *instance;
}

enum class Life : unsigned char { unborn, alive, ended };
thread_local Life life = Life::unborn;

struct Local {
  FreeLists lists;
  Local() { life = Life::alive; }
  ~Local() {
    life = Life::ended;
    const std::lock_guard lock(shared().mutex);
    for (int c = 0; c < kClasses; ++c) {
      auto& to = shared().lists[static_cast<std::size_t>(c)];
      auto& from = lists[static_cast<std::size_t>(c)];
      to.insert(to.end(), from.begin(), from.end());
    }
  }
};
thread_local Local local;

// Blocks a thread may keep of one class before the rest goes to the shared lists: a thread that
// only frees (a consumer) must not hoard what another (the producer) needs.
std::size_t keep(int c) { return c < kLinear ? 4096 : c < kLinear + 28 ? 64 : 8; }

}  // namespace

void* allocate(std::size_t bytes) {
  if (!PERCEPT_CACHE_BLOCKS || bytes > kLargest) return from_system(bytes);
  const int c = class_of(bytes);
  const auto index = static_cast<std::size_t>(c);
  if (life != Life::ended) {
    auto& list = local.lists[index];
    if (!list.empty()) {
      void* block = list.back();
      list.pop_back();
      return block;
    }
  }
  {
    const std::lock_guard lock(shared().mutex);
    auto& list = shared().lists[index];
    if (!list.empty()) {
      void* block = list.back();
      list.pop_back();
      return block;
    }
  }
  return from_system(size_of_class(c));
}

void deallocate(void* block, std::size_t bytes) noexcept {
  if (!PERCEPT_CACHE_BLOCKS || bytes > kLargest) return to_system(block);
  const int c = class_of(bytes);
  const auto index = static_cast<std::size_t>(c);
  try {
    if (life != Life::ended) {
      auto& list = local.lists[index];
      if (list.size() < keep(c)) return list.push_back(block);
    }
    const std::lock_guard lock(shared().mutex);
    shared().lists[index].push_back(block);
  } catch (const std::bad_alloc&) {
    to_system(block);
  }
}

namespace {
template <class F>
void each_list(F f) {
  const std::lock_guard lock(shared().mutex);
  for (int c = 0; c < kClasses; ++c) {
    const auto index = static_cast<std::size_t>(c);
    f(shared().lists[index], size_of_class(c));
    if (life != Life::ended) f(local.lists[index], size_of_class(c));
  }
}
}  // namespace

std::size_t cached_bytes() {
  std::size_t bytes = 0;
  each_list([&](const std::vector<void*>& list, std::size_t size) { bytes += list.size() * size; });
  return bytes;
}

void empty_cache() {
  each_list([](std::vector<void*>& list, std::size_t) {
    for (void* block : list) to_system(block);
    list.clear();
  });
}

}  // namespace percept
