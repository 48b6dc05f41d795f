#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "percept/base/error.h"
#include "percept/plot/plot.h"
#include "plot/inspect.h"

namespace percept::plot {
namespace {

constexpr double kGapValue = std::numeric_limits<double>::quiet_NaN();

Figure example_curves() {
  return curves({{.title = "损失 <b>",
                  .x_label = "epoch",
                  .y_label = "loss & more",
                  .series = {{.name = "训练", .y = {2.3, 0.7, 0.5}},
                             {.name = "验证", .y = {0.9, 0.6, 0.55}}}},
                 {.title = "accuracy", .series = {{.name = "train", .y = {0.1, 0.7, 0.8}}}}},
                {.title = "Fashion-MNIST 训练"});
}

Figure example_confusion() {
  return confusion_matrix(std::vector<std::int64_t>{3, 1, 0, 4}, {"猫 <cat>", "dog"},
                          {.title = "混淆矩阵"});
}

Figure example_heat_map() {
  return heat_map(std::vector<double>{0, 1, 2, 3, 4, kGapValue}, 2, 3,
                  {.title = "heat", .row_names = {"a", "b"}, .values = true});
}

Figure example_sheet() {
  const auto picture = gray_image(std::vector<std::uint8_t>(28 * 28, 99), 28, 28);
  return contact_sheet({{picture, "凉鞋 & <x>"}, {picture, "b", true}, {picture, ""}},
                       {.title = "samples", .columns = 2});
}

Figure example_weights() {
  return weight_tiles(std::vector<float>{1, -1, 0, 0.5F, 0, 0, 0, 0}, 2, 2, 2,
                      {.title = "权重", .color_label = "weight"});
}

const std::vector<double> kLineX = {0, 1, 2, 3}, kLineY = {0, 2, 1, 3};
const std::vector<int> kTrueClass = {0, 1, 1, 0}, kPredicted = {0, 1, 0, 0};

Figure example_scatter() {
  return scatter({kLineX, kLineY, kTrueClass, kPredicted},
                 {.title = "散点", .x_label = "x₁", .class_names = {"<0>", "一"}});
}

// A plane of probability: p = x over [0, 1] x [0, 1], class 1.
std::vector<double> ramp(int n) {
  std::vector<double> p;
  for (int i = 0; i < n * n; ++i) p.push_back(i % n / (n - 1.0));
  return p;
}

Figure example_surface() {
  const auto p = ramp(11);
  return decision_surface({p, 11, 11, 1, {0, 3}, {0, 3}}, {kLineX, kLineY, kTrueClass, kPredicted},
                          {.title = "决策面", .class_names = {"a & b", "二"}});
}

TEST(Charts, AreWellFormedInsideTheSheetAndCarryTheirLabels) {
  struct Case {
    const char* name;
    Figure figure;
    std::vector<std::string> labels;
  };
  const Case cases[] = {
      {"curves",
       example_curves(),
       {"Fashion-MNIST 训练", "损失 <b>", "epoch", "loss & more", "训练", "验证", "accuracy"}},
      {"confusion",
       example_confusion(),
       {"混淆矩阵", "猫 <cat>", "dog", "true class", "predicted class", "3", "1", "0", "4"}},
      {"heat_map", example_heat_map(), {"heat", "a", "b", "0", "1", "2", "3", "4"}},
      {"contact_sheet", example_sheet(), {"samples", "凉鞋 & <x>", "b"}},
      {"weight_tiles", example_weights(), {"权重", "weight"}},
      {"scatter", example_scatter(), {"散点", "x₁", "<0>", "一", "misclassified"}},
      {"surface",
       example_surface(),
       {"决策面", "a & b", "二", "misclassified", "decision boundary", "0.75", "0.9"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(xml_fault(c.figure.svg()), "");
    for (const std::string& label : c.labels) EXPECT_GE(count(c.figure, label), 1u) << label;
    for (const auto& t : all<element::Text>(c.figure)) {
      const double w = text_width(t.text, t.style.size, t.style.bold);
      const double before = t.style.anchor == Anchor::Start    ? 0
                            : t.style.anchor == Anchor::Middle ? w / 2
                                                               : w;
      const double angle = t.style.rotate * 3.14159265358979 / 180;
      for (const double along : {-before, w - before}) {
        const double x = t.baseline.x + along * std::cos(angle);
        const double y = t.baseline.y + along * std::sin(angle);
        EXPECT_TRUE(x >= 0 && x <= c.figure.width() && y >= 0 && y <= c.figure.height()) << t.text;
      }
    }
    const Decoded image = decode(c.figure.png());
    EXPECT_EQ(image.width, std::ceil(c.figure.width() - 1e-6));
    EXPECT_EQ(image.height, std::ceil(c.figure.height() - 1e-6));
  }
}

TEST(Curves, LevelTheAxesOfPanelsAndBreakLinesAtGaps) {
  const Figure figure =
      curves({{.series = {{.name = "a", .y = {1, 2, kGapValue, 3, 4, kGapValue, 5}}}},
              {.title = "t", .series = {{.name = "b", .y = {1000, 2000}}}}});
  const auto clips = all<element::ClipBegin>(figure);
  ASSERT_EQ(clips.size(), 2u);
  EXPECT_EQ(clips[0].rect.y, clips[1].rect.y);
  EXPECT_EQ(clips[0].rect.height, clips[1].rect.height);
  // Wide lines: two of the first series, one of the second, and both signs in the legends.
  const auto paths = all<element::Path>(figure);
  EXPECT_EQ(std::count_if(paths.begin(), paths.end(),
                          [](const auto& p) { return !p.closed && p.style.width > 2; }),
            5);
}

TEST(Curves, BoundTheNumberOfPointsButKeepTheExtremes) {
  Series series{.name = "loss", .smoothing = 0.5};
  for (int i = 0; i < 100000; ++i) series.y.push_back(i == 5555 ? 50 : i == 77777 ? -50 : i % 7);
  const Figure figure =
      curves({{.series = {series}, .y_range = Range{-50, 50}}}, {.panel_width = 500});
  const Rect area = all<element::ClipBegin>(figure)[0].rect;
  std::size_t most = 0;
  double top = 1e9, bottom = 0;
  for (const auto& path : all<element::Path>(figure)) {
    most = std::max(most, path.points.size());
    if (path.style.stroke.a == 1) continue;  // the pale line has the values themselves
    for (const Point p : path.points) {
      top = std::min(top, p.y);
      bottom = std::max(bottom, p.y);
    }
  }
  EXPECT_LE(most, 4 * 500u);
  EXPECT_NEAR(top, area.y, 1e-9);
  EXPECT_NEAR(bottom, area.bottom(), 1e-9);
}

TEST(Curves, SmoothAsARunningMeanWithItsStartCorrected) {
  // Weight 0.5: 4, (0.5 4 + 1 0) / 1.5 = 4/3, (0.25 4 + 0.5 0 + 1 8) / 1.75 = 36/7.
  const Figure figure = curves(
      {{.series = {{.name = "", .y = {4, 0, 8}, .smoothing = 0.5}}, .y_range = Range{0, 8}}});
  const Rect area = all<element::ClipBegin>(figure)[0].rect;
  const auto paths = all<element::Path>(figure);
  const auto line = std::find_if(paths.begin(), paths.end(), [](const auto& p) {
    return !p.closed && p.points.size() == 3 && p.style.width > 2;
  });
  ASSERT_NE(line, paths.end());
  const double expected[] = {4, 4.0 / 3, 36.0 / 7};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR((area.bottom() - line->points[i].y) / area.height * 8, expected[i], 1e-9);
  }
}

TEST(ConfusionMatrix, ColorsByTheShareOfTheRow) {
  const auto picture = all<element::Picture>(example_confusion())[0].image;
  ASSERT_EQ(picture.width, 2);
  const double shares[] = {0.75, 0.25, 0, 1};
  for (std::size_t i = 0; i < 4; ++i) {
    const Color c = color_at(ColorMap::Blues, shares[i]);
    EXPECT_EQ((Color{picture.rgb[3 * i], picture.rgb[3 * i + 1], picture.rgb[3 * i + 2]}), c) << i;
  }
}

TEST(ConfusionMatrix, LeavesOutCountsThatDoNotFitACell) {
  const std::vector<std::string> names(40, "class");
  const Figure figure = confusion_matrix(std::vector<std::int64_t>(1600, 123456), names);
  EXPECT_EQ(count(figure, "123456"), 0u);
  EXPECT_EQ(count(figure, "class"), 80u);
}

TEST(HeatMap, IsGrayWhereThereIsNoNumber) {
  const auto picture = all<element::Picture>(example_heat_map())[0].image;
  const Color first = color_at(ColorMap::Viridis, 0), last = kGrid;
  EXPECT_EQ((Color{picture.rgb[0], picture.rgb[1], picture.rgb[2]}), first);
  EXPECT_EQ((Color{picture.rgb[15], picture.rgb[16], picture.rgb[17]}), last);
}

TEST(ContactSheet, FramesWhatIsWrong) {
  int framed = 0;
  for (const auto& box : all<element::Box>(example_sheet())) framed += box.style.stroke == kAlarm;
  EXPECT_EQ(framed, 1);
  EXPECT_EQ(all<element::Picture>(example_sheet()).size(), 3u);
}

TEST(WeightTiles, AreBlueBelowWhiteAtAndRedAboveZero) {
  const Figure figure = weight_tiles(std::vector<float>{1, -1, 0, 0.5F}, 1, 2, 2, {.limit = 1});
  const auto picture = all<element::Picture>(figure)[0].image;
  const double places[] = {1, 0, 0.5, 0.75};
  for (std::size_t i = 0; i < 4; ++i) {
    const Color c = color_at(ColorMap::Diverging, places[i]);
    EXPECT_EQ((Color{picture.rgb[3 * i], picture.rgb[3 * i + 1], picture.rgb[3 * i + 2]}), c) << i;
  }
}

TEST(IsoLines, OfALinearFieldAreOneStraightLine) {
  for (const auto& [a, b, level] : {std::array{1.0, 0.0, 3.5}, std::array{0.3, -0.8, -1.2},
                                    std::array{0.5, 0.5, 4.0}, std::array{0.0, 2.0, 7.0}}) {
    std::vector<double> field;
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 10; ++x) field.push_back(a * x + b * y);
    }
    const auto lines = iso_lines(field, 8, 10, level);
    ASSERT_EQ(lines.size(), 1u) << level;
    for (const Point p : lines[0]) EXPECT_NEAR(a * p.x + b * p.y, level, 1e-12);
    // It begins and ends on the border.
    for (const Point p : {lines[0].front(), lines[0].back()}) {
      EXPECT_TRUE(p.x < 1e-9 || p.x > 9 - 1e-9 || p.y < 1e-9 || p.y > 7 - 1e-9)
          << p.x << " " << p.y;
    }
  }
}

TEST(IsoLines, CloseAroundAHillAndHaveTheLengthOfACircle) {
  std::vector<double> field;
  for (int y = 0; y < 41; ++y) {
    for (int x = 0; x < 41; ++x) field.push_back(std::hypot(x - 20.0, y - 20.0));
  }
  const auto lines = iso_lines(field, 41, 41, 15.5);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].front(), lines[0].back());
  double length = 0;
  for (std::size_t i = 1; i < lines[0].size(); ++i) {
    length += std::hypot(lines[0][i].x - lines[0][i - 1].x, lines[0][i].y - lines[0][i - 1].y);
  }
  EXPECT_NEAR(length, 2 * 3.14159265 * 15.5, 0.1);
}

TEST(IsoLines, PartTheCornersOfASaddleByItsMean) {
  // High corners on one diagonal; the mean decides whether they are joined across the cell.
  for (const double level : {0.4, 0.6}) {
    const auto lines = iso_lines(std::vector<double>{1, 0, 0, 1}, 2, 2, level);
    ASSERT_EQ(lines.size(), 2u);
    for (const auto& line : lines) {
      ASSERT_EQ(line.size(), 2u);
      // Mean 0.5 >= 0.4: the low corners (1, 0) and (0, 1) are cut off; else the high ones.
      const double along = line[0].x - line[0].y + line[1].x - line[1].y;
      if (level < 0.5) {
        EXPECT_NEAR(std::abs(along), 1.2, 1e-12);
      } else {
        EXPECT_NEAR(along, 0, 1e-12);
      }
    }
  }
}

TEST(IsoLines, SkipCellsWithoutNumbers) {
  EXPECT_TRUE(iso_lines(std::vector<double>{0, 1, kGapValue, 1}, 2, 2, 0.5).empty());
  EXPECT_TRUE(iso_lines(std::vector<double>{0, 0, 0, 0}, 2, 2, 0.5).empty());
}

TEST(DecisionSurface, DrawsTheBoundaryWhereTheClassesAreEven) {
  const Figure figure = example_surface();
  const Rect area = all<element::ClipBegin>(figure)[0].rect;
  std::vector<element::Path> boundary;
  for (const auto& path : all<element::Path>(figure)) {
    if (!path.closed && path.style.stroke == kInk && path.points[0].y >= area.y) {
      boundary.push_back(path);
    }
  }
  ASSERT_EQ(boundary.size(), 1u);
  for (const Point p : boundary[0].points) EXPECT_NEAR(p.x, area.x + area.width / 2, 1e-9);
}

TEST(DecisionSurface, RingsEachMisclassifiedSampleOnce) {
  for (const Figure& figure : {example_surface(), example_scatter()}) {
    const auto is_ring = [](const auto& shape) { return shape.style.fill == kNone; };
    const auto circles = all<element::Circle>(figure);
    const auto markers = all<element::Marker>(figure);
    EXPECT_EQ(std::count_if(circles.begin(), circles.end(), is_ring), 1);  // among the samples
    EXPECT_EQ(std::count_if(markers.begin(), markers.end(), is_ring), 1);  // in the legend
  }
}

TEST(Charts, RejectWhatTheyCannotDraw) {
  const std::vector<double> three = {0, 1, 2}, two = {0, 1}, bad = {0, 0, 0, 1.5};
  const std::vector<int> negative = {0, -1};
  const std::vector<float> weights(8);
  const std::vector<std::int64_t> counts = {1, 2, -3, 4};
  struct Case {
    std::function<void()> call;
    const char* text;
  };
  const Case value_errors[] = {
      {[] { curves({}); }, "at least one panel"},
      {[] { curves({{.series = {{.name = "s", .y = {1}, .smoothing = 1}}}}); }, "'s'"},
      {[] {
         curves({{.y_range = Range{1, 1}}});
       },
       "low < high"},
      {[] { confusion_matrix({}, {}); }, "class name"},
      {[&] {
         confusion_matrix(counts, {"a", "b"});
       },
       "-3"},
      {[&] { heat_map({}, 0, 3); }, "0 x 3"},
      {[&] {
         heat_map(two, 1, 2, {.range = Range{2, 2}});
       },
       "low < high"},
      {[] { contact_sheet({}); }, "a picture"},
      {[&] { weight_tiles(weights, 2, 2, 2, {.limit = 0}); }, "positive"},
      {[&] {
         scatter({two, two, negative});
       },
       "-1"},
      {[&] {
         scatter({two, two, {}}, {.size = 10});
       },
       "160"},
      {[&] {
         decision_surface({bad, 2, 2, 1, {}, {}});
       },
       "1.5"},
      {[&] {
         decision_surface({ramp(2), 2, 2, 1, {}, {}}, {}, {.levels = {1}});
       },
       "(0, 1)"},
      {[&] {
         decision_surface({ramp(2), 2, 2, 1, {}, {}}, {}, {.class_names = {"a"}});
       },
       "1 class names for 2"},
  };
  const Case shape_errors[] = {
      {[] {
         curves({{.series = {{.name = "s", .x = {1}, .y = {1, 2}}}}});
       },
       "1 x and 2 y"},
      {[&] { confusion_matrix(counts, {"a"}); }, "expected 1"},
      {[&] { heat_map(three, 2, 2); }, "[2, 2]"},
      {[&] {
         heat_map(two, 1, 2, {.row_names = {"a", "b"}});
       },
       "2 row names"},
      {[&] { weight_tiles(weights, 2, 2, 3); }, "[2, 2, 3]"},
      {[&] {
         scatter({three, two});
       },
       "3 x, 2 y"},
      {[&] {
         decision_surface({three, 2, 2, 1, {}, {}});
       },
       "[2, 2, 1]"},
      {[&] { iso_lines(two, 1, 2, 0); }, "2 x 2"},
  };
  const auto check = [](const Case& c, auto type) {
    try {
      c.call();
      ADD_FAILURE() << "expected: " << c.text;
    } catch (const decltype(type)& e) {
      EXPECT_NE(std::string(e.what()).find(c.text), std::string::npos) << e.what();
    }
  };
  for (const Case& c : value_errors) check(c, ValueError(""));
  for (const Case& c : shape_errors) check(c, ShapeError(""));
}

}  // namespace
}  // namespace percept::plot
