// What the sub-commands share: options every one of them has, errors of their own, results as JSON.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "percept/base/error.h"
#include "terminal.h"
#include "text.h"

namespace percept::app {

using Json = nlohmann::ordered_json;

/// A command line that means nothing: exit code 2.
struct UsageError : Error {
  using Error::Error;
};
/// A check that was asked for did not hold: exit code 1.
struct CheckFailed : Error {
  using Error::Error;
};

struct OutputOptions {
  bool json = false, quiet = false, verbose = false;
  ColorMode color = ColorMode::automatic;
};

/// The program while it is being put together: each add_... function adds a sub-command, which sets
/// `action` when it is the one that was called. The action returns the exit code.
struct Program {
  CLI::App& root;
  OutputOptions output = {};
  std::function<int()> action = {};
};

void add_train(Program& program);
void add_resume(Program& program);
void add_eval(Program& program);
void add_predict(Program& program);
void add_summary(Program& program);
void add_export(Program& program);
void add_plot(Program& program);
void add_lesson(Program& program);
void add_data(Program& program);
void add_selftest(Program& program);
void add_doctor(Program& program);
void add_version(Program& program);
void add_completion(Program& program);

/// A sub-command with its help page: what it does and examples, one a line.
CLI::App* add_command(CLI::App& parent, const char* name, const Words& about,
                      const std::vector<std::string>& examples);
/// --json, -q, -v and --color.
void add_output_options(CLI::App& command, OutputOptions& output, bool json = true);
/// The text of a help page, at most 80 cells wide.
std::string help_page(const CLI::App& command);

/// One line of JSON; what is not finite becomes null.
std::string line(const Json& json);
/// `candidates`' entry with the fewest changes from `word`; empty without candidates.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
/// Single letters to insert, delete or replace to get from `a` to `b`.
std::size_t distance(std::string_view a, std::string_view b);

}  // namespace percept::app
