// Checkpoints: everything a training run needs to go on to the same bits, in one safetensors file.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "percept/io/safetensors.h"
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

struct CheckpointOptions {
  std::string last = {};  ///< path; empty: not saved
  std::string best = {};  ///< path of the epoch that was the best so far; empty: not saved
  Metadata metadata = {};
  /// A file is written at most that often; what is due is kept in memory until then, or until
  /// training ends. Short epochs would spend their time on waiting for the disk.
  double seconds_between = 0;
};

/// Saves a checkpoint after each epoch, and when training ends within one. Folders are made.
class CheckpointCallback : public Callback {
 public:
  explicit CheckpointCallback(CheckpointOptions options);
  void on_epoch_end(Trainer& trainer, const EpochResult& result) override;
  void on_end(Trainer& trainer) override;

 private:
  struct File {
    std::string path;
    std::chrono::steady_clock::time_point due = {};
    std::optional<io::Safetensors> waiting = {};
  };
  void save(File& file, Trainer& trainer);
  void write(File& file, const io::Safetensors& checkpoint);
  CheckpointOptions options_;
  File last_, best_;
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
