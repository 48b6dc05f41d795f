// The program as a user sees it: help in two languages, colours, and what it says of itself.
#include <gtest/gtest.h>

#include "app/app.h"

namespace percept {
namespace {

TEST_F(App, HelpInBothLanguages) {
  const Words pages[] = {{},          {"train"},   {"resume"},   {"eval"},       {"predict"},
                         {"summary"}, {"export"},  {"plot"},     {"data"},       {"data", "info"},
                         {"doctor"},  {"version"}, {"selftest"}, {"completion"}, {"lesson"}};
  for (const Words& page : pages) {
    Words words = page;
    words.push_back("--help");
    const ProcessResult english = run(words), chinese = run_in(words, {{"LANG", "zh_CN.UTF-8"}});
    EXPECT_EQ(english.code, 0);
    EXPECT_EQ(english.err + chinese.err, "");
    EXPECT_NE(english.out.find("\nExamples:\n  "), std::string::npos);
    EXPECT_NE(chinese.out.find("\n示例：\n  "), std::string::npos);
    // Examples come before everything but the sentence that says what it does.
    EXPECT_LT(english.out.find("Examples:"), english.out.find("Usage:"));
    for (const std::string& text : {english.out, chinese.out}) {
      std::istringstream stream(text);
      for (std::string line; std::getline(stream, line);) {
        EXPECT_LE(cells(line), 80u) << line;
        EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
      }
    }
  }
  EXPECT_EQ(run_in({"--help"}, {{"LANG", "zh_CN.UTF-8"}, {"LC_ALL", "en_US.UTF-8"}}).out,
            run({"--help"}).out);
  EXPECT_EQ(run({}).out, run({"--help"}).out);
}

TEST_F(App, ColoursOnlyWhenAskedFor) {
  file("iris.csv", flowers(30));
  struct Row {
    Words flags;
    Environment environment;
    bool coloured;
  };
  const Row rows[] = {{{}, {}, false},
                      {{"--color", "always"}, {}, true},
                      {{}, {{"CLICOLOR_FORCE", "1"}}, true},
                      {{}, {{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}, false},
                      {{"--color", "never"}, {{"CLICOLOR_FORCE", "1"}}, false}};
  int n = 0;
  for (const Row& row : rows) {
    Words words{"train",    "iris.csv", "--target", "species",
                "--epochs", "1",        "--out",    "r" + std::to_string(n++)};
    words.insert(words.end(), row.flags.begin(), row.flags.end());
    const ProcessResult result = run_in(words, row.environment);
    EXPECT_EQ(result.err.find('\x1b') != std::string::npos, row.coloured);
    EXPECT_EQ(result.out.find('\x1b') != std::string::npos, row.coloured);
    EXPECT_EQ(result.err.find('\r'), std::string::npos);
  }
}

TEST_F(App, SelftestDoctorDataAndCompletion) {
  const ProcessResult selftest = run({"selftest", "--json"});
  EXPECT_EQ(selftest.code, 0) << selftest.out;
  EXPECT_GT(lines_of(selftest.out).size(), 20u);
  for (const Json& check : lines_of(selftest.out)) EXPECT_EQ(check["ok"], true) << check;
  EXPECT_EQ(run({"selftest", "gradcheck"}).code, 0);
  const Json doctor = Json::parse(run({"doctor", "--json"}).out);
  for (const char* name : {"version", "compiler", "instruction_set", "onednn", "onednn_isa"})
    EXPECT_FALSE(doctor[name].get<std::string>().empty()) << name;
  EXPECT_EQ(run({"--version"}).out, run({"version"}).out);
  EXPECT_EQ(lines_of(run({"data", "list", "--json"}).out).size(), 2u);
  for (const char* shell : {"bash", "zsh", "fish"})
    EXPECT_NE(run({"completion", shell}).out.find("train"), std::string::npos);

  file("complete.sh",
       run({"completion", "bash"}).out +
           "COMP_WORDS=(percept data ver) COMP_CWORD=2; _percept; echo \"${COMPREPLY[@]}\"\n"
           "COMP_WORDS=(percept train --opt) COMP_CWORD=2; _percept; echo \"${COMPREPLY[@]}\"\n");
  const ProcessResult completed =
      testing::run_process("/bin/bash", {"complete.sh"}, {.folder = folder_.path("")});
  EXPECT_EQ(completed.out, "verify\n--optimizer\n") << completed.err;
}

TEST_F(App, AFullDiskIsAnErrorOfItsOwn) {
  const ProcessResult result =
      testing::run_process("/bin/bash", {"-c", testing::program_path() + " doctor > /dev/full"});
  EXPECT_EQ(result.code, 4);
  EXPECT_EQ(result.err,
            "percept: error: standard output: cannot be written: No space left on device\n");
}

}  // namespace
}  // namespace percept
