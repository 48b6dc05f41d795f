// The gallery's recurrent networks, told in two files.
#pragma once

#include "lessons/lesson.h"

namespace percept::lessons {

/// The three networks that stand side by side.
inline constexpr const char* kRecurrentNames[] = {"RNN", "LSTM", "GRU"};

/// What each of them reached, in that order.
struct LongMemory {
  std::vector<double> adding;   // mean square error
  std::vector<double> copying;  // share of the symbols that are right
};
/// Numbers to add and symbols to copy that lie far back, and an LSTM's gates over time.
LongMemory tell_long_memory(Lesson& lesson, const Options& options);

}  // namespace percept::lessons
