// Drawing random numbers into a tensor.
#pragma once

#include "percept/base/random.h"
#include "percept/tensor/tensor.h"
#include "tensor/tape.h"

namespace percept {

/// fill(tensor, state) with the state from which this operation draws; the generator, the default
/// one when null, goes on to the next.
template <class Fill>
void draw(const Tensor& tensor, Generator* generator, const Fill& fill) {
  if (Tape* tape = Tape::current()) {
    tape->drew();
    if (generator && generator != &default_generator())
      tape->refuse("the step draws from a generator of its own");
  }
  taped(
      [fill, generator](const Tensor& x) {
        Generator& from = generator ? *generator : default_generator();
        const GeneratorState state = from.state();
        from.next();
        fill(x, state);
      },
      tensor);
}

}  // namespace percept
