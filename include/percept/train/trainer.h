// Trainer: the training loop, for any model, loss, optimiser and loader.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "percept/data/data_loader.h"
#include "percept/nn/module.h"
#include "percept/optim/lr_scheduler.h"
#include "percept/optim/optimizer.h"
#include "percept/train/event.h"
#include "percept/train/metrics.h"

namespace percept::train {

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// What the targets are: i64 classes, or real values.
enum class Task : unsigned char { classification, regression };

/// The mean loss of a batch.
using LossFunction = std::function<Tensor(const Tensor& output, const Tensor& target)>;

/// What evaluate() found over a whole loader.
struct Evaluation {
  std::int64_t samples = 0;
  double loss = kNaN;                            ///< mean over samples
  double accuracy = kNaN;                        ///< classification
  double r2 = kNaN, mean_absolute_error = kNaN;  ///< regression
  std::optional<ConfusionMatrix> confusion;      ///< classification
};

/// One line of the history.
struct EpochResult {
  std::int64_t epoch = 0;               ///< from 1
  double loss = kNaN, accuracy = kNaN;  ///< mean over the epoch's batches, while learning
  double val_loss = kNaN, val_accuracy = kNaN, val_r2 = kNaN;
  double lr = kNaN;
  double seconds = 0, samples_per_second = 0;
  bool best = false;  ///< the best validation (else training) loss so far
};

/// Where training stands: all that is needed beside model, optimiser, scheduler and loader to go
/// on.
struct Progress {
  std::int64_t epoch = 0;  ///< epochs finished
  std::int64_t step = 0;   ///< optimiser steps made
  double loss_sum = 0;     ///< of the epoch under way
  std::int64_t correct = 0, samples = 0, batch = 0;
  double seconds = 0;  ///< of the epoch under way
  double best_loss = std::numeric_limits<double>::infinity();
  std::int64_t best_epoch = 0;
  std::int64_t epochs_without_gain = 0;
  std::vector<EpochResult> history;
};

class Trainer;
class CompiledStep;

/// Is told how training goes, in the order of addition. Every member may be left as it is.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_start(Trainer&) {}
  virtual void on_epoch_start(Trainer&) {}
  virtual void on_batch(Trainer&, double /*loss*/) {}
  virtual void on_epoch_end(Trainer&, const EpochResult&) {}
  virtual void on_end(Trainer&) {}
};

struct TrainerOptions {
  Task task = Task::classification;
  std::int64_t epochs = 5;
  /// Advanced after every step (else after every epoch), as OneCycleLR wants it.
  bool scheduler_every_step = false;
  double clip_grad_norm = 0;               ///< 0: not clipped
  std::optional<Dtype> autocast = {};      ///< AutocastGuard(type) for model and loss; as around
  bool compile = false;                    ///< steps are replayed as train::compile() does
  std::function<bool()> interrupted = {};  ///< asked after every batch; true ends training cleanly
};

class Trainer {
 public:
  /// The model and the optimiser must outlive the trainer.
  Trainer(nn::Module& model, LossFunction loss, optim::Optimizer& optimizer,
          const TrainerOptions& options = {});

  /// Used from now on; it must outlive the trainer.
  void set_scheduler(optim::LRScheduler& scheduler) { scheduler_ = &scheduler; }
  void add(std::shared_ptr<Callback> callback) { callbacks_.push_back(std::move(callback)); }

  /// Trains from where progress() stands until options.epochs are done, a callback stops it or it
  /// is interrupted; with a second loader every epoch is validated. Throws DivergedError, naming
  /// layer and step, when the loss is NaN or infinite.
  const std::vector<EpochResult>& fit(data::DataLoader& loader,
                                      data::DataLoader* validation = nullptr);
  /// The loss and metrics over a loader, in evaluation mode, without changing anything.
  Evaluation evaluate(data::DataLoader& loader);

  /// Ends training after the batch under way; from on_epoch_end, after that epoch.
  void stop() { stop_ = true; }
  bool was_interrupted() const { return interrupted_; }

  nn::Module& model() { return model_; }
  optim::Optimizer& optimizer() { return optimizer_; }
  optim::LRScheduler* scheduler() { return scheduler_; }
  data::DataLoader* loader() const { return loader_; }  ///< the one fit() reads, else null
  const TrainerOptions& options() const { return options_; }
  const Progress& progress() const { return progress_; }
  Progress& progress() { return progress_; }

 private:
  std::pair<Tensor, Tensor> run(const data::Batch& batch);        // output and loss
  std::pair<Tensor, Tensor> gradients(const data::Batch& batch);  // the same; sets them
  void train_batch(const data::Batch& batch);
  void finish_epoch(data::DataLoader* validation);
  [[noreturn]] void report_divergence(const data::Batch& batch, double loss);
  template <class F>
  void tell(const F& f) {
    for (const auto& callback : callbacks_) f(*callback);
  }

  nn::Module& model_;
  LossFunction loss_;
  optim::Optimizer& optimizer_;
  TrainerOptions options_;
  std::shared_ptr<CompiledStep> compiled_;  // null unless options.compile
  optim::LRScheduler* scheduler_ = nullptr;
  data::DataLoader* loader_ = nullptr;
  std::vector<std::shared_ptr<Callback>> callbacks_;
  Progress progress_;
  bool stop_ = false, interrupted_ = false;
};

}  // namespace percept::train
