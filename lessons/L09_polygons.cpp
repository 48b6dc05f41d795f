// L09, regions of the plane: one threshold unit an edge, AND for a convex polygon, and one more
// layer for a union.
#include "lessons/L09_universal.h"
#include "lessons/plane.h"
#include "lessons/training.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

using Corners = std::vector<plot::Point>;  // counter-clockwise

// Fractions with few bits, so that every sum of the construction is exact.
const Corners kTriangle{{-0.75, -0.5}, {0.75, -0.5}, {0, 0.75}};
const Corners kSquare{{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}};
const Corners kPentagon{
    {-0.75, -0.5}, {0.25, -0.875}, {0.875, 0.125}, {0.25, 0.875}, {-0.625, 0.5}};
const Corners kLeft{{-1, -0.75}, {-0.25, -0.75}, {-0.25, 0.75}, {-1, 0.75}};
const Corners kFoot{{-0.5, -0.75}, {1, -0.75}, {1, -0.125}, {-0.5, -0.125}};

/// Half-planes that meet in a region: w x + b > 0 for every row of w (K, 2), b (K).
struct Edges {
  Tensor w, b;
};

/// The half-planes to the left of each edge from corner to corner.
Edges edges_of(const Corners& corners) {
  std::vector<double> w, b;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const plot::Point from = corners[i], to = corners[(i + 1) % corners.size()];
    const double dx = to.x - from.x, dy = to.y - from.y;
    w.insert(w.end(), {-dy, dx});
    b.push_back(dy * from.x - dx * from.y);
  }
  const auto k = static_cast<std::int64_t>(corners.size());
  return {from_vector(w, {k, 2}), from_vector(b)};
}

/// One hidden unit an edge; the output is AND: all K fire.
OneHiddenLayer region(const Edges& edges) {
  const std::int64_t k = edges.w.size(0);
  return {edges.w, edges.b, ones({1, k}, {.dtype = f64}), 0.5 - static_cast<double>(k), step};
}

/// Edges of both, an AND of each, and their OR.
struct Union : nn::Module {
  nn::Linear edges, both, either;

  Union(const Edges& a, const Edges& b)
      : edges(2, a.w.size(0) + b.w.size(0), {.dtype = f64}),
        both(edges.out_features, 2, {.dtype = f64}),
        either(2, 1, {.dtype = f64}) {
    const std::int64_t ka = a.w.size(0), kb = b.w.size(0);
    const Tensor one_a = ones({1, ka}, {.dtype = f64}), one_b = ones({1, kb}, {.dtype = f64});
    edges.weight = cat({a.w, b.w});
    edges.bias = cat({a.b, b.b});
    both.weight = cat({cat({one_a, zeros_like(one_b)}, 1), cat({zeros_like(one_a), one_b}, 1)});
    both.bias = 0.5 - both.weight.sum({1}).detach();
    either.weight = ones({1, 2}, {.dtype = f64});
    either.bias = full({1}, -0.5, {.dtype = f64});
  }
  Tensor forward(const Tensor& x) override { return either(step(both(step(edges(x))))); }
  void visit(nn::Visitor& v) override {
    v("edges", edges);
    v("both", both);
    v("either", either);
  }
};

/// Whether a ray to the right crosses the outline an odd number of times: another way to tell what
/// is inside, for any polygon. points (N, 2), result (N, 1).
Tensor inside(const Corners& corners, const Tensor& points) {
  const Tensor x = points.narrow(1, 0, 1), y = points.narrow(1, 1, 1);
  Tensor crossings = zeros_like(x);
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const plot::Point a = corners[i], b = corners[(i + 1) % corners.size()];
    if (a.y == b.y) continue;  // along the ray
    const Tensor spans = (y < a.y) != (y < b.y);
    const Tensor to_the_right = x < a.x + (y - a.y) * ((b.x - a.x) / (b.y - a.y));
    crossings = crossings + logical_and(spans, to_the_right).to(f64);
  }
  return remainder(crossings, full({}, 2., {.dtype = f64}));
}

Tensor random_points(int n) {
  manual_seed(0);
  return rand({n, 2}, {.dtype = f64}) * 2.5 - 1.25;
}

constexpr int kPoints = 10000;

void constructed(Lesson& lesson) {
  lesson.heading({.zh = "拟合决策面", .en = "Decision surfaces"});
  lesson.text({.zh = "凸多边形是若干半平面的交。每条边配一个阈值单元，`K` 个单元全部激活时输出 1；"
                     "无界的凸区域也一样。两个凸多边形之并再加一层：每个多边形一个“与”，"
                     "最后一个“或”。",
               .en = "A convex polygon is where half-planes meet. Each edge has a threshold unit; "
                     "the output is 1 when all `K` of them fire. Unbounded convex regions are no "
                     "different. A union of two convex polygons takes one more layer: an AND for "
                     "each polygon, then an OR."});
  lesson.formula(
      "hᵢ = step(wᵢ · x + bᵢ)\n"
      "y  = step(Σ hᵢ - K + 0.5)");
  const Tensor x = random_points(kPoints);
  const Tensor x1 = x.narrow(1, 0, 1), x2 = x.narrow(1, 1, 1);
  Column name{.name = "region", .title = {.zh = "区域", .en = "region"}};
  Column units{.name = "hidden_units", .title = {.zh = "隐含单元", .en = "hidden units"}};
  Column wrong{.name = "wrong", .title = {.zh = "错分的点", .en = "points decided wrongly"}};
  const auto row = [&](const Text& what, std::int64_t count, const Tensor& y, const Tensor& truth) {
    name.words.push_back(what);
    units.values.push_back(static_cast<double>(count));
    wrong.values.push_back(count_different(step(y), truth));
    wrong.expected.push_back(golden("0"));
  };
  const std::vector<std::pair<Text, Corners>> polygons{
      {{.zh = "三角形", .en = "triangle"}, kTriangle},
      {{.zh = "正方形", .en = "square"}, kSquare},
      {{.zh = "五边形", .en = "pentagon"}, kPentagon}};
  for (const auto& [what, corners] : polygons) {
    OneHiddenLayer net = region(edges_of(corners));
    row(what, net.hidden.out_features, net(x), inside(corners, x));
  }
  OneHiddenLayer wedge =
      region({tensor({{1., 1.}, {-1., 1.}}, {.dtype = f64}), tensor({0., 0.}, {.dtype = f64})});
  row({.zh = "角形区域 `x₂ > |x₁|`", .en = "wedge `x₂ > |x₁|`"}, 2, wedge(x),
      (x2 > abs(x1)).to(f64));
  OneHiddenLayer strip =
      region({tensor({{1., -1.}, {-1., 1.}}, {.dtype = f64}), tensor({0.5, 0.5}, {.dtype = f64})});
  row({.zh = "带形区域 `|x₁ - x₂| < 0.5`", .en = "strip `|x₁ - x₂| < 0.5`"}, 2, strip(x),
      (abs(x1 - x2) < 0.5).to(f64));
  Union corner(edges_of(kLeft), edges_of(kFoot));
  row({.zh = "两个矩形之并", .en = "union of two rectangles"}, 8 + 2, corner(x),
      maximum(inside(kLeft, x), inside(kFoot, x)));
  lesson.table(
      {.name = "regions",
       .title = {.zh = "与射线法比较，10000 个随机点（种子 0）",
                 .en = "Against counting crossings of a ray, 10000 random points (seed 0)"},
       .columns = {name, units, wrong}});
}

/// What `net` says of the plane; some of the points, and outlines.
plot::Figure surface(const std::function<Tensor(const Tensor&)>& probability, const Tensor& truth,
                     const Tensor& points, plot::Marks marks, const Text& title,
                     Language language) {
  std::vector<int> labels;
  for (const double t : truth.to_vector<double>()) labels.push_back(static_cast<int>(t));
  return plane(probability, points, labels, {-1.25, 1.25}, {-1.25, 1.25},
               {.title = title.in(language),
                .x_label = "x₁",
                .y_label = "x₂",
                .class_names = {Text{.zh = "外", .en = "outside"}.in(language),
                                Text{.zh = "内", .en = "inside"}.in(language)},
                .boundary_label = Text{.zh = "决策面", .en = "decision surface"}.in(language),
                .levels = {},
                .marks = std::move(marks),
                .size = 520});
}

void figures(Lesson& lesson) {
  lesson.figure(
      "pentagon",
      {.zh = "五边形：5 个隐含单元的 5 条直线", .en = "The pentagon: 5 lines of 5 hidden units"},
      [](Language language) {
        const Edges edges = edges_of(kPentagon);
        plot::Marks marks;
        for (std::int64_t i = 0; i < edges.w.size(0); ++i)
          marks.half_planes.push_back({.w_x = edges.w.at<double>(i, 0),
                                       .w_y = edges.w.at<double>(i, 1),
                                       .b = edges.b.at<double>(i)});
        // Very steep sigmoids, so that the boundary is drawn without the grid's stairs.
        OneHiddenLayer net = region(edges);
        net.activation = [](const Tensor& z) { return sigmoid(100 * z); };
        const Tensor points = random_points(60);
        return surface([&](const Tensor& x) { return net(x) + 0.5; }, inside(kPentagon, points),
                       points, marks,
                       {.zh = "由构造得到的五边形", .en = "A pentagon by construction"}, language);
      });
  lesson.figure("union",
                {.zh = "两个矩形之并：再加一层", .en = "A union of two rectangles: one more layer"},
                [](Language language) {
                  Union net(edges_of(kLeft), edges_of(kFoot));
                  const Tensor points = random_points(60);
                  return surface([&](const Tensor& x) { return step(net(x)); },
                                 maximum(inside(kLeft, points), inside(kFoot, points)), points,
                                 {.outlines = {{.corners = kLeft}, {.corners = kFoot}}},
                                 {.zh = "两个凸多边形之并", .en = "A union of two convex polygons"},
                                 language);
                });
}

void trained_polygon(Lesson& lesson) {
  lesson.text({.zh = "再训练同样大小的网络（`2-5-1`，sigmoid）：五边形内外的 400 个样本，"
                     "2000 步，种子 0 到 4；在另外 10000 个点上检验。",
               .en = "Now a network of that size (`2-5-1`, sigmoid) is trained: 400 samples in and "
                     "around the pentagon, 2000 steps, seeds 0 to 4; tested on 10000 points."});
  const Tensor points = random_points(400 + kPoints), truth = inside(kPentagon, points);
  const Tensor x = points.narrow(0, 0, 400), y = truth.narrow(0, 0, 400);
  const Tensor unseen = points.narrow(0, 400, kPoints);
  const Tensor unseen_truth = truth.narrow(0, 400, kPoints);
  nn::BCEWithLogitsLoss loss;
  Column seed{.name = "seed", .title = {.zh = "种子", .en = "seed"}};
  Column right{
      .name = "right", .title = {.zh = "判对的比例", .en = "share decided rightly"}, .digits = 2};
  std::optional<OneHiddenLayer> first;
  for (int i = 0; i < kSeeds; ++i) {
    manual_seed(static_cast<std::uint64_t>(i));
    OneHiddenLayer net(2, 5, sigmoid);
    const std::vector<double> losses = fit(net, x, y, loss, {.steps = 2000, .lr = 0.05});
    const double wrong = count_different(step(net(unseen)), unseen_truth);
    seed.values.push_back(i);
    right.values.push_back(1 - wrong / static_cast<double>(unseen.size(0)));
    if (i > 0) continue;
    first.emplace(net);
    lesson.history(losses_by_step("pentagon", {{"sigmoid", losses}}));
  }
  lesson.table({.name = "trained_pentagon",
                .title = {.zh = "训练五边形", .en = "The pentagon, trained"},
                .columns = {seed, right}});
  const auto [least, most] = std::minmax_element(right.values.begin(), right.values.end());
  lesson.claim(*least > 0.95 && *most < 1,
               {.zh = "5 次训练都判对 95 % 以上，没有一次分毫不差",
                .en = "All 5 trainings decide more than 95 % rightly, none of them everything"});
  lesson.figure("trained",
                {.zh = "种子 0：训练得到的区域与真正的五边形",
                 .en = "Seed 0: the region as trained, and the true pentagon"},
                [net = *first, x, y](Language language) {
                  OneHiddenLayer copy = net;
                  const Text truth{.zh = "真值", .en = "truth"};
                  return surface([&](const Tensor& places) { return sigmoid(copy(places)); },
                                 y.narrow(0, 0, 100), x.narrow(0, 0, 100),
                                 {.outlines = {{.corners = kPentagon, .name = truth.in(language)}}},
                                 {.zh = "由训练得到的五边形", .en = "A pentagon by training"},
                                 language);
                });
}

}  // namespace

void convex_polygons(Lesson& lesson) {
  constructed(lesson);
  figures(lesson);
  trained_polygon(lesson);
}

}  // namespace percept::lessons
