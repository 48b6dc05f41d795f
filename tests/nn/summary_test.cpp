// The summary of a model: counts known from the lecture, shapes, memory, and that it leaves no
// trace.
#include "percept/nn/summary.h"

#include <gtest/gtest.h>

#include <sstream>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::nn {
namespace {

Sequential mlp(const std::vector<std::int64_t>& sizes) {
  Sequential net;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    if (i > 0) net.push_back(ReLU{});
    net.push_back(Linear{sizes[i], sizes[i + 1]});
  }
  return net;
}

TEST(Summary, CountsOfTheLecture) {
  struct Row {
    std::vector<std::int64_t> sizes;
    std::int64_t parameters, multiply_adds;  // the latter for one sample
  };
  const std::vector<Row> rows{
      {{2, 8, 2}, 42, 32},
      {{2, 32, 2}, 162, 128},
      {{2, 8, 8, 2}, 114, 96},
      {{2, 8, 1}, 33, 24},
      {{2, 32, 1}, 129, 96},
      {{2, 8, 8, 1}, 105, 88},
      {{1, 8, 4, 4, 1}, 77, 60},
      {{784, 512, 512, 10}, 669706, 668672},
      {{784, 256, 10}, 203530, 203264},
  };
  for (const Row& row : rows)
    for (const std::int64_t batch : {1, 3}) {
      Sequential net = mlp(row.sizes);
      const Summary s = summary(net, {batch, row.sizes.front()});
      EXPECT_EQ(s.parameters, row.parameters);
      EXPECT_EQ(s.trainable, row.parameters);
      EXPECT_EQ(s.parameter_bytes, 4 * row.parameters);
      EXPECT_EQ(s.multiply_adds, batch * row.multiply_adds);
    }
}

struct LectureNetwork : Module {
  Flatten flatten;
  Sequential linear_relu_stack{Linear{784, 512}, ReLU{}, Linear{512, 512}, ReLU{}, Linear{512, 10}};
  Tensor forward(const Tensor& x) override { return linear_relu_stack(flatten(x)); }
  void visit(Visitor& v) override {
    v("flatten", flatten), v("linear_relu_stack", linear_relu_stack);
  }
};

TEST(Summary, RowsAndText) {
  LectureNetwork net;
  const Summary s = summary(net, {64, 1, 28, 28});
  EXPECT_EQ(s.type, "LectureNetwork");
  EXPECT_EQ(s.output, (Shape{64, 10}));
  ASSERT_EQ(s.rows.size(), 6u);
  EXPECT_EQ(s.rows[0].name, "flatten");
  EXPECT_EQ(s.rows[0].input, (Shape{64, 1, 28, 28}));
  EXPECT_EQ(s.rows[0].output, (Shape{64, 784}));
  EXPECT_EQ(s.rows[1].type, "Linear");
  EXPECT_EQ(s.rows[1].parameters, 401920);
  EXPECT_EQ(s.rows[1].multiply_adds, 64 * 784 * 512);
  // Outputs of 512, 512, 512, 512 and 10 units; flatten's is a view.
  EXPECT_EQ(s.activation_bytes, 64 * (4 * 512 + 10) * 4);
  EXPECT_EQ(s.str(), R"(LectureNetwork: [64, 1, 28, 28] -> [64, 10]
layer                type     output     parameters  multiply-adds
flatten              Flatten  [64, 784]           0              0
linear_relu_stack.0  Linear   [64, 512]     401,920     25,690,112
linear_relu_stack.1  ReLU     [64, 512]           0              0
linear_relu_stack.2  Linear   [64, 512]     262,656     16,777,216
linear_relu_stack.3  ReLU     [64, 512]           0              0
linear_relu_stack.4  Linear   [64, 10]        5,130        327,680
total                                       669,706     42,795,008

parameters   669,706, trainable 669,706, 2.6 MiB
activations  514.5 KiB)");
}

/// A parameter of its own beside a child used twice, a child never run, and a shared one.
struct Odd : Module {
  Parameter scale{ones({4})};
  Linear twice{4, 4}, never{4, 2};
  Buffer mean{zeros({4})};
  Tensor forward(const Tensor& x) override { return twice(twice(x)) * scale - mean; }
  void visit(Visitor& v) override {
    v("scale", scale), v("twice", twice), v("again", twice), v("never", never), v("mean", mean);
  }
};

TEST(Summary, SharedAndUnusedModules) {
  Odd net;
  net.never.requires_grad_(false);
  const Summary s = summary(net, {5, 4});
  ASSERT_EQ(s.rows.size(), 3u);
  EXPECT_EQ(s.rows[0].name, "");
  EXPECT_EQ(s.rows[0].parameters, 4);
  EXPECT_EQ(s.rows[1].name, "twice");
  EXPECT_EQ(s.rows[1].calls, 2);
  EXPECT_EQ(s.rows[1].multiply_adds, 2 * 5 * 16);
  EXPECT_EQ(s.rows[2].calls, 0);
  EXPECT_EQ(s.parameters, 4 + 20 + 10);
  EXPECT_EQ(s.trainable, 24);
  EXPECT_EQ(s.parameter_bytes, 4 * (34 + 4));
  EXPECT_EQ(s.activation_bytes, 4 * 20 * 3);
  EXPECT_NE(s.str().find("\nnever     Linear  -"), std::string::npos) << s.str();
  EXPECT_NE(s.str().find("\n(itself)  Odd     [5, 4]"), std::string::npos) << s.str();
}

TEST(Summary, FollowsTheModelsType) {
  Sequential net = mlp({3, 2});
  net.to(f64);
  const Summary s = summary(net, {1, 3});
  EXPECT_EQ(s.parameter_bytes, 8 * 8);
  EXPECT_EQ(s.activation_bytes, 2 * 8);
}

TEST(Summary, LeavesNoTrace) {
  struct Noisy : Module {
    Dropout drop;
    Sequential body{Linear{4, 4}, ReLU{}};
    Tensor forward(const Tensor& x) override { return body(drop(x)) + rand({4}); }
    void visit(Visitor& v) override { v("drop", drop), v("body", body); }
  };
  Noisy net;
  net.body.eval();
  net.body[1].train();
  int calls = 0;
  net.body[0].register_forward_hook(
      [&](Module&, const Tensor&, const Tensor&) -> std::optional<Tensor> {
        ++calls;
        return {};
      });
  const GeneratorState before = default_generator().state();
  const Shape good{2, 4}, bad{2, 5};
  summary(net, good);
  EXPECT_NE(thrown<ShapeError>([&] { summary(net, bad); }).find("Noisy / body.0 (Linear)"),
            std::string::npos);
  EXPECT_EQ(default_generator().state(), before);
  EXPECT_TRUE(net.is_training() && net.drop.is_training() && net.body[1].is_training());
  EXPECT_FALSE(net.body.is_training() || net.body[0].is_training());
  EXPECT_FALSE(net.drop.has_hooks() || net.body[1].has_hooks());
  EXPECT_TRUE(net.body[0].has_hooks());
  EXPECT_EQ(calls, 1);
  for (const Tensor& p : net.parameters()) EXPECT_FALSE(p.grad().defined());
}

TEST(Summary, StaysWithinEightyColumns) {
  Sequential deep{
      {"a_rather_long_name_for_a_layer", Linear{3, 4}},
      {"another_rather_long_name", Sequential{Sequential{Linear{4, 4}, ReLU{}}, Tanh{}}},
      {"one_more", Linear{4, 300}}};
  Sequential net{{"a_model_that_goes_on_and_on", deep}};
  std::istringstream text(summary(net, {100, 10, 10, 3}).str());
  for (std::string line; std::getline(text, line);) EXPECT_LE(line.size(), 80u) << line;
}

}  // namespace
}  // namespace percept::nn
