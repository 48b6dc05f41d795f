#include "percept/data/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "percept/base/error.h"
#include "percept/tensor/factory.h"

namespace percept::data {
namespace {

TensorDataset five() {
  return TensorDataset(tensor({{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}}),
                       tensor({0, 10, 20, 30, 40}));
}

std::vector<std::int64_t> targets(const Dataset& set) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < set.size(); ++i) all.push_back(set.get(i).y.item<std::int64_t>());
  return all;
}

using Integers = std::vector<std::int64_t>;

TEST(Dataset, TensorDatasetGivesRows) {
  const TensorDataset set = five();
  EXPECT_EQ(set.size(), 5);
  EXPECT_EQ(set.get(3).x.to_vector<std::int64_t>(), (Integers{6, 7}));
  EXPECT_EQ(set.get(3).y.shape(), Shape{});
  const auto batch = set.get_batch(Integers{4, 0}, {});
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->x.shape(), Shape({2, 2}));
  EXPECT_EQ(batch->x.to_vector<std::int64_t>(), (Integers{8, 9, 0, 1}));
  EXPECT_EQ(batch->y.to_vector<std::int64_t>(), (Integers{40, 0}));
}

TEST(Dataset, TensorDatasetTakesStridedTensorsAndNoTarget) {
  const TensorDataset set(tensor({{1, 2, 3}, {4, 5, 6}}).t());
  EXPECT_EQ(set.get_batch(Integers{2, 0}, {})->x.to_vector<std::int64_t>(), (Integers{3, 6, 1, 4}));
  EXPECT_FALSE(set.get(0).y.defined());
  EXPECT_FALSE(set.get_batch(Integers{0}, {})->y.defined());
}

TEST(Dataset, SubsetAndConcatRenumber) {
  const Subset some(five(), {4, 1, 1});
  EXPECT_EQ(targets(some), (Integers{40, 10, 10}));
  EXPECT_EQ(some.get_batch(Integers{2, 0}, {})->y.to_vector<std::int64_t>(), (Integers{10, 40}));
  const ConcatDataset both({some, Subset(five(), {}), five()});
  EXPECT_EQ(both.size(), 8);
  EXPECT_EQ(targets(both), (Integers{40, 10, 10, 0, 10, 20, 30, 40}));
  EXPECT_EQ(ConcatDataset({}).size(), 0);
}

TEST(Dataset, RandomSplitCutsOnceAndForAll) {
  struct Row {
    std::vector<double> parts;
    Integers sizes;
  };
  const TensorDataset ten(arange(10), arange(10));
  for (const Row& row : std::vector<Row>{{{7, 3}, {7, 3}},
                                         {{0.7, 0.3}, {7, 3}},
                                         {{0.34, 0.33, 0.33}, {4, 3, 3}},
                                         {{10}, {10}},
                                         {{1}, {10}},
                                         {{10, 0}, {10, 0}}}) {
    Integers sizes, all;
    for (const Subset& part : random_split(ten, row.parts, 4)) {
      sizes.push_back(part.size());
      for (const std::int64_t i : targets(part)) all.push_back(i);
    }
    EXPECT_EQ(sizes, row.sizes);
    EXPECT_FALSE(std::is_sorted(all.begin(), all.end()));
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all, arange(10).to_vector<std::int64_t>());
  }
  EXPECT_EQ(targets(random_split(ten, {0.5, 0.5}, 1)[0]), targets(random_split(ten, {5, 5}, 1)[0]));
  EXPECT_NE(targets(random_split(ten, {5, 5}, 1)[0]), targets(random_split(ten, {5, 5}, 2)[0]));
  for (const std::vector<double>& bad :
       std::vector<std::vector<double>>{{7, 2}, {0.5, 0.4}, {-1, 11}, {7.5, 2.5}, {}})
    EXPECT_THROW(random_split(ten, bad), ValueError);
}

TEST(Dataset, TransformedDatasetTransformsBothSides) {
  const TransformedDataset set(five(), {.transform = [](const Tensor& x) { return x.to(f32); },
                                        .target_transform = transforms::Lambda{[](const Tensor& y) {
                                          return from_vector<std::int64_t>(
                                              {y.item<std::int64_t>() + 1}, {});
                                        }}});
  EXPECT_EQ(set.get(1).x.dtype(), f32);
  EXPECT_EQ(targets(set), (Integers{1, 11, 21, 31, 41}));
}

TEST(Dataset, WrongCallsSayWhatIsWrong) {
  struct Row {
    std::function<void()> call;
    const char* text;
  };
  for (const Row& row : std::vector<Row>{
           {[] { five().get(5); }, "TensorDataset: index 5 is out of range for size 5"},
           {[] { five().get(-1); }, "TensorDataset: index -1 is out of range for size 5"},
           {[] {
              five().get_batch(Integers{0, 7}, {});
            },
            "dataset: index 7 is out of range for size 5"},
           {[] {
              Subset(five(), {0, 9});
            },
            "Subset: index 9 is out of range for size 5"},
           {[] {
              TensorDataset(zeros({3, 2}), zeros({2}));
            },
            "TensorDataset: x [3, 2] has 3 rows but y [2] has 2"},
           {[] { TensorDataset(zeros({})); },
            "TensorDataset: x and y need a first dimension that counts the examples"},
           {[] {
              collate({{zeros({2}), {}}, {zeros({2}), {}}, {zeros({3}), {}}});
            },
            "collate: x of example 0 has shape [2] but of example 2 of the batch [3]"},
           {[] {
              collate({{zeros({2}), {}}, {ones({2}, {.dtype = i64}), {}}});
            },
            "collate: x of example 0 is f32 but of example 1 of the batch i64"},
           {[] {
              collate({{zeros({2}), zeros({})}, {zeros({2}), {}}});
            },
            "collate: example 0 has a y but example 1 of the batch has none"},
           {[] { collate({}); }, "collate: there is no example to stack"}}) {
    try {
      row.call();
      ADD_FAILURE() << "nothing thrown: " << row.text;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), row.text);
    }
  }
}

}  // namespace
}  // namespace percept::data
