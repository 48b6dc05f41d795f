#include "percept/plot/terminal.h"

#include <gtest/gtest.h>

#include <sstream>

#include "percept/plot/plot.h"
#include "plot/inspect.h"

namespace percept::plot {
namespace {

std::vector<std::string> lines(const Figure& figure, const TerminalOptions& options = {}) {
  std::vector<std::string> out;
  std::istringstream in(terminal(figure, options));
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// Columns of a line without escapes: Chinese takes two, everything else here one.
int columns(const std::string& line) {
  int n = 0;
  for (std::size_t i = 0; i < line.size();) {
    const auto lead = static_cast<unsigned char>(line[i]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    n += lead >= 0xE3 && lead < 0xEF ? 2 : 1;  // U+3000 and above
    i += bytes;
  }
  return n;
}

std::string repeated(const std::string& s, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += s;
  return out;
}

// 16 columns and 6 lines: a dot is 4.25 pixels wide and high.
Figure small() { return {136, 102}; }
double dot(int i) { return 4.25 * (i + 0.5); }

TEST(Terminal, DrawsShapesInBrailleDots) {
  // Names of Unicode's chart: ⠤ is dots 3 6, ⡇ dots 1 2 3 7, ⢸ dots 4 5 6 8.
  Figure figure = small();
  const Style ink{.stroke = kInk};
  figure.line({0, dot(2)}, {136, dot(2)}, ink);
  figure.line({dot(0), dot(4)}, {dot(0), 102}, ink);
  figure.line({dot(31), dot(4)}, {dot(31), 102}, ink);
  figure.rect({4 * 8.5, 2 * 17, 3 * 8.5, 17}, {.fill = kInk});
  const auto found = lines(figure);
  ASSERT_EQ(found.size(), 6u);
  EXPECT_EQ(found[0], repeated("⠤", 16));
  EXPECT_EQ(found[1], "⡇" + std::string(14, ' ') + "⢸");
  EXPECT_EQ(found[2], "⡇   ⣿⣿⣿" + std::string(8, ' ') + "⢸");
}

TEST(Terminal, DrawsShapesInAscii) {
  Figure figure = small();
  const Style ink{.stroke = kInk};
  figure.line({0, dot(2)}, {136, dot(2)}, ink);
  figure.line({dot(0), dot(4)}, {dot(0), 102}, ink);
  figure.line({dot(9), dot(13)}, {dot(12), dot(22)}, ink);
  figure.rect({6 * 8.5, 2 * 17, 17, 17}, {.fill = kInk});
  figure.marker({10.5 * 8.5, 2.5 * 17}, Glyph::Triangle, 5, {.fill = kInk});
  const auto found = lines(figure, {.utf8 = false});
  EXPECT_EQ(found[0], repeated("-", 16));
  EXPECT_EQ(found[2], "|     ##  ^");
  EXPECT_EQ(found[4], "|    \\");
}

TEST(Terminal, LeavesOutWhatIsPaleAndKeepsThinLines) {
  Figure figure = small();
  figure.rect({0, 0, 136, 102}, {.fill = with_alpha(kInk, 0.2)});
  figure.line({0, dot(6)}, {136, dot(6)}, {.stroke = kGrid, .width = 4});
  EXPECT_EQ(terminal(figure), "");
  figure.line({0, dot(6)}, {136, dot(6)}, {.stroke = kGray, .width = 0.2});
  EXPECT_EQ(terminal(figure), repeated("⠤", 16) + "\n");
}

TEST(Terminal, WritesTextsAtTheirAnchorsAndTurnedOnesBelow) {
  Figure figure = small();
  figure.text({0, 12}, "左边");
  figure.text({136, 12}, "end", {.anchor = Anchor::End});
  figure.text({0, 97}, "λ₁ 10⁻²");
  figure.text({68, 46}, "mid", {.anchor = Anchor::Middle});
  figure.text({0, 60}, "turned 字", {.rotate = -90});
  const auto found = lines(figure);
  EXPECT_EQ(found[0], "左边         end");
  EXPECT_EQ(found[2].substr(0, 10), "       mid");
  EXPECT_EQ(found.back(), "↑ turned 字");
  EXPECT_EQ(found[5], "λ₁ 10⁻²");
  EXPECT_EQ(lines(figure, {.utf8 = false})[0], "??           end");
  EXPECT_EQ(lines(figure, {.utf8 = false})[5], "lambda1 10^-2");
}

TEST(Terminal, NeverWritesOneTextOverAnother) {
  Figure figure = small();
  for (const char* text : {"aaaa", "bbbb", "cccc", "dddd"}) figure.text({20, 40}, text);
  const std::string page = terminal(figure);
  int seen = 0;
  for (const char* text : {"aaaa", "bbbb", "cccc", "dddd"}) {
    seen += page.find(text) != std::string::npos;
  }
  EXPECT_EQ(seen, 3);  // its own line, the one below and the one above
  EXPECT_EQ(page.find("ab"), std::string::npos);
}

// A frame that is pressed into the line of a legend leaves each text beside its sign.
TEST(Terminal, KeepsATextOnItsLineAcrossALine) {
  Figure figure = small();
  figure.marker({4.25, 25}, Glyph::Square, 5, {.fill = kInk});
  figure.text({17, 29}, "character");
  figure.polyline({{0, 27}, {136, 27}}, {.stroke = kInk, .width = 3});
  EXPECT_EQ(lines(figure)[0].substr(0, std::string("■").size()), "■");
  EXPECT_NE(lines(figure)[0].find("character"), std::string::npos);
}

// Letters of a terminal are wider than a figure's: a name must not lie on the next one's sign.
TEST(Terminal, LegendsKeepTheirSigns) {
  const Figure figure = network({{.units = 2, .labels = {"x₁", "x₂"}},
                                 {.units = 2, .labels = {"h₁", "h₂"}, .weights = {1, -1, 1, 1}},
                                 {.units = 1, .labels = {"z"}, .weights = {1, -2}}});
  const std::string page = terminal(figure, {.width = 76, .height = 20}), first = "positive weight",
                    second = "negative weight";
  const std::size_t end = page.find(first) + first.size(), next = page.find(second);
  ASSERT_LT(end, next);
  EXPECT_NE(page.substr(end, next - end).find("\xE2\xA0"), std::string::npos) << page;  // braille
}

// Three panels side by side are wide: their titles and legends have lines of their own.
TEST(Terminal, KeepsLinesOfTextApartInWideFigures) {
  Figure figure(1200, 480);
  figure.text({0, 20}, "title");
  figure.text({0, 44}, "legend");
  const auto found = lines(figure, {.width = 76, .height = 21});
  EXPECT_EQ(found[0], "title");
  EXPECT_EQ(found[1], "legend");
}

TEST(Terminal, ShowsMarkersByTheirSignUnlessClipped) {
  Figure figure = small();
  figure.marker({4.25, 8.5}, Glyph::Square, 5, {.fill = kInk});
  figure.clip({0, 0, 60, 60});
  figure.marker({12.75, 8.5}, Glyph::Star, 5, {.fill = kInk});
  figure.marker({80, 8.5}, Glyph::Star, 5, {.fill = kInk});
  figure.unclip();
  figure.marker({64, 8.5}, Glyph::Circle, 12, {.fill = kInk});
  EXPECT_EQ(lines(figure)[0], "■★    (●)");
}

TEST(Terminal, ColorsOnlyWhenAskedAndResetsEachLine) {
  Figure figure = small();
  figure.picture({0, 0, 68, 102}, Image::filled(1, 1, {255, 0, 0}));
  figure.line({0, dot(2)}, {136, dot(2)}, {.stroke = {0, 0, 255}});
  EXPECT_EQ(terminal(figure).find('\x1b'), std::string::npos);
  for (const std::string& line : lines(figure, {.color = true})) {
    // 196 is red in the cube of 6 x 6 x 6 colours: 16 + 36 * 5.
    EXPECT_NE(line.find("\x1b[48;5;196m"), std::string::npos);
    EXPECT_EQ(line.substr(line.size() - 4), "\x1b[0m");
  }
  // 21 is blue: 16 + 5.
  EXPECT_NE(terminal(figure, {.color = true}).find("\x1b[38;5;21m⠤"), std::string::npos);
}

TEST(Terminal, DithersPicturesByTheirDarkness) {
  int before = -1;
  for (const int gray : {255, 150, 100, 50, 0}) {
    Figure figure = small();
    const auto level = static_cast<std::uint8_t>(gray);
    figure.picture({0, 0, 136, 102}, Image::filled(1, 1, {level, level, level}));
    int dots = 0;
    for (const char c : terminal(figure, {.utf8 = false})) dots += c != ' ' && c != '\n';
    EXPECT_EQ(dots == 0, gray == 255) << gray;
    EXPECT_GE(dots, before) << gray;
    before = dots;
    if (gray == 0) {
      EXPECT_EQ(terminal(figure), repeated(repeated("⣿", 16) + "\n", 6));
    }
  }
}

TEST(Terminal, KeepsEveryFigureWithinThePage) {
  const std::vector<double> x = {0, 1, 2, 3}, y = {0, 2, 1, 3}, p = {0, 1, 0.25, 1};
  const std::vector<int> label = {0, 1, 1, 0}, predicted = {0, 1, 0, 0};
  const Figure figures[] = {
      curves({{.title = "损失", .x_label = "轮", .y_label = "loss", .series = {{"训练", {}, y}}},
              {.title = "t", .series = {{"train", {}, x}}}},
             {.title = "一个很长很长很长很长的标题 that goes on and on"}),
      decision_surface({p, 2, 2, 1, {0, 3}, {0, 3}}, {x, y, label, predicted}),
      confusion_matrix(std::vector<std::int64_t>{3, 1, 0, 4}, {"猫", "dog"}),
      network({{.units = 3, .name = "输入"}, {.units = 20, .name = "h"}, {.units = 2}}),
      computation_graph({{"x", GraphRole::Data, "1\n2"}, {"y = f(x)"}}, {{0, 1}}),
      bars({"甲", "乙"}, {{"p", {0.2, 0.8}}}, {.title = "概率"}),
  };
  for (const Figure& figure : figures) {
    for (const auto& [width, height] : {std::pair{78, 24}, std::pair{40, 12}, std::pair{16, 6}}) {
      for (const bool utf8 : {true, false}) {
        const auto found = lines(figure, {.width = width, .height = height, .utf8 = utf8});
        EXPECT_LE(found.size(), static_cast<std::size_t>(height) + 2);  // and the turned texts
        for (const std::string& line : found) {
          EXPECT_LE(columns(line), width) << line;
          for (const char c : line) EXPECT_TRUE(utf8 || (c >= ' ' && c <= '~')) << line;
        }
      }
    }
  }
}

TEST(Terminal, NeedsSomeRoom) {
  EXPECT_EQ(thrown([] { terminal(small(), {.width = 15}); }).rfind("ValueError: terminal", 0), 0u);
  EXPECT_EQ(thrown([] { terminal(small(), {.height = 5}); }).rfind("ValueError: terminal", 0), 0u);
}

}  // namespace
}  // namespace percept::plot
