// Which questions of the lessons the reader has answered rightly, kept between calls.
#pragma once

#include <string>

#include "lessons/lesson.h"

namespace percept::app {

/// A file of the user's: percept/lessons.json in $XDG_STATE_HOME or else ~/.local/state. It is a
/// convenience: where it cannot be read or written, a note says so once and the lesson goes on;
/// what is no such file is left alone.
class LessonProgress {
 public:
  LessonProgress();

  const lessons::Progress& now() const { return progress_; }
  /// Question `number`, from 1, of the `questions` that the lesson has was answered rightly.
  void add(const std::string& lesson, int number, int questions);

 private:
  void read();
  void write();
  void give_up(const std::string& trouble);

  std::string path_;     // empty: nothing is kept
  std::string trouble_;  // why; told when there is something to keep
  lessons::Progress progress_;
};

}  // namespace percept::app
