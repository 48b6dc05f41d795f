#include "percept/data/data_loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "percept/base/error.h"
#include "percept/data/image_set.h"
#include "percept/tensor/factory.h"

namespace percept::data {
namespace {

/// Example i is x = [i, i + 0.5], y = 10 i.
class CountedDataset : public Dataset {
 public:
  explicit CountedDataset(std::int64_t size) : size_(size) {}
  std::int64_t size() const override { return size_; }
  Example get(std::int64_t i) const override {
    const auto x = static_cast<float>(i);
    return {from_vector<float>({x, x + 0.5f}), from_vector<std::int64_t>({10 * i}, {})};
  }

 private:
  std::int64_t size_;
};

using Batches = std::vector<std::vector<std::int64_t>>;

/// The targets of each batch left in this epoch, divided by 10.
Batches indices(DataLoader& loader) {
  Batches all;
  for (auto& [x, y] : loader) {
    all.push_back(y.to_vector<std::int64_t>());
    for (std::int64_t& i : all.back()) i /= 10;
  }
  return all;
}

std::vector<std::int64_t> flat(const Batches& batches) {
  std::vector<std::int64_t> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

/// Every number of every batch, to compare runs bit by bit.
std::vector<std::vector<float>> contents(DataLoader& loader, int epochs = 1) {
  std::vector<std::vector<float>> all;
  for (int e = 0; e < epochs; ++e)
    for (auto& [x, y] : loader) all.push_back(x.to_vector<float>());
  return all;
}

ImageSet pictures(Transform transform, Shape shape = {23, 4, 5}) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + 11);
  std::vector<std::int64_t> labels(static_cast<std::size_t>(shape[0]));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int64_t>(i % 3);
  return ImageSet(from_vector(bytes, shape), from_vector(labels),
                  {.transform = std::move(transform)});
}

TEST(DataLoader, CutsTheSetIntoBatchesInOrder) {
  DataLoader loader(CountedDataset(7), {.batch_size = 3});
  EXPECT_EQ(loader.size(), 3);
  EXPECT_EQ(indices(loader), (Batches{{0, 1, 2}, {3, 4, 5}, {6}}));
  DataLoader whole(CountedDataset(7), {.batch_size = 3, .drop_last = true});
  EXPECT_EQ(whole.size(), 2);
  EXPECT_EQ(indices(whole), (Batches{{0, 1, 2}, {3, 4, 5}}));
}

TEST(DataLoader, StacksExamplesAlongANewDimension) {
  DataLoader loader(CountedDataset(3), {.batch_size = 2});
  const auto [x, y] = *loader.begin();
  EXPECT_EQ(x.shape(), Shape({2, 2}));
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{0, 0.5, 1, 1.5}));
  EXPECT_EQ(y.shape(), Shape({2}));
  EXPECT_EQ(y.dtype(), i64);
}

TEST(DataLoader, EmptySetHasNoBatch) {
  for (const int workers : {0, 2}) {
    DataLoader loader(CountedDataset(0),
                      {.batch_size = 4, .shuffle = true, .num_workers = workers});
    EXPECT_EQ(loader.size(), 0);
    EXPECT_TRUE(indices(loader).empty());
    EXPECT_EQ(loader.state(), (DataLoaderState{1, 0}));
  }
}

TEST(DataLoader, ShuffleVisitsEachOnceInAnOrderOfSeedAndEpoch) {
  const auto order = [](std::uint64_t seed, std::int64_t epoch) {
    DataLoader loader(CountedDataset(100), {.batch_size = 8, .shuffle = true, .seed = seed});
    loader.set_state({epoch, 0});
    return flat(indices(loader));
  };
  std::vector<std::int64_t> sorted = order(1, 0);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> all(100);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
  EXPECT_NE(order(1, 0), all);
  EXPECT_EQ(order(1, 0), order(1, 0));
  EXPECT_NE(order(1, 0), order(1, 1));
  EXPECT_NE(order(1, 0), order(2, 0));
}

TEST(DataLoader, ShuffleIsFair) {
  // Each of the 24 orders of 4 examples, 2400 times: chi-square with 23 degrees of freedom is below
  // 49.7 with probability 0.999.
  std::map<std::vector<std::int64_t>, int> count;
  DataLoader loader(CountedDataset(4), {.batch_size = 4, .shuffle = true, .seed = 5});
  for (int epoch = 0; epoch < 2400; ++epoch) ++count[flat(indices(loader))];
  EXPECT_EQ(count.size(), 24u);
  double chi_square = 0;
  for (const auto& [order, n] : count) chi_square += (n - 100.0) * (n - 100.0) / 100.0;
  EXPECT_LT(chi_square, 49.7);
}

TEST(DataLoader, AnyNumberOfWorkersGivesTheSameBits) {
  const Transform random = transforms::Compose{transforms::RandomHorizontalFlip(),
                                               transforms::RandomShift(2), transforms::ToTensor()};
  std::vector<std::vector<std::vector<float>>> runs;
  for (const int workers : {0, 1, 2, 4}) {
    DataLoader loader(pictures(random),
                      {.batch_size = 3, .shuffle = true, .seed = 9, .num_workers = workers});
    runs.push_back(contents(loader, 3));
  }
  EXPECT_EQ(runs[0].size(), 24u);
  for (const auto& run : runs) EXPECT_EQ(run, runs[0]);
}

TEST(DataLoader, OrderHoldsWhenWorkersFinishOutOfTurn) {
  struct Slow : CountedDataset {
    using CountedDataset::CountedDataset;
    Example get(std::int64_t i) const override {
      if (i % 4 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(3));
      return CountedDataset::get(i);
    }
  };
  DataLoader loader(Slow(20), {.batch_size = 1, .num_workers = 4, .prefetch_factor = 1});
  std::vector<std::int64_t> expected(20);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(flat(indices(loader)), expected);
}

TEST(DataLoader, RandomTransformsChangeFromEpochToEpoch) {
  DataLoader loader(
      pictures(transforms::Compose{transforms::RandomShift(2), transforms::ToTensor()}),
      {.batch_size = 23});
  const auto runs = contents(loader, 2);
  EXPECT_NE(runs[0], runs[1]);
}

TEST(DataLoader, ResumesAtEveryPositionToTheSameBits) {
  const auto make = [](int workers) {
    return DataLoader(
        pictures(transforms::Compose{transforms::RandomHorizontalFlip(), transforms::ToTensor()}),
        {.batch_size = 4, .shuffle = true, .seed = 3, .num_workers = workers});
  };
  DataLoader whole = make(0);
  const auto expected = contents(whole, 3);
  const std::int64_t batches = whole.size();
  for (const int workers : {0, 2})
    for (std::int64_t stop = 0; stop < 2 * batches; ++stop) {
      // The first run is left in the middle, after `stop` + 1 batches.
      DataLoader first = make(workers);
      std::vector<std::vector<float>> seen;
      DataLoaderState state;
      for (bool going = true; going;)
        for (auto& [x, y] : first) {
          seen.push_back(x.to_vector<float>());
          state = first.state();
          if (static_cast<std::int64_t>(seen.size()) == stop + 1) {
            going = false;
            break;
          }
        }
      EXPECT_EQ(state, (DataLoaderState{stop / batches, stop % batches + 1}));
      DataLoader second = make(workers);
      second.set_state(state);
      EXPECT_EQ(second.state(), state);
      while (second.state().epoch < 3)
        for (auto& [x, y] : second) seen.push_back(x.to_vector<float>());
      EXPECT_EQ(seen, expected) << "stopped after " << stop + 1 << " batches, " << workers
                                << " workers";
    }
}

TEST(DataLoader, BreakingOutIsCleanAndTheNextLoopIsTheNextEpoch) {
  for (const int workers : {0, 1, 4}) {
    DataLoader loader(CountedDataset(50),
                      {.batch_size = 2, .shuffle = true, .num_workers = workers});
    for (auto& batch : loader) {
      (void)batch;
      break;
    }
    EXPECT_EQ(loader.state(), (DataLoaderState{0, 1}));
    const auto second = indices(loader);
    EXPECT_EQ(second.size(), 25u);
    EXPECT_EQ(loader.state(), (DataLoaderState{2, 0}));
    DataLoader other(CountedDataset(50), {.batch_size = 2, .shuffle = true});
    other.set_state({1, 0});
    EXPECT_EQ(indices(other), second);
  }
}

TEST(DataLoader, AnExceptionComesOutAtItsBatch) {
  struct Broken : CountedDataset {
    using CountedDataset::CountedDataset;
    Example get(std::int64_t i) const override {
      if (i == 9) throw std::runtime_error("example 9 is broken");
      return CountedDataset::get(i);
    }
  };
  for (const int workers : {0, 1, 2, 4}) {
    DataLoader loader(Broken(20), {.batch_size = 2, .num_workers = workers});
    std::vector<std::int64_t> seen;
    try {
      for (auto& [x, y] : loader) seen.push_back(y.at<std::int64_t>(0) / 10);
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "example 9 is broken");
    }
    EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 2, 4, 6}));
    EXPECT_EQ(loader.state(), (DataLoaderState{0, 4}));
  }
}

TEST(DataLoader, AfterAnExceptionTheLoopIsOver) {
  struct Broken : CountedDataset {
    using CountedDataset::CountedDataset;
    Example get(std::int64_t i) const override {
      if (i == 1) throw std::runtime_error("broken");
      return CountedDataset::get(i);
    }
  };
  for (const int workers : {0, 2}) {
    DataLoader loader(Broken(4), {.num_workers = workers});
    auto at = loader.begin();
    EXPECT_THROW(++at, std::runtime_error);
    EXPECT_TRUE(at == loader.end());
    ++at;
    EXPECT_TRUE(at == loader.end());
  }
}

TEST(DataLoader, WorkersStayWithinTheQueue) {
  struct Counting : CountedDataset {
    Counting(std::int64_t size, std::shared_ptr<std::atomic<int>> count)
        : CountedDataset(size), made(std::move(count)) {}
    Example get(std::int64_t i) const override {
      ++*made;
      return CountedDataset::get(i);
    }
    std::shared_ptr<std::atomic<int>> made;
  };
  auto made = std::make_shared<std::atomic<int>>(0);
  DataLoader loader(Counting(100, made), {.num_workers = 2, .prefetch_factor = 3});
  int taken = 0;
  for (auto& batch : loader) {
    (void)batch;
    ++taken;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    ASSERT_LE(*made, taken + 6);
  }
  EXPECT_EQ(*made, 100);
}

TEST(DataLoader, TakesACollateFunction) {
  for (const int workers : {0, 2}) {
    DataLoader loader(CountedDataset(5), {.batch_size = 2,
                                          .num_workers = workers,
                                          .collate_fn = [](const std::vector<Example>& examples) {
                                            Batch batch = collate(examples);
                                            batch.y =
                                                full({1}, static_cast<double>(examples.size()));
                                            return batch;
                                          }});
    std::vector<float> sizes;
    for (auto& [x, y] : loader) sizes.push_back(y.item<float>());
    EXPECT_EQ(sizes, (std::vector<float>{2, 2, 1}));
  }
}

TEST(DataLoader, TakesASampler) {
  DataLoader loader(CountedDataset(9), {.batch_size = 2, .sampler = [](const Draw& draw) {
                                          const auto e = static_cast<std::int64_t>(draw.epoch);
                                          return std::vector<std::int64_t>{8, 2, e};
                                        }});
  EXPECT_EQ(loader.size(), 2);
  EXPECT_EQ(indices(loader), (Batches{{8, 2}, {0}}));
  EXPECT_EQ(indices(loader), (Batches{{8, 2}, {1}}));
}

TEST(DataLoader, RefusesWhatMakesNoSense) {
  struct Row {
    DataLoaderOptions options;
    const char* text;
  };
  for (const Row& row : std::vector<Row>{
           {{.batch_size = 0}, "DataLoader: batch_size must be at least 1, found 0"},
           {{.num_workers = -1}, "DataLoader: num_workers must be at least 0, found -1"},
           {{.prefetch_factor = 0}, "DataLoader: prefetch_factor must be at least 1, found 0"},
           {{.shuffle = true, .sampler = sequential_sampler(3)},
            "DataLoader: shuffle and sampler both give the order; give one of them"}}) {
    try {
      DataLoader loader(CountedDataset(3), row.options);
      FAIL() << row.text;
    } catch (const ValueError& error) {
      EXPECT_STREQ(error.what(), row.text);
    }
  }
  DataLoader loader(CountedDataset(3), {.sampler = sequential_sampler(4)});
  EXPECT_THROW(loader.begin(), IndexError);
  EXPECT_THROW(loader.set_state({0, 5}), ValueError);
  EXPECT_THROW(loader.set_state({-1, 0}), ValueError);
  EXPECT_THROW(DataLoader(std::shared_ptr<CountedDataset>(), {}), ValueError);
}

TEST(DataLoader, GatheringGivesTheBitsOfExampleByExample) {
  using namespace transforms;
  struct Row {
    const char* name;
    Transform transform;
    Shape shape;
  };
  for (const Row& row : std::vector<Row>{
           {"grey", ToTensor(), {23, 4, 5}},
           {"colour", ToTensor(), {23, 4, 5, 3}},
           {"normalised", Compose{ToTensor(), Normalize({0.286f}, {0.353f})}, {23, 4, 5}},
           {"by channel",
            Compose{ToTensor(), Normalize({0.1f, 0.2f, 0.3f}, {0.4f, 0.5f, 0.7f})},
            {23, 4, 5, 3}},
           {"one value for all", Compose{ToTensor(), Normalize({0.5f}, {0.25f})}, {23, 4, 5, 3}}}) {
    const ImageSet set = pictures(row.transform, row.shape);
    const std::vector<std::int64_t> chosen{22, 0, 7, 7, 13};
    const auto batch = set.get_batch(chosen, {});
    ASSERT_TRUE(batch) << row.name;
    std::vector<Example> examples;
    for (const std::int64_t i : chosen) examples.push_back(set.get(i));
    const Batch expected = collate(examples);
    EXPECT_EQ(batch->x.shape(), expected.x.shape()) << row.name;
    EXPECT_EQ(batch->x.to_vector<float>(), expected.x.to_vector<float>()) << row.name;
    EXPECT_EQ(batch->y.to_vector<std::int64_t>(), expected.y.to_vector<std::int64_t>()) << row.name;
  }
  EXPECT_FALSE(pictures(Compose{RandomHorizontalFlip(), ToTensor()})
                   .get_batch(std::vector<std::int64_t>{0}, {}));
}

TEST(Sampler, WeightsDecideHowOften) {
  const Sampler sampler = weighted_random_sampler({1, 0, 3}, 4000);
  std::vector<int> count(3);
  for (const std::int64_t i : sampler({.seed = 1})) ++count[static_cast<std::size_t>(i)];
  // 1000 of 4000 expected; the standard deviation is 27.4.
  EXPECT_NEAR(count[0], 1000, 110);
  EXPECT_EQ(count[1], 0);
  EXPECT_EQ(sampler({.seed = 1}), sampler({.seed = 1}));
  EXPECT_NE(sampler({.seed = 1}), sampler({.seed = 1, .epoch = 1}));
  EXPECT_THROW(weighted_random_sampler({1, -1}, 2), ValueError);
  EXPECT_THROW(weighted_random_sampler({0, 0}, 2), ValueError);
  EXPECT_THROW(weighted_random_sampler({1}, -2), ValueError);
  EXPECT_THROW(random_sampler(-1), ValueError);
}

}  // namespace
}  // namespace percept::data
