// What a module does with what it is made of: names, loading, copying, moving, modes, hooks,
// printing (PyTorch 2.13's text), and where an error comes from.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::nn {
namespace {

struct NeuralNetwork : Module {
  Flatten flatten;
  Sequential linear_relu_stack{Linear{28 * 28, 16}, ReLU{}, Linear{16, 12}, ReLU{}, Linear{12, 10}};

  Tensor forward(const Tensor& x) override { return linear_relu_stack(flatten(x)); }
  void visit(Visitor& v) override {
    v("flatten", flatten);
    v("linear_relu_stack", linear_relu_stack);
  }
};

struct Block : Module {
  Linear fc{4, 4};
  Dropout drop{0.1};

  Tensor forward(const Tensor& x) override { return drop(relu(fc(x))); }
  void visit(Visitor& v) override { v("fc", fc), v("drop", drop); }
};

struct Net : Module {
  Flatten flatten;
  std::vector<Block> blocks = std::vector<Block>(3);
  std::vector<Linear> heads{Linear{4, 2}, Linear{4, 3}};
  Sequential two{Sequential{Linear{4, 4}, ReLU{}}, ReLU{}};
  std::optional<Linear> extra;
  Sequential none;
  Buffer mean{zeros({4})};

  Tensor forward(const Tensor& x) override {
    Tensor y = flatten(x) - mean;
    for (Block& block : blocks) y = block(y);
    return heads[0](two(y));
  }
  void visit(Visitor& v) override {
    v("flatten", flatten), v("blocks", blocks), v("heads", heads);
    v("two", two), v("extra", extra), v("none", none), v("mean", mean);
  }
};

/// A weight used twice.
struct Tied : Module {
  Linear encode{3, 3};

  Tensor forward(const Tensor& x) override { return encode(encode(x)); }
  void visit(Visitor& v) override { v("encode", encode), v("decode", encode); }
};

std::vector<std::string> names(const NamedTensors& state) {
  std::vector<std::string> found;
  for (const auto& [name, tensor] : state) found.push_back(name);
  return found;
}

using Names = std::vector<std::string>;

TEST(StateDict, NamesAndShapesArePyTorchs) {
  const NamedTensors state = NeuralNetwork{}.state_dict();
  EXPECT_EQ(names(state), (Names{"linear_relu_stack.0.weight", "linear_relu_stack.0.bias",
                                 "linear_relu_stack.2.weight", "linear_relu_stack.2.bias",
                                 "linear_relu_stack.4.weight", "linear_relu_stack.4.bias"}));
  EXPECT_EQ(state.at("linear_relu_stack.0.weight").shape(), (Shape{16, 784}));
  EXPECT_EQ(
      names(Net{}.state_dict()),
      (Names{"blocks.0.fc.weight", "blocks.0.fc.bias", "blocks.1.fc.weight", "blocks.1.fc.bias",
             "blocks.2.fc.weight", "blocks.2.fc.bias", "heads.0.weight", "heads.0.bias",
             "heads.1.weight", "heads.1.bias", "two.0.0.weight", "two.0.0.bias", "mean"}));
}

TEST(StateDict, TensorsAreTheModulesOwnAndOutsideTheGraph) {
  Linear layer{2, 2};
  const NamedTensors state = layer.state_dict();
  Tensor(state.at("weight")).fill_(7);
  EXPECT_EQ(layer.weight.at<float>(1, 1), 7);
  EXPECT_FALSE(state.at("weight").requires_grad());
}

TEST(StateDict, LoadsIntoAnotherModelAndItsOptimiserKeepsTheTensors) {
  NeuralNetwork a, b;
  const std::vector<Tensor> held = b.parameters();
  b.load_state_dict(a.state_dict());
  const Tensor x = randn({2, 1, 28, 28});
  EXPECT_TRUE(equal(a(x), b(x)));
  for (std::size_t i = 0; i < held.size(); ++i) EXPECT_TRUE(held[i].is_same(b.parameters()[i]));
  EXPECT_FALSE(b.parameters()[0].impl().storage == a.parameters()[0].impl().storage);
}

TEST(StateDict, ConvertsTheType) {
  Linear layer{1, 2, {.bias = false}};
  layer.load_state_dict({{"weight", tensor({{3}, {4}}, {.dtype = f64})}});
  EXPECT_EQ(layer.weight.dtype(), f32);
  EXPECT_EQ(layer.weight.at<float>(1, 0), 4);
}

TEST(StateDict, StrictLoadingListsEverythingAndChangesNothing) {
  struct Row {
    NamedTensors state;
    std::string text;
  };
  const Tensor w = ones({2, 3}), b = ones({2});
  const std::string head = "load_state_dict: the names or shapes do not fit Linear: ";
  const std::vector<Row> rows{
      {{{"weight", w}}, head + "missing: bias"},
      {{}, head + "missing: weight, bias"},
      {{{"weight", w}, {"bias", b}, {"scale", b}, {"shift", b}}, head + "unexpected: scale, shift"},
      {{{"weight", ones({3, 2})}, {"bias", b}},
       head + "wrong shape: weight is [3, 2], expected [2, 3]"},
      {{{"weight", w}, {"bias", ones({1})}}, head + "wrong shape: bias is [1], expected [2]"},
      {{{"weight", ones({2})}, {"scale", b}},
       head + "missing: bias; unexpected: scale; wrong shape: weight is [2], expected [2, 3]"},
  };
  Linear layer{3, 2};
  const Linear before = layer;
  for (const Row& row : rows) {
    EXPECT_EQ(thrown<ValueError>([&] { layer.load_state_dict(row.state); }), row.text);
    EXPECT_TRUE(equal(layer.weight, before.weight) && equal(layer.bias, before.bias)) << row.text;
  }
}

TEST(StateDict, LooseLoadingTakesWhatFits) {
  Linear layer{3, 2};
  const Tensor bias = layer.bias.clone();
  const LoadResult result =
      layer.load_state_dict({{"weight", ones({2, 3})}, {"scale", ones({2})}}, {.strict = false});
  EXPECT_EQ(result.missing, Names{"bias"});
  EXPECT_EQ(result.unexpected, Names{"scale"});
  EXPECT_TRUE(equal(layer.weight, ones({2, 3})));
  EXPECT_TRUE(equal(layer.bias, bias));
  EXPECT_EQ(thrown<ValueError>([&] {
              layer.load_state_dict({{"weight", ones({2})}}, {.strict = false});
            }),
            "load_state_dict: the names or shapes do not fit Linear: wrong shape: weight is [2], "
            "expected [2, 3]");
}

TEST(Copying, GivesIndependentWeights) {
  Net a;
  a.extra.emplace(4, 4);
  const Net b = a;
  const auto pa = a.parameters(), pb = b.parameters();
  ASSERT_EQ(pa.size(), pb.size());
  for (std::size_t i = 0; i < pa.size(); ++i) {
    EXPECT_TRUE(equal(pa[i], pb[i]));
    EXPECT_TRUE(pb[i].requires_grad() && pb[i].is_leaf());
    Tensor(pa[i].detach()).fill_(9);
    EXPECT_FALSE(equal(pa[i], pb[i]));
  }
  a.mean.fill_(1);
  EXPECT_TRUE(equal(b.mean, zeros({4})));
}

TEST(Copying, KeepsModesAndFrozenParametersButNotGradients) {
  Linear a{2, 2};
  a.eval();
  a.bias.requires_grad_(false);
  sum(a(ones({1, 2}))).backward();
  const Linear b = a;
  EXPECT_FALSE(b.is_training());
  EXPECT_FALSE(b.bias.requires_grad());
  EXPECT_TRUE(b.weight.requires_grad());
  EXPECT_TRUE(a.weight.grad().defined());
  EXPECT_FALSE(b.weight.grad().defined());
}

TEST(Copying, AssigningWritesIntoTheTensorsAnOptimiserHolds) {
  NeuralNetwork a;
  const NeuralNetwork best;
  const std::vector<Tensor> held = a.parameters();
  a = best;
  const std::vector<Tensor> now = a.parameters(), wanted = best.parameters();
  for (std::size_t i = 0; i < held.size(); ++i) {
    EXPECT_TRUE(held[i].is_same(now[i])) << i;
    EXPECT_TRUE(equal(held[i], wanted[i])) << i;
  }
  EXPECT_EQ(thrown<ShapeError>([] {
              const Linear large{3, 2};
              Linear other{2, 2};
              other = large;
            }),
            "Parameter: shape [2, 3] cannot be assigned to [2, 2]; hint: make a new module");
}

TEST(Copying, ASequentialOfOtherModulesIsReplaced) {
  Sequential a{Linear{2, 2}, ReLU{}};
  const Sequential b{ReLU{}, Linear{2, 3}, Tanh{}};
  a = b;
  EXPECT_EQ(a.str(), b.str());
  EXPECT_TRUE(equal(a.parameters()[0], b.parameters()[0]));
  EXPECT_FALSE(a.parameters()[0].is_same(b.parameters()[0]));
}

TEST(Moving, KeepsTheTensors) {
  NeuralNetwork a;
  const std::vector<Tensor> held = a.parameters();
  NeuralNetwork b = std::move(a);
  for (std::size_t i = 0; i < held.size(); ++i) EXPECT_TRUE(held[i].is_same(b.parameters()[i]));
  std::vector<Block> blocks(1);
  const Tensor weight = blocks[0].fc.weight;
  blocks.resize(100);  // moves the first
  EXPECT_TRUE(weight.is_same(blocks[0].fc.weight));
}

TEST(Members, OptionalOnesAreThereWhenTheyAre) {
  Net net;
  const std::size_t without = net.parameters().size();
  net.extra.emplace(4, 4);
  EXPECT_EQ(net.parameters().size(), without + 2);
  EXPECT_TRUE(net.state_dict().contains("extra.weight"));
}

TEST(Members, SharedParametersAreListedOnce) {
  Tied tied;
  const auto named = tied.named_parameters();
  ASSERT_EQ(named.size(), 2u);
  EXPECT_EQ(named[0].first, "encode.weight");
  EXPECT_EQ(names(tied.state_dict()),  // as PyTorch: under both names
            (Names{"encode.weight", "encode.bias", "decode.weight", "decode.bias"}));
  EXPECT_NO_THROW(audit(tied));
}

TEST(Members, ModulesByName) {
  NeuralNetwork net;
  Names all, children;
  for (const auto& [name, module] : net.named_modules()) all.push_back(name);
  for (const auto& [name, module] : net.named_children()) children.push_back(name);
  EXPECT_EQ(all,
            (Names{"", "flatten", "linear_relu_stack", "linear_relu_stack.0", "linear_relu_stack.1",
                   "linear_relu_stack.2", "linear_relu_stack.3", "linear_relu_stack.4"}));
  EXPECT_EQ(children, (Names{"flatten", "linear_relu_stack"}));
  const auto buffers = Net{}.named_buffers();
  ASSERT_EQ(buffers.size(), 1u);
  EXPECT_EQ(buffers[0].first, "mean");
}

TEST(Doing, TrainAndEvalReachEverything) {
  Net net;
  EXPECT_TRUE(net.is_training());
  net.eval();
  for (const auto& [name, module] : net.named_modules())
    EXPECT_FALSE(module->is_training()) << name;
  net.blocks[1].train();
  EXPECT_FALSE(net.is_training() || net.blocks[0].is_training());
  EXPECT_TRUE(net.blocks[1].drop.is_training());
  net.train();
  for (const auto& [name, module] : net.named_modules()) EXPECT_TRUE(module->is_training()) << name;
}

TEST(Doing, ApplyVisitsChildrenBeforeParents) {
  NeuralNetwork net;
  Names order;
  net.apply([&](Module& m) { order.push_back(m.name()); });
  EXPECT_EQ(order, (Names{"Flatten", "Linear", "ReLU", "Linear", "ReLU", "Linear", "Sequential",
                          "NeuralNetwork"}));
  net.apply([](Module& m) {
    if (auto* linear = dynamic_cast<Linear*>(&m)) init::zeros_(linear->weight);
  });
  EXPECT_TRUE(equal(net.parameters()[0], zeros({16, 784})));
}

TEST(Doing, FreezingKeepsGradientsAway) {
  Sequential net{Linear{2, 3}, Tanh{}, Linear{3, 1}};
  net[0].requires_grad_(false);
  sum(net(ones({1, 2}))).backward();
  const auto p = net.named_parameters();
  EXPECT_FALSE(p[0].second.grad().defined() || p[1].second.grad().defined());
  EXPECT_TRUE(p[2].second.grad().defined() && p[3].second.grad().defined());
  net.requires_grad_();
  sum(net(ones({1, 2}))).backward();
  EXPECT_TRUE(p[0].second.grad().defined());
  net.zero_grad();
  for (const auto& [name, parameter] : p) EXPECT_FALSE(parameter.grad().defined()) << name;
}

TEST(Doing, ToConvertsWhatHandlesHold) {
  Net net;
  net.blocks[0].fc.bias.requires_grad_(false);
  sum(net(ones({1, 4}))).backward();
  const std::vector<Tensor> held = net.parameters();
  const Tensor f32_weight = net.heads[0].weight.clone().detach();
  net.to(f64);
  EXPECT_TRUE(held[0].is_same(net.parameters()[0]));
  for (const auto& [name, p] : net.named_parameters()) {
    EXPECT_EQ(p.dtype(), f64) << name;
    EXPECT_EQ(p.requires_grad(), name != "blocks.0.fc.bias") << name;
    EXPECT_TRUE(!p.grad().defined() || p.grad().dtype() == f64) << name;
  }
  EXPECT_EQ(net.mean.dtype(), f64);
  EXPECT_TRUE(equal(net.heads[0].weight, f32_weight.to(f64)));
  EXPECT_TRUE(net.heads[0].weight.grad().defined());
  net.zero_grad();
  const Tensor y = sum(net(ones({1, 4}, {.dtype = f64})));
  EXPECT_EQ(y.dtype(), f64);
  y.backward();
  EXPECT_EQ(net.heads[0].weight.grad().dtype(), f64);
}

TEST(Hooks, SeeAndReplaceInputAndResult) {
  ReLU layer;
  std::vector<std::string> log;
  ModuleHook before = layer.register_forward_pre_hook([&](Module& m, const Tensor& x) {
    log.push_back(m.name() + " before");
    return std::optional<Tensor>(x + 1);
  });
  ModuleHook after = layer.register_forward_hook([&](Module&, const Tensor& x, const Tensor& y) {
    log.push_back("after");
    EXPECT_EQ(x.item(), -1);
    return std::optional<Tensor>(y + 10);
  });
  EXPECT_EQ(layer(tensor({-2.0})).item(), 10);
  EXPECT_EQ(log, (Names{"ReLU before", "after"}));
  EXPECT_TRUE(layer.has_hooks());
  const ReLU copy = layer;
  EXPECT_FALSE(copy.has_hooks());
  before.remove();
  after.remove();
  after.remove();  // harmless
  EXPECT_FALSE(layer.has_hooks());
  EXPECT_EQ(layer(tensor({-2.0})).item(), 0);
  EXPECT_EQ(log.size(), 2u);
}

TEST(Hooks, AreCalledInsideASequential) {
  Sequential net{Linear{2, 3}, ReLU{}};
  std::vector<Shape> seen;
  const auto look = [&](Module&, const Tensor&, const Tensor& y) -> std::optional<Tensor> {
    seen.push_back(y.shape());
    return {};
  };
  net[0].register_forward_hook(look);
  net[1].register_forward_hook(look);
  net(ones({5, 2}));
  EXPECT_EQ(seen, (std::vector<Shape>{{5, 3}, {5, 3}}));
}

TEST(Hooks, MayOutliveTheirModule) {
  ModuleHook hook;
  {
    ReLU layer;
    hook = layer.register_forward_pre_hook(
        [](Module&, const Tensor&) -> std::optional<Tensor> { return {}; });
  }
  EXPECT_NO_THROW(hook.remove());
}

TEST(Audit, FindsWhatVisitLeavesOut) {
  struct Forgetful : Module {
    Linear fc{2, 2}, forgotten{2, 2};
    void visit(Visitor& v) override { v("fc", fc); }
  };
  struct Loose : Module {
    Parameter scale{ones({1})};
    void visit(Visitor&) override {}
  };
  struct NoBuffer : Module {
    Buffer mean{ones({1})};
    void visit(Visitor&) override {}
  };
  struct NoDropout : Module {
    Linear fc{2, 2};
    Dropout drop;  // eval() would not reach it
    void visit(Visitor& v) override { v("fc", fc); }
  };
  const std::string hint = "; hint: add the missing member to visit()";
  EXPECT_EQ(thrown<ValueError>([] { audit(Forgetful{}); }),
            "Forgetful: holds 4 parameters but visit() names 2" + hint);
  EXPECT_EQ(thrown<ValueError>([] {
              audit(Sequential{Loose{}, ReLU{}});
            }),
            "Sequential: holds 1 parameters but visit() names 0" + hint);
  EXPECT_EQ(thrown<ValueError>([] { audit(NoBuffer{}); }),
            "NoBuffer: holds 1 buffers but visit() names 0" + hint);
  EXPECT_EQ(thrown<ValueError>([] { audit(NoDropout{}); }),
            "NoDropout: holds 3 modules (itself included) but visit() names 2" + hint);
  EXPECT_NO_THROW(audit(NeuralNetwork{}));
  EXPECT_NO_THROW(audit(Net{}));
}

TEST(Printing, IsPyTorchs) {
  EXPECT_EQ(NeuralNetwork{}.str(), R"(NeuralNetwork(
  (flatten): Flatten(start_dim=1, end_dim=-1)
  (linear_relu_stack): Sequential(
    (0): Linear(in_features=784, out_features=16, bias=True)
    (1): ReLU()
    (2): Linear(in_features=16, out_features=12, bias=True)
    (3): ReLU()
    (4): Linear(in_features=12, out_features=10, bias=True)
  )
))");
  EXPECT_EQ(Net{}.str(), R"(Net(
  (flatten): Flatten(start_dim=1, end_dim=-1)
  (blocks): ModuleList(
    (0-2): 3 x Block(
      (fc): Linear(in_features=4, out_features=4, bias=True)
      (drop): Dropout(p=0.1, inplace=False)
    )
  )
  (heads): ModuleList(
    (0): Linear(in_features=4, out_features=2, bias=True)
    (1): Linear(in_features=4, out_features=3, bias=True)
  )
  (two): Sequential(
    (0): Sequential(
      (0): Linear(in_features=4, out_features=4, bias=True)
      (1): ReLU()
    )
    (1): ReLU()
  )
  (none): Sequential()
))");
}

TEST(Errors, TellWhereInTheModelTheyComeFrom) {
  NeuralNetwork net;
  const std::string linear =
      "linear: input has 9 features (shape [2, 9]) but weight [16, 784] takes 784";
  EXPECT_EQ(thrown<ShapeError>([&] {
              net(zeros({2, 3, 3}));
            }),
            "NeuralNetwork / linear_relu_stack.0 (Linear): " + linear);
  EXPECT_EQ(thrown<ShapeError>([&] {
              net.linear_relu_stack(zeros({2, 9}));
            }),
            "Sequential / 0 (Linear): " + linear);
  EXPECT_EQ(thrown<ShapeError>([&] { net.linear_relu_stack[0](zeros({2, 9})); }), linear);
  EXPECT_EQ(thrown<DtypeError>([&] {
              net(zeros({2, 784}, {.dtype = f64}));
            }).substr(0, 55),
            "NeuralNetwork / linear_relu_stack.0 (Linear): linear: e");
  EXPECT_EQ(thrown<IndexError>([] {
              Sequential{Linear{2, 2}, Softmax{5}}(zeros({1, 2}));
            }).substr(0, 35),
            "Sequential / 1 (Softmax): softmax: ");
  Net list;
  list.blocks[1].fc = Linear(5, 4);
  EXPECT_EQ(thrown<ShapeError>([&] {
              list(zeros({1, 4}));
            }),
            "Net / blocks.1.fc (Linear): linear: input has 4 features (shape [1, 4]) but weight "
            "[4, 5] takes 5");
  // The module's own mistake has no path, and forward() called directly is found all the same.
  EXPECT_EQ(thrown<ShapeError>([&] { list(zeros({1, 3})); }).substr(0, 4), "sub:");
  struct Direct : Module {
    Sequential body{Sequential{Linear{2, 2}, ReLU{}}, Tanh{}};
    Tensor forward(const Tensor& x) override { return body.forward(x); }
    void visit(Visitor& v) override { v("body", body); }
  };
  EXPECT_EQ(thrown<ShapeError>([] {
              Direct{}(zeros({1, 3}));
            }).substr(0, 34),
            "Direct / body.0.0 (Linear): linear");
}

}  // namespace
}  // namespace percept::nn
