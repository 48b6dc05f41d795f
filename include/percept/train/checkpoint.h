// Checkpoints: everything a training run needs to go on to the same bits, in one safetensors file.
#pragma once

#include <map>
#include <string>

#include "percept/train/trainer.h"

namespace percept::train {

/// Text that travels with a checkpoint or model: architecture, class names, preprocessing.
using Metadata = std::map<std::string, std::string>;

/// Writes model, optimiser, scheduler, default generator, loader position and progress; atomically.
/// Throws IoError.
void save_checkpoint(const std::string& path, Trainer& trainer, const data::DataLoader& loader,
                     const Metadata& metadata = {});

/// Puts all of it back. Throws FormatError, and ValueError when the checkpoint is another model's,
/// optimiser's or loader's; then nothing has been changed.
Metadata load_checkpoint(const std::string& path, Trainer& trainer, data::DataLoader& loader);

/// Saves a checkpoint after each epoch, and when training ends early: `last`, and `best` where the
/// epoch was the best so far. Folders are made. An empty path saves nothing.
class CheckpointCallback : public Callback {
 public:
  CheckpointCallback(std::string last, std::string best, Metadata metadata = {})
      : last_(std::move(last)), best_(std::move(best)), metadata_(std::move(metadata)) {}
  void on_epoch_end(Trainer& trainer, const EpochResult& result) override;
  void on_end(Trainer& trainer) override;

 private:
  std::string last_, best_;
  Metadata metadata_;
};

/// Stops when the loss has not got better for `patience` epochs.
class EarlyStopping : public Callback {
 public:
  /// Throws ValueError when patience < 1.
  explicit EarlyStopping(std::int64_t patience);
  void on_start(Trainer& trainer) override;  ///< a run that had stopped does not go on
  void on_epoch_end(Trainer& trainer, const EpochResult& result) override;

 private:
  std::int64_t patience_;
};

/// Hands every event to a function: "percept.train.start/1", "...epoch/1", "...stop/1".
class EventCallback : public Callback {
 public:
  explicit EventCallback(std::function<void(const Event&)> sink) : sink_(std::move(sink)) {}
  void on_start(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer, const EpochResult& result) override;
  void on_end(Trainer& trainer) override;

 private:
  std::function<void(const Event&)> sink_;
};

}  // namespace percept::train
