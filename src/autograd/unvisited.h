// Parameters that received a gradient although no module's visit() names them and no optimiser was
// given them: most likely a member was left out of visit().
#pragma once

#include "percept/tensor/tensor.h"

namespace percept {

/// Remembers such a leaf until it dies.
void note_unvisited(TensorImpl& leaf);
/// `meta`, which was noted, dies.
void forget_unvisited(const AutogradMeta* meta) noexcept;
/// Throws AutogradError naming the shape when such a leaf still has a gradient.
void check_unvisited(const char* where);

}  // namespace percept
