// Learning-rate schedules: torch.optim.lr_scheduler. The optimiser must outlive its schedulers.
//
//   optim::LinearLR warmup(optimizer, {.start_factor = 0.1, .total_iters = 5});
//   optim::CosineAnnealingLR cosine(optimizer, 45);
//   optim::SequentialLR schedule(optimizer, {warmup, cosine}, {5});
//   ... optimizer.step(); ... schedule.step();
//
// Below, t counts the calls of step(), from 0, and lr0 is the group's rate before any scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "percept/optim/optimizer.h"

namespace percept::optim {

/// Changes the "lr" of an optimiser's groups, at its construction (t = 0) and at each step().
class LRScheduler {
 public:
  virtual ~LRScheduler() = default;
  LRScheduler(const LRScheduler&) = delete;
  LRScheduler& operator=(const LRScheduler&) = delete;

  /// Goes on to the next epoch (or batch, if it is called after each).
  virtual void step();
  /// The same with what is watched, such as a loss: only ReduceLROnPlateau looks at it.
  virtual void step(double metric);
  /// The rate of each group as the last step left it.
  const std::vector<double>& get_last_lr() const { return last_lr_; }
  std::int64_t last_epoch() const { return last_epoch_; }

  /// Where it stands; what the constructor was given is not part of it. The rates themselves are in
  /// the optimiser's state.
  State state_dict() const;
  /// Throws ValueError when the state is of another scheduler; then nothing has been changed.
  void load_state_dict(const State& state);

 protected:
  /// Shown the numbers of a state by name, to read or to write them.
  using Field = std::function<void(const std::string& name, double& value)>;

  LRScheduler(Optimizer& optimizer, std::string type);

  /// The rate of a group at last_epoch(), where `current` is its rate now.
  virtual double lr(double current, std::size_t group) = 0;
  /// Starts at t = 0: from the group's rates as they are, or from lr0.
  virtual void begin(bool from_lr0);
  virtual void fields(const Field& field);

  Optimizer& optimizer_;
  std::string type_;
  std::int64_t last_epoch_ = 0;
  std::vector<double> base_lrs_;  // lr0
  std::vector<double> last_lr_;

 private:
  friend class SequentialLR;
  friend class ChainedScheduler;
  void update();
};

struct GammaOptions {
  double gamma = 0.1;
};

/// lr *= gamma every step_size steps. Throws ValueError unless step_size > 0.
class StepLR : public LRScheduler {
 public:
  StepLR(Optimizer& optimizer, std::int64_t step_size, const GammaOptions& options = {});

 private:
  double lr(double current, std::size_t group) override;
  std::int64_t step_size_;
  double gamma_;
};

/// lr *= gamma at each of the milestones.
class MultiStepLR : public LRScheduler {
 public:
  MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones,
              const GammaOptions& options = {});

 private:
  double lr(double current, std::size_t group) override;
  std::vector<std::int64_t> milestones_;
  double gamma_;
};

/// lr *= gamma every step.
class ExponentialLR : public LRScheduler {
 public:
  ExponentialLR(Optimizer& optimizer, double gamma);

 private:
  double lr(double current, std::size_t group) override;
  double gamma_;
};

struct ConstantLROptions {
  double factor = 1.0 / 3;
  std::int64_t total_iters = 5;
};

/// lr = factor lr0 until t = total_iters, lr0 from there. Throws ValueError unless 0 < factor <= 1.
class ConstantLR : public LRScheduler {
 public:
  explicit ConstantLR(Optimizer& optimizer, const ConstantLROptions& options = {});

 private:
  double lr(double current, std::size_t group) override;
  ConstantLROptions options_;
};

struct LinearLROptions {
  double start_factor = 1.0 / 3;
  double end_factor = 1;
  std::int64_t total_iters = 5;
};

/// lr goes in a straight line from start_factor lr0 to end_factor lr0, at t = total_iters.
/// Throws ValueError unless 0 < start_factor <= 1 and 0 <= end_factor <= 1.
class LinearLR : public LRScheduler {
 public:
  explicit LinearLR(Optimizer& optimizer, const LinearLROptions& options = {});

 private:
  double lr(double current, std::size_t group) override;
  LinearLROptions options_;
};

struct CosineAnnealingLROptions {
  double eta_min = 0;
};

/// lr = eta_min + (lr0 - eta_min) (1 + cos(pi t / T_max)) / 2. Throws ValueError unless T_max > 0.
class CosineAnnealingLR : public LRScheduler {
 public:
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t T_max,
                    const CosineAnnealingLROptions& options = {});

 private:
  double lr(double current, std::size_t group) override;
  std::int64_t T_max_;
  double eta_min_;
};

struct CosineAnnealingWarmRestartsOptions {
  std::int64_t T_mult = 1;
  double eta_min = 0;
};

/// The same, begun anew after T_0 steps, then after T_0 T_mult, T_0 T_mult^2, ...
/// Throws ValueError unless T_0 > 0 and T_mult >= 1.
class CosineAnnealingWarmRestarts : public LRScheduler {
 public:
  CosineAnnealingWarmRestarts(Optimizer& optimizer, std::int64_t T_0,
                              const CosineAnnealingWarmRestartsOptions& options = {});

 private:
  double lr(double current, std::size_t group) override;
  std::int64_t T_0_;
  CosineAnnealingWarmRestartsOptions options_;
};

enum class Anneal : unsigned char { cos, linear };

struct OneCycleLROptions {
  double pct_start = 0.3;  ///< the part of the steps in which the rate rises
  Anneal anneal_strategy = Anneal::cos;
  bool cycle_momentum = true;  ///< "momentum", or Adam's "beta1", falls while the rate rises
  double base_momentum = 0.85;
  double max_momentum = 0.95;
  double div_factor = 25;         ///< the first rate is max_lr / div_factor
  double final_div_factor = 1e4;  ///< the last is the first / final_div_factor
  bool three_phase = false;       ///< falls as it rose, then to the last rate
};

/// Up to max_lr and down to almost nothing within total_steps; step it after every batch.
/// Throws ValueError unless total_steps > 0 and 0 <= pct_start <= 1, for an optimiser without
/// momentum (cycle_momentum = false), and when stepped more than total_steps times.
class OneCycleLR : public LRScheduler {
 public:
  OneCycleLR(Optimizer& optimizer, double max_lr, std::int64_t total_steps,
             const OneCycleLROptions& options = {});

 private:
  double lr(double current, std::size_t group) override;
  double max_lr_;
  std::int64_t total_steps_;
  OneCycleLROptions options_;
  std::string momentum_;  // the option that is cycled
};

/// lr = lr0 f(t).
class LambdaLR : public LRScheduler {
 public:
  using Factor = std::function<double(std::int64_t epoch)>;
  LambdaLR(Optimizer& optimizer, const Factor& factor);
  /// One function a group. Throws ValueError for another count.
  LambdaLR(Optimizer& optimizer, std::vector<Factor> factors);

 private:
  double lr(double current, std::size_t group) override;
  std::vector<Factor> factors_;
};

enum class PlateauMode : unsigned char { min, max };
enum class ThresholdMode : unsigned char { rel, abs };

struct ReduceLROnPlateauOptions {
  PlateauMode mode = PlateauMode::min;  ///< min: the metric should fall
  double factor = 0.1;
  std::int64_t patience = 10;
  double threshold = 1e-4;  ///< a change smaller than this is none
  ThresholdMode threshold_mode = ThresholdMode::rel;
  std::int64_t cooldown = 0;  ///< steps to wait after a reduction
  double min_lr = 0;
  double eps = 1e-8;  ///< smaller reductions are not made
};

/// lr *= factor when the metric has not got better for more than `patience` steps.
/// Throws ValueError unless factor < 1, and from step() without a metric.
class ReduceLROnPlateau : public LRScheduler {
 public:
  explicit ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options = {});
  void step() override;
  void step(double metric) override;

 private:
  double lr(double current, std::size_t group) override;
  void fields(const Field& field) override;
  bool is_better(double metric) const;
  ReduceLROnPlateauOptions options_;
  double best_;
  double cooldown_counter_ = 0, num_bad_epochs_ = 0;
  bool reduces_ = false;  // in this step
};

using SchedulerList = std::vector<std::reference_wrapper<LRScheduler>>;

/// One scheduler after the other: the next one begins, from lr0, at each milestone. They must
/// outlive it. Throws ValueError for an empty list, a scheduler of another optimiser, a
/// ReduceLROnPlateau, or unless there is one milestone less than schedulers.
class SequentialLR : public LRScheduler {
 public:
  SequentialLR(Optimizer& optimizer, SchedulerList schedulers,
               std::vector<std::int64_t> milestones);
  using LRScheduler::step;
  void step() override;

 private:
  double lr(double current, std::size_t group) override;
  void begin(bool from_lr0) override;
  void fields(const Field& field) override;
  LRScheduler& active(std::size_t& index) const;
  SchedulerList schedulers_;
  std::vector<std::int64_t> milestones_;
};

/// All of them at each step: their factors multiply. They must outlive it. Throws ValueError as
/// SequentialLR does.
class ChainedScheduler : public LRScheduler {
 public:
  ChainedScheduler(Optimizer& optimizer, SchedulerList schedulers);
  using LRScheduler::step;
  void step() override;

 private:
  double lr(double current, std::size_t group) override;
  void begin(bool from_lr0) override;
  void fields(const Field& field) override;
  SchedulerList schedulers_;
};

}  // namespace percept::optim
