// Telling an error where in a model it comes from.
#pragma once

#include "percept/base/error.h"
#include "percept/nn/module.h"

namespace percept::nn {

/// Notes that `error` leaves `module`; call it in each module on the way out, then rethrow.
void note_place(Error& error, Module& module);

/// f(), an error of which is told that it comes from `module`.
template <class F>
auto inside(Module& module, const F& f) try {
  return f();
} catch (Error& error) {
  note_place(error, module);
  throw;
}

}  // namespace percept::nn
