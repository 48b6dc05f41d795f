// A run's folder: config.toml, events.ndjson, last/, best/, model.safetensors and pictures.
#pragma once

#include <string>
#include <vector>

#include "percept/train/event.h"

namespace percept::app {

class RunFolder {
 public:
  /// Makes `out`, or runs/NAME-N with the first free N when it is empty. Throws IoError, also for
  /// a folder that is there and not empty.
  static RunFolder create(const std::string& out, const std::string& name);
  /// Throws IoError, and FormatError for a folder that is no run's.
  static RunFolder open(const std::string& path);

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string config() const { return file("config.toml"); }
  std::string events() const { return file("events.ndjson"); }
  std::string last() const { return file("last/checkpoint.safetensors"); }
  std::string best() const { return file("best/checkpoint.safetensors"); }
  std::string model() const { return file("model.safetensors"); }

  /// Adds a line to events.ndjson, which is replaced as a whole: it never holds half a line.
  void record(const train::Event& event);
  /// Forgets the epochs after `epoch`, which a resumed run goes through again. Throws FormatError.
  void forget_after(std::int64_t epoch);
  /// Takes the folder away again unless there is a checkpoint in it.
  void remove_unless_checkpoint() const;

 private:
  explicit RunFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
  std::string parent_made_;  // the folder above it, when that had to be made too
  std::string lines_;        // of events.ndjson
};

/// The file a MODEL argument means: itself, or a run folder's model or last checkpoint. Throws
/// IoError.
std::string model_path(const std::string& model);

}  // namespace percept::app
