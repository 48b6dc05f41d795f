// L04 in two parts, and what the lecture prints of both.
#pragma once

#include "lessons/lesson.h"
#include "percept/tensor/tensor.h"

namespace percept::lessons {

/// The epochs that the lecture shows.
inline constexpr int kStages[] = {0, 10, 100};

/// What the lecture prints for the class "character" at each stage.
extern const std::vector<std::vector<Expected>> kPrintedCharacter;
/// The same of one stage as numbers, (12).
Tensor printed_column(std::size_t stage);

/// (b, w1, w2) = (0, 1.5, 2.5), rounder than the start of the lesson's run.
Tensor plain_start();

void tell_starts(Lesson& lesson);  // L04_starts.cpp

}  // namespace percept::lessons
