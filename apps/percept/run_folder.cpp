#include "run_folder.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "percept/base/error.h"
#include "percept/base/file.h"

namespace percept::app {

namespace fs = std::filesystem;

RunFolder RunFolder::create(const std::string& out, const std::string& name) {
  std::error_code error;
  if (!out.empty()) {
    RunFolder run(out);
    if (fs::exists(out) && !(fs::is_directory(out) && fs::is_empty(out)))
      throw IoError(
          fmt::format("{}: is there already and not empty; hint: another --out DIR, or "
                      "percept resume {} to go on with that run",
                      out, out));
    fs::create_directories(out, error);
    if (error)
      throw IoError(fmt::format("{}: the folder cannot be made: {}", out, error.message()));
    return run;
  }
  const bool new_parent = fs::create_directories("runs", error);
  if (error) throw IoError(fmt::format("runs: the folder cannot be made: {}", error.message()));
  for (int n = 1;; ++n) {
    const std::string path = fmt::format("runs/{}-{}", name, n);
    if (fs::create_directory(path, error)) {  // false when another run has that name
      RunFolder run(path);
      if (new_parent) run.parent_made_ = "runs";
      return run;
    }
    if (error && error != std::errc::file_exists)
      throw IoError(fmt::format("{}: the folder cannot be made: {}", path, error.message()));
  }
}

RunFolder RunFolder::open(const std::string& path) {
  RunFolder run(path);
  if (!fs::exists(path)) throw IoError(fmt::format("{}: no such run folder", path));
  if (!fs::exists(run.config()))
    throw FormatError(fmt::format("{}: found no config.toml, allowed the folder of a run", path));
  if (fs::exists(run.events())) run.lines_ = read_file(run.events(), {.max_bytes = 1 << 28});
  return run;
}

void RunFolder::record(const train::Event& event) {
  lines_ += train::to_json(event) + "\n";
  write_atomic(events(), lines_);
}

void RunFolder::forget_after(std::int64_t epoch) {
  std::string kept;
  std::size_t number = 0, start = 0;
  for (std::size_t end; (end = lines_.find('\n', start)) != std::string::npos; start = end + 1) {
    const std::string line = lines_.substr(start, end - start);
    ++number;
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object())
      throw FormatError(
          fmt::format("{}: line {}: found no JSON object, allowed one a line", events(), number));
    const auto at = json.find("epoch");
    const bool later = json.value("schema", "") == "percept.train.epoch/1" && at != json.end() &&
                       at->is_number_integer() && at->get<std::int64_t>() > epoch;
    if (!later) kept += line + "\n";
  }
  lines_ = kept;
}

void RunFolder::remove_unless_checkpoint() const {
  if (fs::exists(last()) || fs::exists(best())) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  if (!parent_made_.empty()) fs::remove(parent_made_, ignored);  // fails when others use it
}

std::string model_path(const std::string& model) {
  if (!fs::is_directory(model)) return model;
  for (const char* name : {"model.safetensors", "last/checkpoint.safetensors"})
    if (fs::exists(model + "/" + name)) return model + "/" + name;
  throw IoError(
      fmt::format("{}: the folder holds neither model.safetensors nor "
                  "last/checkpoint.safetensors",
                  model));
}

}  // namespace percept::app
