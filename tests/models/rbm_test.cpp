// Boltzmann machines small enough to count every state, against NumPy; then stacked.
#include <gtest/gtest.h>

#include <cmath>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::models {
namespace {

/// 7 visible and 5 hidden units; the weights are formulas, the numbers below NumPy's.
Rbm known_machine(Visible visible = Visible::bernoulli) {
  Rbm rbm(7, 5, {.visible = visible, .dtype = f64});
  const NoGradGuard no_grad;
  const Tensor i = arange(7).to(f64), j = arange(5).to(f64);
  rbm.weight = sin(1 + j.unsqueeze(1) + i * 2);
  rbm.visible_bias = (i - 3) * 0.1;
  rbm.hidden_bias = (2 - j) * 0.2;
  return rbm;
}

Tensor states(std::int64_t n) {
  Tensor all = zeros({std::int64_t{1} << n, n}, {.dtype = f64});
  for (std::int64_t s = 0; s < all.size(0); ++s)
    for (std::int64_t bit = 0; bit < n; ++bit)
      all.at<double>(s, n - 1 - bit) = double((s >> bit) & 1);
  return all;
}

Tensor known_data() {
  return tensor(
      {{1., 1., 1., 0., 0., 0., 0.}, {0., 0., 0., 0., 1., 1., 1.}, {1., 0., 1., 0., 1., 0., 1.}},
      {.dtype = f64});
}

TEST(Rbm, ProbabilitiesOfAllStatesSumToOne) {
  Rbm rbm = known_machine();
  audit(rbm);
  const NoGradGuard no_grad;
  const Tensor v = states(7), h = states(5);
  const Tensor joint = exp(-rbm.energy(v.unsqueeze(1), h.unsqueeze(0)));  // (128, 32)
  const double z = joint.sum().item();
  EXPECT_NEAR(std::log(z), 9.659515410637454, 1e-12);
  EXPECT_NEAR((exp(-rbm.free_energy(v)) / z).sum().item(), 1, 1e-12);
  EXPECT_TRUE(allclose(exp(-rbm.free_energy(v)), joint.sum({1})));
  // p(h | v) and the mean of v given h are those of the table of all states.
  EXPECT_TRUE(allclose(rbm(v), matmul(joint / joint.sum({1}, true), h)));
  EXPECT_TRUE(allclose(rbm.visible(h), matmul((joint / joint.sum({0}, true)).t(), v)));
  EXPECT_TRUE(allclose(
      rbm.free_energy(known_data()),
      tensor({-2.8095893380111336, -4.129266696534861, -4.440540843753991}, {.dtype = f64})));
}

TEST(Rbm, GradientOfTheLikelihood) {
  Rbm rbm = known_machine();
  const Tensor v = states(7);
  // -log p(data) = F(data) + log Z
  const Tensor loss = rbm.free_energy(known_data()).mean() + logsumexp(-rbm.free_energy(v), {0});
  EXPECT_NEAR(loss.item(), 5.866383117870793, 1e-12);
  loss.backward();
  EXPECT_NEAR(rbm.weight.grad().at<double>(0, 0), 0.03822742, 1e-8);
  EXPECT_NEAR(rbm.weight.grad().at<double>(0, 2), -0.18157106, 1e-8);
  EXPECT_NEAR(rbm.weight.grad().at<double>(4, 6), -0.08417533689276692, 1e-12);
  EXPECT_NEAR(rbm.visible_bias.grad().at<double>(1), -0.10468164, 1e-8);
  EXPECT_NEAR(rbm.hidden_bias.grad().at<double>(1), 0.17219816, 1e-8);
}

TEST(Rbm, ContrastiveDivergenceComesToItsExpectation) {
  Rbm rbm = known_machine();
  Generator generator(1);
  const Tensor data = known_data().unsqueeze(0).expand({30000, 3, 7}).reshape({-1, 7});
  rbm.contrastive(data, rbm.gibbs(data, 1, &generator)).backward();
  // Of 90000 samples, whose standard error is below 0.002.
  EXPECT_NEAR(rbm.weight.grad().at<double>(0, 0), -0.03658641, 0.008);
  EXPECT_NEAR(rbm.weight.grad().at<double>(0, 2), -0.18583712, 0.008);
  EXPECT_NEAR(rbm.weight.grad().at<double>(4, 6), -0.0719167, 0.008);
  EXPECT_NEAR(rbm.visible_bias.grad().at<double>(0), -0.11766704, 0.008);
  EXPECT_NEAR(rbm.hidden_bias.grad().at<double>(1), 0.11426802, 0.008);
}

TEST(Rbm, LongChainsForgetWhereTheyBegan) {
  Rbm rbm = known_machine();
  Generator generator(2);
  const Tensor v = states(7);
  Tensor chain = zeros({40000, 7}, {.dtype = f64});
  for (int i = 0; i < 5; ++i) chain = rbm.gibbs(chain, 4, &generator);
  const NoGradGuard no_grad;
  const Tensor f = rbm.free_energy(v);
  const Tensor p = exp(-f) / exp(-f).sum();
  EXPECT_TRUE(allclose(chain.mean({0}), matmul(p, v), {.rtol = 0, .atol = 0.015}));
}

TEST(Rbm, GaussianUnitsHaveTheirMean) {
  Rbm rbm = known_machine(Visible::gaussian);
  const NoGradGuard no_grad;
  // With v real, exp(-E) integrates over v to exp(½ |Wᵀh|² + b·Wᵀh + c·h), up to (2π)^(7/2).
  const Tensor h = states(5), v = rbm.visible(h);
  EXPECT_TRUE(allclose(v, matmul(h, rbm.weight) + rbm.visible_bias));
  // The energy is least at that mean, and F sums exp(-E) over h.
  EXPECT_TRUE(all(rbm.energy(v, h) < rbm.energy(v + 0.01, h)).item<bool>());
  const Tensor x = known_data() - 0.3;
  EXPECT_TRUE(allclose(exp(-rbm.free_energy(x)),
                       exp(-rbm.energy(x.unsqueeze(1), h.unsqueeze(0))).sum({1})));
  Generator generator(4);
  const Tensor start = zeros({20000, 7}, {.dtype = f64});
  const Tensor sample = rbm.gibbs(start, 1, &generator);
  EXPECT_TRUE(allclose(sample.mean({0}), rbm.visible(rbm(start[0])), {.rtol = 0, .atol = 0.04}));
}

TEST(Rbm, RefusesWhatCannotBe) {
  EXPECT_EQ(thrown<ValueError>([] { Rbm(0, 3); }),
            "Rbm: needs at least 1 visible and hidden unit, found 0 and 3");
  EXPECT_EQ(thrown<ValueError>([] { known_machine().gibbs(known_data(), 0); }),
            "Rbm: gibbs needs at least 1 step, found 0");
}

/// Sixteen units of which the halves are alike, with a little noise: two prototypes.
data::TensorDataset striped(std::int64_t count) {
  Generator generator(7);
  const Tensor which = randint(0, 2, {count, 1}, {.dtype = i64}, &generator);
  const Tensor left = which.to(f32).expand({count, 8}), clean = cat({left, 1 - left}, 1);
  const Tensor flip = (rand({count, 16}, {}, &generator) < 0.05).to(f32);
  return data::TensorDataset(clean * (1 - flip) + (1 - clean) * flip, which.flatten());
}

TEST(Dbn, PretrainsLayerByLayerAndThenTrainsAsAModule) {
  manual_seed(1);
  Dbn net(16, 2, {.hidden = {8, 6}});
  audit(net);
  data::DataLoader loader(striped(512), {.batch_size = 32, .shuffle = true});
  std::vector<std::vector<double>> errors(2);
  const Tensor classifier = net.classifier.weight.clone();
  net.pretrain(loader,
               {.epochs = 16, .report = [&](std::int64_t layer, std::int64_t epoch, double e) {
                  errors[static_cast<std::size_t>(layer)].push_back(e);
                  EXPECT_EQ(epoch, static_cast<std::int64_t>(
                                       errors[static_cast<std::size_t>(layer)].size()));
                }});
  EXPECT_LT(errors[0].back(), 0.12);  // at first 0.25; 0.05 of the bits are noise
  EXPECT_LT(errors[1].back(), errors[1].front());
  EXPECT_TRUE(equal(net.classifier.weight, classifier)) << "labels are not looked at";

  optim::Adam optimizer(net.parameters(), {.lr = 0.01});
  train::Trainer trainer(net, [](const Tensor& z, const Tensor& t) { return cross_entropy(z, t); },
                         optimizer, {.epochs = 10});
  trainer.fit(loader);
  EXPECT_GT(trainer.evaluate(loader).accuracy, 0.99);
  EXPECT_EQ(net.state_dict().size(), 8u);
  EXPECT_TRUE(net.state_dict().contains("machines.1.hidden_bias"));
}

}  // namespace
}  // namespace percept::models
