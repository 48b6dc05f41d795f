// Sequential: names, nesting, and that the fused pair Linear + ReLU is the unfused one.
#include "percept/nn/sequential.h"

#include <gtest/gtest.h>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::nn {
namespace {

TEST(Sequential, RunsOneAfterTheOther) {
  Sequential net{LeakyReLU{0.5}, Flatten{0}, Step{}};
  EXPECT_TRUE(equal(net(tensor({{-1.0, 2.0}, {0.0, -3.0}})), tensor({0.0, 1.0, 0.0, 0.0})));
  Sequential none;
  const Tensor x = ones({2});
  EXPECT_TRUE(none(x).is_same(x));
}

TEST(Sequential, ChildrenByNameAndNumber) {
  Sequential net{{"fc1", Linear{2, 3}}, {"act", ReLU{}}, Linear{3, 1}};
  EXPECT_EQ(net.size(), 3u);
  EXPECT_EQ(net.str(), R"(Sequential(
  (fc1): Linear(in_features=2, out_features=3, bias=True)
  (act): ReLU()
  (2): Linear(in_features=3, out_features=1, bias=True)
))");
  EXPECT_EQ(&net["act"], &net[1]);
  EXPECT_EQ(net.named_parameters()[0].first, "fc1.weight");
  net.push_back({"out", Sigmoid{}});
  EXPECT_EQ(net[3].name(), "Sigmoid");
  EXPECT_EQ(thrown<IndexError>([&] { net["fc9"]; }), "Sequential: no child is called 'fc9'");
  EXPECT_EQ(thrown<IndexError>([&] { net[4]; }),
            "Sequential: index 4 is out of range of 4 children");
  EXPECT_EQ(thrown<ValueError>([&] {
              net.push_back({"act", ReLU{}});
            }),
            "Sequential: the name 'act' is used twice");
  EXPECT_EQ(thrown<ValueError>([] {
              Sequential{{"a.b", ReLU{}}, ReLU{}};
            }),
            "Sequential: the name 'a.b' must not contain '.'");
}

TEST(Sequential, Nests) {
  Sequential net{Sequential{Linear{2, 3}, ReLU{}}, Sequential{Linear{3, 1}}};
  EXPECT_EQ(net.named_parameters()[0].first, "0.0.weight");
  EXPECT_EQ(net.named_parameters()[2].first, "1.0.weight");
  Sequential named{{"body", Sequential{Linear{2, 3}, ReLU{}}}};  // exactly one
  EXPECT_EQ(named.size(), 1u);
  EXPECT_EQ(named.named_parameters()[0].first, "body.0.weight");
  Sequential pushed;
  pushed.push_back(Sequential{Linear{2, 3}, ReLU{}});
  EXPECT_EQ(pushed.size(), 1u);
  EXPECT_EQ(pushed.named_parameters()[0].first, "0.0.weight");
}

TEST(Sequential, CopiesInParenthesesAreCopies) {
  const Sequential net{Linear{2, 3}, ReLU{}};
  const Sequential a(net), b = net;
  EXPECT_EQ(a.size(), 2u);
  EXPECT_EQ(b.size(), 2u);
  EXPECT_FALSE(a.parameters()[0].is_same(b.parameters()[0]));
}

/// The largest |a - b| / (1 + |b|).
double apart(const Tensor& a, const Tensor& b) {
  const Tensor wide = b.to(f64);
  return (abs(a.to(f64) - wide) / (abs(wide) + 1)).max().item();
}

TEST(Fusion, GivesValuesAndGradientsOfTheUnfusedPair) {
  struct Row {
    Dtype dtype;
    Shape input;
    std::int64_t out;
    bool bias;
    double allowed;
  };
  const std::vector<Row> rows{
      {f64, {5, 7}, 3, true, 0},
      {f64, {5, 7}, 3, false, 0},
      {f64, {64, 100}, 50, true, 0},
      {f64, {2, 3, 7}, 4, true, 0},
      {f64, {7}, 4, true, 0},
      {f64, {0, 7}, 4, true, 0},
      {f32, {5, 7}, 3, true, 1e-6},
      {f32, {64, 100}, 50, true, 1e-6},
      {f32, {2, 3, 70}, 40, true, 1e-6},
      {f32, {64, 128}, 64, false, 1e-6},
  };
  manual_seed(4);
  for (const Row& row : rows) {
    const std::string what = row.input.str() + " -> " + std::to_string(row.out);
    Sequential fused{Linear{row.input.back(), row.out, {.bias = row.bias}}, ReLU{}};
    fused.to(row.dtype);
    Sequential apart_from_it(fused);
    apart_from_it[0].register_forward_hook(  // keeps the two apart
        [](Module&, const Tensor&, const Tensor&) -> std::optional<Tensor> { return {}; });
    Tensor x = randn(row.input, {.dtype = row.dtype, .requires_grad = true});
    Tensor x2 = x.detach().clone().requires_grad_();
    const Tensor y = fused(x), y2 = apart_from_it(x2);
    EXPECT_EQ(y.shape(), y2.shape()) << what;
    const Tensor w = randn(y.shape(), {.dtype = row.dtype});
    sum(y * w).backward();
    sum(y2 * w).backward();
    if (y.numel() == 0) continue;
    const auto p = fused.parameters(), p2 = apart_from_it.parameters();
    EXPECT_LE(apart(y, y2), row.allowed) << what;
    EXPECT_LE(apart(x.grad(), x2.grad()), row.allowed) << what;
    for (std::size_t i = 0; i < p.size(); ++i)
      EXPECT_LE(apart(p[i].grad(), p2[i].grad()), row.allowed) << what << " parameter " << i;
  }
}

TEST(Fusion, IsUsedAndHasSecondDerivatives) {
  manual_seed(6);
  Sequential net{Linear{3, 5}, ReLU{}, Linear{5, 4}, ReLU{}, Linear{4, 2}, Sigmoid{}};
  net.to(f64);
  Tensor x = randn({4, 3}, {.dtype = f64, .requires_grad = true});
  const std::string graph = graph_text(net(x));
  EXPECT_NE(graph.find("LinearRelu"), std::string::npos) << graph;
  EXPECT_EQ(graph.find("ReluBackward0\n"), std::string::npos) << graph;
  std::vector<Tensor> inputs{x};
  for (const Tensor& p : net.parameters()) inputs.push_back(p);
  const auto f = [&](const std::vector<Tensor>& in) { return net(in[0]); };
  const GradcheckResult first = gradcheck(f, inputs), second = gradgradcheck(f, inputs);
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
}

TEST(Fusion, TheDerivativeAtZeroIsZero) {
  Sequential net{Linear{1, 1, {.bias = false}}, ReLU{}};
  for (Tensor& p : net.parameters()) init::ones_(p);
  Tensor x = tensor({{0.0}}, {.requires_grad = true});
  net(x).backward();
  EXPECT_EQ(x.grad().item(), 0);
}

}  // namespace
}  // namespace percept::nn
