// The progress of a training run on stderr: one bar an epoch, which becomes one line when done.
#pragma once

#include <chrono>
#include <string>

#include "percept/train/trainer.h"
#include "terminal.h"

namespace percept::app {

/// "epoch 3/5 ━━━━━━━━ 938/938 1.1s loss 0.412 acc 0.851 val_loss 0.437 val_acc 0.842 *best";
/// where lines cannot be overwritten, only finished ones are shown.
class ProgressLine : public train::Callback {
 public:
  explicit ProgressLine(Terminal terminal) : terminal_(terminal) {}
  ~ProgressLine() override { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void on_epoch_start(train::Trainer& trainer) override;
  void on_batch(train::Trainer& trainer, double loss) override;
  void on_epoch_end(train::Trainer& trainer, const train::EpochResult& result) override;
  void on_end(train::Trainer& trainer) override;

 private:
  using Clock = std::chrono::steady_clock;
  void draw(const train::Trainer& trainer);
  void clear();
  std::string bar(double share) const;

  Terminal terminal_;
  bool drawn_ = false;
  Clock::time_point last_draw_{};
  double rate_ = 0, last_seconds_ = 0;  // samples a second, smoothed
  std::int64_t last_samples_ = 0;
};

}  // namespace percept::app
