#include "percept/optim/lr_scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "percept/base/error.h"

namespace percept::optim {
namespace {

using std::numbers::pi;

void require(bool ok, const char* type, const std::string& expected) {
  if (!ok) throw ValueError(fmt::format("{}: expected {}", type, expected));
}

}  // namespace

// -- LRScheduler
LRScheduler::LRScheduler(Optimizer& optimizer, std::string type)
    : optimizer_(optimizer), type_(std::move(type)) {
  for (ParamGroup& group : optimizer_.param_groups()) {
    const double now = group.options.at("lr");
    base_lrs_.push_back(group.options.try_emplace("initial_lr", now).first->second);
    last_lr_.push_back(now);
  }
}

void LRScheduler::update() {
  auto& groups = optimizer_.param_groups();
  if (groups.size() != base_lrs_.size())
    throw ValueError(fmt::format("{}: the optimiser has {} groups, {} when the scheduler was made",
                                 type_, groups.size(), base_lrs_.size()));
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const double next = lr(groups[i].options.at("lr"), i);
    groups[i].options["lr"] = last_lr_[i] = next;
  }
}

void LRScheduler::step() {
  ++last_epoch_;
  update();
}

void LRScheduler::step(double) { step(); }

void LRScheduler::begin(bool from_lr0) {
  last_epoch_ = 0;
  if (from_lr0)
    for (std::size_t i = 0; i < base_lrs_.size(); ++i)
      optimizer_.param_groups()[i].options["lr"] = base_lrs_[i];
  update();
}

void LRScheduler::fields(const Field& field) {
  double epoch = static_cast<double>(last_epoch_);
  field("last_epoch", epoch);
  last_epoch_ = static_cast<std::int64_t>(epoch);
  for (std::size_t i = 0; i < base_lrs_.size(); ++i) {
    field(fmt::format("base_lrs.{}", i), base_lrs_[i]);
    field(fmt::format("last_lr.{}", i), last_lr_[i]);
  }
}

State LRScheduler::state_dict() const {
  State state{.type = type_};
  // fields() serves reading and writing; this use of it only reads.
  const_cast<LRScheduler*>(this)->fields(
      [&](const std::string& name, double& value) { state.numbers[name] = value; });
  return state;
}

void LRScheduler::load_state_dict(const State& state) {
  const State own = state_dict();
  const auto same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (state.type != type_ || !state.tensors.empty() ||
      !std::ranges::equal(own.numbers, state.numbers, same_name))
    throw ValueError(
        fmt::format("{}: load_state_dict: the state is of another scheduler or of "
                    "another number of groups",
                    type_));
  fields([&](const std::string& name, double& value) { value = state.numbers.at(name); });
}

// -- factors on the current rate
StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, const GammaOptions& options)
    : LRScheduler(optimizer, "StepLR"), step_size_(step_size), gamma_(options.gamma) {
  require(step_size > 0, "StepLR", fmt::format("step_size > 0, found {}", step_size));
  begin(false);
}

double StepLR::lr(double current, std::size_t) {
  return last_epoch_ == 0 || last_epoch_ % step_size_ != 0 ? current : current * gamma_;
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones,
                         const GammaOptions& options)
    : LRScheduler(optimizer, "MultiStepLR"),
      milestones_(std::move(milestones)),
      gamma_(options.gamma) {
  begin(false);
}

double MultiStepLR::lr(double current, std::size_t) {
  const auto times = std::ranges::count(milestones_, last_epoch_);
  return times == 0 ? current : current * std::pow(gamma_, times);
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma)
    : LRScheduler(optimizer, "ExponentialLR"), gamma_(gamma) {
  begin(false);
}

double ExponentialLR::lr(double current, std::size_t) {
  return last_epoch_ == 0 ? current : current * gamma_;
}

ConstantLR::ConstantLR(Optimizer& optimizer, const ConstantLROptions& options)
    : LRScheduler(optimizer, "ConstantLR"), options_(options) {
  require(options.factor > 0 && options.factor <= 1, "ConstantLR",
          fmt::format("0 < factor <= 1, found {}", options.factor));
  begin(false);
}

double ConstantLR::lr(double current, std::size_t) {
  if (last_epoch_ == 0) return current * options_.factor;
  return last_epoch_ == options_.total_iters ? current * (1 / options_.factor) : current;
}

LinearLR::LinearLR(Optimizer& optimizer, const LinearLROptions& options)
    : LRScheduler(optimizer, "LinearLR"), options_(options) {
  require(options.start_factor > 0 && options.start_factor <= 1, "LinearLR",
          fmt::format("0 < start_factor <= 1, found {}", options.start_factor));
  require(options.end_factor >= 0 && options.end_factor <= 1, "LinearLR",
          fmt::format("0 <= end_factor <= 1, found {}", options.end_factor));
  begin(false);
}

double LinearLR::lr(double current, std::size_t) {
  const auto& [start, end, total] = options_;
  if (last_epoch_ == 0) return current * start;
  if (last_epoch_ > total) return current;
  // factor(t) / factor(t - 1), both times total_iters
  return current * (1 + (end - start) / (static_cast<double>(total) * start +
                                         static_cast<double>(last_epoch_ - 1) * (end - start)));
}

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t T_max,
                                     const CosineAnnealingLROptions& options)
    : LRScheduler(optimizer, "CosineAnnealingLR"), T_max_(T_max), eta_min_(options.eta_min) {
  require(T_max > 0, "CosineAnnealingLR", fmt::format("T_max > 0, found {}", T_max));
  begin(false);
}

double CosineAnnealingLR::lr(double current, std::size_t group) {
  if (last_epoch_ == 0) return current;
  const double period = static_cast<double>(T_max_), t = static_cast<double>(last_epoch_);
  if ((last_epoch_ - 1 - T_max_) % (2 * T_max_) == 0)  // leaves eta_min: a ratio would be 0 / 0
    return current + (base_lrs_[group] - eta_min_) * (1 - std::cos(pi / period)) / 2;
  return (1 + std::cos(pi * t / period)) / (1 + std::cos(pi * (t - 1) / period)) *
             (current - eta_min_) +
         eta_min_;
}

// -- functions of t
CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(
    Optimizer& optimizer, std::int64_t T_0, const CosineAnnealingWarmRestartsOptions& options)
    : LRScheduler(optimizer, "CosineAnnealingWarmRestarts"), T_0_(T_0), options_(options) {
  require(T_0 > 0, type_.c_str(), fmt::format("T_0 > 0, found {}", T_0));
  require(options.T_mult >= 1, type_.c_str(), fmt::format("T_mult >= 1, found {}", options.T_mult));
  begin(false);
}

double CosineAnnealingWarmRestarts::lr(double, std::size_t group) {
  std::int64_t t = last_epoch_, period = T_0_;
  if (options_.T_mult == 1) t %= period;
  while (t >= period) {
    t -= period;
    period *= options_.T_mult;
  }
  return options_.eta_min +
         (base_lrs_[group] - options_.eta_min) *
             (1 + std::cos(pi * static_cast<double>(t) / static_cast<double>(period))) / 2;
}

OneCycleLR::OneCycleLR(Optimizer& optimizer, double max_lr, std::int64_t total_steps,
                       const OneCycleLROptions& options)
    : LRScheduler(optimizer, "OneCycleLR"),
      max_lr_(max_lr),
      total_steps_(total_steps),
      options_(options) {
  require(total_steps > 0, "OneCycleLR", fmt::format("total_steps > 0, found {}", total_steps));
  require(options.pct_start >= 0 && options.pct_start <= 1, "OneCycleLR",
          fmt::format("0 <= pct_start <= 1, found {}", options.pct_start));
  auto& groups = optimizer.param_groups();
  if (options.cycle_momentum) {
    momentum_ = groups.front().options.contains("beta1") ? "beta1" : "momentum";
    if (!groups.front().options.contains(momentum_))
      throw ValueError(fmt::format("OneCycleLR: {} has no momentum; hint: .cycle_momentum = false",
                                   optimizer.type()));
  }
  for (std::size_t i = 0; i < groups.size(); ++i)
    groups[i].options["initial_lr"] = base_lrs_[i] = max_lr / options.div_factor;
  begin(false);
}

double OneCycleLR::lr(double, std::size_t group) {
  if (last_epoch_ > total_steps_)
    throw ValueError(fmt::format("OneCycleLR: stepped {} times, expected at most {}", last_epoch_,
                                 total_steps_));
  struct Phase {
    double end;
    double lr_from, lr_to, momentum_from, momentum_to;
  };
  const double n = static_cast<double>(total_steps_), up = options_.pct_start * n;
  const double first = base_lrs_[group], last = first / options_.final_div_factor;
  const double low = options_.base_momentum, high = options_.max_momentum;
  const Phase rise{up - 1, first, max_lr_, high, low};
  const std::vector<Phase> phases =
      options_.three_phase ? std::vector<Phase>{rise,
                                                {2 * up - 2, max_lr_, first, low, high},
                                                {n - 1, first, last, high, high}}
                           : std::vector<Phase>{rise, {n - 1, max_lr_, last, low, high}};
  const double t = static_cast<double>(last_epoch_);
  std::size_t k = 0;
  double start = 0;
  while (k + 1 < phases.size() && t > phases[k].end) start = phases[k++].end;
  const Phase& phase = phases[k];
  const double part = phase.end == start ? 1 : (t - start) / (phase.end - start);
  const auto between = [&](double from, double to) {
    return options_.anneal_strategy == Anneal::cos
               ? to + (from - to) / 2 * (std::cos(pi * part) + 1)
               : (to - from) * part + from;
  };
  if (options_.cycle_momentum)
    optimizer_.param_groups()[group].options[momentum_] =
        between(phase.momentum_from, phase.momentum_to);
  return between(phase.lr_from, phase.lr_to);
}

LambdaLR::LambdaLR(Optimizer& optimizer, const Factor& factor)
    : LambdaLR(optimizer, std::vector<Factor>(optimizer.param_groups().size(), factor)) {}

LambdaLR::LambdaLR(Optimizer& optimizer, std::vector<Factor> factors)
    : LRScheduler(optimizer, "LambdaLR"), factors_(std::move(factors)) {
  require(factors_.size() == base_lrs_.size(), "LambdaLR",
          fmt::format("{} functions, one a group, found {}", base_lrs_.size(), factors_.size()));
  begin(false);
}

double LambdaLR::lr(double, std::size_t group) {
  return base_lrs_[group] * factors_[group](last_epoch_);
}

// -- ReduceLROnPlateau
ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options)
    : LRScheduler(optimizer, "ReduceLROnPlateau"),
      options_(options),
      best_(options.mode == PlateauMode::min ? std::numeric_limits<double>::infinity()
                                             : -std::numeric_limits<double>::infinity()) {
  require(options.factor < 1, "ReduceLROnPlateau",
          fmt::format("factor < 1, found {}", options.factor));
}

bool ReduceLROnPlateau::is_better(double metric) const {
  const bool relative = options_.threshold_mode == ThresholdMode::rel;
  if (options_.mode == PlateauMode::min)
    return metric < (relative ? best_ * (1 - options_.threshold) : best_ - options_.threshold);
  return metric > (relative ? best_ * (options_.threshold + 1) : best_ + options_.threshold);
}

void ReduceLROnPlateau::step() {
  throw ValueError("ReduceLROnPlateau: step() needs the metric it watches; hint: step(loss)");
}

void ReduceLROnPlateau::step(double metric) {
  if (is_better(metric))
    best_ = metric, num_bad_epochs_ = 0;
  else
    ++num_bad_epochs_;
  if (cooldown_counter_ > 0) --cooldown_counter_, num_bad_epochs_ = 0;
  reduces_ = num_bad_epochs_ > static_cast<double>(options_.patience);
  if (reduces_) {
    cooldown_counter_ = static_cast<double>(options_.cooldown);
    num_bad_epochs_ = 0;
  }
  LRScheduler::step();
}

double ReduceLROnPlateau::lr(double current, std::size_t) {
  if (!reduces_) return current;
  const double next = std::max(current * options_.factor, options_.min_lr);
  return current - next > options_.eps ? next : current;
}

void ReduceLROnPlateau::fields(const Field& field) {
  LRScheduler::fields(field);
  field("best", best_);
  field("cooldown_counter", cooldown_counter_);
  field("num_bad_epochs", num_bad_epochs_);
}

// -- several schedulers
namespace {

void check_list(const char* type, const Optimizer& optimizer, const SchedulerList& schedulers,
                const Optimizer& (*optimizer_of)(const LRScheduler&)) {
  require(!schedulers.empty(), type, "at least one scheduler");
  for (const LRScheduler& scheduler : schedulers) {
    require(!dynamic_cast<const ReduceLROnPlateau*>(&scheduler), type,
            "no ReduceLROnPlateau, which needs a metric at each step");
    require(&optimizer_of(scheduler) == &optimizer, type, "schedulers of the same optimiser");
  }
}

}  // namespace

SequentialLR::SequentialLR(Optimizer& optimizer, SchedulerList schedulers,
                           std::vector<std::int64_t> milestones)
    : LRScheduler(optimizer, "SequentialLR"),
      schedulers_(std::move(schedulers)),
      milestones_(std::move(milestones)) {
  check_list("SequentialLR", optimizer, schedulers_,
             [](const LRScheduler& s) -> const Optimizer& { return s.optimizer_; });
  require(milestones_.size() + 1 == schedulers_.size(), "SequentialLR",
          fmt::format("{} milestones for {} schedulers, found {}", schedulers_.size() - 1,
                      schedulers_.size(), milestones_.size()));
  require(std::ranges::is_sorted(milestones_), "SequentialLR", "milestones in rising order");
  for (ParamGroup& group : optimizer.param_groups())
    group.options["lr"] = group.options.at("initial_lr");
  begin(false);
}

LRScheduler& SequentialLR::active(std::size_t& index) const {
  const auto after = std::ranges::upper_bound(milestones_, last_epoch_);
  index = static_cast<std::size_t>(after - milestones_.begin());
  return schedulers_[index];
}

void SequentialLR::step() {
  ++last_epoch_;
  std::size_t index = 0;
  LRScheduler& scheduler = active(index);
  if (index > 0 && milestones_[index - 1] == last_epoch_)
    scheduler.begin(true);
  else
    scheduler.step();
  last_lr_ = scheduler.get_last_lr();
}

void SequentialLR::begin(bool from_lr0) {
  last_epoch_ = 0;
  std::size_t index = 0;
  LRScheduler& scheduler = active(index);
  scheduler.begin(from_lr0);
  last_lr_ = scheduler.get_last_lr();
}

double SequentialLR::lr(double current, std::size_t) { return current; }

void SequentialLR::fields(const Field& field) {
  LRScheduler::fields(field);
  for (std::size_t i = 0; i < schedulers_.size(); ++i)
    schedulers_[i].get().fields([&](const std::string& name, double& value) {
      field(fmt::format("schedulers.{}.{}", i, name), value);
    });
}

ChainedScheduler::ChainedScheduler(Optimizer& optimizer, SchedulerList schedulers)
    : LRScheduler(optimizer, "ChainedScheduler"), schedulers_(std::move(schedulers)) {
  check_list("ChainedScheduler", optimizer, schedulers_,
             [](const LRScheduler& s) -> const Optimizer& { return s.optimizer_; });
}

void ChainedScheduler::step() {
  ++last_epoch_;
  for (LRScheduler& scheduler : schedulers_) scheduler.step();
  last_lr_ = schedulers_.back().get().get_last_lr();
}

void ChainedScheduler::begin(bool from_lr0) {
  last_epoch_ = 0;
  for (LRScheduler& scheduler : schedulers_) scheduler.begin(std::exchange(from_lr0, false));
  last_lr_ = schedulers_.back().get().get_last_lr();
}

double ChainedScheduler::lr(double current, std::size_t) { return current; }

void ChainedScheduler::fields(const Field& field) {
  LRScheduler::fields(field);
  for (std::size_t i = 0; i < schedulers_.size(); ++i)
    schedulers_[i].get().fields([&](const std::string& name, double& value) {
      field(fmt::format("schedulers.{}.{}", i, name), value);
    });
}

}  // namespace percept::optim
