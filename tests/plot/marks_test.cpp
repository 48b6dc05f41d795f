#include "percept/plot/marks.h"

#include <gtest/gtest.h>

#include <cmath>

#include "percept/plot/surface.h"
#include "plot/inspect.h"

namespace percept::plot {
namespace {

const std::vector<double> kCornerX = {0, 0, 1, 1}, kCornerY = {0, 1, 0, 1};
const std::vector<int> kXorClass = {0, 1, 1, 0};
const std::vector<std::string> kCornerNames = {"00", "01", "10", "11"};
constexpr Range kUnit{-1, 2};

Figure plane(const Marks& marks) {
  return scatter({kCornerX, kCornerY, kXorClass, {}, kCornerNames},
                 {.x_range = kUnit, .y_range = kUnit, .marks = marks});
}

// Where a point of the figure lies on the axes.
Point value(const Figure& figure, Point p) {
  const Rect area = all<element::ClipBegin>(figure)[0].rect;
  return {kUnit.low + 3 * (p.x - area.x) / area.width,
          kUnit.low + 3 * (area.bottom() - p.y) / area.height};
}

// The wide open lines between the axes, and the filled shapes of one colour.
std::vector<element::Path> paths(const Figure& figure) {
  const Rect area = all<element::ClipBegin>(figure)[0].rect;
  std::vector<element::Path> out;
  for (const auto& path : all<element::Path>(figure)) {
    if (!path.closed && path.style.width == 2.6 && path.points[0].y > area.y - 1) {
      out.push_back(path);
    }
  }
  return out;
}

std::vector<element::Path> filled(const Figure& figure) {
  std::vector<element::Path> out;
  for (const auto& path : all<element::Path>(figure)) {
    if (path.closed && path.style.fill.a > 0 && path.style.fill.a < 1) out.push_back(path);
  }
  return out;
}

TEST(HalfPlane, IsALineAcrossThePlaneAndItsArrowPointsToThePositiveSide) {
  for (const HalfPlane& h :
       {HalfPlane{1, 1, -0.5}, HalfPlane{-3, 1, 0.5}, HalfPlane{0, -2, 1}, HalfPlane{1, 0, -0.3}}) {
    const Figure figure = plane({.half_planes = {h}});
    const auto found = paths(figure);
    ASSERT_EQ(found.size(), 2u);  // the line, and the arrow's shaft
    const auto at = [&](Point p) {
      const Point v = value(figure, p);
      return h.w_x * v.x + h.w_y * v.y + h.b;
    };
    for (const Point p : found[0].points) {
      EXPECT_NEAR(at(p), 0, 1e-9);
      const Point v = value(figure, p);
      EXPECT_NEAR(std::max(std::abs(v.x - 0.5), std::abs(v.y - 0.5)), 1.5, 1e-9);  // on the frame
    }
    EXPECT_NEAR(at(found[1].points[0]), 0, 1e-9);
    EXPECT_GT(at(found[1].points[1]), 0.01);
  }
}

TEST(HalfPlane, TintsItsPositiveSide) {
  const Figure figure = plane({.half_planes = {{.w_x = 1, .w_y = 2, .b = -1, .filled = true}}});
  const auto found = filled(figure);
  ASSERT_EQ(found.size(), 1u);
  double area = 0;  // by the shoelace formula
  const auto& points = found[0].points;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Point a = value(figure, points[i]), b = value(figure, points[(i + 1) % points.size()]);
    area += (a.x * b.y - b.x * a.y) / 2;
    EXPECT_GE(a.x + 2 * a.y - 1, -1e-9);
  }
  // Between the lines y = (1 - x) / 2 and y = 2 over [-1, 2]: the integral of 2 - (1 - x) / 2.
  EXPECT_NEAR(std::abs(area), 5.25, 1e-9);
}

TEST(HalfPlane, HasNoLineWithoutWeightsOrOutsideOfThePlane) {
  EXPECT_TRUE(paths(plane({.half_planes = {{0, 0, 1}, {0, 0, 0}, {1, 0, 5}}})).empty());
  const Figure all_positive = plane({.half_planes = {{.b = 1, .filled = true}}});
  EXPECT_EQ(filled(all_positive).size(), 1u);
  EXPECT_TRUE(filled(plane({.half_planes = {{.b = -1, .filled = true}}})).empty());
}

TEST(Marks, TakeColorsAfterTheClassesAndStandInTheLegend) {
  const Figure figure = plane({.half_planes = {{1, 0, 0, "unit <1>"}, {0, 1, 0, ""}},
                               .outlines = {{{{0, 0}, {1, 0}, {0, 1}}, "多边形"}},
                               .centers = {{0, 0}, {1, 1}},
                               .center_label = "centre"});
  EXPECT_EQ(xml_fault(figure.svg()), "");
  for (const char* name : {"unit <1>", "多边形", "centre"}) EXPECT_EQ(count(figure, name), 1u);
  const auto found = paths(figure);
  EXPECT_EQ(found[0].style.stroke, series_color(2));
  EXPECT_EQ(found[2].style.stroke, series_color(3));
  for (const auto& path : all<element::Path>(figure)) {
    if (path.closed && path.points.size() == 3 && path.style.width == 2.6) {
      EXPECT_EQ(path.style.stroke, series_color(4));
    }
  }
}

TEST(Points, CarryTheirNamesWhereNothingLiesUnderThem) {
  const Figure figure = plane({.half_planes = {{1, -1, -0.15}}});
  for (const std::string& name : kCornerNames) EXPECT_EQ(count(figure, name), 1u) << name;
  EXPECT_EQ(text_over_text(figure), "");
  // The line passes right of 00 and 11, so their names go elsewhere.
  for (const auto& text : all<element::Text>(figure)) {
    if (text.text != "00" && text.text != "11") continue;
    const Rect box = box_of(text);
    const Point a = value(figure, {box.x, box.y}), b = value(figure, {box.right(), box.bottom()});
    EXPECT_TRUE(b.x - b.y - 0.15 < 0 || a.x - a.y - 0.15 > 0) << text.text;
  }
}

TEST(Marks, NameANumberThatCannotBeDrawn) {
  for (const auto& [marks, text] :
       {std::pair{Marks{.half_planes = {{1, NAN, 0, "unit 7"}}}, "unit 7"},
        std::pair{Marks{.outlines = {{{{0, 0}, {1, INFINITY}}}}}, "finite"},
        std::pair{Marks{.centers = {{NAN, 0}}}, "finite"}}) {
    const std::string found = thrown([&, m = marks] { plane(m); });
    EXPECT_EQ(found.rfind("ValueError", 0), 0u) << found;
    EXPECT_NE(found.find(text), std::string::npos) << found;
  }
  const std::vector<std::string> one = {"a"};
  const std::string found = thrown([&] { scatter({kCornerX, kCornerY, {}, {}, one}); });
  EXPECT_NE(found.find("ShapeError"), std::string::npos) << found;
  EXPECT_NE(found.find("1 names"), std::string::npos) << found;
}

}  // namespace
}  // namespace percept::plot
