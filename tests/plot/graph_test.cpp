#include "percept/plot/graph.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <tuple>

#include "plot/inspect.h"

namespace percept::plot {
namespace {

using Edges = std::vector<GraphEdge>;

// Back-propagation through the lecture's network for XOR at the sample (1, 1).
std::vector<GraphNode> lesson_nodes() {
  using enum GraphRole;
  return {{"x", Data, "1\n1", "-0.088851\n-0.084237"},
          {"W⁽¹⁾", Parameter, "-0.78, 0.78\n0.52, 0.42"},
          {"b⁽¹⁾", Parameter, "0\n0.52"},
          {"a <1>", Operation, "0.78\n1.42", "-0.155324\n0.076908"},
          {"h = ReLU(a)", Operation, "0.78\n1.42"},
          {"权重 2", Parameter, "-1.03\n0.5"},
          {"z", Operation, "0.1508", "0.1508"},
          {"y*", Data, "0"},
          {"L = ½(z − y*)²", Operation, "0.01137032", "1"}};
}
const Edges kLesson = {{0, 3}, {1, 3}, {2, 3},           {3, 4, "h′"},
                       {4, 6}, {5, 6}, {6, 8, "z − y*"}, {7, 8}};

// The frame of each node, by its label (the frames are the only boxes with an outline).
std::map<std::string, Rect> frames(const Figure& figure, const std::vector<GraphNode>& nodes) {
  std::vector<Rect> rects;
  for (const auto& box : all<element::Box>(figure)) {
    if (box.style.fill == kNone) rects.push_back(box.rect);
  }
  EXPECT_EQ(rects.size(), nodes.size());
  std::map<std::string, Rect> out;
  for (std::size_t i = 0; i < nodes.size(); ++i) out[nodes[i].label] = rects.at(i);
  return out;
}

std::vector<element::Path> arrows(const Figure& figure) {
  std::vector<element::Path> out;
  for (const auto& path : all<element::Path>(figure)) {
    if (!path.closed) out.push_back(path);
  }
  return out;
}

void expect_readable(const Figure& figure, const std::vector<GraphNode>& nodes) {
  EXPECT_EQ(text_over_text(figure), "");
  EXPECT_EQ(xml_fault(figure.svg()), "");
  const auto boxes = frames(figure, nodes);
  for (const auto& [a, box] : boxes) {
    EXPECT_TRUE(box.x >= 0 && box.y >= 0 && box.right() <= figure.width() &&
                box.bottom() <= figure.height())
        << a;
    for (const auto& [b, other] : boxes) EXPECT_TRUE(a == b || !overlap(box, other)) << a << b;
  }
}

TEST(ComputationGraph, PutsEachNodeRightOfWhatItDependsOn) {
  const auto nodes = lesson_nodes();
  const Figure figure = computation_graph(nodes, kLesson, {.title = "反向传播"});
  expect_readable(figure, nodes);
  const auto boxes = frames(figure, nodes);
  for (const GraphEdge& edge : kLesson) {
    const Rect from = boxes.at(nodes[static_cast<std::size_t>(edge.from)].label);
    const Rect to = boxes.at(nodes[static_cast<std::size_t>(edge.to)].label);
    EXPECT_LT(from.right() + 20, to.x) << edge.from << " " << edge.to;
  }
  // A parameter stands beside what it enters, not at the far left.
  EXPECT_GT(boxes.at("权重 2").x, boxes.at("a <1>").right());
}

TEST(ComputationGraph, WritesValuesAndGradientsIntoTheBoxes) {
  const auto nodes = lesson_nodes();
  const Figure figure = computation_graph(nodes, kLesson);
  const auto boxes = frames(figure, nodes);
  for (const char* text : {"-0.155324", "0.076908", "a <1>"}) {
    for (const auto& t : all<element::Text>(figure)) {
      if (t.text != text) continue;
      const Rect inside = box_of(t), box = boxes.at("a <1>");
      EXPECT_TRUE(inside.x > box.x && inside.right() < box.right() && inside.y > box.y &&
                  inside.bottom() < box.bottom())
          << text;
    }
    EXPECT_EQ(count(figure, text), 1u) << text;
  }
  EXPECT_EQ(count(figure, "h′"), 1u);
  for (const char* label : {"data", "parameter", "operation", "gradient of the last node"}) {
    EXPECT_EQ(count(figure, label), 1u) << label;
  }
}

TEST(ComputationGraph, LeadsArrowsFromBoxToBoxAroundTheOthers) {
  const std::vector<GraphNode> nodes = {{"x"}, {"w"}, {"a"}, {"b"}, {"c"}, {"sum"}};
  const Edges edges = {{0, 2}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {0, 5}, {2, 5}, {1, 5}};
  const Figure figure = computation_graph(nodes, edges);
  expect_readable(figure, nodes);
  const auto boxes = frames(figure, nodes);
  const auto found = arrows(figure);
  ASSERT_EQ(found.size(), edges.size());
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const Rect from = boxes.at(nodes[static_cast<std::size_t>(edges[e].from)].label);
    const Rect to = boxes.at(nodes[static_cast<std::size_t>(edges[e].to)].label);
    const auto& points = found[e].points;
    EXPECT_EQ(points.front().x, from.right());
    EXPECT_NEAR(points.back().x, to.x, 12);
    EXPECT_TRUE(points.front().y > from.y && points.front().y < from.bottom());
    EXPECT_TRUE(points.back().y > to.y && points.back().y < to.bottom());
    for (std::size_t i = 1; i < points.size(); ++i) {
      EXPECT_GT(points[i].x, points[i - 1].x);
      for (double t = 0.02; t < 0.99; t += 0.02) {
        const Point p{std::lerp(points[i - 1].x, points[i].x, t),
                      std::lerp(points[i - 1].y, points[i].y, t)};
        for (const auto& [name, box] : boxes) {
          EXPECT_FALSE(p.x > box.x && p.x < box.right() && p.y > box.y && p.y < box.bottom())
              << e << " crosses " << name;
        }
      }
    }
  }
}

TEST(ComputationGraph, KeepsAChainStraight) {
  const std::vector<GraphNode> nodes = {{"x"}, {"f"}, {"g"}, {"h"}, {"w"}};
  const Figure figure = computation_graph(nodes, {{0, 1}, {1, 2}, {2, 3}, {4, 3}});
  const auto boxes = frames(figure, nodes);
  const auto middle = [&](const char* name) {
    return boxes.at(name).y + boxes.at(name).height / 2;
  };
  EXPECT_NEAR(middle("f"), middle("g"), 1);
  EXPECT_NEAR(middle("g"), middle("h"), 1);
}

TEST(ComputationGraph, RejectsWhatIsNoGraphOfAComputation) {
  const std::vector<GraphNode> two = {{"a"}, {"b"}};
  for (const auto& [nodes, edges, text] :
       {std::tuple{std::vector<GraphNode>{}, Edges{},
                   "ValueError: computation_graph: needs a node"},
        std::tuple{two, Edges{{0, 1}, {1, 0}}, "ValueError: computation_graph: the arrows form"},
        std::tuple{two, Edges{{1, 1}}, "ValueError: computation_graph: the arrows form"},
        std::tuple{two, Edges{{0, 2}}, "IndexError: computation_graph: an arrow from 0 to 2"},
        std::tuple{two, Edges{{-1, 0}}, "IndexError"}}) {
    const std::string found = thrown([&, n = nodes, e = edges] { computation_graph(n, e); });
    EXPECT_EQ(found.rfind(text, 0), 0u) << found;
  }
}

}  // namespace
}  // namespace percept::plot
