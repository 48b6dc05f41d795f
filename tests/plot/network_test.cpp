#include "percept/plot/network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "plot/inspect.h"

namespace percept::plot {
namespace {

// The lecture's network for XOR, with the values of the sample (1, 1).
std::vector<NetworkLayer> xor_network() {
  return {
      {.units = 2, .name = "输入", .labels = {"x₁", "x₂"}, .values = {1, 1}},
      {.units = 2,
       .name = "hidden <ReLU>",
       .labels = {"h₁", "h₂"},
       .values = {0.78, 1.42},
       .weights = {-0.78, 0.78, 0.52, 0.42},
       .biases = {0.78, 0}},
      {.units = 1, .name = "output", .values = {0.1508}, .weights = {-1.03, 0.5}, .biases = {2}}};
}

std::vector<double> wave(int n) {
  std::vector<double> out(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::sin(3.0 * static_cast<double>(i) + 1);
  return out;
}

std::vector<NetworkLayer> larger_network() {
  return {{.units = 4},
          {.units = 8, .name = "1", .values = wave(8), .weights = wave(32), .biases = wave(8)},
          {.units = 8, .name = "2", .weights = wave(64), .biases = wave(8)},
          {.units = 2, .labels = {"猫", "dog"}, .weights = wave(16), .biases = wave(2)}};
}

std::vector<element::Path> edges(const Figure& figure) {
  std::vector<element::Path> out;
  for (const auto& path : all<element::Path>(figure)) {
    if (!path.closed && path.points[0].x + 60 < path.points[1].x) out.push_back(path);
  }
  return out;
}

TEST(Network, DrawsEveryUnitAndWeightWithItsNumber) {
  const Figure figure = network(xor_network(), {.title = "XOR"});
  EXPECT_EQ(all<element::Circle>(figure).size(), 5u);
  EXPECT_EQ(edges(figure).size(), 6u);
  for (const char* text :
       {"XOR", "输入", "hidden <ReLU>", "output", "x₁", "x₂", "h₁", "h₂", "0.151", "-0.78", "0.52",
        "0.42", "-1.03", "0.5", "b = 0.78", "b = 0", "b = 2"}) {
    EXPECT_EQ(count(figure, text), 1u) << text;
  }
  EXPECT_EQ(count(figure, "0.78"), 2u);  // a value and a weight
  EXPECT_EQ(xml_fault(figure.svg()), "");
}

TEST(Network, ShowsSignByColorAndDashAndSizeByWidth) {
  const Figure figure = network({{.units = 1}, {.units = 3, .weights = {-2, 1, 2}}});
  const auto found = edges(figure);  // weak ones first
  ASSERT_EQ(found.size(), 3u);
  EXPECT_LT(found[0].style.width, found[1].style.width);
  EXPECT_EQ(found[1].style.width, found[2].style.width);
  EXPECT_EQ(found[1].style.dash, Dash::Dashed);
  EXPECT_EQ(found[2].style.dash, Dash::Solid);
  EXPECT_GT(found[1].style.stroke.b, found[1].style.stroke.r);
  EXPECT_GT(found[2].style.stroke.r, found[2].style.stroke.b);
}

TEST(Network, ReadsWeightsAsLinearStoresThem) {
  // Row = unit of this layer: from unit 2 of the first to unit 0 of the second.
  const Figure figure =
      network({{.units = 3}, {.units = 2, .weights = {0, 0, 5, 0, 0, 0}}}, {.numbers = false});
  const auto strongest = edges(figure).back();
  EXPECT_GT(strongest.points[0].y, strongest.points[1].y + 50);
  EXPECT_EQ(strongest.style.width, 6);
}

TEST(Network, GraysAUnitThatIsSilent) {
  const auto circles =
      all<element::Circle>(network({{.units = 2, .values = {0, 1}}, {.units = 1}}));
  EXPECT_EQ(circles[0].style.fill, kGrid);
  EXPECT_EQ(circles[1].style.fill, kWhite);
}

TEST(Network, LeavesOutTheMiddleOfALargeLayer) {
  const Figure figure = network({{.units = 784, .name = "pixels"}, {.units = 10}});
  EXPECT_EQ(count(figure, "784"), 1u);
  EXPECT_EQ(edges(figure).size(), 9u * 10u);
  EXPECT_EQ(all<element::Circle>(figure).size(), 9u + 3u + 10u);
}

TEST(Network, IsReadableAtEverySize) {
  for (const auto& layers : {xor_network(), larger_network()}) {
    for (const bool numbers : {true, false}) {
      const Figure figure = network(layers, {.title = "t", .numbers = numbers});
      EXPECT_EQ(text_over_text(figure), "") << layers.size() << numbers;
      for (const auto& text : all<element::Text>(figure)) {
        const Rect box = box_of(text);
        EXPECT_TRUE(box.x >= 0 && box.y >= 0 && box.right() <= figure.width() &&
                    box.bottom() <= figure.height())
            << text.text;
        EXPECT_GE(text.style.size, 12) << text.text;  // 6 at half size
      }
    }
  }
}

TEST(Network, NamesWhatDoesNotFit) {
  struct Case {
    std::vector<NetworkLayer> layers;
    NetworkOptions options;
    const char* text;
  };
  const Case cases[] = {
      {{{.units = 1}}, {}, "ValueError: network: needs two layers"},
      {{{.units = 1}, {.units = 1}}, {.max_units = 2}, "ValueError: network: needs two layers"},
      {{{.units = 1}, {.units = 1}}, {.digits = 0}, "ValueError: network: needs two layers"},
      {{{.units = 1}, {.units = 0}}, {}, "ValueError: network: layer 1 has 0 units"},
      {{{.units = 2}, {.units = 2, .weights = {1, 2}}},
       {},
       "ShapeError: network: layer 1 of 2 units has 2 weights, expected 4"},
      {{{.units = 2, .labels = {"a"}}, {.units = 2}}, {}, "has 1 labels, expected 2"},
      {{{.units = 1}, {.units = 1, .biases = {1, 2}}}, {}, "has 2 biases, expected 1"},
      {{{.units = 1, .weights = {1}}, {.units = 1}}, {}, "layer 0 of 1 units has 1 weights"},
      {{{.units = 1, .values = {NAN}}, {.units = 1}}, {}, "ValueError: network: layer 0"},
  };
  for (const Case& c : cases) {
    const std::string found = thrown([&] { network(c.layers, c.options); });
    EXPECT_NE(found.find(c.text), std::string::npos) << c.text << "\n" << found;
  }
}

}  // namespace
}  // namespace percept::plot
