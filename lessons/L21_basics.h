// L21 in two parts.
#pragma once

#include "lessons/lesson.h"

namespace percept::lessons {

void automatic_differentiation(Lesson& lesson);               // L21_training.cpp
void optimisation_loop(Lesson& lesson);                       // L21_training.cpp
void saving_and_loading(Lesson& lesson, std::uint64_t seed);  // L21_training.cpp

}  // namespace percept::lessons
