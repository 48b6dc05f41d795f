// Settings of a training run: flag, then PERCEPT_*, then --config FILE, then ./percept.toml, then
// the default.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app.h"

namespace percept::app {

/// What is not given is filled in by resolve(), which knows whether the data are a table.
struct Settings {
  std::string data = {};  ///< DATA
  std::string data_dir = {}, target = {}, task = "auto";
  double test_split = 0.2, val_split = 0;
  std::optional<std::string> model = {}, optimizer = {};
  std::optional<std::int64_t> epochs = {}, batch_size = {};
  std::optional<bool> shuffle = {};
  std::optional<double> lr = {}, weight_decay = {};
  double momentum = 0, clip_grad = 0;
  std::string schedule = "none";
  std::int64_t early_stop = 0, seed = 0, threads = 0;
  std::string dtype = "f32";
  /// From a config.toml: what each file of the data must be, by name.
  std::map<std::string, std::string> checksums = {};
};

/// Fills in the defaults: the lecture's for pictures, suited to small tables for CSV.
void resolve(Settings& settings, bool table);

/// The flags of settings, and what was given on the command line.
class SettingFlags {
 public:
  /// Adds the flags named to `command` (every one when the list is empty), and --config.
  void add_to(CLI::App& command, const std::vector<std::string>& keys = {});
  /// All layers together. Throws UsageError for a bad flag, FormatError for a bad environment
  /// variable or file, IoError for --config FILE that cannot be read.
  Settings load() const;

  std::string data = {};  ///< the positional argument, or --data

 private:
  std::map<std::string, std::string> given_;
  std::string config_;
};

/// The settings of a config.toml. Throws FormatError, IoError.
Settings read_config(const std::string& path);

/// The text of a config.toml: resolved settings, versions, checksums.
std::string config_text(const Settings& settings,
                        const std::map<std::string, std::string>& checksums, std::int64_t threads);

}  // namespace percept::app
