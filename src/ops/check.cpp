#include "ops/check.h"

#include <fmt/format.h>

#include "percept/base/error.h"

namespace percept {

void throw_undefined_input(const char* op, int input) {
  throw ValueError(
      fmt::format("{}: input {} is an undefined tensor; a default-constructed Tensor holds nothing",
                  op, input));
}

void must_be_computed_in(const char* op, const Tensor& x) {
  if (x.dtype() == bf16)
    throw DtypeError(fmt::format("{}: elements of type bf16 are not taken; hint: .to(f32)", op));
}

}  // namespace percept
