// A compiled step against the same step written out: the same bits, step after step, and a reason
// whenever it is not a replay.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <optional>

#include "engine/engine.h"
#include "percept/percept.h"
#include "support/throws.h"

namespace percept::train {
namespace {

std::string bytes_of(const Tensor& x) {
  if (!x.defined()) return "undefined";
  const Tensor dense = x.detach().contiguous();
  return {static_cast<const char*>(dense.impl().data),
          static_cast<std::size_t>(dense.numel()) * size_of(dense.dtype())};
}

std::string bytes_of(const nn::Module& model) {
  std::string bytes;
  for (const auto& [name, tensor] : model.state_dict()) bytes += bytes_of(tensor);
  return bytes;
}

Tensor classes_loss(const Tensor& y, const Tensor& t) { return cross_entropy(y, t); }
Tensor squares(const Tensor& y, const Tensor& t) { return mse_loss(y, t); }

/// One layer used twice, one parameter beside modules, and a buffer that every step changes.
struct Odd : nn::Module {
  nn::Linear shared{6, 6}, last{6, 3};
  nn::Parameter scale{ones({6})};
  nn::Buffer steps{zeros({1})};
  Tensor forward(const Tensor& x) override {
    {
      const NoGradGuard no_grad;
      steps.add_(1);
    }
    const Tensor h = tanh(shared(relu(shared(x)))) * scale;
    return last(h + steps.reshape({}) * 0.01);
  }
  void visit(nn::Visitor& v) override {
    v("shared", shared), v("last", last), v("scale", scale), v("steps", steps);
  }
};

nn::Sequential mlp(std::int64_t in, std::int64_t hidden, std::int64_t out, Dtype dtype = f32) {
  return {nn::Linear{in, hidden, {.dtype = dtype}}, nn::ReLU{},
          nn::Linear{hidden, hidden, {.dtype = dtype}}, nn::ReLU{},
          nn::Linear{hidden, out, {.dtype = dtype}}};
}

using Optimizer = std::unique_ptr<optim::Optimizer>;
using Params = std::vector<Tensor>;
template <class T, class Options>
std::function<Optimizer(Params)> with(const Options& options) {
  return [options](Params params) { return std::make_unique<T>(std::move(params), options); };
}

/// What is trained, on which batches, and how.
struct Case {
  std::string name;
  std::function<std::unique_ptr<nn::Module>()> model;
  std::function<std::pair<Tensor, Tensor>(std::int64_t n)> batch;
  LossFunction loss;
  std::function<Optimizer(Params)> optimizer;
  bool fusion = true, reference = false;
  Dtype products = f32;
};

std::function<std::pair<Tensor, Tensor>(std::int64_t)> labelled(std::int64_t in, std::int64_t n_out,
                                                                Dtype dtype = f32) {
  return [=](std::int64_t n) {
    return std::pair{randn({n, in}, {.dtype = dtype}), randint(0, n_out, {n})};
  };
}
std::function<std::pair<Tensor, Tensor>(std::int64_t)> valued(std::int64_t in, std::int64_t out) {
  return [=](std::int64_t n) { return std::pair{randn({n, in}), rand({n, out})}; };
}
template <class M>
std::function<std::unique_ptr<nn::Module>()> made(const std::function<M()>& make) {
  return [make] { return std::make_unique<M>(make()); };
}
std::function<std::unique_ptr<nn::Module>()> net(std::int64_t in, std::int64_t hidden,
                                                 std::int64_t out, Dtype dtype = f32) {
  return made<nn::Sequential>([=] { return mlp(in, hidden, out, dtype); });
}

const std::vector<Case>& cases() {
  static const auto sgd = with<optim::SGD>(optim::SGDOptions{.lr = 0.05});
  static const auto heavy =
      with<optim::SGD>(optim::SGDOptions{.lr = 0.02, .momentum = 0.9, .nesterov = true});
  static const auto adam = with<optim::Adam>(optim::AdamOptions{.lr = 0.01, .amsgrad = true});
  static const auto adamw = with<optim::AdamW>(optim::AdamWOptions{.lr = 0.01});
  static const auto rmsprop = with<optim::RMSprop>(optim::RMSpropOptions{.lr = 0.01});
  static const auto adagrad = with<optim::Adagrad>(optim::AdagradOptions{.lr = 0.05});
  static const Tensor weight = tensor({0.5, 2.0, 1.0});
  static const std::vector<Case> all = {
      {"tiny", net(2, 8, 2), labelled(2, 2), classes_loss, sgd},
      {"large", net(100, 64, 10), labelled(100, 10), classes_loss, sgd},
      {"momentum", net(5, 16, 3), labelled(5, 3), classes_loss, heavy},
      {"adam", net(5, 16, 3), labelled(5, 3), classes_loss, adam},
      {"adamw", net(5, 16, 3), labelled(5, 3), classes_loss, adamw},
      {"rmsprop", net(5, 16, 3), labelled(5, 3), classes_loss, rmsprop},
      {"adagrad", net(5, 16, 3), labelled(5, 3), classes_loss, adagrad},
      {"double", net(5, 16, 3, f64), labelled(5, 3, f64), classes_loss, sgd},
      {"apart", net(5, 16, 3), labelled(5, 3), classes_loss, sgd, false},
      {"bf16", net(100, 64, 10), labelled(100, 10), classes_loss, sgd, true, false, bf16},
      {"reference", net(5, 16, 3), labelled(5, 3), classes_loss, sgd, true, true},
      {"weighted", net(5, 16, 3), labelled(5, 3),
       [](const Tensor& y, const Tensor& t) { return cross_entropy(y, t, {.weight = weight}); },
       sgd},
      {"smoothed", net(5, 16, 3), labelled(5, 3),
       [](const Tensor& y, const Tensor& t) {
         return cross_entropy(y, t, CrossEntropyOptions{.weight = {}, .label_smoothing = 0.1});
       },
       sgd},
      {"squares", net(5, 16, 2), valued(5, 2), squares, heavy},
      {"huber", net(5, 16, 2), valued(5, 2),
       [](const Tensor& y, const Tensor& t) { return huber_loss(y, t); }, adam},
      {"binary", net(5, 16, 2), valued(5, 2),
       [](const Tensor& y, const Tensor& t) { return binary_cross_entropy_with_logits(y, t); },
       sgd},
      {"probabilities", net(5, 16, 2), valued(5, 2),
       [](const Tensor& y, const Tensor& t) { return binary_cross_entropy(sigmoid(y), t); }, sgd},
      {"dropout", made<nn::Sequential>([] {
         return nn::Sequential{nn::Linear{5, 16}, nn::Tanh{}, nn::Dropout{0.3}, nn::Linear{16, 3}};
       }),
       labelled(5, 3), classes_loss, sgd},
      {"odd", made<Odd>([] { return Odd(); }), labelled(6, 3), classes_loss, heavy},
  };
  return all;
}

class Compiled : public ::testing::TestWithParam<Case> {};

/// What a run left behind, step by step.
std::vector<std::string> trained(const Case& c, bool compiled, std::int64_t* replays = nullptr) {
  manual_seed(5);
  const auto model = c.model();
  const Optimizer optimizer = c.optimizer(model->parameters());
  optim::StepLR scheduler{*optimizer, 7};
  CompiledStep step = compile(*model, c.loss, *optimizer);
  std::vector<std::string> seen;
  for (int i = 0; i < 40; ++i) {
    const auto [x, t] = c.batch(i % 5 == 4 ? 3 : 8);  // the last batch of an epoch is short
    Tensor loss, output;
    if (compiled) {
      loss = step(x, t);
      output = step.output();
    } else {
      optimizer->zero_grad();
      output = (*model)(x);
      loss = c.loss(output, t);
      loss.backward();
      optimizer->step();
    }
    seen.push_back(bytes_of(loss) + bytes_of(output));
    for (const Tensor& p : model->parameters()) seen.back() += bytes_of(p.grad());
    seen.back() += bytes_of(*model);
    scheduler.step();
  }
  if (replays) *replays = step.replays();
  return seen;
}

TEST_P(Compiled, GivesTheBitsOfTheStepWrittenOut) {
  const engine::FusionGuard fusion(GetParam().fusion);
  std::optional<engine::ReferenceGuard> reference;
  if (GetParam().reference) reference.emplace();
  const AutocastGuard products(GetParam().products);
  std::int64_t replays = 0;
  const auto compiled = trained(GetParam(), true, &replays), eager = trained(GetParam(), false);
  for (std::size_t i = 0; i < eager.size(); ++i) ASSERT_EQ(compiled[i] == eager[i], true) << i;
  EXPECT_EQ(replays, 38);  // all but the first of each of two sizes
}

INSTANTIATE_TEST_SUITE_P(Train, Compiled, ::testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

// -- reasons
/// A network, and the same network trained by the step written out, which it has to equal.
struct Pair {
  struct Side {
    nn::Sequential net = mlp(4, 8, 3);
    std::optional<optim::SGD> optimizer;
  } a, b;
  LossFunction loss = classes_loss;
  std::optional<CompiledStep> step;

  explicit Pair(const LossFunction& with = classes_loss) : loss(with) {
    b.net = a.net;
    a.optimizer.emplace(a.net.parameters(), optim::SGDOptions{.lr = 0.1, .momentum = 0.5});
    b.optimizer.emplace(b.net.parameters(), optim::SGDOptions{.lr = 0.1, .momentum = 0.5});
    step.emplace(compile(a.net, loss, *a.optimizer));
  }

  /// One step of both; the reason.
  std::string reason(std::int64_t n = 6) {
    const Tensor x = randn({n, 4}, {.dtype = a.net.parameters()[0].dtype()});
    const Tensor t = randint(0, 3, {n});
    const Tensor loss = (*step)(x, t);
    b.optimizer->zero_grad();
    const Tensor expected = loss_of_b(x, t);
    expected.backward();
    b.optimizer->step();
    EXPECT_EQ(bytes_of(loss), bytes_of(expected));
    EXPECT_EQ(bytes_of(a.net), bytes_of(b.net));
    return step->reason();
  }
  Tensor loss_of_b(const Tensor& x, const Tensor& t) { return loss(b.net(x), t); }

  template <class F>
  void both(const F& f) {
    f(a.net), f(b.net);
  }
};

constexpr const char* kFirst = "the first step with a batch of this shape and type";

TEST(CompiledReason, OfTheFirstStepAndOfNewShapes) {
  Pair pair;
  EXPECT_EQ(pair.reason(), kFirst);
  EXPECT_EQ(pair.reason(), "");
  EXPECT_EQ(pair.reason(2), kFirst);
  EXPECT_EQ(pair.reason(6), "");
  EXPECT_EQ(pair.reason(2), "");
  for (std::int64_t n = 10; n < 20; ++n) EXPECT_EQ(pair.reason(n), kFirst);
  EXPECT_EQ(pair.reason(19), "");
  EXPECT_EQ(pair.reason(6), kFirst);  // made room for others
  EXPECT_EQ(pair.step->replays(), 4);
}

struct Change {
  std::string name, reason;
  std::function<void(nn::Sequential&)> make;
  std::string later = {};  // the reason of the steps that follow
};

class CompiledChange : public ::testing::TestWithParam<Change> {};

TEST_P(CompiledChange, IsNoticed) {
  Pair pair;
  pair.reason(), pair.reason();
  pair.both(GetParam().make);
  EXPECT_EQ(pair.reason(), GetParam().reason);
  pair.reason();
  EXPECT_EQ(pair.reason(), GetParam().later);
}

INSTANTIATE_TEST_SUITE_P(
    Train, CompiledChange,
    ::testing::Values(Change{"Mode", "a module was switched between training and evaluation",
                             [](nn::Sequential& net) { net.eval(); }},
                      Change{"ModeAndBack", "",
                             [](nn::Sequential& net) {
                               net.eval();
                               net.train();
                             }},
                      Change{"Hook", "a module has hooks",
                             [](nn::Sequential& net) {
                               net[0].register_forward_hook([](nn::Module&, const Tensor&,
                                                               const Tensor& y) { return y * 2; });
                             },
                             "a module has hooks"},
                      Change{"GradientHook", "a gradient has hooks, or is retained",
                             [](nn::Sequential& net) {
                               net.parameters()[0].register_hook(
                                   [](const Tensor& g) { return g * 2; });
                             },
                             "a gradient has hooks, or is retained"},
                      Change{
                          "Frozen", "a parameter was frozen or unfrozen",
                          [](nn::Sequential& net) { net.parameters()[0].requires_grad_(false); }},
                      Change{"Converted", "the first step with a batch of this shape and type",
                             [](nn::Sequential& net) { net.to(f64); }},
                      Change{"AnotherChild", "the model has other members",
                             [](nn::Sequential& net) { net.push_back(nn::Tanh{}); }},
                      Change{"Loaded", "",
                             [](nn::Sequential& net) {
                               NamedTensors state;
                               for (const auto& [name, x] : net.state_dict())
                                 state.add(name, x * 0.5);
                               net.load_state_dict(state);
                             }}),
    [](const auto& info) { return info.param.name; });

TEST(CompiledReason, OfGuards) {
  Pair pair;
  pair.reason();
  {
    const AnomalyGuard anomaly;
    EXPECT_EQ(pair.reason(), "anomaly mode looks at every result");
  }
  EXPECT_EQ(pair.reason(), "");
  {
    const engine::FusionGuard other(!engine::fusion());
    EXPECT_EQ(pair.reason(), "a guard changed what operations do");
    EXPECT_EQ(pair.reason(), "");
  }
  {
    const AutocastGuard bf16_products;
    EXPECT_EQ(pair.reason(), "a guard changed what operations do");
    EXPECT_EQ(pair.reason(), "");
  }
  {
    const NoGradGuard no_grad;
    EXPECT_THROW((*pair.step)(randn({6, 4}), randint(0, 3, {6})), AutogradError);
  }
  const Tensor x = randn({6, 4}, {.requires_grad = true});
  (*pair.step)(x, randint(0, 3, {6}));
  EXPECT_EQ(pair.step->reason(), "an input needs a gradient");
  EXPECT_TRUE(x.grad().defined());
}

TEST(CompiledReason, ALossThatLooksAtElements) {
  Pair pair([](const Tensor& y, const Tensor& t) {
    const Tensor loss = cross_entropy(y, t);
    return loss.span<float>()[0] > 1 ? loss * 2 : loss;
  });
  const char* reason = "the step reads or writes elements itself (span, data, at, to_vector)";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pair.reason(), reason);
}

TEST(CompiledReason, ANumberThatIsLookedAtIsComparedEveryTime) {
  Pair steady([](const Tensor& y, const Tensor& t) {
    const Tensor loss = cross_entropy(y, t);
    return any(isnan(y)).item<bool>() ? loss * 0 : loss;
  });
  EXPECT_EQ(steady.reason(), kFirst);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(steady.reason(), "");

  Pair unsteady([](const Tensor& y, const Tensor& t) {
    const Tensor loss = cross_entropy(y, t);
    return loss * (loss.item() > 1 ? 2 : 1);
  });
  EXPECT_EQ(unsteady.reason(), kFirst);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(unsteady.reason(), "a number that the step looks at is not what it was");
}

TEST(CompiledReason, ATensorKeptFromStepToStep) {
  const auto carries = [] {
    return [h = std::make_shared<Tensor>()](const Tensor& y, const Tensor& t) {
      const Tensor loss = cross_entropy(y, t);
      *h = h->defined() ? (*h * 0.9 + loss.detach()) : loss.detach();
      return loss * (*h).detach();
    };
  };
  Pair pair;
  const LossFunction mine = carries(), yours = carries();
  pair.step.emplace(compile(pair.a.net, mine, *pair.a.optimizer));
  pair.loss = yours;
  for (int i = 0; i < 6; ++i) {
    const std::string reason = pair.reason();
    EXPECT_EQ(reason, "the model or the loss keeps a tensor that was made in the step") << i;
  }
}

TEST(CompiledReason, AConstantThatIsReplaced) {
  auto weight = std::make_shared<Tensor>(tensor({1.0, 2.0, 3.0}));
  Pair pair([weight](const Tensor& y, const Tensor& t) {
    return cross_entropy(y, t, {.weight = *weight});
  });
  pair.reason();
  EXPECT_EQ(pair.reason(), "");
  weight->mul_(2);  // in place: read again
  EXPECT_EQ(pair.reason(), "");
  *weight = tensor({3.0, 1.0, 1.0});
  EXPECT_EQ(pair.reason(), "a tensor that the step reads was replaced");
  EXPECT_EQ(pair.reason(), "");
}

TEST(CompiledReason, AGeneratorOfItsOwn) {
  Generator mine{3}, yours{3};
  Pair pair;
  const auto noisy = [](Generator& g) {
    return [&g](const Tensor& y, const Tensor& t) {
      return cross_entropy(y + rand(y.shape(), {}, &g), t);
    };
  };
  pair.step.emplace(compile(pair.a.net, noisy(mine), *pair.a.optimizer));
  pair.loss = noisy(yours);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(pair.reason(), "the step draws from a generator of its own");
}

TEST(Compile, WhatIsWrongWithABatchIsSaidAsEver) {
  Pair pair;
  pair.reason(), pair.reason();
  const std::string before = bytes_of(pair.a.net);
  const Tensor x = randn({6, 4});
  EXPECT_EQ(thrown<IndexError>([&] {
              (*pair.step)(x, tensor({0, 1, 7, 0, 1, 2}));
            }),
            "cross_entropy: class 7 of sample 2 is outside [0, 3)");
  EXPECT_EQ(bytes_of(pair.a.net), before);
  EXPECT_EQ(pair.reason(), "");
}

TEST(Compile, TheGradientsMayBeClippedBeforeTheOptimiserSteps) {
  Pair pair;
  for (int i = 0; i < 4; ++i) {
    const Tensor x = randn({6, 4}), t = randint(0, 3, {6});
    const Tensor loss = pair.step->gradients(x, t);
    pair.b.optimizer->zero_grad();
    pair.loss_of_b(x, t).backward();
    for (auto* side : {&pair.a, &pair.b}) {
      optim::clip_grad_norm_(side->net.parameters(), 0.1);
      side->optimizer->step();
    }
    EXPECT_EQ(bytes_of(pair.a.net), bytes_of(pair.b.net)) << i;
  }
  EXPECT_EQ(pair.step->replays(), 3);
}

TEST(Compile, TheLossOfAStepIsNotOverwrittenByTheNext) {
  Pair pair;
  const Tensor x = randn({6, 4}), t = randint(0, 3, {6});
  const Tensor first = (*pair.step)(x, t), second = (*pair.step)(x, t);
  const std::string before = bytes_of(first) + bytes_of(second);
  (*pair.step)(x, t);
  EXPECT_EQ(bytes_of(first) + bytes_of(second), before);
  EXPECT_NE(bytes_of(first), bytes_of(second));
}

TEST(Compile, TheStepMayOutliveItsTensorsAndBeMoved) {
  Tensor loss, output;
  {
    Pair pair;
    CompiledStep moved = std::move(*pair.step);
    const Tensor t = randint(0, 3, {6});
    moved(randn({6, 4}), t), loss = moved(randn({6, 4}), t);
    output = moved.output();
  }
  EXPECT_TRUE(std::isfinite(loss.item()));
  EXPECT_TRUE(all(isfinite(output)).item<bool>());
}

}  // namespace
}  // namespace percept::train
