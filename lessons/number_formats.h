// float16, float32 and float64 as three kinds of rounding, so that one formula can run in each.
#pragma once

#include <array>

#include "percept/tensor/tensor.h"

namespace percept::lessons {

/// What a type keeps of a number. float16 is no type of percept's: its results are those of f64,
/// rounded after each operation.
struct Format {
  const char* name;
  double largest;                     ///< finite number
  Tensor (*keep)(const Tensor& x);    ///< x as the type has it, rounded to nearest, ties to even
  double (*next)(double x, int way);  ///< the neighbour above (way = 1) or below (-1) a positive x
};

extern const std::array<Format, 3> kFormats;
extern const Format& kFloat64;

/// The largest number of the format whose exponential, rounded to it, is finite.
double last_finite_exp(const Format& format);

}  // namespace percept::lessons
