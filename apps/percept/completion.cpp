// percept completion: scripts made from the commands and options that there are.
#include <fmt/format.h>

#include <algorithm>

#include "app.h"
#include "lessons/lesson.h"
#include "percept/data/catalog.h"

namespace percept::app {
namespace {

/// A command with what may follow it.
struct Entry {
  std::string path;  // "data info"
  std::string about;
  std::vector<std::string> words;    // sub-commands, datasets
  std::vector<std::string> options;  // --...
  std::vector<std::string> helps;    // of the options
};

void collect(const CLI::App& command, const std::string& path, std::vector<Entry>& entries) {
  Entry entry{
      .path = path, .about = command.get_description(), .words = {}, .options = {}, .helps = {}};
  const auto subs = command.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* sub : subs) entry.words.push_back(sub->get_name());
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_name() == "DATA" || (option->get_name() == "NAME" && path.starts_with("data")))
      for (const data::KnownDataset& set : data::known_datasets()) entry.words.push_back(set.name);
    if (option->get_name() == "LESSON") {
      entry.words = {"list", "gallery", "all"};
      for (const lessons::Entry& lesson : lessons::contents())
        entry.words.emplace_back(lesson.name);
    }
    for (const std::string& name : option->get_lnames()) {
      entry.options.push_back("--" + name);
      entry.helps.push_back(option->get_description());
    }
  }
  entries.push_back(entry);
  for (const CLI::App* sub : subs)
    collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), entries);
}

std::string bash(const std::vector<Entry>& entries) {
  std::string cases;
  for (const Entry& entry : entries)
    cases += fmt::format("    \"{}\") words=\"{}\" options=\"{}\" ;;\n", entry.path,
                         fmt::join(entry.words, " "), fmt::join(entry.options, " "));
  std::string paths;
  for (const Entry& entry : entries)
    if (!entry.path.empty())
      paths += fmt::format("{}\"{}\"", paths.empty() ? "" : " | ", entry.path);
  return fmt::format(R"(# source <(percept completion bash)
_percept() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} path= word i words= options=
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word="${{path:+$path }}${{COMP_WORDS[i]}}"
    case "$word" in
      {}) path=$word ;;
      *) break ;;
    esac
  done
  case "$path" in
{}  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"; compgen -f -- "$current")
  fi
}}
complete -o filenames -F _percept percept
)",
                     paths, cases);
}

std::string zsh(const std::vector<Entry>& entries) {
  return "#compdef percept\n# source <(percept completion zsh)\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash(entries);
}

std::string fish(const std::vector<Entry>& entries) {
  const auto quoted = [](std::string text) {
    std::replace(text.begin(), text.end(), '\'', ' ');
    return "'" + text + "'";
  };
  std::string script = "# percept completion fish | source\n";
  for (const Entry& entry : entries) {
    std::string condition = "__fish_use_subcommand";
    if (!entry.path.empty()) {
      condition.clear();
      std::string rest = entry.path;
      while (!rest.empty()) {
        const std::size_t blank = rest.find(' ');
        condition += (condition.empty() ? "" : "; and ") +
                     std::string("__fish_seen_subcommand_from ") + rest.substr(0, blank);
        rest = blank == std::string::npos ? "" : rest.substr(blank + 1);
      }
    }
    for (const std::string& word : entry.words) {
      const auto sub = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) {
        return e.path == (entry.path.empty() ? word : entry.path + " " + word);
      });
      script += fmt::format("complete -c percept -n '{}' -a {}", condition, word);
      if (sub != entries.end()) script += " -d " + quoted(sub->about);
      script += "\n";
    }
    for (std::size_t i = 0; i < entry.options.size(); ++i)
      script += fmt::format("complete -c percept -n '{}' -l {} -d {}\n", condition,
                            entry.options[i].substr(2), quoted(entry.helps[i]));
  }
  return script;
}

}  // namespace

void add_completion(Program& program) {
  CLI::App* command =
      add_command(program.root, "completion", text::kAboutCompletion,
                  {"source <(percept completion bash)", "percept completion fish | source"});
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, text::kShell.str())->required();
  command->callback([&program, shell] {
    program.action = [&program, shell] {
      std::vector<Entry> entries;
      collect(program.root, "", entries);
      if (*shell == "bash")
        print(bash(entries));
      else if (*shell == "zsh")
        print(zsh(entries));
      else if (*shell == "fish")
        print(fish(entries));
      else
        throw UsageError(fmt::format("SHELL: found '{}', allowed bash, zsh and fish", *shell));
      return 0;
    };
  });
}

}  // namespace percept::app
