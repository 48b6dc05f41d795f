#include "percept/ops/interpolate.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "ops/check.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/math.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept {

std::string ScaleFactor::str() const {
  return one ? real_text(h) : fmt::format("({}, {})", real_text(h), real_text(w));
}

namespace {

/// One dimension on its way from `size` to `out` elements.
struct Resize {
  int dim;
  std::int64_t size, out;
  double step;  // of the input for each place of the result
};

// y[i] = x[floor(i step)]; PyTorch reckons places in f32 whatever x's type.
Tensor nearest(const Tensor& x, const Resize& r) {
  if (r.out == r.size) return x;
  const Tensor place = floor(arange(r.out, {.dtype = f32}) * r.step).to(i64);
  return index_select(x, r.dim, clamp(place, {}, r.size - 1));
}

// y[i] = (1 - t) x[j] + t x[j + 1],  j + t = where i lies in the input
Tensor linear_between(const Tensor& x, const Resize& r, bool align_corners) {
  const Tensor i = arange(r.out, {.dtype = x.dtype()});
  const Tensor where = align_corners ? i * r.step : clamp((i + 0.5) * r.step - 0.5, 0);
  const Tensor j = clamp(floor(where), {}, r.size - 1);
  Shape along = Shape::filled(x.dim(), 1);
  along[r.dim] = r.out;
  const Tensor t = reshape(clamp(where - j, 0, 1), along);
  const Tensor left = j.to(i64), right = clamp(left + 1, {}, r.size - 1);
  return index_select(x, r.dim, left) * (1 - t) + index_select(x, r.dim, right) * t;
}

double step_of(std::int64_t size, std::int64_t out, std::optional<double> factor,
               bool align_corners) {
  const auto n = static_cast<double>(size), m = static_cast<double>(out);
  if (align_corners) return out > 1 ? (n - 1) / (m - 1) : 0;
  return factor ? 1 / *factor : n / m;
}

}  // namespace

Tensor interpolate(const Tensor& x, const InterpolateOptions& options) {
  must_be_defined("interpolate", x);
  const int axes = x.dim() - 2;
  const bool is_nearest = options.mode == InterpolateMode::nearest;
  const bool fits = options.mode == InterpolateMode::linear     ? axes == 1
                    : options.mode == InterpolateMode::bilinear ? axes == 2
                                                                : axes == 1 || axes == 2;
  if (!fits)
    throw ShapeError(fmt::format("interpolate: {}, found shape {}",
                                 is_nearest ? "expects input (N, C, L) or (N, C, H, W)"
                                 : options.mode == InterpolateMode::linear
                                     ? "linear expects input (N, C, L)"
                                     : "bilinear expects input (N, C, H, W)",
                                 x.shape().str()));
  if (x.dtype() != f32 && x.dtype() != f64)
    throw DtypeError(
        fmt::format("interpolate: expects f32 or f64, found {} (shape {}); hint: .to(f32)",
                    name_of(x.dtype()), x.shape().str()));
  if (options.size.has_value() == options.scale_factor.has_value())
    throw ValueError("interpolate: takes either size or scale_factor");
  if (is_nearest && options.align_corners)
    throw ValueError("interpolate: align_corners is of linear and bilinear, not of nearest");
  const Shape wanted = options.size ? options.size->of(axes, "interpolate", "size", 1) : Shape();
  Tensor y = x;
  for (int a = 0; a < axes; ++a) {
    Resize r{.dim = a + 2, .size = x.shape()[a + 2], .out = 0, .step = 1};
    std::optional<double> factor;
    if (options.scale_factor)
      factor = axes == 2 && a == 0 ? options.scale_factor->h : options.scale_factor->w;
    r.out = factor ? static_cast<std::int64_t>(std::floor(static_cast<double>(r.size) * *factor))
                   : wanted[a];
    if (r.size < 1 || r.out < 1)
      throw ValueError(fmt::format("interpolate: size {} cannot become {} (shape {})", r.size,
                                   r.out, x.shape().str()));
    r.step = step_of(r.size, r.out, factor, options.align_corners);
    y = is_nearest ? nearest(y, r) : linear_between(y, r, options.align_corners);
  }
  return y;
}

}  // namespace percept
