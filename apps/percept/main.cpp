// percept: the program. Puts the sub-commands together, runs one, and turns what went wrong into
// one line and an exit code.
#include <fmt/format.h>

#include <clocale>
#include <csignal>
#include <filesystem>
#include <new>

#include "app.h"
#include "base/text.h"

namespace percept::app {
namespace {

enum ExitCode {
  kDone = 0,
  kCheckFailed = 1,
  kUsage = 2,
  kBadInput = 3,
  kNoAccess = 4,
  kLimit = 5,
  kDiverged = 6
};

int fail(ExitCode code, std::string_view text) {
  const std::string shown = fmt::format("percept: error: {}\n", escaped(text));
  std::fwrite(shown.data(), 1, shown.size(), stderr);
  return code;
}

CLI::App* innermost(CLI::App& root) {
  CLI::App* command = &root;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return command;
}

std::string path_of(const CLI::App& command) {
  return command.get_parent() ? path_of(*command.get_parent()) + " " + command.get_name()
                              : command.get_name();
}

/// What CLI11 complains about, with the nearest name for one it does not know.
std::string usage_text(const CLI::ParseError& error, CLI::App& root) {
  CLI::App& command = *innermost(root);
  std::string text = error.what();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::vector<std::string> rest = root.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) && !rest.empty()) {
    const std::string& word = rest.front();
    std::vector<std::string> known;
    if (word.starts_with("-")) {
      for (const CLI::Option* option : command.get_options())
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
      text = fmt::format("unknown option '{}'; the nearest is {}", word,
                         nearest(word.substr(0, word.find('=')), known));
    } else {
      for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
        known.push_back(sub->get_name());
      text = known.empty() ? fmt::format("'{}' is one argument too many", word)
                           : fmt::format("unknown command '{}'; the nearest is '{}'", word,
                                         nearest(word, known));
    }
  }
  return fmt::format("{}; see {} --help", text, path_of(command));
}

int run(int argc, char** argv) {
  CLI::App root{text::kAbout.str(), "percept"};
  Program program{.root = root};
  root.require_subcommand(0, 1);
  root.set_help_flag("-h,--help", text::kHelp.str());
  add_train(program);
  add_resume(program);
  add_eval(program);
  add_predict(program);
  add_summary(program);
  add_export(program);
  add_plot(program);
  add_lesson(program);
  add_data(program);
  add_selftest(program);
  add_doctor(program);
  add_version(program);
  add_completion(program);
  bool version = false;
  root.add_flag("--version", version, text::kVersion.str());
  try {
    root.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print(help_page(*innermost(root)));
    return kDone;
  } catch (const CLI::ParseError& error) {
    return fail(kUsage, usage_text(error, root));
  }
  if (version) {
    char name[] = "percept", command[] = "version";
    char* words[] = {name, command};
    return run(2, words);
  }
  if (!program.action) {
    print(help_page(*innermost(root)));
    return kDone;
  }
  return program.action();
}

int guarded(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const CheckFailed& error) {
    return fail(kCheckFailed, error.what());
  } catch (const UsageError& error) {
    return fail(kUsage, error.what());
  } catch (const IoError& error) {
    return fail(kNoAccess, error.what());
  } catch (const LimitError& error) {
    return fail(kLimit, error.what());
  } catch (const DivergedError& error) {
    return fail(kDiverged, error.what());
  } catch (const std::bad_alloc&) {
    return fail(kLimit, "not enough memory");
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(kNoAccess, fmt::format("{}: {}", error.path1().string(), error.code().message()));
  } catch (const std::exception& error) {
    return fail(kBadInput, error.what());
  }
}

}  // namespace
}  // namespace percept::app

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is a write error like any other
  return percept::app::guarded(argc, argv);
}
