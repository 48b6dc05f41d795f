#include "lesson_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <optional>

namespace percept::app {
namespace {

namespace b = lessons::block;

int lines_of(const std::string& text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

/// Blocks that stand together on a screen, and the question that follows them.
struct LessonPart {
  std::string text;
  bool heading = false;  ///< a section begins here
  const b::Question* question = nullptr;
};

/// Whether a block announces the next one: a heading, a text that ends in a colon, or whatever
/// stands before a question.
bool stays_with(const lessons::Block& block, const lessons::Block& next, Language language) {
  if (std::holds_alternative<b::Heading>(block)) return true;
  const auto* text = std::get_if<b::Paragraph>(&block);
  if (!text) return false;
  const std::string& words = text->text.in(language);
  return words.ends_with(":") || words.ends_with("：") || std::holds_alternative<b::Question>(next);
}

std::vector<LessonPart> parts_of(const lessons::Lesson& lesson, Language language,
                                 const Terminal& terminal) {
  std::vector<LessonPart> parts;
  bool joined = false;
  const auto& blocks = lesson.blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (!joined) parts.emplace_back();
    LessonPart& part = parts.back();
    part.heading = part.heading || std::holds_alternative<b::Heading>(blocks[i]);
    part.question = std::get_if<b::Question>(&blocks[i]);
    part.text += terminal_block(blocks[i], language, terminal, lines_of(part.text)) +
                 (part.question ? "" : "\n");
    joined = i + 1 < blocks.size() && stays_with(blocks[i], blocks[i + 1], language);
  }
  return parts;
}

/// The reader at the keyboard.
class Reader {
 public:
  Reader(Language language, const Terminal& terminal) : language_(language), terminal_(terminal) {}

  /// False when the reader has had enough.
  bool wait() {
    const auto answer = line(text::kPressEnter);
    if (!answer || *answer == "q") return false;
    if (terminal_.redraws) print("\x1b[A\x1b[2K");  // the page goes on without the prompt
    return true;
  }

  /// Whether the question, already on the screen, is answered rightly; nothing when the reader has
  /// had enough.
  std::optional<bool> ask(const b::Question& question) {
    for (;;) {
      const auto answer = line(text::kPredict);
      if (!answer || *answer == "q") return std::nullopt;
      char* end = nullptr;
      const double value = std::strtod(answer->c_str(), &end);
      if (*end != '\0') {
        print(fmt::format(fmt::runtime(text::kNoNumber.in(language_)), *answer));
        continue;
      }
      const double half_unit = 0.5 * std::pow(10.0, -question.digits) * (1 + 1e-9);
      const bool right = !answer->empty() && std::abs(value - question.answer) <= half_unit;
      const std::string sign = terminal_.utf8 ? right ? "✓" : "✗" : right ? "+" : "x";
      print(fmt::format(
          "{} {:.{}f}\n\n",
          answer->empty() ? "=" : terminal_.paint(right ? Paint::green : Paint::red, sign),
          question.answer, std::max(question.digits, 0)));
      ++asked_;
      right_ += right;
      return right;
    }
  }

  void say_score() const {
    if (asked_ > 0)
      print(fmt::format(fmt::runtime(text::kPredicted.in(language_)), right_, asked_) + "\n");
  }

 private:
  /// What is typed behind the prompt, without blanks around it; nothing at the end of the input.
  std::optional<std::string> line(const Words& prompt) {
    print(prompt.in(language_));
    std::string typed;
    if (!std::getline(std::cin, typed)) {
      print("\n");
      return std::nullopt;
    }
    typed.erase(0, typed.find_first_not_of(" \t"));
    typed.erase(typed.find_last_not_of(" \t\r") + 1);
    return typed;
  }

  Language language_;
  const Terminal& terminal_;
  int asked_ = 0, right_ = 0;
};

}  // namespace

void step_through(const FinishedLesson& lesson, Language language, const Terminal& terminal,
                  LessonProgress& progress) {
  const int screen = page_lines(terminal);
  std::vector<LessonPart> parts = parts_of(lesson.lesson, language, terminal);
  parts.push_back({.text = terminal_end(lesson, language, terminal)});
  const auto questions = static_cast<int>(
      std::count_if(parts.begin(), parts.end(), [](const LessonPart& p) { return p.question; }));
  Reader reader(language, terminal);
  const auto read = [&] {
    int asked = 0, used = 0;  // lines of the screen
    const std::string title = terminal_title(lesson, language, terminal);
    print(title);
    used += lines_of(title);
    for (const LessonPart& part : parts) {
      const bool full = used + lines_of(part.text) > screen + 1;  // the last line is blank
      if (used > 0 && (full || (part.heading && 2 * used > screen))) {
        if (!reader.wait()) return;
        used = 0;
      }
      print(part.text);
      used += lines_of(part.text);
      if (!part.question) continue;
      const std::optional<bool> right = reader.ask(*part.question);
      if (!right) return;
      ++asked;
      if (*right) progress.add(lesson.entry->name, asked, questions);
      // The question stays on the screen, with the prompt, the answer and a blank line.
      used = lines_of(terminal_block(*part.question, language, terminal)) + 3;
    }
  };
  read();
  reader.say_score();
}

}  // namespace percept::app
