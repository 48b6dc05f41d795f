#include "percept/plot/grid.h"

#include "plot/inspect.h"

namespace percept::plot {
namespace {

TEST(Grid, PutsFiguresInRowsEachInACellOfTheLargest) {
  const auto sheet = [](double width, double height) {
    Figure figure(width, height);
    figure.clip({0, 0, width, height});
    figure.rect({1, 2, 3, 4}, {.fill = kInk});
    figure.circle({5, 6}, 7, {.fill = kInk});
    figure.marker({7, 8}, Glyph::Star, 9, {.fill = kInk});
    figure.unclip();
    figure.polyline({{8, 9}, {10, 11}}, {.stroke = kInk});
    figure.polygon({{8, 9}, {10, 11}, {12, 13}}, {.fill = kInk});
    figure.picture({1, 2, 3, 4}, Image::filled(1, 1, kInk));
    figure.text({14, 15}, "text");
    return figure;
  };
  const Figure figure =
      grid({sheet(100, 40), sheet(80, 60), sheet(50, 50)}, {.title = {}, .columns = 2});
  EXPECT_EQ(figure.width(), 200);
  EXPECT_EQ(figure.height(), 120);
  const Point corners[] = {{0, 0}, {100, 0}, {0, 60}};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto [x, y] = corners[i];
    const Rect box = all<element::Box>(figure)[i].rect;
    EXPECT_EQ((Point{box.x, box.y}), (Point{x + 1, y + 2}));
    EXPECT_EQ(all<element::Circle>(figure)[i].center, (Point{x + 5, y + 6}));
    EXPECT_EQ(all<element::Marker>(figure)[i].center, (Point{x + 7, y + 8}));
    const Rect clip = all<element::ClipBegin>(figure)[i].rect;
    EXPECT_EQ((Point{clip.x, clip.y}), (Point{x, y}));
    const Rect picture = all<element::Picture>(figure)[i].rect;
    EXPECT_EQ((Point{picture.x, picture.y}), (Point{x + 1, y + 2}));
    EXPECT_EQ(all<element::Path>(figure)[2 * i].points.back(), (Point{x + 10, y + 11}));
    EXPECT_EQ(all<element::Path>(figure)[2 * i + 1].points.back(), (Point{x + 12, y + 13}));
    EXPECT_EQ(all<element::Text>(figure)[i].baseline, (Point{x + 14, y + 15}));
  }
  EXPECT_EQ(all<element::ClipEnd>(figure).size(), 3u);
}

TEST(Grid, TellsItsTitleAboveTheFigures) {
  Figure one(100, 40);
  one.text({10, 20}, "one");
  const Figure figure = grid({one, one}, {.title = "两张图"});
  EXPECT_EQ(figure.title(), "两张图");
  EXPECT_EQ(count(figure, "两张图"), 1u);
  EXPECT_EQ(count(figure, "one"), 2u);
  EXPECT_EQ(text_over_text(figure), "");
  EXPECT_GT(figure.height(), 40);
}

TEST(Grid, NeedsAFigureAndAColumn) {
  EXPECT_THROW(grid({}), ValueError);
  EXPECT_THROW(grid({Figure(10, 10)}, {.columns = 0}), ValueError);
}

}  // namespace
}  // namespace percept::plot
