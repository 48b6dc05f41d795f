// McCulloch and Pitts' gates by truth table, and Rosenblatt's rule step by step.
#include <gtest/gtest.h>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::models {
namespace {

Tensor two_bits() { return tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}}); }

TEST(McCullochPitts, GatesHaveTheirTruthTables) {
  struct Case {
    const char* name;
    NestedList connections;
    double threshold;
    NestedList outputs;
  };
  const Case cases[] = {{"and", {{1., 1.}}, 2, {0., 0., 0., 1.}},
                        {"or", {{1., 1.}}, 1, {0., 1., 1., 1.}},
                        {"not the first", {{-1., 0.}}, 0, {1., 1., 0., 0.}},
                        {"one inhibitory input wins", {{1., -1.}}, 1, {0., 0., 1., 0.}},
                        {"nor", {{-1., -1.}}, 0, {1., 0., 0., 0.}},
                        {"never", {{1., 1.}}, 3, {0., 0., 0., 0.}},
                        {"always", {{0., 0.}}, 0, {1., 1., 1., 1.}}};
  for (const Case& c : cases) {
    McCullochPitts unit(tensor(c.connections), tensor({c.threshold}));
    audit(unit);
    EXPECT_TRUE(equal(unit(two_bits()), tensor(c.outputs).unsqueeze(1))) << c.name;
  }
  // Five excitatory inputs do not outweigh one that inhibits.
  McCullochPitts many(tensor({{1., 1., 1., 1., 1., -1.}}), tensor({1.}));
  EXPECT_EQ(many(tensor({1., 1., 1., 1., 1., 0.})).item(), 1);
  EXPECT_EQ(many(tensor({1., 1., 1., 1., 1., 1.})).item(), 0);
}

TEST(McCullochPitts, XorInTwoLayers) {
  nn::Sequential net{McCullochPitts{tensor({{1., -1.}, {-1., 1.}}), tensor({1., 1.})},
                     McCullochPitts{tensor({{1., 1.}}), tensor({1.})}};
  EXPECT_TRUE(equal(net(two_bits()), tensor({0., 1., 1., 0.}).unsqueeze(1)));
  EXPECT_EQ(net.parameters().size(), 0u);
}

TEST(McCullochPitts, RefusesWhatIsNoConnection) {
  EXPECT_EQ(thrown<ShapeError>([] {
              McCullochPitts(tensor({{1., 1.}}), tensor({1., 1.}));
            }),
            "McCullochPitts: connections has shape [1, 2] and thresholds [2], expected (units, "
            "inputs) and (units)");
  EXPECT_EQ(thrown<ValueError>([] {
              McCullochPitts(tensor({{1., 2.}}), tensor({1.}));
            }),
            "McCullochPitts: a connection is 1, -1 or 0");
}

TEST(Perceptron, LearnsAsTheRuleSays) {
  Perceptron unit(2, 1, {.dtype = f64});
  audit(unit);
  const Tensor x = tensor({1., 2.}, {.dtype = f64});
  const Tensor yes = tensor({1.}, {.dtype = f64}), no = tensor({0.}, {.dtype = f64});
  EXPECT_EQ(unit.learn(x, no), 0);  // silent at z = 0, and right
  EXPECT_EQ(unit.weight.at<double>(0, 1), 0);
  EXPECT_EQ(unit.learn(x, yes), 1);
  EXPECT_TRUE(equal(unit.weight.detach(), tensor({{1., 2.}}, {.dtype = f64})));
  EXPECT_EQ(unit.bias.item(), 1);
  EXPECT_EQ(unit(x).item(), 1);
  EXPECT_EQ(unit.learn(x, yes), 0);
  EXPECT_EQ(unit.learn(x, no), 1);
  EXPECT_EQ(unit.bias.item(), 0);
  EXPECT_EQ(unit.weight.at<double>(0, 1), 0);

  Perceptron from(2, 1, {.fires = Fires::from_zero, .dtype = f64});
  EXPECT_EQ(from.learn(x, no), 1);  // fires at z = 0
  EXPECT_EQ(from.bias.item(), -1);
}

TEST(Perceptron, OutputsLearnSideBySide) {
  // AND and OR at once end where each ends alone: (b, w1, w2) = (-2, 2, 1) and (0, 1, 1).
  Perceptron units(2, 2);
  const Tensor x = two_bits(), t = tensor({{0., 0.}, {0., 1.}, {0., 1.}, {1., 1.}});
  std::int64_t errors = 1;
  for (int epoch = 0; errors > 0 && epoch < 20; ++epoch) {
    errors = 0;
    for (int i = 0; i < 4; ++i) errors += units.learn(x[i], t[i]);
  }
  EXPECT_EQ(errors, 0);
  EXPECT_TRUE(equal(units.weight.detach(), tensor({{2., 1.}, {1., 1.}})));
  EXPECT_TRUE(equal(units.bias.detach(), tensor({-2., 0.})));
  EXPECT_TRUE(equal(units(x), t));
  EXPECT_EQ(thrown<ShapeError>([&] { units.learn(x, t); }),
            "Perceptron: x has shape [4, 2] and t [4, 2], expected (2) and (2)");
  EXPECT_EQ(thrown<ValueError>([] { Perceptron(-1); }),
            "Perceptron: sizes must not be negative, found -1 and 1");
}

}  // namespace
}  // namespace percept::models
