#include "base/allocator.h"

#include <array>
#include <atomic>
#include <bit>
#include <mutex>
#include <new>
#include <string>

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

/// A block that is kept: its first word leads to the next one.
struct Block {
  Block* next;
};
struct List {
  Block* head;
  std::size_t count;

  void push(void* block) {
    head = new (block) Block{head};
    ++count;
  }
  void* pop() {
    Block* block = head;
    head = block->next;
    --count;
    return block;
  }
};
using FreeLists = std::array<List, kClasses>;

/// Blocks of ended threads.
struct Shared {
  std::mutex mutex;
  FreeLists lists{};
};
Shared& shared() {
  static auto* instance = new Shared;  // never destroyed: tensors may outlive every static
  return *instance;
}

/// The calling thread's blocks. Plain data, so that using it needs no check for construction.
enum class Life : unsigned char { unborn, alive, ended };
struct Local {
  FreeLists lists;
  std::uint64_t requests;
  Life life;
};
constinit thread_local Local local{};

/// Hands a thread's blocks over when it ends.
struct HandOver {
  HandOver() { local.life = Life::alive; }
  ~HandOver() {
    local.life = Life::ended;
    const std::lock_guard lock(shared().mutex);
    for (std::size_t c = 0; c < kClasses; ++c)
      while (local.lists[c].head) shared().lists[c].push(local.lists[c].pop());
  }
};

/// True while the thread may keep blocks.
bool keeps() {
  if (local.life == Life::unborn) [[unlikely]] {
    thread_local HandOver at_the_end;
    static_cast<void>(at_the_end);
  }
  return local.life == Life::alive;
}

std::atomic<std::uint64_t> system_calls{0};

void* from_system(std::size_t bytes) {
  system_calls.fetch_add(1, std::memory_order_relaxed);
  void* block = ::operator new (bytes, std::align_val_t{kAlign}, std::nothrow);
  if (!block)
    throw LimitError("cannot allocate " + std::to_string(bytes) + " bytes: out of memory");
  return block;
}

void to_system(void* block) noexcept { ::operator delete (block, std::align_val_t{kAlign}); }

// Blocks a thread may keep of one class before the rest goes to the shared lists: a thread that
// only frees (a consumer) must not hoard what another (the producer) needs.
std::size_t keep(int c) { return c < kLinear ? 4096 : c < kLinear + 28 ? 64 : 8; }

}  // namespace

void* allocate(std::size_t bytes) {
  ++local.requests;
  if (!PERCEPT_CACHE_BLOCKS || bytes > kLargest) return from_system(bytes);
  const int c = class_of(bytes);
  const auto index = static_cast<std::size_t>(c);
  if (List& own = local.lists[index]; own.head) return own.pop();
  {
    const std::lock_guard lock(shared().mutex);
    if (List& list = shared().lists[index]; list.head) return list.pop();
  }
  return from_system(size_of_class(c));
}

void deallocate(void* block, std::size_t bytes) noexcept {
  if (!PERCEPT_CACHE_BLOCKS || bytes > kLargest) return to_system(block);
  const int c = class_of(bytes);
  const auto index = static_cast<std::size_t>(c);
  if (List& own = local.lists[index]; keeps() && own.count < keep(c)) return own.push(block);
  const std::lock_guard lock(shared().mutex);
  shared().lists[index].push(block);
}

Allocations allocations() {
  return {.requests = local.requests, .from_system = system_calls.load(std::memory_order_relaxed)};
}

namespace {
template <class F>
void each_list(F f) {
  const std::lock_guard lock(shared().mutex);
  for (int c = 0; c < kClasses; ++c) {
    const auto index = static_cast<std::size_t>(c);
    f(shared().lists[index], size_of_class(c));
    f(local.lists[index], size_of_class(c));
  }
}
}  // namespace

std::size_t cached_bytes() {
  std::size_t bytes = 0;
  each_list([&](const List& list, std::size_t size) { bytes += list.count * size; });
  return bytes;
}

void empty_cache() {
  each_list([](List& list, std::size_t) {
    while (list.head) to_system(list.pop());
  });
}

}  // namespace percept
