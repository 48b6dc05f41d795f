// What every operation asks of its inputs.
#pragma once

#include "percept/tensor/tensor.h"

namespace percept {

[[noreturn]] void throw_undefined_input(const char* op, int input);

/// Throws ValueError naming the operation and the first input that holds nothing.
template <class... Inputs>
void must_be_defined(const char* op, const Inputs&... inputs) {
  int i = 0;
  ((inputs.defined() ? void(++i) : throw_undefined_input(op, i)), ...);
}

/// Throws DtypeError for bf16, which is stored and cast only.
void must_be_computed_in(const char* op, const Tensor& x);

}  // namespace percept
