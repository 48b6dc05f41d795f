// Losses as modules: values of PyTorch 2.13 in f64, gradients, printing, and their buffers.
#include <gtest/gtest.h>

#include <memory>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::nn {
namespace {

Tensor doubles(const NestedList& numbers) { return tensor(numbers, {.dtype = f64}); }

// Inputs of the rows: real numbers, probabilities, log-probabilities; and their targets.
Tensor x() { return doubles({{0.2, -1.0, 0.5}, {1.5, 0.3, -0.7}}); }
Tensor t() { return doubles({{0.1, 0.4, -0.5}, {1.0, 2.5, 0.0}}); }
Tensor p() { return doubles({{0.2, 0.9, 0.5}, {0.6, 0.3, 0.7}}); }
Tensor b() { return doubles({{0, 1, 1}, {1, 0, 0.25}}); }
Tensor w() { return doubles({0.5, 1.0, 2.0}); }
Tensor pos() { return doubles({2.0, 1.0, 0.5}); }
Tensor log_p() { return log_softmax(x(), 1); }
Tensor q() { return softmax(t(), 1); }
Tensor c() { return tensor({2, 0}); }

struct LossRow {
  std::string name;
  std::shared_ptr<Loss> loss;
  void (*audit)(const Loss&);
  Tensor (*input)();
  Tensor (*target)();
  std::vector<double> expected;
};

template <class L>
LossRow loss_row(const L& loss, Tensor (*input)(), Tensor (*target)(),
                 std::vector<double> expected) {
  return {loss.name(),
          std::make_shared<L>(loss),
          [](const Loss& l) { audit(static_cast<const L&>(l)); },
          input,
          target,
          std::move(expected)};
}

std::vector<LossRow> loss_rows() {
  constexpr auto sum = Reduction::sum, none = Reduction::none;
  return {
      loss_row(MSELoss{}, x, t, {1.425}),
      loss_row(MSELoss{{.reduction = sum}}, x, t, {8.55}),
      loss_row(MSELoss{{.reduction = none}}, x, t, {0.01, 1.96, 1.0, 0.25, 4.84, 0.49}),
      loss_row(L1Loss{}, x, t, {0.9833333333333334}),
      loss_row(L1Loss{{.reduction = sum}}, x, t, {5.9}),
      loss_row(HuberLoss{}, x, t, {0.5791666666666666}),
      loss_row(HuberLoss{{.reduction = sum, .delta = 0.5}}, x, t, {2.28}),
      loss_row(BCELoss{}, p, b, {0.48021669241097326}),
      loss_row(BCELoss{{.weight = w()}}, p, b, {0.6999351811191366}),
      loss_row(BCEWithLogitsLoss{}, x, b, {0.7032386854027765}),
      loss_row(BCEWithLogitsLoss{{.weight = w(), .reduction = sum, .pos_weight = pos()}}, x, b,
               {4.122752214389956}),
      loss_row(NLLLoss{}, log_p, c, {0.509981101785676}),
      loss_row(NLLLoss{{.weight = w()}}, log_p, c, {0.608966596862573}),
      loss_row(NLLLoss{{.weight = w(), .ignore_index = 0, .reduction = none}}, log_p, c,
               {1.3499138538276754, 0.0}),
      loss_row(CrossEntropyLoss{}, x, c, {0.509981101785676}),
      loss_row(CrossEntropyLoss{{.weight = w(), .ignore_index = 0, .label_smoothing = 0.1}}, x, c,
               {0.6743337216257611}),
      loss_row(CrossEntropyLoss{{.weight = w(), .label_smoothing = 0.1}}, x, c,
               {0.6923348400096456}),
      loss_row(CrossEntropyLoss{{.weight = w(), .reduction = sum}}, x, q, {2.9699112499170313}),
      loss_row(KLDivLoss{}, log_p, q, {0.19359311999430964}),
      loss_row(KLDivLoss{{.reduction = KlReduction::batchmean}}, log_p, q, {0.580779359982929}),
      loss_row(KLDivLoss{{.reduction = KlReduction::sum, .log_target = true}}, log_p,
               [] { return log(q()); }, {1.1615587199658577}),
  };
}

TEST(Losses, GiveWhatPyTorchGives) {
  for (const LossRow& r : loss_rows()) {
    const std::vector<double> y = (*r.loss)(r.input(), r.target()).to_vector<double>();
    ASSERT_EQ(y.size(), r.expected.size()) << r.name;
    for (std::size_t i = 0; i < y.size(); ++i)
      EXPECT_NEAR(y[i], r.expected[i], 1e-14) << r.name << " element " << i;
  }
}

TEST(Losses, GradientsAgreeWithDifferences) {
  for (const LossRow& r : loss_rows()) {
    // Moved a little, away from where HuberLoss changes its form.
    Tensor moved = r.input() + 0.03125;
    std::vector<Tensor> inputs{moved.requires_grad_(), r.target()};
    if (r.name == "MSELoss" || r.name == "KLDivLoss") inputs[1].requires_grad_();
    const auto f = [&](const std::vector<Tensor>& in) { return (*r.loss)(in[0], in[1]); };
    const GradcheckResult first = gradcheck(f, inputs), second = gradgradcheck(f, inputs);
    EXPECT_TRUE(first) << r.name << ": " << first.message;
    EXPECT_TRUE(second) << r.name << ", second derivative: " << second.message;
  }
}

TEST(Losses, PrintAsPyTorchDoesAndVisitLeavesNothingOut) {
  for (const LossRow& r : loss_rows()) {
    EXPECT_EQ(r.loss->str(), r.name + "()");
    EXPECT_NO_THROW(r.audit(*r.loss)) << r.name;
  }
}

TEST(Losses, CentersMoveTowardsTheirSamples) {
  CenterLoss loss(3, 3, {.reduction = Reduction::sum});
  EXPECT_NO_THROW(audit(loss));
  loss.to(f64);
  loss.centers = doubles({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  // Samples 0 and 1 are of class 2, sample 2 is of class 0. |x - c|² = 1 + 4 + 1, 0, 9.
  Tensor input = doubles({{1, 2, 2}, {0, 0, 1}, {1, 3, 0}}).requires_grad_();
  const Tensor target = tensor({2, 2, 0});
  const Tensor value = loss(input, target);
  EXPECT_EQ(value.item(), 7.5);
  value.backward();
  EXPECT_TRUE(equal(input.grad(), doubles({{1, 2, 1}, {0, 0, 0}, {0, 3, 0}})));
  // c += ½ Σ (x - c) / (1 + n): (0, 3, 0) / 4, nothing, (1, 2, 1) / 6.
  EXPECT_TRUE(allclose(loss.centers, doubles({{1, 0.75, 0}, {0, 1, 0}, {1. / 6, 1. / 3, 7. / 6}})));

  loss.eval();
  const Tensor before = loss.centers.clone();
  const auto f = [&](const std::vector<Tensor>& in) { return loss(in[0], target); };
  const GradcheckResult first = gradcheck(f, {input}), second = gradgradcheck(f, {input});
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
  EXPECT_TRUE(equal(loss.centers, before)) << "they move in training only";
  CenterLoss half(3, 3, {.weight = 0.5, .reduction = Reduction::none});
  half.to(f64);
  half.centers = doubles({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  EXPECT_TRUE(equal(half(input, target), doubles({1.5, 0, 2.25})));

  EXPECT_EQ(thrown<ShapeError>([&] {
              loss(input, tensor({2, 0}));
            }),
            "CenterLoss: input has shape [3, 3] and target [2], expected (N, 3) and (N)");
  EXPECT_EQ(thrown<ValueError>([] { CenterLoss(2, 2, {.rate = 2}); }),
            "CenterLoss: found a rate of 2, allowed 0 to 1");
  EXPECT_THROW(loss(input, tensor({0, 1, 3})), IndexError);
}

TEST(Losses, WeightsAreBuffers) {
  BCEWithLogitsLoss loss{{.weight = w(), .pos_weight = pos()}};
  EXPECT_EQ(loss.parameters().size(), 0u);
  const NamedTensors state = loss.state_dict();
  ASSERT_EQ(state.size(), 2u);
  EXPECT_TRUE(equal(state.at("weight"), w()));
  EXPECT_TRUE(equal(state.at("pos_weight"), pos()));
  EXPECT_TRUE(CrossEntropyLoss{}.state_dict().empty());

  CrossEntropyLoss weighted{{.weight = w()}};
  weighted.to(f32);
  EXPECT_EQ(weighted.weight.dtype(), f32);
  EXPECT_NEAR(weighted(x().to(f32), c()).item(), 0.608966596862573, 1e-6);
  const CrossEntropyLoss copy = weighted;
  weighted.weight.zero_();
  EXPECT_TRUE(equal(copy.weight, w().to(f32)));
}

TEST(Losses, RefuseOneArgumentAndBadTargets) {
  EXPECT_EQ(thrown<ValueError>([] {
              MSELoss loss;
              static_cast<Module&>(loss)(x());
            }),
            "MSELoss: has no forward(const Tensor&); hint: call its own forward with the arguments "
            "it takes");
  EXPECT_EQ(thrown<ShapeError>([] { MSELoss{}(x(), c()); }),
            "mse_loss: input has shape [2, 3] but target [2]; they must be equal");
  EXPECT_EQ(thrown<IndexError>([] {
              CrossEntropyLoss{}(x(), tensor({0, 3}));
            }),
            "cross_entropy: class 3 of sample 1 is outside [0, 3)");
  EXPECT_EQ(thrown<ValueError>([] { HuberLoss{{.delta = 0}}(x(), t()); }),
            "huber_loss: delta must be above 0, found 0");
}

}  // namespace
}  // namespace percept::nn
