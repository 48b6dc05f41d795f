// Telling an error where in a model it comes from.
#pragma once

#include "percept/base/error.h"
#include "percept/nn/module.h"

namespace percept::nn {

/// Notes that `error` leaves `module`; call it in each module on the way out, then rethrow.
void note_place(Error& error, Module& module);

}  // namespace percept::nn
