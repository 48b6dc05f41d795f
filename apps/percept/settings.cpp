#include "settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <functional>
#include <sstream>

#include "base/text.h"
#include "percept/base/build_info.h"
#include "percept/base/file.h"
#include "percept/models/model_file.h"

extern char** environ;

namespace percept::app {
namespace {

/// A value outside its domain: found and allowed. Whoever knows where it came from adds that.
struct BadValue : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void refuse(const std::string& found, const std::string& allowed) {
  throw BadValue(fmt::format("found {}, allowed {}", in_quotes(found), allowed));
}

template <class T>
std::optional<T> number(const std::string& text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return {};
  return value;
}

std::int64_t whole(const std::string& text, std::int64_t low, std::int64_t high) {
  const auto value = number<std::int64_t>(text);
  if (!value || *value < low || *value > high)
    refuse(text, fmt::format("a whole number from {} to {}", low, high));
  return *value;
}

enum class Ends { positive, zero_or_more, fraction };

double real(const std::string& text, Ends ends) {
  const auto value = number<double>(text);
  const bool good = value && std::isfinite(*value) &&
                    (ends == Ends::positive       ? *value > 0
                     : ends == Ends::zero_or_more ? *value >= 0
                                                  : *value >= 0 && *value < 1);
  if (!good)
    refuse(text, ends == Ends::positive       ? "a number above 0"
                 : ends == Ends::zero_or_more ? "a number of at least 0"
                                              : "a number from 0 to below 1");
  return *value;
}

bool truth(const std::string& text) {
  if (text == "true" || text == "1" || text == "on" || text == "yes") return true;
  if (text == "false" || text == "0" || text == "off" || text == "no") return false;
  refuse(text, "true or false");
}

std::string one_of(const std::string& text, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    if (text == word) return text;
  refuse(text, fmt::format("{}; the nearest is {}", fmt::join(words, ", "), nearest(text, words)));
}

std::string model_name(const std::string& text) {
  try {
    models::check_architecture(text);
  } catch (const ValueError& error) {
    throw BadValue(error.what());
  }
  return text;
}

constexpr std::int64_t kMost = std::int64_t{1} << 40;

/// One setting: --batch-size, PERCEPT_BATCH_SIZE and batch_size are one.
struct Setting {
  const char* key;
  const char* type;  // as help shows it; null for a flag with --no-
  const Words& help;
  void (*set)(Settings&, const std::string&);
  std::string (*get)(const Settings&);  // as TOML; empty to leave it out
};

/// A value as TOML; texts may be left out by being empty.
std::string as_toml(const std::string& text) {
  std::ostringstream out;
  if (!text.empty()) out << toml::toml_formatter(toml::value<std::string>(text));
  return out.str();
}
std::string as_toml(double x) { return real_text(x); }
std::string as_toml(std::int64_t n) { return std::to_string(n); }
std::string as_toml(bool on) { return on ? "true" : "false"; }

using S = Settings;
using T = const std::string&;

const std::vector<Setting>& all_settings() {
  static const std::vector<Setting> settings{
      {"data", "DATA", text::kData, [](S& s, T t) { s.data = t; },
       [](const S& s) { return as_toml(s.data); }},
      {"model", "NAME", text::kModel, [](S& s, T t) { s.model = model_name(t); },
       [](const S& s) { return as_toml(*s.model); }},
      {"epochs", "N", text::kEpochs, [](S& s, T t) { s.epochs = whole(t, 0, 1000000); },
       [](const S& s) { return as_toml(*s.epochs); }},
      {"batch_size", "N", text::kBatchSize, [](S& s, T t) { s.batch_size = whole(t, 1, 1 << 24); },
       [](const S& s) { return as_toml(*s.batch_size); }},
      {"shuffle", nullptr, text::kShuffle, [](S& s, T t) { s.shuffle = truth(t); },
       [](const S& s) { return as_toml(*s.shuffle); }},
      {"lr", "X", text::kLr, [](S& s, T t) { s.lr = real(t, Ends::positive); },
       [](const S& s) { return as_toml(*s.lr); }},
      {"optimizer", "NAME", text::kOptimizer,
       [](S& s, T t) {
         s.optimizer = one_of(t, {"sgd", "adam", "adamw", "rmsprop"});
       },
       [](const S& s) { return as_toml(*s.optimizer); }},
      {"momentum", "X", text::kMomentum, [](S& s, T t) { s.momentum = real(t, Ends::fraction); },
       [](const S& s) { return as_toml(s.momentum); }},
      {"weight_decay", "X", text::kWeightDecay,
       [](S& s, T t) { s.weight_decay = real(t, Ends::zero_or_more); },
       [](const S& s) { return as_toml(*s.weight_decay); }},
      {"clip_grad", "X", text::kClipGrad,
       [](S& s, T t) { s.clip_grad = real(t, Ends::zero_or_more); },
       [](const S& s) { return as_toml(s.clip_grad); }},
      {"schedule", "NAME", text::kSchedule,
       [](S& s, T t) {
         s.schedule = one_of(t, {"none", "step", "exponential", "cosine", "onecycle", "plateau"});
       },
       [](const S& s) { return as_toml(s.schedule); }},
      {"seed", "N", text::kSeed, [](S& s, T t) { s.seed = whole(t, 0, kMost); },
       [](const S& s) { return as_toml(s.seed); }},
      {"threads", "N", text::kThreads, [](S& s, T t) { s.threads = whole(t, 1, 1024); },
       [](const S& s) { return s.threads ? as_toml(s.threads) : std::string(); }},
      {"dtype", "NAME", text::kDtype,
       [](S& s, T t) {
         s.dtype = one_of(t, {"f32", "bf16"});
       },
       [](const S& s) { return as_toml(s.dtype); }},
      {"val_split", "F", text::kValSplit, [](S& s, T t) { s.val_split = real(t, Ends::fraction); },
       [](const S& s) { return as_toml(s.val_split); }},
      {"early_stop", "N", text::kEarlyStop, [](S& s, T t) { s.early_stop = whole(t, 0, 1000000); },
       [](const S& s) { return as_toml(s.early_stop); }},
      {"target", "COLUMN", text::kTarget, [](S& s, T t) { s.target = t; },
       [](const S& s) { return as_toml(s.target); }},
      {"task", "NAME", text::kTask,
       [](S& s, T t) {
         s.task = one_of(t, {"auto", "classification", "regression"});
       },
       [](const S& s) { return as_toml(s.task); }},
      {"test_split", "F", text::kTestSplit,
       [](S& s, T t) {
         s.test_split = real(t, Ends::fraction);
         if (s.test_split == 0) refuse(t, "a number above 0 and below 1");
       },
       [](const S& s) { return as_toml(s.test_split); }},
      {"data_dir", "DIR", text::kDataDir, [](S& s, T t) { s.data_dir = t; },
       [](const S& s) { return as_toml(s.data_dir); }},
  };
  return settings;
}

std::string dashed(std::string key) {
  for (char& c : key)
    if (c == '_') c = '-';
  return key;
}

std::string variable_of(std::string key) {
  for (char& c : key) c = static_cast<char>(c == '-' ? '_' : std::toupper(c));
  return "PERCEPT_" + key;
}

const Setting* find(std::string key) {
  for (char& c : key)
    if (c == '-') c = '_';
  for (const Setting& setting : all_settings())
    if (setting.key == key) return &setting;
  return nullptr;
}

std::vector<std::string> keys() {
  std::vector<std::string> names;
  for (const Setting& setting : all_settings()) names.emplace_back(setting.key);
  return names;
}

/// `set`, with the place in front of what it refuses.
template <class E>
void apply(const Setting& setting, Settings& settings, const std::string& value,
           const std::string& place) {
  try {
    setting.set(settings, value);
  } catch (const BadValue& error) {
    throw E(fmt::format("{}: {}", place, error.what()));
  }
}

std::string as_text(const toml::node& node, const std::string& place) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto yes = node.value_exact<bool>()) return *yes ? "true" : "false";
  if (const auto n = node.value_exact<std::int64_t>()) return std::to_string(*n);
  if (const auto x = node.value_exact<double>()) return fmt::format("{}", *x);
  throw FormatError(
      fmt::format("{}: found a value of another type, allowed are texts, numbers, "
                  "true and false",
                  place));
}

void apply_file(const std::string& path, const std::string& text, Settings& settings) {
  toml::table table;
  try {
    table = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw FormatError(fmt::format("{}: line {}: {}", path, error.source().begin.line,
                                  std::string(error.description())));
  }
  for (const auto& [name, node] : table) {
    const std::string key(name.str());
    const std::string place = fmt::format("{}: line {}: {}", path, name.source().begin.line, key);
    if (key == "versions" && node.is_table()) continue;
    if (key == "checksums" && node.is_table()) {
      for (const auto& [file, sum] : *node.as_table())
        settings.checksums[std::string(file.str())] = as_text(sum, place);
      continue;
    }
    const Setting* setting = find(key);
    if (!setting)
      throw FormatError(fmt::format("{}: line {}: unknown key '{}'; the nearest is '{}'", path,
                                    name.source().begin.line, key, nearest(key, keys())));
    apply<FormatError>(*setting, settings, as_text(node, place), place);
  }
}

/// A variable that looks like a misspelt setting is an error; others may belong to someone else.
void check_variables() {
  static const std::vector<std::string> others{"PERCEPT_DATA",   "PERCEPT_ENGINE",
                                               "PERCEPT_FUSION", "PERCEPT_JOBS",
                                               "PERCEPT_BUILD",  "PERCEPT_SKIP_INSTALL"};
  std::vector<std::string> known = others;
  for (const std::string& key : keys()) known.push_back(variable_of(key));
  for (char** at = environ; *at; ++at) {
    const std::string_view entry(*at);
    const std::string name(entry.substr(0, entry.find('=')));
    if (!name.starts_with("PERCEPT_")) continue;
    const std::string closest = nearest(name, known);
    const std::size_t changes = distance(name, closest);
    if (changes > 0 && changes <= 2 && changes * 3 <= name.size() - 8)
      throw FormatError(
          fmt::format("{}: unknown setting in the environment; the nearest is {}", name, closest));
  }
}

}  // namespace

void resolve(Settings& s, bool table) {
  s.optimizer = s.optimizer.value_or(table ? "adam" : "sgd");
  s.model = s.model.value_or(table ? "mlp:64,64" : "mlp");
  s.epochs = s.epochs.value_or(table ? 100 : 5);
  s.batch_size = s.batch_size.value_or(table ? 32 : 64);
  s.shuffle = s.shuffle.value_or(table);
  s.lr = s.lr.value_or(*s.optimizer == "sgd" ? 0.1 : 0.001);
  s.weight_decay = s.weight_decay.value_or(*s.optimizer == "adamw" ? 0.01 : 0.0);
}

void SettingFlags::add_to(CLI::App& command, const std::vector<std::string>& wanted) {
  for (const Setting& setting : all_settings()) {
    const std::string key = setting.key;
    if (key == "data" ||
        (!wanted.empty() && std::find(wanted.begin(), wanted.end(), key) == wanted.end()))
      continue;
    const std::string flag = "--" + dashed(key);
    if (setting.type)
      command
          .add_option_function<std::string>(
              flag, [this, key](const std::string& value) { given_[key] = value; },
              setting.help.str())
          ->type_name(setting.type);
    else
      command.add_flag_function(
          fmt::format("{},!--no-{}", flag, dashed(key)),
          [this, key](std::int64_t count) { given_[key] = count > 0 ? "true" : "false"; },
          setting.help.str());
  }
  command.add_option("--config", config_, text::kConfig.str())->type_name("FILE");
}

Settings SettingFlags::load() const {
  Settings settings;
  if (const std::string here = "percept.toml"; std::filesystem::exists(here))
    apply_file(here, read_file(here, {.max_bytes = 1 << 20}), settings);
  if (!config_.empty()) apply_file(config_, read_file(config_, {.max_bytes = 1 << 20}), settings);
  check_variables();
  for (const Setting& setting : all_settings()) {
    if (setting.key == std::string("data")) continue;  // PERCEPT_DATA is the folder of datasets
    const std::string name = variable_of(setting.key);
    if (const char* value = std::getenv(name.c_str()); value && *value)
      apply<FormatError>(setting, settings, value, name);
  }
  for (const auto& [key, value] : given_)
    apply<UsageError>(*find(key), settings, value, "--" + dashed(key));
  if (!data.empty() && data != settings.data) {
    settings.data = data;
    settings.checksums.clear();
  }
  return settings;
}

Settings read_config(const std::string& path) {
  Settings settings;
  apply_file(path, read_file(path, {.max_bytes = 1 << 20}), settings);
  return settings;
}

std::string config_text(const Settings& settings,
                        const std::map<std::string, std::string>& checksums, std::int64_t threads) {
  const BuildInfo build = build_info();
  toml::table versions{{"percept", build.version},
                       {"compiler", build.compiler},
                       {"onednn", build.onednn},
                       {"instruction_set", build.instruction_set}};
  toml::table sums;
  for (const auto& [file, sum] : checksums) sums.insert(file, sum);
  Settings all = settings;
  all.threads = threads;
  std::ostringstream out;
  out << "# Everything needed to repeat this run: percept train --config config.toml\n";
  out << "# The checksums are SHA-256 of the data files, unpacked; other data are refused.\n";
  for (const Setting& setting : all_settings())
    if (const std::string value = setting.get(all); !value.empty())
      out << setting.key << " = " << value << "\n";
  out << "\n[versions]\n" << toml::toml_formatter(versions) << "\n";
  out << "\n[checksums]\n" << toml::toml_formatter(sums) << "\n";
  return out.str();
}

}  // namespace percept::app
