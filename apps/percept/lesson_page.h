// A lesson as people and programs read it: terminal page, JSON, Markdown.
#pragma once

#include <string>
#include <vector>

#include "app.h"
#include "lesson_text.h"
#include "lessons/lesson.h"

namespace percept::app {

/// A lesson that has run.
struct FinishedLesson {
  const lessons::Entry* entry;
  lessons::Lesson lesson;
  double seconds;
};

/// A block as it stands on the terminal, at most 80 cells wide and ended by a line break; a figure
/// leaves room on the screen for the lines `above` it.
std::string terminal_block(const lessons::Block& block, Language language, const Terminal& terminal,
                           int above = 0);
/// The lesson's title with a line under it, and what the headings of its tables mean.
std::string terminal_title(const FinishedLesson& lesson, Language language,
                           const Terminal& terminal);
/// How many numbers came out as they should.
std::string terminal_end(const FinishedLesson& lesson, Language language, const Terminal& terminal);
/// Lines of the lesson that a screen shows at once.
int page_lines(const Terminal& terminal);
/// "printed numbers equal 27 of 27, ..."
std::string counts_text(const lessons::Counts& counts, Language language);
/// What came out otherwise than it should, one line each.
std::vector<std::string> differences(const lessons::Lesson& lesson, Language language);

Json lesson_json(const FinishedLesson& finished, Language language);

/// A page of Markdown; its figures are ID-NAME.svg in `figures`, a folder ended by '/' or empty.
std::string lesson_markdown(const lessons::Entry& entry, const lessons::Lesson& lesson,
                            Language language, const std::string& figures);
/// "L07-xor", the name of a lesson's files without the ending.
std::string page_file(const lessons::Entry& entry);
/// "L07-input-plane"
std::string figure_file(const lessons::Entry& entry, const lessons::block::Figure& figure);
/// One page a lesson with its figures, and an index, in FOLDER/zh and FOLDER/en.
void write_docs(const std::vector<FinishedLesson>& all, const std::string& folder);

}  // namespace percept::app
