#include "percept/plot/figure.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "percept/base/error.h"
#include "percept/plot/text.h"
#include "plot/inspect.h"

namespace percept::plot {
namespace {

namespace fs = std::filesystem;

constexpr Color kRed{255, 0, 0}, kBlue{0, 0, 255};

// A folder of the test's own, gone with it.
class Folder {
 public:
  Folder() {
    path_ = fs::temp_directory_path() /
            ("percept_plot_" + std::to_string(getpid()) + "_" +
             ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const char* name) const { return path_ / name; }
  std::ptrdiff_t count() const {
    return std::distance(fs::directory_iterator(path_), fs::directory_iterator());
  }

 private:
  fs::path path_;
};

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Figure every_element() {
  Figure figure(100, 60, "损失 <loss> & \"more\"");
  figure.rect({10, 10, 20, 20}, {.fill = kRed});
  figure.line({0, 50}, {100, 50}, {.stroke = kBlue, .width = 4, .dash = Dash::Dashed});
  figure.clip({40, 0, 20, 60});
  figure.circle({50, 30}, 40, {.fill = with_alpha(kBlue, 0.5)});
  figure.unclip();
  figure.picture({70, 10, 20, 20}, Image{2, 1, {255, 0, 0, 0, 0, 255}});
  figure.text({5, 58}, "训练 a<b & \"c\" > d\x01\n\xff", {.anchor = Anchor::End, .rotate = -90});
  return figure;
}

TEST(Svg, IsWellFormedWithItsTextEscaped) {
  const std::string svg = every_element().svg();
  EXPECT_EQ(xml_fault(svg), "");
  EXPECT_NE(svg.find(">训练 a&lt;b &amp; &quot;c&quot; &gt; d \uFFFD</text>"), std::string::npos)
      << svg;
  EXPECT_NE(svg.find("<title>损失 &lt;loss&gt; &amp; &quot;more&quot;</title>"), std::string::npos);
  EXPECT_NE(svg.find("viewBox=\"0 0 100 60\""), std::string::npos);
  EXPECT_NE(svg.find("Noto Sans CJK SC"), std::string::npos);
  EXPECT_NE(svg.find("<rect x=\"10\" y=\"10\" width=\"20\" height=\"20\" fill=\"#ff0000\"/>"),
            std::string::npos);
}

TEST(Svg, ClosesAClipThatWasLeftOpen) {
  Figure figure(10, 10);
  figure.clip({0, 0, 5, 5});
  figure.clip({0, 0, 4, 4});
  EXPECT_EQ(xml_fault(figure.svg()), "");
}

TEST(Svg, EmbedsAPictureAsBase64PngWhosePixelsStaySharp) {
  Figure figure(10, 10);
  figure.picture({0, 0, 10, 10}, Image{2, 1, {255, 0, 0, 0, 0, 255}});
  const std::string svg = figure.svg();
  const std::string mark = "data:image/png;base64,";
  const std::size_t begin = svg.find(mark) + mark.size();
  const std::string digits = svg.substr(begin, svg.find('"', begin) - begin);
  std::string bytes;
  unsigned word = 0, bits = 0;
  for (const char c : digits) {
    const std::string table = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (c == '=') break;
    word = word << 6 | static_cast<unsigned>(table.find(c));
    if ((bits += 6) >= 8) bytes += static_cast<char>(word >> (bits -= 8) & 255);
  }
  EXPECT_EQ(digits.size() % 4, 0u);
  const Decoded image = decode(bytes);
  ASSERT_EQ(image.width, 20);  // twice its size in the figure
  ASSERT_EQ(image.height, 20);
  EXPECT_EQ(image.at(9, 19), kRed);
  EXPECT_EQ(image.at(10, 0), kBlue);
}

TEST(Png, HasTheSizeAndTheColorsOfTheFigure) {
  for (const double scale : {1.0, 2.0, 1.5}) {
    SCOPED_TRACE(scale);
    const Decoded image = decode(every_element().png({.scale = scale}));
    ASSERT_EQ(image.width, std::lround(100 * scale));
    ASSERT_EQ(image.height, std::lround(60 * scale));
    const auto at = [&](double x, double y) {
      return image.at(static_cast<int>(x * scale), static_cast<int>(y * scale));
    };
    EXPECT_EQ(at(2, 2), kWhite);
    EXPECT_EQ(at(20, 20), kRed);
    EXPECT_EQ(at(5, 50), kBlue);    // within the first dash of 16 pixels
    EXPECT_EQ(at(20, 50), kWhite);  // within the gap of 10 after it
    EXPECT_EQ(at(36, 28), kWhite);  // outside of the clip
    EXPECT_NEAR(at(50, 20).r, 128, 1);
    EXPECT_EQ(at(50, 20).b, 255);
    EXPECT_EQ(at(79, 20), kRed);  // nearest: no blend between the two pixels
    EXPECT_EQ(at(81, 20), kBlue);
  }
}

TEST(Png, DrawsText) {
  Figure figure(60, 30);
  figure.text({5, 25}, "H", {.size = 28, .bold = true});
  const Decoded image = decode(figure.png());
  int dark = 0;
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 60; ++x) dark += image.at(x, y).r < 128;
  }
  EXPECT_GT(dark, 60);
  EXPECT_LT(dark, 600);
}

TEST(Save, WritesBothKindsAndReplacesWhatWasThere) {
  const Folder folder;
  const Figure figure = every_element();
  for (const char* name : {"a.svg", "a.png", "图.svg"}) {
    std::ofstream(folder / name) << "old";
    figure.save(folder / name);
  }
  EXPECT_EQ(content(folder / "a.svg"), figure.svg());
  EXPECT_EQ(content(folder / "图.svg"), figure.svg());
  EXPECT_EQ(decode(content(folder / "a.png")).width, 100);
  figure.save(folder / "a.png", {.scale = 3});
  EXPECT_EQ(decode(content(folder / "a.png")).width, 300);
  EXPECT_EQ(folder.count(), 3);
}

TEST(Save, NamesAnEndingItDoesNotKnow) {
  const Folder folder;
  const Figure figure(10, 10);
  for (const auto& [name, found] : {std::pair{"a.jpg", "'.jpg'"}, std::pair{"a", "no ending"},
                                    std::pair{"a.", "'.'"}, std::pair{"a.SVG", "'.SVG'"}}) {
    try {
      figure.save(folder / name);
      ADD_FAILURE() << name;
    } catch (const ValueError& e) {
      EXPECT_NE(std::string(e.what()).find(found), std::string::npos) << e.what();
    }
  }
  EXPECT_EQ(folder.count(), 0);
}

TEST(Save, LeavesNothingBehindWhereItCannotWrite) {
  const Folder folder;
  fs::create_directory(folder / "taken.svg");
  const Figure figure(10, 10);
  EXPECT_THROW(figure.save(folder / "missing/a.svg"), IoError);
  EXPECT_THROW(figure.save(folder / "taken.svg"), IoError);
  EXPECT_EQ(folder.count(), 1);
}

TEST(Save, KeepsTheOldFileWhenThePictureFails) {
  const Folder folder;
  std::ofstream(folder / "a.png") << "old";
  EXPECT_THROW(Figure(10, 10).save(folder / "a.png", {.scale = 0}), ValueError);
  EXPECT_THROW(Figure(1000, 1000).save(folder / "a.png", {.scale = 100}), LimitError);
  EXPECT_EQ(content(folder / "a.png"), "old");
  EXPECT_EQ(folder.count(), 1);
}

TEST(Figure, RejectsNumbersThatCannotBeDrawn) {
  const double nan = std::nan("");
  EXPECT_THROW(Figure(0, 10), ValueError);
  EXPECT_THROW(Figure(10, nan), ValueError);
  Figure figure(10, 10);
  EXPECT_THROW(figure.rect({nan, 0, 1, 1}, {}), ValueError);
  EXPECT_THROW(figure.line({0, 0}, {INFINITY, 0}, {}), ValueError);
  EXPECT_THROW(figure.polygon({{0, 0}, {0, nan}}, {}), ValueError);
  EXPECT_THROW(figure.circle({0, 0}, nan, {}), ValueError);
  EXPECT_THROW(figure.marker({0, 0}, Glyph::Star, nan, {}), ValueError);
  EXPECT_THROW(figure.text({nan, 0}, "a"), ValueError);
  EXPECT_THROW(figure.clip({0, 0, nan, 1}), ValueError);
  EXPECT_THROW(figure.unclip(), ValueError);
  EXPECT_THROW(figure.picture({0, 0, 1, 1}, Image{2, 2, {1, 2, 3}}), ShapeError);
  EXPECT_TRUE(figure.elements().empty());
}

TEST(Image, TakesBytesAndFloatsInEveryOrder) {
  using Bytes = std::vector<std::uint8_t>;
  EXPECT_EQ(gray_image(Bytes{0, 255}, 2, 1).rgb, (Bytes{0, 0, 0, 255, 255, 255}));
  EXPECT_EQ(gray_image(std::vector<float>{-1, 0, 3, NAN}, 2, 2, {.low = -1, .high = 1}).rgb,
            (Bytes{0, 0, 0, 128, 128, 128, 255, 255, 255, 0, 0, 0}));
  EXPECT_EQ(rgb_image(Bytes{1, 2, 3, 4, 5, 6}, 1, 2).rgb, (Bytes{1, 2, 3, 4, 5, 6}));
  // Planes of red, green and blue become pixels.
  EXPECT_EQ(rgb_image(std::vector<float>{1, 0, 0, 1, 0, 1}, 2, 1).rgb,
            (Bytes{255, 0, 0, 0, 255, 255}));
  EXPECT_THROW(gray_image(Bytes{1, 2, 3}, 2, 2), ShapeError);
  EXPECT_THROW(gray_image(Bytes{}, 0, 0), ShapeError);
  EXPECT_THROW(rgb_image(Bytes{1, 2, 3, 4}, 2, 2), ShapeError);
  EXPECT_THROW(gray_image(std::vector<float>{1}, 1, 1, {.low = 1, .high = 1}), ValueError);
}

TEST(Color, MapsRunFromEndToEndAndTextStandsOut) {
  EXPECT_EQ(color_at(ColorMap::Viridis, 0), rgb(0x440154));
  EXPECT_EQ(color_at(ColorMap::Viridis, 0.5), rgb(0x21908C));
  EXPECT_EQ(color_at(ColorMap::Viridis, 7), rgb(0xFDE725));
  EXPECT_EQ(color_at(ColorMap::Blues, 0), kWhite);
  EXPECT_EQ(color_at(ColorMap::Diverging, 0.5), rgb(0xF7F7F7));
  EXPECT_EQ(color_at(ColorMap::Diverging, NAN), kGrid);
  EXPECT_EQ(mix(kRed, kBlue, 0.5), (Color{128, 0, 128}));
  EXPECT_EQ(text_color_on(rgb(0x08306B)), kWhite);
  EXPECT_EQ(text_color_on(rgb(0xF0E442)), kInk);
  EXPECT_EQ(series_color(8), series_color(0));
}

TEST(Text, FitsIntoItsWidth) {
  const std::string name = "Ankle boot → T-shirt/top 0.98";
  const double width = text_width(name, 15);
  EXPECT_GT(text_width(name, 30), 1.8 * width);
  EXPECT_EQ(fit_text(name, width + 1, 15), name);
  const std::string cut = fit_text("卷积神经网络", 50, 15);
  EXPECT_LE(text_width(cut, 15), 50);
  EXPECT_EQ(cut.substr(cut.size() - 3), "…");

  const std::string words = "one two three four five six";
  const double narrow = 0.6 * text_width(words, 15);
  std::string joined;
  const auto lines = wrap_text(words, narrow, 15, 3);
  EXPECT_EQ(lines.size(), 2u);
  for (const std::string& line : lines) {
    EXPECT_LE(text_width(line, 15), narrow);
    joined += (joined.empty() ? "" : " ") + line;
  }
  EXPECT_EQ(joined, words);
  EXPECT_EQ(wrap_text("one T-shirt/top", text_width("one T-shirt", 15), 15, 3),
            (std::vector<std::string>{"one", "T-shirt/top"}));
  const auto cut_lines = wrap_text(name, 0.3 * width, 15, 2);
  ASSERT_EQ(cut_lines.size(), 2u);
  EXPECT_EQ(cut_lines[1].substr(cut_lines[1].size() - 3), "…");
  EXPECT_TRUE(wrap_text("", 100, 15, 3).empty());
}

}  // namespace
}  // namespace percept::plot
