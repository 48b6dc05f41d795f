// Every scheduler's curve against PyTorch's over 50 steps, and continued from a saved state.
#include "percept/optim/lr_scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include "optim/make.h"

namespace percept::optim {
namespace {

/// A schedule, last, after the parts it is made of.
using Schedule = std::vector<std::unique_ptr<LRScheduler>>;

template <class S, class... Args>
Schedule one(Optimizer& o, Args&&... args) {
  Schedule parts;
  parts.push_back(std::make_unique<S>(o, std::forward<Args>(args)...));
  return parts;
}

/// Schedulers put together by S, which is the last of the result.
template <class S, class... Args>
Schedule joined(Optimizer& o, Schedule parts, const Args&... args) {
  SchedulerList list;
  for (const auto& part : parts) list.emplace_back(*part);
  parts.push_back(std::make_unique<S>(o, list, args...));
  return parts;
}

Schedule list(std::vector<LRScheduler*> parts) {
  Schedule all;
  for (LRScheduler* part : parts) all.emplace_back(part);
  return all;
}

struct Case {
  const char* name;
  std::function<Schedule(Optimizer&)> make;
  bool adam = false;
};

const std::vector<std::int64_t> kMilestones{3, 10, 10, 25};

const Case cases[] = {
    {"step", [](Optimizer& o) { return one<StepLR>(o, 7, GammaOptions{.gamma = 0.5}); }},
    {"multistep",
     [](Optimizer& o) { return one<MultiStepLR>(o, kMilestones, GammaOptions{.gamma = 0.3}); }},
    {"exponential", [](Optimizer& o) { return one<ExponentialLR>(o, 0.9); }},
    {"constant", [](Optimizer& o) { return one<ConstantLR>(o); }},
    {"constant options",
     [](Optimizer& o) {
       return one<ConstantLR>(o, ConstantLROptions{.factor = 0.25, .total_iters = 8});
     }},
    {"linear", [](Optimizer& o) { return one<LinearLR>(o); }},
    {"linear options",
     [](Optimizer& o) {
       return one<LinearLR>(
           o, LinearLROptions{.start_factor = 0.1, .end_factor = 0.8, .total_iters = 10});
     }},
    {"cosine", [](Optimizer& o) { return one<CosineAnnealingLR>(o, 7); }},
    {"cosine options",
     [](Optimizer& o) {
       return one<CosineAnnealingLR>(o, 10, CosineAnnealingLROptions{.eta_min = 0.01});
     }},
    {"restarts", [](Optimizer& o) { return one<CosineAnnealingWarmRestarts>(o, 5); }},
    {"restarts options",
     [](Optimizer& o) {
       return one<CosineAnnealingWarmRestarts>(
           o, 5, CosineAnnealingWarmRestartsOptions{.T_mult = 2, .eta_min = 0.001});
     }},
    {"onecycle", [](Optimizer& o) { return one<OneCycleLR>(o, 0.5, 50); }},
    {"onecycle adam", [](Optimizer& o) { return one<OneCycleLR>(o, 0.5, 50); }, true},
    {"onecycle linear",
     [](Optimizer& o) {
       return one<OneCycleLR>(o, 0.5, 50,
                              OneCycleLROptions{.pct_start = 0.45,
                                                .anneal_strategy = Anneal::linear,
                                                .base_momentum = 0.7,
                                                .max_momentum = 0.9,
                                                .div_factor = 10,
                                                .final_div_factor = 100,
                                                .three_phase = true});
     }},
    {"onecycle lr only",
     [](Optimizer& o) {
       return one<OneCycleLR>(o, 0.5, 60, OneCycleLROptions{.cycle_momentum = false});
     }},
    {"lambda",
     [](Optimizer& o) {
       return one<LambdaLR>(o, LambdaLR::Factor([](std::int64_t t) { return std::pow(0.95, t); }));
     }},
    {"lambda list",
     [](Optimizer& o) {
       return one<LambdaLR>(o, std::vector<LambdaLR::Factor>{
                                   [](std::int64_t t) { return 1.0 / static_cast<double>(1 + t); },
                                   [](std::int64_t t) { return static_cast<double>(1 + t / 10); }});
     }},
    {"sequential",
     [](Optimizer& o) {
       return joined<SequentialLR>(o,
                                   list({new LinearLR(o, {.start_factor = 0.1, .total_iters = 5}),
                                         new CosineAnnealingLR(o, 20), new ExponentialLR(o, 0.8)}),
                                   std::vector<std::int64_t>{5, 30});
     }},
    {"sequential functions",
     [](Optimizer& o) {
       return joined<SequentialLR>(
           o,
           list({new ConstantLR(o, {.factor = 0.5, .total_iters = 4}),
                 new LambdaLR(o, [](std::int64_t t) { return std::pow(0.9, t); }),
                 new CosineAnnealingWarmRestarts(o, 6), new StepLR(o, 3)}),
           std::vector<std::int64_t>{10, 20, 40});
     }},
    {"sequential of chained",
     [](Optimizer& o) {
       Schedule parts = joined<ChainedScheduler>(o, list({new ConstantLR(o), new StepLR(o, 4)}));
       parts.emplace_back(new LinearLR(o));
       const SchedulerList outer{*parts[2], *parts[3]};
       parts.push_back(std::make_unique<SequentialLR>(o, outer, std::vector<std::int64_t>{12}));
       return parts;
     }},
    {"chained",
     [](Optimizer& o) {
       return joined<ChainedScheduler>(
           o,
           list({new ConstantLR(o, {.factor = 0.1, .total_iters = 6}), new ExponentialLR(o, 0.9)}));
     }},
    {"chained linear",
     [](Optimizer& o) {
       return joined<ChainedScheduler>(
           o, list({new LinearLR(o, {.total_iters = 8}), new MultiStepLR(o, {4, 20})}));
     }},
    {"plateau", [](Optimizer& o) { return one<ReduceLROnPlateau>(o); }},
    {"plateau max",
     [](Optimizer& o) {
       return one<ReduceLROnPlateau>(
           o, ReduceLROnPlateauOptions{.mode = PlateauMode::max, .factor = 0.5, .patience = 2});
     }},
    {"plateau abs",
     [](Optimizer& o) {
       return one<ReduceLROnPlateau>(o,
                                     ReduceLROnPlateauOptions{.factor = 0.3,
                                                              .patience = 1,
                                                              .threshold = 0.05,
                                                              .threshold_mode = ThresholdMode::abs,
                                                              .cooldown = 3});
     }},
    {"plateau max abs",
     [](Optimizer& o) {
       return one<ReduceLROnPlateau>(o,
                                     ReduceLROnPlateauOptions{.mode = PlateauMode::max,
                                                              .factor = 0.7,
                                                              .patience = 0,
                                                              .threshold = 0.05,
                                                              .threshold_mode = ThresholdMode::abs,
                                                              .min_lr = 0.01});
     }},
    {"plateau eps",
     [](Optimizer& o) {
       return one<ReduceLROnPlateau>(
           o, ReduceLROnPlateauOptions{.factor = 0.5, .patience = 0, .eps = 0.015});
     }},
};

std::unique_ptr<Optimizer> two_groups(bool adam) {
  std::vector<ParamGroup> groups;
  for (const double lr : {0.1, 0.02})
    groups.push_back({{zeros({1}, {.requires_grad = true})}, {{"lr", lr}}});
  if (adam) return std::make_unique<Adam>(std::move(groups));
  return std::make_unique<SGD>(std::move(groups), SGDOptions{.momentum = 0.9});
}

class SchedulerCurve : public ::testing::TestWithParam<Case> {};

TEST_P(SchedulerCurve, IsPyTorchs) {
  const auto optimizer = two_groups(GetParam().adam);
  const Schedule parts = GetParam().make(*optimizer);
  const auto& rows = recorded().at("schedulers").at(GetParam().name);
  ASSERT_EQ(rows.size(), 50u);
  for (std::size_t t = 0; t < rows.size(); ++t) {
    const auto& groups = optimizer->param_groups();
    const double found[] = {groups[0].options.at("lr"), groups[1].options.at("lr"),
                            groups[0].options.at(GetParam().adam ? "beta1" : "momentum")};
    for (std::size_t i = 0; i < 3; ++i) {
      const double expected = rows[t][i];
      EXPECT_NEAR(found[i], expected, 1e-12 * std::abs(expected) + 1e-16)
          << "step " << t << ", " << i;
    }
    EXPECT_EQ(parts.back()->get_last_lr(), (std::vector<double>{found[0], found[1]}));
    parts.back()->step(recorded().at("metrics")[t].get<double>());
  }
}

TEST_P(SchedulerCurve, GoesOnFromASavedState) {
  const auto whole = two_groups(GetParam().adam), fresh = two_groups(GetParam().adam);
  const Schedule first = GetParam().make(*whole), second = GetParam().make(*fresh);
  const auto metric = [](int t) {
    return recorded().at("metrics")[static_cast<std::size_t>(t)].get<double>();
  };
  for (int t = 0; t < 23; ++t) first.back()->step(metric(t));
  fresh->load_state_dict(whole->state_dict());
  second.back()->load_state_dict(first.back()->state_dict());
  EXPECT_EQ(second.back()->get_last_lr(), first.back()->get_last_lr());
  for (int t = 23; t < 49; ++t) {
    first.back()->step(metric(t));
    second.back()->step(metric(t));
    for (std::size_t g = 0; g < 2; ++g)
      EXPECT_EQ(whole->param_groups()[g].options, fresh->param_groups()[g].options) << "step " << t;
  }
}

INSTANTIATE_TEST_SUITE_P(All, SchedulerCurve, ::testing::ValuesIn(cases), [](const auto& test) {
  std::string name = test.param.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
});

TEST(LRScheduler, EveryRecordedCurveIsReplayed) {
  EXPECT_EQ(std::size(cases), recorded().at("schedulers").size());
}

struct BadCall {
  const char* text;  // a part of the message
  std::function<void(Optimizer&)> call;
};

TEST(LRScheduler, RefusesWrongArguments) {
  const BadCall calls[] = {
      {"StepLR: expected step_size > 0, found 0", [](Optimizer& o) { StepLR(o, 0); }},
      {"0 < factor <= 1, found 1.5", [](Optimizer& o) { ConstantLR(o, {.factor = 1.5}); }},
      {"0 < start_factor <= 1, found 0", [](Optimizer& o) { LinearLR(o, {.start_factor = 0}); }},
      {"0 <= end_factor <= 1, found 2", [](Optimizer& o) { LinearLR(o, {.end_factor = 2}); }},
      {"T_max > 0", [](Optimizer& o) { CosineAnnealingLR(o, 0); }},
      {"T_0 > 0", [](Optimizer& o) { CosineAnnealingWarmRestarts(o, 0); }},
      {"T_mult >= 1", [](Optimizer& o) { CosineAnnealingWarmRestarts(o, 3, {.T_mult = 0}); }},
      {"total_steps > 0", [](Optimizer& o) { OneCycleLR(o, 1, 0); }},
      {"pct_start", [](Optimizer& o) { OneCycleLR(o, 1, 10, {.pct_start = 2}); }},
      {"stepped 3 times, expected at most 2",
       [](Optimizer& o) {
         OneCycleLR schedule(o, 1, 2);
         for (int i = 0; i < 3; ++i) schedule.step();
       }},
      {"2 functions, one a group, found 1",
       [](Optimizer& o) {
         LambdaLR(o, std::vector<LambdaLR::Factor>{[](std::int64_t) { return 1.0; }});
       }},
      {"factor < 1, found 1", [](Optimizer& o) { ReduceLROnPlateau(o, {.factor = 1}); }},
      {"needs the metric", [](Optimizer& o) { ReduceLROnPlateau(o).step(); }},
      {"at least one scheduler", [](Optimizer& o) { ChainedScheduler(o, {}); }},
      {"no ReduceLROnPlateau",
       [](Optimizer& o) {
         ReduceLROnPlateau plateau(o);
         ChainedScheduler(o, {plateau});
       }},
      {"1 milestones for 2 schedulers, found 0",
       [](Optimizer& o) {
         StepLR a(o, 2), b(o, 3);
         SequentialLR(o, {a, b}, {});
       }},
      {"rising order",
       [](Optimizer& o) {
         StepLR a(o, 2), b(o, 3), c(o, 4);
         SequentialLR(o, {a, b, c}, {5, 2});
       }},
      {"schedulers of the same optimiser",
       [](Optimizer& o) {
         const auto other = two_groups(false);
         StepLR a(*other, 2);
         ChainedScheduler(o, {a});
       }},
      {"3 groups, 2 when the scheduler was made",
       [](Optimizer& o) {
         StepLR schedule(o, 2);
         o.add_param_group({{zeros({2}, {.requires_grad = true})}});
         schedule.step();
       }},
      {"the state is of another scheduler",
       [](Optimizer& o) {
         StepLR a(o, 2);
         a.load_state_dict(ExponentialLR(o, 0.5).state_dict());
       }},
  };
  for (const BadCall& bad : calls) {
    const auto optimizer = two_groups(false);
    try {
      bad.call(*optimizer);
      ADD_FAILURE() << "no error: " << bad.text;
    } catch (const ValueError& error) {
      EXPECT_NE(std::string(error.what()).find(bad.text), std::string::npos) << error.what();
    }
  }
}

TEST(LRScheduler, OneCycleWithoutMomentum) {
  Tensor p = zeros({1}, {.requires_grad = true});
  Adagrad adagrad({p});
  EXPECT_THROW(OneCycleLR(adagrad, 1, 10), ValueError);
  EXPECT_NO_THROW(OneCycleLR(adagrad, 1, 10, {.cycle_momentum = false}));
}

}  // namespace
}  // namespace percept::optim
