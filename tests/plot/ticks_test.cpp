#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "percept/base/error.h"
#include "percept/plot/axes.h"

namespace percept::plot {
namespace {

using Labels = std::vector<std::string>;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct TickCase {
  Range range;
  int max_count;
  std::vector<double> values;
  Labels labels;
};

TEST(NiceTicks, AreMultiplesOfOneTwoOrFiveTimesAPowerOfTen) {
  const TickCase cases[] = {
      {{0, 1}, 6, {0, 0.2, 0.4, 0.6, 0.8, 1.0}, {"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
      {{0, 1}, 5, {0, 0.5, 1.0}, {"0.0", "0.5", "1.0"}},
      {{0, 10},
       11,
       {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
       {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}},
      {{1, 4690}, 6, {1000, 2000, 3000, 4000}, {"1000", "2000", "3000", "4000"}},
      {{-1.3, 1.3}, 6, {-1, -0.5, 0, 0.5, 1}, {"−1.0", "−0.5", "0.0", "0.5", "1.0"}},
      {{0.28, 0.32}, 5, {0.28, 0.29, 0.3, 0.31, 0.32}, {"0.28", "0.29", "0.30", "0.31", "0.32"}},
      {{0, 1e6},
       6,
       {0, 2e5, 4e5, 6e5, 8e5, 1e6},
       {"0", "0.2×10⁶", "0.4×10⁶", "0.6×10⁶", "0.8×10⁶", "1.0×10⁶"}},
      {{0, 5e-5},
       6,
       {0, 1e-5, 2e-5, 3e-5, 4e-5, 5e-5},
       {"0", "1×10⁻⁵", "2×10⁻⁵", "3×10⁻⁵", "4×10⁻⁵", "5×10⁻⁵"}},
  };
  for (const TickCase& c : cases) {
    SCOPED_TRACE(::testing::Message() << c.range.low << " .. " << c.range.high);
    const Ticks ticks = nice_ticks(c.range, c.max_count);
    EXPECT_EQ(ticks.values, c.values);
    EXPECT_EQ(ticks.labels, c.labels);
  }
}

TEST(NiceTicks, StayWithinTheRangeAndTheCount) {
  for (const double low : {-1e9, -3.7, 0.0, 1e-7, 41.0}) {
    for (const double span : {1e-3, 0.77, 13.0, 4.2e5}) {
      for (int n = 2; n < 12; ++n) {
        const Ticks ticks = nice_ticks({low, low + span}, n);
        ASSERT_LE(ticks.values.size(), static_cast<std::size_t>(n));
        ASSERT_EQ(ticks.values.size(), ticks.labels.size());
        for (const double v : ticks.values) {
          ASSERT_GE(v, low - 1e-8 * span);
          ASSERT_LE(v, low + span * (1 + 1e-8));
        }
      }
    }
  }
}

TEST(NiceTicks, MarkOnlyWholeNumbersWhenToldTo) {
  EXPECT_EQ(nice_ticks({0.9, 5.1}, 9, true).values, (std::vector<double>{1, 2, 3, 4, 5}));
  EXPECT_EQ(nice_ticks({0.9, 2.1}, 9, true).values, (std::vector<double>{1, 2}));
  EXPECT_EQ(nice_ticks({0, 100}, 6, true).values, nice_ticks({0, 100}, 6).values);
}

TEST(LogTicks, ArePowersOfTenOrOneTwoFiveWithinADecade) {
  const TickCase cases[] = {
      {{0.01, 100}, 8, {0.01, 0.1, 1, 10, 100}, {"0.01", "0.1", "1", "10", "100"}},
      {{1e-6, 1},
       8,
       {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1},
       {"10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"}},
      {{1e-6, 1}, 4, {1e-6, 1e-4, 1e-2, 1}, {"10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"}},
      {{0.15, 3}, 8, {0.2, 0.5, 1, 2}, {"0.2", "0.5", "1", "2"}},
      {{55, 4800}, 4, {100, 1000}, {"100", "1000"}},
  };
  for (const TickCase& c : cases) {
    SCOPED_TRACE(::testing::Message() << c.range.low << " .. " << c.range.high);
    const Ticks ticks = log_ticks(c.range, c.max_count);
    EXPECT_EQ(ticks.values, c.values);
    EXPECT_EQ(ticks.labels, c.labels);
  }
}

TEST(Ticks, RejectRangesThatCannotBeMarked) {
  for (const Range r : {Range{1, 1}, Range{2, 1}, Range{0, kInf}, Range{kNan, 1}}) {
    EXPECT_THROW(nice_ticks(r, 5), ValueError) << r.low << " " << r.high;
  }
  EXPECT_THROW(nice_ticks({0, 1}, 1), ValueError);
  EXPECT_THROW(log_ticks({0, 1}, 5), ValueError);
  EXPECT_THROW(log_ticks({-1, 1}, 5), ValueError);
}

TEST(DataRange, SkipsWhatAnAxisCannotShow) {
  const std::vector<double> values = {kNan, 3, -2, kInf, 0.5};
  EXPECT_EQ(data_range(values), (Range{-2, 3}));
  EXPECT_EQ(data_range(values, true), (Range{0.5, 3}));
  EXPECT_EQ(data_range(std::vector<double>{kNan}), std::nullopt);
  EXPECT_EQ(join(Range{0, 1}, Range{-1, 0.5}), (Range{-1, 1}));
}

TEST(Padded, AddsRoomAndNeverReturnsAnEmptyRange) {
  EXPECT_EQ(padded(Range{0, 10}, 0.1), (Range{-1, 11}));
  EXPECT_EQ(padded(std::nullopt, 0.1), (Range{0, 1}));
  EXPECT_EQ(padded(std::nullopt, 0.1, true), (Range{1, 10}));
  EXPECT_EQ(padded(Range{0, 0}, 0.1), (Range{-0.5, 0.5}));
  const Range one = padded(Range{20, 20}, 0.05);
  EXPECT_DOUBLE_EQ(one.low, 18);
  EXPECT_DOUBLE_EQ(one.high, 22);
  const Range decades = padded(Range{1, 100}, 0.5, true);
  EXPECT_NEAR(decades.low, 0.1, 1e-12);
  EXPECT_NEAR(decades.high, 1000, 1e-9);
}

TEST(Axes, PlacesValuesLinearlyOrByTheirLogarithm) {
  const Axes linear({0, 0, 500, 400}, {.range = {0, 10}}, {.range = {-1, 1}});
  const Rect& a = linear.area();
  EXPECT_DOUBLE_EQ(linear.at_x(0), a.x);
  EXPECT_DOUBLE_EQ(linear.at_x(5), a.x + a.width / 2);
  EXPECT_DOUBLE_EQ(linear.at_y(1), a.y);
  EXPECT_DOUBLE_EQ(linear.at_y(-1), a.bottom());
  const Axes log({0, 0, 500, 400}, {.range = {1, 100}, .log = true}, {.range = {0, 1}});
  EXPECT_NEAR(log.at_x(10), log.area().x + log.area().width / 2, 1e-9);
  EXPECT_FALSE(std::isfinite(log.at_x(0)));
  EXPECT_FALSE(std::isfinite(log.at_x(-1)));
}

TEST(Axes, RejectsWhatCannotBeDrawn) {
  EXPECT_THROW(Axes({0, 0, 60, 400}, {}, {}), ValueError);
  EXPECT_THROW(Axes({0, 0, 500, 50}, {}, {}), ValueError);
  EXPECT_THROW(Axes({0, 0, 500, 400}, {.range = {3, 3}}, {}), ValueError);
  EXPECT_THROW(Axes({0, 0, 500, 400}, {}, {.range = {0, 1}, .log = true}), ValueError);
}

}  // namespace
}  // namespace percept::plot
