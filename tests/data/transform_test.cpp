#include "percept/data/transform.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/tensor/factory.h"

namespace percept::transforms {
namespace {

Tensor bytes(const std::vector<std::uint8_t>& values, const Shape& shape) {
  return from_vector(values, shape);
}

TEST(Transform, ToTensorMovesChannelsToTheFront) {
  const Tensor grey = ToTensor()(bytes({0, 51, 102, 255}, {2, 2}));
  EXPECT_EQ(grey.shape(), Shape({1, 2, 2}));
  EXPECT_EQ(grey.dtype(), f32);
  EXPECT_EQ(grey.to_vector<float>(), (std::vector<float>{0.0f, 0.2f, 0.4f, 1.0f}));
  const Tensor colour = ToTensor()(bytes({0, 51, 102, 255, 0, 51}, {1, 2, 3}));
  EXPECT_EQ(colour.shape(), Shape({3, 1, 2}));
  EXPECT_EQ(colour.to_vector<float>(), (std::vector<float>{0.0f, 1.0f, 0.2f, 0.0f, 0.4f, 0.2f}));
  const Tensor turned = ToTensor()(bytes({0, 51, 102, 255}, {2, 2}).t());
  EXPECT_EQ(turned.to_vector<float>(), (std::vector<float>{0.0f, 0.4f, 0.2f, 1.0f}));
}

TEST(Transform, NormalizeWorksByChannel) {
  const Tensor x = from_vector<float>({1, 2, 3, 4}, {2, 1, 2});
  EXPECT_EQ(Normalize({1, 2}, {2, 0.5})(x).to_vector<float>(), (std::vector<float>{0, 0.5, 2, 4}));
  EXPECT_EQ(Normalize({1}, {2})(x).to_vector<float>(), (std::vector<float>{0, 0.5, 1, 1.5}));
  const Tensor batch = from_vector<float>({1, 2, 3, 4}, {2, 2, 1, 1});
  EXPECT_EQ(Normalize({1, 2}, {1, 2})(batch).to_vector<float>(), (std::vector<float>{0, 0, 2, 1}));
}

TEST(Transform, OneHotAddsADimension) {
  const Tensor one = OneHot(3)(from_vector<std::int64_t>({2}, {}));
  EXPECT_EQ(one.shape(), Shape({3}));
  EXPECT_EQ(one.to_vector<float>(), (std::vector<float>{0, 0, 1}));
  EXPECT_EQ(OneHot(2)(tensor({1, 0})).to_vector<float>(), (std::vector<float>{0, 1, 1, 0}));
}

TEST(Transform, ComposeGoesFromFirstToLast) {
  const Compose steps{Lambda{[](const Tensor& x) { return x + 1; }},
                      [](const Tensor& x) { return x * 10; }, Transform()};
  EXPECT_EQ(steps(tensor({1, 2})).to_vector<std::int64_t>(), (std::vector<std::int64_t>{20, 30}));
}

TEST(Transform, FlipMirrorsColumnsOfEveryLayout) {
  const RandomHorizontalFlip always(1);
  EXPECT_EQ(always(bytes({1, 2, 3, 4}, {2, 2}), {}).to_vector<std::uint8_t>(),
            (std::vector<std::uint8_t>{2, 1, 4, 3}));
  EXPECT_EQ(always(bytes({1, 2, 3, 4, 5, 6}, {1, 2, 3}), {}).to_vector<std::uint8_t>(),
            (std::vector<std::uint8_t>{4, 5, 6, 1, 2, 3}));
  EXPECT_EQ(always(from_vector<float>({1, 2, 3, 4}, {2, 1, 2}), {}).to_vector<float>(),
            (std::vector<float>{2, 1, 4, 3}));
  EXPECT_EQ(RandomHorizontalFlip(0)(bytes({1, 2}, {1, 2}), {}).to_vector<std::uint8_t>(),
            (std::vector<std::uint8_t>{1, 2}));
}

TEST(Transform, FlipComesWithItsProbability) {
  int flipped = 0;
  for (std::uint64_t i = 0; i < 2000; ++i)
    flipped += RandomHorizontalFlip(0.25)(bytes({1, 2}, {1, 2}), {.seed = 3, .sample = i})
                   .at<std::uint8_t>(0, 0) == 2;
  EXPECT_NEAR(flipped, 500, 78);  // four standard deviations
}

TEST(Transform, ShiftReachesEveryPlaceAndMovesZerosIn) {
  // A single 1 in the middle of 5 x 5 shows where it went.
  Tensor dot = zeros({1, 5, 5});
  dot.at<float>(0, 2, 2) = 1;
  std::set<std::int64_t> places;
  for (std::uint64_t i = 0; i < 400; ++i) {
    const Tensor moved = RandomShift(1)(dot, {.sample = i});
    EXPECT_EQ(moved.sum().item(), 1);
    places.insert(moved.argmax().item<std::int64_t>());
  }
  EXPECT_EQ(places, (std::set<std::int64_t>{6, 7, 8, 11, 12, 13, 16, 17, 18}));
  const Tensor full = ones({4, 4});
  double least = 16;
  for (std::uint64_t i = 0; i < 100; ++i)
    least = std::min(least, RandomShift(1)(full, {.sample = i}).sum().item());
  EXPECT_EQ(least, 9);
}

TEST(Transform, NumbersDependOnTheDrawAlone) {
  const Compose steps{RandomShift(2), RandomHorizontalFlip()};
  const Tensor x = arange(25).view({5, 5});
  const auto result = [&](const data::Draw& draw) {
    return steps(x, draw).to_vector<std::int64_t>();
  };
  const data::Draw draw{.seed = 1, .stream = 2, .epoch = 3, .sample = 4};
  const auto first = result(draw);
  std::set<std::vector<std::int64_t>> others;
  for (std::uint64_t k = 5; k < 15; ++k) {
    others.insert(result({.seed = k, .stream = 2, .epoch = 3, .sample = 4}));
    others.insert(result({.seed = 1, .stream = 2, .epoch = k, .sample = 4}));
    others.insert(result({.seed = 1, .stream = 2, .epoch = 3, .sample = k}));
  }
  EXPECT_GT(others.size(), 10u);
  EXPECT_EQ(result(draw), first);
}

TEST(Transform, WrongCallsSayWhatIsWrong) {
  struct Row {
    std::function<void()> call;
    const char* text;
  };
  for (const Row& row : std::vector<Row>{
           {[] {
              ToTensor()(zeros({2, 2}));
            },
            "ToTensor: takes a picture of u8, found f32 [2, 2]"},
           {[] { ToTensor()(bytes({1}, {1})); }, "ToTensor: takes [H, W] or [H, W, C], found [1]"},
           {[] { Normalize({}, {}); },
            "Normalize: mean and std need one value a channel each, found 0 and 0"},
           {[] { Normalize({1}, {0}); }, "Normalize: std must be positive, found 0"},
           {[] {
              Normalize({1, 2}, {1, 1})(zeros({3, 2, 2}));
            },
            "Normalize: 2 channels do not fit shape [3, 2, 2], which must end in [2, H, W]"},
           {[] {
              Normalize({1}, {1})(bytes({1}, {1, 1}));
            },
            "Normalize: takes f32, found u8 (ToTensor comes first)"},
           {[] { OneHot(0); }, "OneHot: classes must be at least 1, found 0"},
           {[] { OneHot(3)(tensor({3})); }, "OneHot: class 3 is not in 0..2"},
           {[] { OneHot(3)(zeros({1})); }, "OneHot: takes class numbers of i64, found f32"},
           {[] { RandomHorizontalFlip(1.5); },
            "RandomHorizontalFlip: p must be in 0..1, found 1.5"},
           {[] { RandomShift(-1); }, "RandomShift: pixels must be in 0..1000000, found -1"},
           {[] { RandomShift(1)(zeros({3}), {}); },
            "RandomShift: a picture has at least 2 dimensions, found shape [3]"}}) {
    try {
      row.call();
      ADD_FAILURE() << "nothing thrown: " << row.text;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), row.text);
    }
  }
}

}  // namespace
}  // namespace percept::transforms
