// percept lesson --step: page by page, at the reader's pace.
#pragma once

#include "lesson_page.h"
#include "lesson_progress.h"

namespace percept::app {

/// Shows a screen at a time and waits for Enter; before a number that a question is about, asks for
/// it. Right answers go to `progress`. Ends early at q or the end of the input.
void step_through(const FinishedLesson& lesson, Language language, const Terminal& terminal,
                  LessonProgress& progress);

}  // namespace percept::app
