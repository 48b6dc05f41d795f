// Every lesson, whole: its numbers are what they should be, it says the same in both languages and
// in the words of the glossary, and its figures can be drawn.
#include <gtest/gtest.h>

#include <toml++/toml.h>

#include <ctime>
#include <regex>
#include <set>
#include <sstream>

#include "lessons/lesson.h"
#include "support/places.h"

namespace percept::lessons {

void PrintTo(const Entry& entry, std::ostream* out) { *out << entry.id; }

namespace {

struct Said {
  std::string where;
  Text text;
};

/// Everything a reader reads, but for figures.
std::vector<Said> texts_of(const Entry& entry, const Lesson& lesson) {
  std::vector<Said> all{{"title", entry.title}};
  const auto add = [&](const std::string& where, const Text& text) {
    all.push_back({where, text});
  };
  const auto add_table = [&](const Table& table) {
    const std::string where = "table " + table.name;
    if (!table.title.empty()) add(where, table.title);
    for (const Column& column : table.columns) {
      if (!column.title.empty()) add(where, column.title);
      for (const Text& word : column.words) add(where + ", column " + column.name, word);
      for (const Expected& expected : column.expected)
        if (!expected.note.empty()) add(where + ", note", expected.note);
    }
  };
  for (const Block& b : lesson.blocks()) {
    if (const auto* x = std::get_if<block::Heading>(&b)) add("heading", x->text);
    if (const auto* x = std::get_if<block::Paragraph>(&b)) add("text", x->text);
    if (const auto* x = std::get_if<block::Note>(&b)) add("note", x->text);
    if (const auto* x = std::get_if<block::Claim>(&b)) add("claim", x->text);
    if (const auto* x = std::get_if<block::Question>(&b)) add("question", x->text);
    if (const auto* x = std::get_if<block::Figure>(&b)) add("figure " + x->name, x->caption);
    if (const auto* x = std::get_if<Table>(&b)) add_table(*x);
  }
  for (const Table& history : lesson.histories()) add_table(history);
  return all;
}

std::set<std::string> found(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::set<std::string> all;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it)
    all.insert(it->str());
  return all;
}

std::string shown(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// A character of the CJK blocks or of full-width punctuation: three bytes from U+3000 on.
bool has_chinese(const std::string& text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0xe3) return true;
  return false;
}

struct Term {
  std::vector<std::string> zh, en;          // the lecture's word first
  std::vector<std::string> not_zh, not_en;  // used instead of it by mistake
};

std::vector<Term> glossary() {
  const toml::table file = toml::parse_file(testing::project_path("docs/glossary.toml"));
  std::vector<Term> terms;
  for (const toml::node& node : *file["term"].as_array()) {
    const toml::table& table = *node.as_table();
    const auto words = [&](const char* one, const char* more) {
      std::vector<std::string> list;
      if (const auto word = table[one].value<std::string>()) list.push_back(*word);
      if (const toml::array* rest = table[more].as_array())
        for (const toml::node& word : *rest) list.push_back(*word.value<std::string>());
      return list;
    };
    terms.push_back(
        {words("zh", "also_zh"), words("en", "also_en"), words("", "not_zh"), words("", "not_en")});
  }
  return terms;
}

bool holds(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}
bool holds_any(const std::string& text, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return holds(text, word); });
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// Without inline code, which may hold any word.
std::string prose(const std::string& text) {
  return std::regex_replace(text, std::regex("`[^`]*`"), "`");
}

void check_glossary(const Said& said, const std::vector<Term>& terms) {
  if (said.text.zh == said.text.en) return;  // a name or symbol
  const std::string zh = prose(said.text.zh), en = lower(prose(said.text.en));
  for (const Term& term : terms) {
    std::vector<std::string> english = term.en;
    for (std::string& word : english) word = lower(word);
    const bool in_zh = holds(zh, term.zh.front()), in_en = holds(en, english.front());
    EXPECT_TRUE(!in_zh || holds_any(en, english))
        << said.where << ": '" << term.zh.front() << "' without '" << term.en.front() << "':\n"
        << said.text.zh << "\n"
        << said.text.en;
    EXPECT_TRUE(!in_en || holds_any(zh, term.zh))
        << said.where << ": '" << term.en.front() << "' without '" << term.zh.front() << "':\n"
        << said.text.zh << "\n"
        << said.text.en;
    for (const std::string& word : term.not_zh)
      EXPECT_FALSE(holds(zh, word)) << said.where << ": " << word << " is said " << term.zh.front();
    for (const std::string& word : term.not_en)
      EXPECT_FALSE(holds(en, lower(word)))
          << said.where << ": " << word << " is said " << term.en.front();
  }
}

void check_pair(const std::string& where, const Text& text) {
  const std::string both = where + ":\n" + text.zh + "\n" + text.en;
  EXPECT_FALSE(text.zh.empty() || text.en.empty()) << both;
  EXPECT_FALSE(has_chinese(text.en)) << both;
  // What is not the same in both languages is words, and Chinese ones have Chinese characters.
  EXPECT_TRUE(text.zh == text.en || has_chinese(text.zh)) << both;
  constexpr const char* kNumber = "[0-9]+(\\.[0-9]+)?(e[-+]?[0-9]+)?";
  EXPECT_EQ(shown(found(text.zh, kNumber)), shown(found(text.en, kNumber))) << both;
  EXPECT_EQ(shown(found(text.zh, "`[^`]*`")), shown(found(text.en, "`[^`]*`"))) << both;
  EXPECT_EQ(std::count(text.zh.begin(), text.zh.end(), '`') % 2, 0) << both;
}

/// The texts drawn in a figure, in order.
std::vector<std::string> drawn(const plot::Figure& figure) {
  std::vector<std::string> texts;
  for (const plot::Element& element : figure.elements())
    if (const auto* text = std::get_if<plot::element::Text>(&element)) texts.push_back(text->text);
  return texts;
}

class EveryLesson : public ::testing::TestWithParam<Entry> {};

TEST_P(EveryLesson, IsWhole) {
  const Entry& entry = GetParam();
  [[maybe_unused]] const std::clock_t start = std::clock();
  const Lesson lesson = entry.make({});
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_LT(seconds, 2 * entry.seconds);  // two cores
#endif

  for (const Check& check : lesson.checks())
    EXPECT_NE(check.verdict, Verdict::differs)
        << check.table << ", " << check.column << ", " << check.row.en << ": expected "
        << check.expected.text << ", computed " << check.computed;
  const Counts counts = lesson.counts();
  EXPECT_EQ(counts.differing, 0);
  EXPECT_GT(counts.printed + counts.golden, 0) << "nothing in this lesson is compared";

  const std::vector<Term> terms = glossary();
  ASSERT_GT(terms.size(), 20u);
  for (const Said& said : texts_of(entry, lesson)) {
    check_pair(said.where, said.text);
    check_glossary(said, terms);
  }
  for (const Block& b : lesson.blocks())
    if (const auto* formula = std::get_if<block::Formula>(&b)) {
      EXPECT_FALSE(has_chinese(formula->text)) << formula->text;
      EXPECT_EQ(shown(found(formula->text, "\\b(if|else|for|and|or|otherwise|where)\\b")), "")
          << "a formula reads the same in both languages:\n"
          << formula->text;
    }
  for (const Block& b : lesson.blocks())
    if (const auto* code = std::get_if<block::Code>(&b)) {
      std::istringstream lines(code->text);
      for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 76u) << line;
    }
  std::set<std::string> names;
  for (const Block& b : lesson.blocks()) {
    const auto* figure = std::get_if<block::Figure>(&b);
    if (!figure) continue;
    EXPECT_TRUE(names.insert(figure->name).second) << "two figures named " << figure->name;
    const std::vector<std::string> zh = drawn(figure->draw(Language::zh)),
                                   en = drawn(figure->draw(Language::en));
    for (const std::string& text : en)
      EXPECT_FALSE(has_chinese(text)) << "figure " << figure->name << ": " << text;
    EXPECT_EQ(zh.size(), en.size()) << "figure " << figure->name;
    // What percept::plot says unless told otherwise is English.
    for (const std::string& text : zh)
      for (const char* word :
           {"misclassified", "decision boundary", "true class", "predicted class",
            "share of the true class", "positive weight", "negative weight"})
        EXPECT_NE(text, word) << "figure " << figure->name;
  }
}

INSTANTIATE_TEST_SUITE_P(Lessons, EveryLesson, ::testing::ValuesIn(contents()),
                         [](const auto& info) {
                           std::string name = std::string(info.param.id) + "_" + info.param.name;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return c == '-' || c == '/'; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace percept::lessons
