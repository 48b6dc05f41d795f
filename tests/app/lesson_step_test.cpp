// percept lesson --step as a reader at a terminal of 80 x 24 goes through it.
#include <memory>

#include "app/app.h"
#include "app/terminal_session.h"

namespace percept {
namespace {

using testing::TerminalSession;

constexpr const char* kGoOn = "Enter to go on, q to stop: ";
constexpr const char* kPredict = "Your prediction (Enter shows it, q stops): ";

class Step : public App {
 protected:
  std::unique_ptr<TerminalSession> start(const std::string& lesson, Environment more = {}) {
    more.emplace("LANG", "C.UTF-8");
    more.emplace("TERM", "xterm");
    more.emplace("PERCEPT_THREADS", "1");
    more.emplace("XDG_STATE_HOME", path("state"));
    return std::make_unique<TerminalSession>(Words{"lesson", lesson, "--step", "--color", "never"},
                                             more, path(""));
  }
  /// Goes on to the end; answers the questions in turn, then leaves them. All that was shown.
  static std::string read(TerminalSession& session, std::vector<std::string> answers) {
    std::string all;
    for (;;) {
      const std::string shown = session.shows(": ");
      all += shown;
      if (all.ends_with(kGoOn)) {
        session.type("\n");
      } else if (all.ends_with(kPredict)) {
        session.type((answers.empty() ? "" : answers.front()) + "\n");
        if (!answers.empty()) answers.erase(answers.begin());
      } else if (!shown.ends_with(": ")) {
        return all;
      }
    }
  }
};

TEST_F(Step, AsksBeforeItShowsAndKeepsWhatWasRight) {
  const auto session = start("xor");
  const std::string all = read(*session, {"one", "1.42", "0.5"});
  EXPECT_EQ(session->ends(), 0);
  const std::size_t question = all.find("what is h₂ at (1, 1)? (2 decimals)");
  ASSERT_NE(question, std::string::npos) << all;
  EXPECT_LT(question, all.find("The hidden layer\n"));
  EXPECT_NE(all.find("not a number: one\n"), std::string::npos);
  EXPECT_NE(all.find("✓ 1.42\n"), std::string::npos);
  EXPECT_NE(all.find("✗ 0.1508\n"), std::string::npos);
  EXPECT_NE(all.find("predicted 1 of 2\n"), std::string::npos);
  EXPECT_EQ(Json::parse(text("state/percept/lessons.json")),
            Json::parse(R"({"schema": "percept.lesson.progress/1",
                            "lessons": {"xor": {"questions": 2, "right": [1]}}})"));
}

TEST_F(Step, AScreenIsNeverTallerThanTheTerminal) {
  for (const char* lesson : {"xor", "softmax", "backprop", "nonlinear"}) {
    const auto session = start(lesson);
    std::string screen;
    std::size_t most = 23;  // line ends above the prompt
    for (bool ended = false; !ended;) {
      screen += session->shows(": ");
      const bool asked = screen.ends_with(kPredict);
      ended = !screen.ends_with(": ");
      if (!asked && !ended && !screen.ends_with(kGoOn)) continue;
      EXPECT_LE(count(screen, '\n'), ended ? most + 1 : most) << lesson << ":\n" << screen;
      screen = asked ? "?\n" : "";
      most = asked ? 23 : 24;  // going on takes the prompt's line away again
      if (!ended) session->type("\n");
    }
    EXPECT_EQ(session->ends(), 0);
  }
}

TEST_F(Step, TheSummaryTicksALessonWithAllAnswersRight) {
  const Environment state{{"LANG", "C.UTF-8"}, {"XDG_STATE_HOME", path("state")}};
  const auto row = [&] {
    const std::string page = run_in({"lesson", "summary"}, state).out;
    const std::size_t at = page.find("xor --step");
    return page.substr(at, page.find('\n', at) - at);
  };
  EXPECT_EQ(row(), "xor --step" + std::string(13, ' ') + "–");
  const auto first = start("xor");
  read(*first, {"1.42"});
  EXPECT_EQ(row(), "xor --step" + std::string(13, ' ') + "1/2");
  const auto second = start("xor");
  read(*second, {"", "0.1508"});
  EXPECT_EQ(row(), "xor --step" + std::string(13, ' ') + "✓ 2/2");
}

TEST_F(Step, StopsWhenTheReaderDoes) {
  struct Case {
    std::string keys;
    int code;
  };
  for (const Case& c : {Case{"q\n", 0}, Case{"\x04", 0}, Case{"\x03", -SIGINT}}) {
    const auto session = start("xor");
    session->shows(kGoOn);
    session->type(c.keys);
    const std::string rest = session->shows("no more");
    EXPECT_EQ(session->ends(), c.code);
    EXPECT_TRUE(c.code != 0 || rest.ends_with('\n')) << rest;
  }
  EXPECT_FALSE(fs::exists(path("state")));
}

TEST_F(Step, GoesOnWhereAnswersCannotBeKept) {
  const auto nowhere = start("xor", {{"XDG_STATE_HOME", "/dev/null/state"}});
  const std::string all = read(*nowhere, {"1.42", "0.1508"});
  EXPECT_EQ(nowhere->ends(), 0);
  EXPECT_NE(all.find("percept: /dev/null/state"), std::string::npos) << all;
  EXPECT_NE(all.find("; right answers are not kept\n"), std::string::npos) << all;
  EXPECT_NE(all.find("predicted 2 of 2\n"), std::string::npos);

  for (const char* other : {"", "{", "[1]", R"({"schema": "percept.lesson.progress/2"})"}) {
    fs::create_directories(path("state/percept"));
    file("state/percept/lessons.json", other);
    const auto session = start("xor");
    const std::string shown = read(*session, {"1.42"});
    EXPECT_EQ(session->ends(), 0);
    EXPECT_NE(shown.find("; right answers are not kept\n"), std::string::npos) << shown;
    EXPECT_NE(shown.find("predicted 1 of 2\n"), std::string::npos);
    EXPECT_EQ(text("state/percept/lessons.json"), other);
  }
}

}  // namespace
}  // namespace percept
