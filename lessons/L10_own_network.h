// The view of L10 for a trained network of the reader's own.
#pragma once

#include "lessons/lesson.h"

namespace percept::lessons {

/// Follows row options.sample of options.csv through options.model and back. Throws ValueError for
/// a network that was not trained on a table or has more numbers than a page can show, IndexError
/// for a row that is not there, and what reading throws.
Lesson backprop_of_own_network(const Options& options);

}  // namespace percept::lessons
