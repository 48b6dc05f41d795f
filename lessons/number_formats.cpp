#include "lessons/number_formats.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "percept/percept.h"

namespace percept::lessons {
namespace {

constexpr int kHalfBits = 11;       // of a float16, from the leading one on
constexpr int kHalfFinest = -24;    // every float16 is a multiple of 2^-24
constexpr double kHalfEnd = 65520;  // from halfway between 65504 and 65536 on: infinite

/// The step between float16 numbers as large as x.
double half_unit(double x) {
  return std::ldexp(1, std::max(std::ilogb(x) - (kHalfBits - 1), kHalfFinest));
}

double to_half(double x) {
  if (!std::isfinite(x) || x == 0) return x;
  if (std::abs(x) >= kHalfEnd) return std::copysign(HUGE_VAL, x);
  return std::nearbyint(x / half_unit(x)) * half_unit(x);
}

Tensor keep_half(const Tensor& x) {
  std::vector<double> values = x.to_vector<double>();
  for (double& value : values) value = to_half(value);
  return from_vector(values, x.shape());
}

double next_half(double x, int way) {
  // Below a power of two the step is half of that above it.
  const double unit = half_unit(way > 0 ? x : std::nextafter(x, 0));
  return x + way * unit;
}

double next_float(double x, int way) {
  const float end = std::copysign(HUGE_VALF, static_cast<float>(way));
  return static_cast<double>(std::nextafter(static_cast<float>(x), end));
}

double next_double(double x, int way) { return std::nextafter(x, way * HUGE_VAL); }

}  // namespace

const std::array<Format, 3> kFormats{
    {{"float16", 65504, keep_half, next_half},
     {"float32", static_cast<double>(std::numeric_limits<float>::max()),
      [](const Tensor& x) { return x.to(f32); }, next_float},
     {"float64", std::numeric_limits<double>::max(), [](const Tensor& x) { return x.to(f64); },
      next_double}}};
const Format& kFloat64 = kFormats[2];

double last_finite_exp(const Format& format) {
  const auto is_finite = [&](double x) {
    const Tensor y = exp(format.keep(tensor(x, {.dtype = f64})));
    return std::isfinite(format.keep(y).item());
  };
  double x = format.keep(log(tensor(format.largest, {.dtype = f64}))).item();
  while (!is_finite(x)) x = format.next(x, -1);
  while (is_finite(format.next(x, 1))) x = format.next(x, 1);
  return x;
}

}  // namespace percept::lessons
