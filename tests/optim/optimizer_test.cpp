// What all optimisers share: groups, defaults, errors, states, and the check for parameters nobody
// visits.
#include "percept/optim/optimizer.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <memory>
#include <optional>

#include "autograd/numbers.h"
#include "engine/engine.h"
#include "optim/make.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/parallel.h"
#include "percept/nn/linear.h"
#include "percept/nn/module.h"
#include "percept/nn/sequential.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/optim/clip_grad.h"

namespace percept {
namespace {

using optim::Adam;
using optim::SGD;
using testing::leaf;

// b = 2, p = 1 - 0.5 b = 0;  then b = 0.5 b + 4 = 5, p = 0 - 0.5 b
TEST(Optimizer, ItsBuffersFollowAModuleThatIsConverted) {
  nn::Linear layer{1, 1, {.bias = false}};
  layer.weight = ones({1, 1});
  SGD sgd{layer.parameters(), {.lr = 0.5, .momentum = 0.5}};
  layer.weight.set_grad(full({1, 1}, 2.0));
  sgd.step();
  layer.to(f64);
  layer.weight.set_grad(full({1, 1}, 4.0, {.dtype = f64}));
  sgd.step();
  EXPECT_EQ(layer.weight.item(), -2.5);
}

TEST(Optimizer, SgdStepsByHand) {
  Tensor a = leaf({1, 2}), b = leaf({3.0}), untouched = leaf({5.0});
  SGD sgd({{.params = {a, untouched}}, {.params = {b}, .options = {{"lr", 0.01}}}},
          {.lr = 0.1, .momentum = 0.5});
  for (int i = 0; i < 2; ++i) {
    sgd.zero_grad();
    EXPECT_FALSE(a.grad().defined());
    (sum(a * a) + sum(b * b)).backward();
    sgd.step();
  }
  // a: g = 2a; b1 = 2a, a1 = a - 0.1 b1 = 0.8 a; b2 = 0.5 * 2a + 1.6a = 2.6a, a2 = 0.54 a
  EXPECT_NEAR(a.at<double>(0), 0.54, 1e-15);
  EXPECT_NEAR(a.at<double>(1), 1.08, 1e-15);
  // b: b1 = 6, 2.94; b2 = 3 + 5.88, 2.8512
  EXPECT_NEAR(b.at<double>(0), 2.8512, 1e-14);
  EXPECT_EQ(untouched.at<double>(0), 5.0);
}

TEST(Optimizer, DefaultsArePyTorchs) {
  const Tensor p = leaf({1.0});
  const struct {
    const char* name;
    optim::Options defaults;
  } rows[] = {
      {"SGD",
       {{"lr", 1e-3},
        {"momentum", 0},
        {"dampening", 0},
        {"weight_decay", 0},
        {"nesterov", 0},
        {"maximize", 0}}},
      {"Adam",
       {{"lr", 1e-3},
        {"beta1", 0.9},
        {"beta2", 0.999},
        {"eps", 1e-8},
        {"weight_decay", 0},
        {"amsgrad", 0},
        {"maximize", 0}}},
      {"AdamW",
       {{"lr", 1e-3},
        {"beta1", 0.9},
        {"beta2", 0.999},
        {"eps", 1e-8},
        {"weight_decay", 1e-2},
        {"amsgrad", 0},
        {"maximize", 0}}},
      {"RMSprop",
       {{"lr", 1e-2},
        {"alpha", 0.99},
        {"eps", 1e-8},
        {"weight_decay", 0},
        {"momentum", 0},
        {"centered", 0},
        {"maximize", 0}}},
      {"Adagrad",
       {{"lr", 1e-2},
        {"lr_decay", 0},
        {"weight_decay", 0},
        {"initial_accumulator_value", 0},
        {"eps", 1e-10},
        {"maximize", 0}}},
  };
  for (const auto& row : rows) {
    const auto optimizer = optim::make_optimizer(row.name, {{{p}}});
    EXPECT_EQ(optimizer->param_groups()[0].options, row.defaults) << row.name;
    EXPECT_EQ(optimizer->type(), row.name);
  }
}

TEST(Optimizer, OptionsOfTheConstructorArrive) {
  const Tensor p = leaf({1.0});
  EXPECT_EQ(
      SGD({p}, {.lr = 1, .momentum = 2, .weight_decay = 4, .nesterov = true, .maximize = true})
          .param_groups()[0]
          .options,
      (optim::Options{{"lr", 1},
                      {"momentum", 2},
                      {"dampening", 0},
                      {"weight_decay", 4},
                      {"nesterov", 1},
                      {"maximize", 1}}));
  EXPECT_EQ(Adam({p}, {.lr = 1,
                       .betas = {0.2, 0.3},
                       .eps = 4,
                       .weight_decay = 5,
                       .amsgrad = true,
                       .maximize = true})
                .param_groups()[0]
                .options,
            (optim::Options{{"lr", 1},
                            {"beta1", 0.2},
                            {"beta2", 0.3},
                            {"eps", 4},
                            {"weight_decay", 5},
                            {"amsgrad", 1},
                            {"maximize", 1}}));
  EXPECT_EQ(optim::AdamW({p}, {.lr = 1,
                               .betas = {0.2, 0.3},
                               .eps = 4,
                               .weight_decay = 5,
                               .amsgrad = true,
                               .maximize = true})
                .param_groups()[0]
                .options,
            (optim::Options{{"lr", 1},
                            {"beta1", 0.2},
                            {"beta2", 0.3},
                            {"eps", 4},
                            {"weight_decay", 5},
                            {"amsgrad", 1},
                            {"maximize", 1}}));
  EXPECT_EQ(optim::RMSprop({p}, {.lr = 1,
                                 .alpha = 2,
                                 .eps = 3,
                                 .weight_decay = 4,
                                 .momentum = 5,
                                 .centered = true,
                                 .maximize = true})
                .param_groups()[0]
                .options,
            (optim::Options{{"lr", 1},
                            {"alpha", 2},
                            {"eps", 3},
                            {"weight_decay", 4},
                            {"momentum", 5},
                            {"centered", 1},
                            {"maximize", 1}}));
  EXPECT_EQ(optim::Adagrad({p}, {.lr = 1,
                                 .lr_decay = 2,
                                 .weight_decay = 3,
                                 .initial_accumulator_value = 4,
                                 .eps = 5,
                                 .maximize = true})
                .param_groups()[0]
                .options,
            (optim::Options{{"lr", 1},
                            {"lr_decay", 2},
                            {"weight_decay", 3},
                            {"initial_accumulator_value", 4},
                            {"eps", 5},
                            {"maximize", 1}}));
}

TEST(Optimizer, RefusesWrongArguments) {
  const Tensor p = leaf({1, 2}), q = leaf({3.0}), fixed = tensor({1.0});
  Adam other({p});
  SGD stepped({p}, {.momentum = 0.5});
  const struct {
    const char* text;
    std::function<void()> call;
  } rows[] = {
      {"SGD: an empty list of parameters", [] { SGD(std::vector<Tensor>{}); }},
      {"SGD: an empty list of parameter groups", [] { SGD(std::vector<optim::ParamGroup>{}); }},
      {"parameter 0 of shape [1] needs no gradient", [&] { SGD({fixed}); }},
      {"parameter 1 of shape [2] is given twice",
       [&] {
         SGD({p, p});
       }},
      {"parameter 0 of shape [2] is given twice",
       [&] {
         SGD({{.params = {p}}, {.params = {p}}});
       }},
      {"expected a leaf", [&] { SGD({p * p}); }},
      {"lr is -1, expected 0 <= lr", [&] { SGD({p}, {.lr = -1}); }},
      {"lr is nan", [&] { Adam({p}, {.lr = std::numeric_limits<double>::quiet_NaN()}); }},
      {"momentum is -0.5", [&] { SGD({p}, {.momentum = -0.5}); }},
      {"weight_decay is -1", [&] { SGD({p}, {.weight_decay = -1}); }},
      {"beta1 is 1, expected 0 <= beta1 < 1",
       [&] {
         Adam({p}, {.betas = {1, 0.9}});
       }},
      {"AdamW: beta2 is -1",
       [&] {
         optim::AdamW({p}, {.betas = {0.9, -1}});
       }},
      {"RMSprop: alpha is -1", [&] { optim::RMSprop({p}, {.alpha = -1}); }},
      {"Adagrad: lr_decay is -1", [&] { optim::Adagrad({p}, {.lr_decay = -1}); }},
      {"nesterov needs a momentum", [&] { SGD({p}, {.nesterov = true}); }},
      {"no dampening", [&] { SGD({p}, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}); }},
      {"unknown option 'learning_rate'; there are dampening, lr,",
       [&] {
         SGD({{.params = {p}, .options = {{"learning_rate", 1}}}});
       }},
      {"option 'lr' is missing",
       [&] {
         SGD sgd({p});
         sgd.param_groups()[0].options.erase("lr");
         sgd.step();
       }},
      {"group 0 has 2 parameters, expected 1; hint: add_param_group",
       [&] {
         SGD sgd({p});
         sgd.param_groups()[0].params.push_back(q);
         sgd.step();
       }},
      {"SGD: load_state_dict: the state is of 'Adam'",
       [&] { SGD({p}).load_state_dict(other.state_dict()); }},
      {"the state is of ''", [&] { SGD({p}).load_state_dict({}); }},
      {"group 0 has 2 parameters, in the state 1",
       [&] {
         Adam({p, q}).load_state_dict(other.state_dict());
       }},
      {"the state holds more than",
       [&] {
         Adam({p}).load_state_dict(Adam({{.params = {p}}, {.params = {q}}}).state_dict());
       }},
      {"state.0.momentum_buffer has shape [2], the parameter [1]",
       [&] { SGD({q}).load_state_dict(stepped.state_dict()); }},
  };
  Tensor(p).set_grad(ones({2}, {.dtype = f64}));
  stepped.step();
  for (const auto& row : rows) {
    try {
      row.call();
      ADD_FAILURE() << "no error: " << row.text;
    } catch (const ValueError& error) {
      EXPECT_NE(std::string(error.what()).find(row.text), std::string::npos)
          << error.what() << "\nexpected: " << row.text;
    }
  }
  EXPECT_THROW(SGD({zeros({2}, {.dtype = bf16, .requires_grad = true})}), DtypeError);
}

TEST(Optimizer, FailedLoadChangesNothing) {
  Tensor p = leaf({1, 2});
  SGD sgd({p}, {.lr = 0.5, .momentum = 0.5});
  optim::State state = sgd.state_dict();
  state.numbers["param_groups.0.lr"] = 7;
  state.tensors.add("state.0.momentum_buffer", zeros({3}));
  EXPECT_THROW(sgd.load_state_dict(state), ValueError);
  EXPECT_EQ(sgd.param_groups()[0].options.at("lr"), 0.5);
}

TEST(Optimizer, AddedGroupIsTrainedWithItsOptions) {
  Tensor a = leaf({1.0}), b = leaf({1.0});
  SGD sgd({a}, {.lr = 0.1});
  sgd.add_param_group({.params = {b}, .options = {{"lr", 0.5}}});
  sgd.param_groups()[0].options["lr"] = 0.25;
  sum(a + b).backward();
  sgd.step();
  EXPECT_EQ(a.item(), 0.75);
  EXPECT_EQ(b.item(), 0.5);
}

TEST(Optimizer, ClosureIsRecordedAndItsLossReturned) {
  Tensor a = leaf({3.0});
  SGD sgd({a}, {.lr = 0.5});
  const NoGradGuard no_grad;
  const Tensor loss = sgd.step([&] {
    const Tensor y = sum(a * a);
    y.backward();
    return y;
  });
  EXPECT_EQ(loss.item(), 9);
  EXPECT_EQ(a.item(), 0);  // 3 - 0.5 * 6
}

TEST(Optimizer, StepIsSeenByTensorsSavedForBackward) {
  Tensor a = leaf({3.0});
  SGD sgd({a}, {.lr = 0.5});
  const Tensor y = sum(a * a);
  y.backward({}, true);
  sgd.step();
  EXPECT_THROW(y.backward(), AutogradError);
}

// A parameter or gradient that is a transposed view: the elements, not the memory, are stepped.
TEST(Optimizer, StridedParametersAndGradients) {
  const Tensor values = tensor({{1, 2, 3}, {4, 5, 6}}, {.dtype = f64});
  const Tensor slopes = tensor({{1, 0, 2}, {0, 3, 0}}, {.dtype = f64});
  for (const bool strided_param : {false, true})
    for (const bool strided_grad : {false, true}) {
      Tensor p = strided_param ? values.t().contiguous().t().detach() : values.clone();
      const Tensor g = strided_grad ? slopes.t().contiguous().t() : slopes;
      ASSERT_EQ(p.is_contiguous(), !strided_param);
      p.requires_grad_();
      SGD sgd({p}, {.lr = 1});
      p.set_grad(g);
      sgd.step();
      EXPECT_EQ(p.detach().to_vector<double>(), (std::vector<double>{0, 2, 1, 4, 2, 6}));
    }
}

TEST(Optimizer, EnginesAgreeAtEverySize) {
  for (const char* name : {"SGD", "Adam", "RMSprop", "Adagrad"})
    for (const std::int64_t n : {0, 1, 7, 16, 33, 100003}) {
      optim::Options options{{"lr", 0.1}, {"weight_decay", 0.01}};
      if (name != std::string("Adagrad") && name != std::string("Adam")) options["momentum"] = 0.9;
      if (name == std::string("Adam")) options["amsgrad"] = 1;
      if (name == std::string("RMSprop")) options["centered"] = 1;
      Generator generator(7);
      const Tensor start = randn({n}, {}, &generator), slope = randn({n}, {}, &generator);
      std::vector<float> found[2];
      for (const bool reference : {false, true}) {
        std::optional<engine::ReferenceGuard> guard;
        if (reference) guard.emplace();
        Tensor p = start.clone().requires_grad_();
        const auto optimizer = optim::make_optimizer(name, {{{p}, options}});
        p.set_grad(slope);
        for (int step = 0; step < 3; ++step) optimizer->step();
        found[reference] = p.to_vector<float>();
      }
      ASSERT_EQ(found[0].size(), static_cast<std::size_t>(n));
      for (std::size_t i = 0; i < found[0].size(); ++i)
        ASSERT_NEAR(found[0][i], found[1][i], 2e-6) << name << ", " << n << ", element " << i;
    }
}

/// What three steps with all parameters in one optimiser give; or with an optimiser for each.
std::vector<std::vector<double>> after_three_steps(const char* name, bool together) {
  Generator generator(11);
  std::vector<Tensor> params, slopes;
  for (const Dtype dtype : {f32, f64})
    for (const std::int64_t n : {1, 15, 0, 16, 17, 40000, 3, 31, 32768, 70001}) {
      params.push_back(randn({n}, {}, &generator).to(dtype).requires_grad_());
      slopes.push_back(randn({n}, {}, &generator).to(dtype));
    }
  std::vector<std::unique_ptr<optim::Optimizer>> optimizers;
  if (together)
    optimizers.push_back(optim::make_optimizer(name, {{params, {{"lr", 0.1}}}}));
  else
    for (const Tensor& p : params)
      optimizers.push_back(optim::make_optimizer(name, {{{p}, {{"lr", 0.1}}}}));
  for (int step = 0; step < 3; ++step) {
    for (std::size_t i = 0; i < params.size(); ++i)
      params[i].set_grad(i == 5 && step == 1 ? Tensor() : slopes[i]);
    for (const auto& optimizer : optimizers) optimizer->step();
  }
  std::vector<std::vector<double>> found;
  for (const Tensor& p : params) found.push_back(p.to_vector<double>());
  return found;
}

TEST(Optimizer, OnePassOverAllParametersGivesTheSameBits) {
  const int threads = num_threads();
  for (const char* name : {"SGD", "AdamW", "RMSprop", "Adagrad"}) {
    set_num_threads(1);
    const auto expected = after_three_steps(name, false);
    for (const int n : {1, 2, 3, 7}) {
      set_num_threads(n);
      EXPECT_EQ(after_three_steps(name, true), expected) << name << ", " << n << " threads";
    }
  }
  set_num_threads(threads);
}

TEST(ClipGrad, Values) {
  Tensor p = leaf({1, 2, 3});
  p.set_grad(tensor({-5.0, 0.5, 2.0}, {.dtype = f64}));
  optim::clip_grad_value_({p, leaf({1.0})}, 1.5);
  EXPECT_EQ(p.grad().to_vector<double>(), (std::vector<double>{-1.5, 0.5, 1.5}));
}

TEST(ClipGrad, NormsThatAreNotFinite) {
  Tensor p = leaf({1, 2});
  p.set_grad(tensor({std::numeric_limits<double>::infinity(), 1.0}, {.dtype = f64}));
  EXPECT_THROW(optim::clip_grad_norm_({p}, 1, {.error_if_nonfinite = true}), DivergedError);
  EXPECT_EQ(p.grad().at<double>(1), 1.0);
  EXPECT_THROW(optim::clip_grad_norm_({p}, 1, {.norm_type = 0}), ValueError);
  EXPECT_EQ(optim::clip_grad_norm_({p}, 1), std::numeric_limits<double>::infinity());
  EXPECT_EQ(p.grad().at<double>(1), 0.0);
  EXPECT_EQ(optim::clip_grad_norm_({}, 1), 0.0);
}

// 1e6 squares of 1e20 leave f32's range; the sum is taken in f64, in runs.
TEST(ClipGrad, LargeTensors) {
  Tensor p = zeros({1000003}, {.requires_grad = true});
  p.set_grad(full({1000003}, 1e20));
  EXPECT_NEAR(optim::clip_grad_norm_({p}, 1), std::sqrt(1000003.0) * 1e20, 1e17);
  EXPECT_NEAR(p.grad().at<float>(1000002), 1 / std::sqrt(1000003.0), 1e-9);
}

// -- a member that visit() leaves out
struct Forgetful : nn::Module {
  nn::Linear named{2, 2}, forgotten{2, 3};
  Tensor forward(const Tensor& x) override { return forgotten(named(x)); }
  void visit(nn::Visitor& v) override { v("named", named); }
};

std::string error_of_step(optim::Optimizer& optimizer) {
  try {
    optimizer.step();
  } catch (const AutogradError& error) {
    return error.what();
  }
  return "";
}

TEST(UnvisitedParameter, IsFoundAtTheFirstStep) {
  const Tensor x = ones({1, 2});
  {
    Forgetful model;
    SGD sgd(model.parameters(), {.lr = 0.1});
    EXPECT_EQ(error_of_step(sgd), "");  // nothing has been computed
    const auto before = model.named.weight.to_vector<float>();
    sum(model(x)).backward();
    const std::string text = error_of_step(sgd);
    EXPECT_NE(text.find("SGD: a Parameter of shape [3, 2] received a gradient"), std::string::npos)
        << text;
    EXPECT_NE(text.find("hint: add the member to visit()"), std::string::npos) << text;
    EXPECT_EQ(model.named.weight.to_vector<float>(), before);
    for (Tensor p : {Tensor(model.forgotten.weight), Tensor(model.forgotten.bias)}) p.zero_grad();
    EXPECT_EQ(error_of_step(sgd), "");  // a gradient that is gone is no reason
    sum(model(x)).backward();
  }
  // What died with its model is forgotten.
  nn::Linear other{2, 2};
  SGD sgd(other.parameters());
  sum(other(x)).backward();
  EXPECT_EQ(error_of_step(sgd), "");
}

TEST(UnvisitedParameter, GivenToAnOptimiserByHandIsKnown) {
  const Tensor x = ones({1, 2});
  Forgetful model;
  sum(model(x)).backward();  // before anything was visited
  std::vector<Tensor> params = model.parameters();
  params.push_back(model.forgotten.weight);
  params.push_back(model.forgotten.bias);
  SGD sgd(params);
  EXPECT_EQ(error_of_step(sgd), "");
}

TEST(UnvisitedParameter, CopiesOfVisitedModulesAreKnown) {
  const Tensor x = ones({1, 2});
  nn::Linear student{2, 2};
  SGD sgd(student.parameters());
  nn::Linear teacher = student;
  (sum(teacher(x)) + sum(student(x))).backward();
  EXPECT_EQ(error_of_step(sgd), "");
}

}  // namespace
}  // namespace percept
