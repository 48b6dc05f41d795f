// A warm training step takes no memory from the system: malloc itself is counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "base/allocator.h"
#include "engine/counters.h"
#include "percept/percept.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {
constinit std::atomic<std::uint64_t> heap_calls{0};
}

// The program's own malloc stands before the C library's, which is asked under its other name.
extern "C" {
void* __libc_malloc(std::size_t bytes) noexcept;
void* __libc_calloc(std::size_t n, std::size_t bytes) noexcept;
void* __libc_realloc(void* block, std::size_t bytes) noexcept;
void* __libc_memalign(std::size_t align, std::size_t bytes) noexcept;

void* malloc(std::size_t bytes) noexcept {
  heap_calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(bytes);
}
void* calloc(std::size_t n, std::size_t bytes) noexcept {
  heap_calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(n, bytes);
}
void* realloc(void* block, std::size_t bytes) noexcept {
  heap_calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(block, bytes);
}
void* aligned_alloc(std::size_t align, std::size_t bytes) noexcept {
  heap_calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(align, bytes);
}
int posix_memalign(void** block, std::size_t align, std::size_t bytes) noexcept {
  heap_calls.fetch_add(1, std::memory_order_relaxed);
  *block = __libc_memalign(align, bytes);
  return *block ? 0 : ENOMEM;
}
}

namespace percept {
namespace {

struct Work {
  nn::Sequential net;
  Tensor x, target;
};

/// 2-8-8-2 and 13 samples.
Work tiny() {
  return {{nn::Linear{2, 8}, nn::ReLU{}, nn::Linear{8, 8}, nn::ReLU{}, nn::Linear{8, 2}},
          randn({13, 2}),
          randint(0, 2, {13})};
}
/// 784-512-512-10 and 64 samples.
Work lecture() {
  return {{nn::Linear{784, 512}, nn::ReLU{}, nn::Linear{512, 512}, nn::ReLU{}, nn::Linear{512, 10}},
          randn({64, 784}),
          randint(0, 10, {64})};
}

/// Calls of the heap and of the system's memory, and primitives of oneDNN made, in ten steps after
/// ten others.
struct Calls {
  std::uint64_t heap, system, requests, primitives;
};
template <class Step>
Calls count(const Step& step) {
  for (int i = 0; i < 10; ++i) step();
  const std::uint64_t heap = heap_calls.load();
  const std::uint64_t primitives = engine::counters().primitives;
  const Allocations before = allocations();
  for (int i = 0; i < 10; ++i) step();
  const Allocations after = allocations();
  return {heap_calls.load() - heap, after.from_system - before.from_system,
          after.requests - before.requests, engine::counters().primitives - primitives};
}

Calls of_eager_steps(Work work) {
  optim::SGD optimizer{work.net.parameters(), {.lr = 0.01}};
  return count([&] {
    optimizer.zero_grad();
    cross_entropy(work.net(work.x), work.target).backward();
    optimizer.step();
  });
}

Calls of_compiled_steps(Work work) {
  optim::SGD optimizer{work.net.parameters(), {.lr = 0.01}};
  train::CompiledStep step = train::compile(
      work.net, [](const Tensor& y, const Tensor& t) { return cross_entropy(y, t); }, optimizer);
  return count([&] { step(work.x, work.target); });
}

TEST(Allocation, TheCountersCount) {
  const std::uint64_t heap = heap_calls.load();
  const Allocations before = allocations();
  std::free(std::malloc(100));
  const Tensor x = zeros({3});
  const Tensor large = empty({std::int64_t{32} << 20});  // more than is kept
  const Allocations after = allocations();
  EXPECT_GE(heap_calls.load() - heap, 2u);
  EXPECT_EQ(after.requests - before.requests, 4u);  // header and data, twice
  EXPECT_GE(after.from_system - before.from_system, 1u);
}

TEST(Allocation, AWarmTinyStepNeverCallsTheHeap) {
  const Calls eager = of_eager_steps(tiny());
  EXPECT_EQ(eager.heap, 0u);
  EXPECT_EQ(eager.system, 0u);
  EXPECT_EQ(eager.primitives, 0u);
  EXPECT_GT(eager.requests, 0u);
  const Calls compiled = of_compiled_steps(tiny());
  EXPECT_EQ(compiled.heap, 0u);
  EXPECT_EQ(compiled.system, 0u);
  EXPECT_EQ(compiled.requests, 10 * 2u);  // the loss it returns: header and data
}

// oneDNN builds the list of its arguments on the heap at every call; the memory of tensors, nodes
// and handles comes from what is kept.
TEST(Allocation, AWarmStepOfTheLecturesNetworkMakesNothingAnew) {
  for (const Calls& calls : {of_eager_steps(lecture()), of_compiled_steps(lecture())}) {
    EXPECT_EQ(calls.system, 0u);
    EXPECT_EQ(calls.primitives, 0u);
  }
}

}  // namespace
}  // namespace percept

#endif
