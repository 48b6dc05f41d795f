#include "base/allocator.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "percept/base/error.h"
#include "percept/base/parallel.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

TEST(Allocator, BlocksAreAlignedLargeEnoughAndApart) {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t bytes :
       {0, 1, 63, 64, 65, 1000, 1024, 1025, 1280, 1281, 4097, 100000, 1 << 20}) {
    auto* block = static_cast<unsigned char*>(allocate(bytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0u) << bytes;
    std::memset(block, static_cast<int>(blocks.size()), bytes);
    blocks.emplace_back(block, bytes);
  }
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    for (std::size_t i = 0; i < blocks[k].second; ++i) ASSERT_EQ(blocks[k].first[i], k);
    deallocate(blocks[k].first, blocks[k].second);
  }
}

TEST(AllocatorThreads, ABlockMayBeFreedOnAnotherThread) {
  for (int round = 0; round < 100; ++round) {
    void* block = nullptr;
    std::thread([&] { block = allocate(5000); }).join();
    std::memset(block, 1, 5000);
    deallocate(block, 5000);
  }
  empty_cache();
  EXPECT_EQ(cached_bytes(), 0u);
}

TEST(Allocator, MoreThanThereIsIsAnErrorInWords) {
  EXPECT_THROW(empty({std::int64_t{1} << 62}), LimitError);
  EXPECT_THROW(empty({std::int64_t{1} << 40, std::int64_t{1} << 40}), LimitError);
  EXPECT_THROW(empty({-1}), ShapeError);
}

TEST(Threads, ANumberBelowOneIsRefused) {
  const int before = num_threads();
  EXPECT_THROW(set_num_threads(0), ValueError);
  EXPECT_EQ(num_threads(), before);
}

}  // namespace
}  // namespace percept
