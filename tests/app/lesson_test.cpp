// percept lesson as a reader and a script see it.
#include <gtest/gtest.h>

#include "app/app.h"
#include "percept/io/png.h"

namespace percept {
namespace {

TEST_F(App, LessonListSaysWhatThereIs) {
  const std::vector<Json> list = lines_of(run({"lesson", "list", "--json"}).out);
  ASSERT_GE(list.size(), 6u);
  for (const Json& entry : list) {
    EXPECT_EQ(entry["schema"], "percept.lesson.entry/1");
    EXPECT_FALSE(entry["title"].get<std::string>().empty());
    EXPECT_LE(entry["seconds"].get<double>(), 20);
  }
  EXPECT_EQ(list[0]["id"], "L02");
  EXPECT_EQ(list[0]["name"], "neuron");
  EXPECT_EQ(run({"lesson"}).out, run({"lesson", "list"}).out);
  const std::string page = run({"lesson", "list"}).out;
  EXPECT_EQ(count(page, '\n'), list.size() + 2);  // an empty line and the gallery's heading
  const std::string gallery = run({"lesson", "gallery"}).out;
  EXPECT_EQ(gallery.rfind("The gallery: networks that made history\nG01", 0), 0u);
  EXPECT_NE(page.find("\n\n" + gallery), std::string::npos);
  for (const Json& entry : lines_of(run({"lesson", "gallery", "--json"}).out))
    EXPECT_EQ(entry["name"].get<std::string>().rfind("gallery/", 0), 0u);
  EXPECT_EQ(run_in({"lesson"}, {{"LANG", "zh_CN.UTF-8"}}).out, run({"lesson", "--lang", "zh"}).out);
}

TEST_F(App, LessonAsJsonHasTablesRowsAndHistory) {
  Json by_id = Json::parse(run({"lesson", "L04", "--json"}).out);
  Json by_name = Json::parse(run({"lesson", "logistic", "--json", "--epoch", "17"}).out);
  EXPECT_EQ(by_id["schema"], "percept.lesson.result/1");
  EXPECT_EQ(by_id["differing"], 0);
  // The lecture's first number: 1 / (1 + exp(-(0.01 + 1.42 * 0.197 + 2.51 * 0.635))), unrounded.
  EXPECT_NEAR(by_id["tables"]["probabilities"]["epoch_0"][0], 0.86802, 5e-6);
  EXPECT_EQ(by_id["tables"]["probabilities"]["sample"][0], "character ①");
  EXPECT_FALSE(by_id["tables"]["probabilities"].contains("epoch_17"));
  EXPECT_EQ(by_name["tables"]["probabilities"]["epoch_17"].size(), 12u);
  EXPECT_EQ(by_id["history"]["online"]["epoch"].size(), 101u);
  const Json& row = by_id["rows"][0];
  EXPECT_EQ(row["table"], "probabilities");
  EXPECT_EQ(row["row"], "character ①");
  EXPECT_EQ(row["printed"], "0.87");
  EXPECT_EQ(row["computed"], by_id["tables"]["probabilities"]["epoch_0"][0]);
  EXPECT_EQ(row["verdict"], "equal");
}

TEST_F(App, LessonMarksWhatIsMisclassified) {
  const auto line_with = [](const std::string& text, const std::string& word) {
    const std::size_t at = text.find(word);
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
  };
  const Environment utf8{{"LANG", "C.UTF-8"}};
  const std::string plain = run_in({"lesson", "logistic", "--lang", "en"}, utf8).out;
  const std::string probabilities = plain.substr(plain.find("Probability of being a character"));
  // Wrong at first, right from epoch 10 on; and the sample that is wrong only at epoch 10.
  EXPECT_NE(line_with(probabilities, "background ①").find("0.6194 ✗"), std::string::npos);
  EXPECT_NE(line_with(probabilities, "character ①").find("0.0623 ✗"), std::string::npos);
  EXPECT_EQ(line_with(probabilities, "character ②").find("✗"), std::string::npos);
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  const std::string colored = run_in({"lesson", "logistic", "--color", "always"}, utf8).out;
  EXPECT_NE(colored.find("0.6194\x1b[0m"), std::string::npos);
}

TEST_F(App, LessonPagesFitATerminal) {
  for (const Json& entry : lines_of(run({"lesson", "list", "--json"}).out)) {
    if (entry["seconds"] > 2) continue;  // the others are laid out by the same code
    for (const char* language : {"zh", "en"}) {
      const ProcessResult page =
          run_in({"lesson", entry["name"], "--lang", language}, {{"LANG", "C.UTF-8"}});
      EXPECT_EQ(page.code, 0) << page.err;
      std::istringstream lines(page.out);
      for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(cells(line), 80u) << line;
        EXPECT_TRUE(line.empty() || line.back() != ' ') << "'" << line << "'";
      }
    }
  }
}

TEST_F(App, LessonsAreAsciiWhereTheLocaleIs) {
  for (const Json& entry : lines_of(run({"lesson", "list", "--json"}).out)) {
    if (entry["seconds"] > 2) continue;
    const std::string page = run_in({"lesson", entry["name"]}, {{"LANG", "C"}}).out;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
    for (const char c : page) ASSERT_LT(static_cast<unsigned char>(c), 0x80) << entry["name"];
  }
  const std::string formulas = run_in({"lesson", "one-neuron"}, {{"LANG", "C"}}).out;
  EXPECT_NE(formulas.find("||w|| = sqrt(w1^2 + w2^2)"), std::string::npos) << formulas;
}

TEST_F(App, LessonWritesItsFiles) {
  const ProcessResult result = run({"lesson", "xor", "--lang", "zh", "--out", "pages", "-q"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out + result.err, "");
  EXPECT_NE(text("pages/L07-xor.md").find("![隐含平面 `(h₁, h₂)`](L07-hidden-plane.svg)"),
            std::string::npos);
  EXPECT_EQ(Json::parse(text("pages/L07-xor.json"))["name"], "xor");
  EXPECT_EQ(text("pages/L07-hidden-plane.svg").rfind("<?xml", 0), 0u);
  EXPECT_GT(io::load_png(path("pages/L07-hidden-plane.png")).numel(), 100000);
  EXPECT_EQ(run({"lesson", "gallery/mcculloch-pitts", "--out", "pages", "-q"}).code, 0);
  EXPECT_NE(text("pages/G01-mcculloch-pitts.md").find("](G01-xor.svg)"), std::string::npos);
}

TEST_F(App, LessonRefusesWhatItDoesNotKnow) {
  struct Case {
    Words words;
    std::string error;
  };
  const Case cases[] = {
      {{"lesson", "xro"},
       "LESSON: found 'xro', allowed list, gallery, all, an id such as L07 or a name such as xor; "
       "the nearest is xor"},
      {{"lesson", "xor", "--lang", "fr"}, "--lang: found 'fr', allowed zh and en"},
      {{"lesson", "xor", "--epoch", "3"}, "--epoch: the lesson xor does not use it"},
      {{"lesson", "xor", "--seed", "3"}, "--seed: the lesson xor does not use it"},
      {{"lesson", "gallery/mcculloch-pitts", "--full"},
       "--full: the lesson gallery/mcculloch-pitts does not use it"},
      {{"lesson", "xor", "--docs", "pages"},
       "--docs: the index lists every lesson; use lesson all --docs DIR"},
  };
  for (const Case& c : cases) {
    const ProcessResult result = run(c.words);
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "percept: error: " + c.error + "\n");
  }
}

TEST_F(App, LessonWithoutATerminalAsksNothing) {
  EXPECT_EQ(run({"lesson", "neuron", "--lang", "en", "--step"}).out.find("Enter"),
            std::string::npos);
}

}  // namespace
}  // namespace percept
