// Help pages: examples first, at most 80 cells wide, in the user's language.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app.h"

namespace percept::app {
namespace {

constexpr std::size_t kHelpWidth = 80;

// CLI::App has no place for examples.
std::map<const CLI::App*, std::vector<std::string>>& examples_of() {
  static std::map<const CLI::App*, std::vector<std::string>> all;
  return all;
}

std::string full_name(const CLI::App& command) {
  return command.get_parent() ? full_name(*command.get_parent()) + " " + command.get_name()
                              : command.get_name();
}

void add_paragraph(std::string& page, std::string_view text, std::size_t indent) {
  for (const std::string& row : wrap(text, kHelpWidth - indent))
    page += std::string(indent, ' ') + row + "\n";
}

/// "  left      description", the description in its own column.
void add_entry(std::string& page, const std::string& left, const std::string& description,
               std::size_t column) {
  page += "  " + left;
  std::size_t at = 2 + cells(left);
  if (at + 2 > column) page += "\n", at = 0;
  for (const std::string& row : wrap(description, kHelpWidth - column)) {
    page += std::string(column - at, ' ') + row + "\n";
    at = 0;
  }
  if (description.empty()) page += "\n";
}

/// What stands in the list of commands.
std::string first_sentence(const std::string& text) {
  for (const std::string_view end : {"。", ". "})
    if (const std::size_t at = text.find(end); at != std::string::npos)
      return text.substr(0, at + (end == ". " ? 1 : end.size()));
  return text;
}

std::string option_name(const CLI::Option& option) {
  std::string name;
  for (const std::string& letter : option.get_snames()) name += "-" + letter + ", ";
  const auto& longs = option.get_lnames();
  if (longs.size() == 2 && longs[1] == "no-" + longs[0])
    name += "--[no-]" + longs[0];
  else
    for (const std::string& word : longs) name += "--" + word + ", ";
  if (name.ends_with(", ")) name.resize(name.size() - 2);
  if (option.get_items_expected_max() > 0 && !option.get_type_name().empty())
    name += " " + option.get_type_name().substr(0, option.get_type_name().find(':'));
  return name;
}

}  // namespace

CLI::App* add_command(CLI::App& parent, const char* name, const Words& about,
                      const std::vector<std::string>& examples) {
  CLI::App* command = parent.add_subcommand(name, about.str());
  command->set_help_flag("-h,--help", text::kHelp.str());
  examples_of()[command] = examples;
  return command;
}

void add_output_options(CLI::App& command, OutputOptions& output, bool json) {
  if (json) command.add_flag("--json", output.json, text::kJson.str());
  command.add_flag("-q,--quiet", output.quiet, text::kQuiet.str());
  command.add_flag("-v,--verbose", output.verbose, text::kVerbose.str());
  const std::map<std::string, ColorMode> modes{
      {"auto", ColorMode::automatic}, {"always", ColorMode::always}, {"never", ColorMode::never}};
  command
      .add_option_function<std::string>(
          "--color",
          [&output, modes](const std::string& word) {
            const auto mode = modes.find(word);
            if (mode == modes.end())
              throw UsageError(
                  fmt::format("--color: found '{}', allowed are auto, always and never", word));
            output.color = mode->second;
          },
          text::kColor.str())
      ->type_name("WHEN");
}

std::string help_page(const CLI::App& command) {
  const auto subcommands = command.get_subcommands([](const CLI::App*) { return true; });
  const auto options = command.get_options();
  std::vector<std::string> examples = examples_of()[&command];
  if (!command.get_parent())
    examples = {"percept train fashion-mnist", "percept train table.csv --target price",
                "percept eval runs/fashion-mnist-1 --data fashion-mnist",
                "percept predict runs/fashion-mnist-1 picture.png"};
  std::string page;
  add_paragraph(page, command.get_description(), 0);
  page += "\n" + text::kExamples.str() + "\n";
  for (const std::string& example : examples) page += "  " + example + "\n";

  std::string usage = full_name(command);
  if (!subcommands.empty()) usage += " " + text::kCommandWord.str();
  for (const CLI::Option* option : options)
    if (option->get_positional()) {
      std::string word = option->get_name(true);
      if (option->get_items_expected_max() > 1) word += "...";
      usage += option->get_required() ? " " + word : " [" + word + "]";
    }
  page += "\n" + text::kUsage.str() + "\n  " + usage + " [" + text::kOptionsWord.str() + "]\n";

  if (!subcommands.empty()) {
    page += "\n" + text::kCommands.str() + "\n";
    for (const CLI::App* sub : subcommands)
      add_entry(page, sub->get_name(), first_sentence(sub->get_description()), 15);
  }
  std::string arguments, flags;
  for (const CLI::Option* option : options) {
    if (option->get_positional())
      add_entry(arguments, option->get_name(true), option->get_description(), 26);
    else
      add_entry(flags, option_name(*option), option->get_description(), 26);
  }
  if (!arguments.empty()) page += "\n" + text::kArguments.str() + "\n" + arguments;
  page += "\n" + text::kOptions.str() + "\n" + flags;
  if (!command.get_parent()) {
    page += "\n" + text::kExitCodes.str() + "\n";
    add_paragraph(page, text::kExitCodesList.str(), 2);
  }
  return page;
}

std::string line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const auto best = std::min_element(candidates.begin(), candidates.end(),
                                     [&](const std::string& a, const std::string& b) {
                                       return distance(word, a) < distance(word, b);
                                     });
  return best == candidates.end() ? std::string() : *best;
}

}  // namespace percept::app
