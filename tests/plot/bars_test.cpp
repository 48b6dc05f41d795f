#include "percept/plot/bars.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "plot/inspect.h"

namespace percept::plot {
namespace {

const std::vector<std::string> kBarNames = {"类 1", "b <2>", "c"};

// The bars, in drawing order: what is filled with a series' colour.
std::vector<element::Box> bars_of(const Figure& figure) {
  std::vector<element::Box> out;
  for (const auto& box : all<element::Box>(figure)) {
    if (box.style.fill == series_color(0) || box.style.fill == series_color(1)) out.push_back(box);
  }
  return out;
}

TEST(Bars, AreAsHighAsTheirValuesFromZero) {
  // The softmax of (1, 2, 3) less the one-hot of its last class.
  const std::vector<double> values = {0.09003057, 0.24472847, -0.33475904};
  const Figure figure =
      bars(kBarNames, {{"q − y", values}}, {.title = "梯度", .y_label = "gradient"});
  EXPECT_EQ(xml_fault(figure.svg()), "");
  EXPECT_EQ(text_over_text(figure), "");
  for (const char* text : {"类 1", "b <2>", "c", "q − y", "梯度", "0.09", "0.245", "-0.335"}) {
    EXPECT_EQ(count(figure, text), 1u) << text;
  }
  const auto found = bars_of(figure);
  ASSERT_EQ(found.size(), 3u);
  const double zero = found[0].rect.bottom();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(found[i].rect.height / found[0].rect.height, std::abs(values[i] / values[0]), 1e-9);
    EXPECT_NEAR(values[i] > 0 ? found[i].rect.bottom() : found[i].rect.y, zero, 1e-9);
  }
  EXPECT_NEAR(found[2].rect.x - found[1].rect.x, found[1].rect.x - found[0].rect.x, 1e-9);
}

TEST(Bars, OfSeveralSeriesStandSideBySide) {
  const Figure figure = bars(kBarNames, {{"p", {0.1, 0.2, 0.7}}, {"y", {0, 0, NAN}}});
  const auto found = bars_of(figure);
  ASSERT_EQ(found.size(), 5u);  // no bar for what is no number
  for (std::size_t i = 1; i < found.size(); ++i) {
    EXPECT_GE(found[i].rect.x, found[i - 1].rect.right());
  }
}

TEST(Bars, WriteTheirNumbersWithinAGivenRange) {
  const Figure figure = bars(kBarNames, {{"", {1, 0.5, 0}}}, {.y_range = Range{0, 1}});
  const auto found = bars_of(figure);
  for (const auto& text : all<element::Text>(figure)) {
    if (text.text != "1") continue;
    EXPECT_GT(box_of(text).y, found[0].rect.y);
    EXPECT_EQ(text.style.color, text_color_on(series_color(0)));
  }
  EXPECT_EQ(text_over_text(figure), "");
}

TEST(Bars, StayReadableWhenThereAreMany) {
  std::vector<std::string> names;
  std::vector<double> values;
  for (int i = 0; i < 200; ++i) {
    names.push_back("class " + std::to_string(i));
    values.push_back(i * 0.123456);
  }
  const Figure figure = bars(names, {{"", values}});
  EXPECT_LT(figure.width(), 1700);
  EXPECT_EQ(text_over_text(figure), "");
  EXPECT_EQ(bars_of(figure).size(), 200u);
  // Short names all stand.
  std::vector<std::string> digits(10);
  for (int i = 0; i < 10; ++i)
    digits[static_cast<std::size_t>(i)] = std::string(1, static_cast<char>('a' + i));
  const Figure small = bars(digits, {{"", std::vector<double>(10, 0.25)}});
  for (const std::string& name : digits) EXPECT_EQ(count(small, name), 1u) << name;
}

TEST(Bars, NameWhatDoesNotFit) {
  for (const auto& [call, text] :
       {std::pair<std::function<void()>, const char*>{[] {
                                                        bars({}, {{"", {}}});
                                                      },
                                                      "ValueError"},
        {[] { bars(kBarNames, {}); }, "ValueError: bars: needs names"},
        {[] {
           bars(kBarNames, {{"", {1, 2, 3}}}, {.digits = 18});
         },
         "ValueError"},
        {[] {
           bars(kBarNames, {{"p", {1, 2}}});
         },
         "ShapeError: bars: series 'p' has 2 values for 3"},
        {[] {
           bars(kBarNames, {{"", {1, 2, 3}}}, {.y_range = Range{1, 1}});
         },
         "ValueError"}}) {
    EXPECT_EQ(thrown(call).rfind(text, 0), 0u) << thrown(call);
  }
}

}  // namespace
}  // namespace percept::plot
