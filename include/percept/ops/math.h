// Elementary functions, element by element; integers are taken as f32. Each throws DtypeError for a
// type it does not take.
#pragma once

#include "percept/tensor/tensor.h"

namespace percept {

Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);    ///< natural
Tensor log1p(const Tensor& x);  ///< log(1 + x), exact near 0
Tensor expm1(const Tensor& x);  ///< exp(x) - 1, exact near 0
Tensor sqrt(const Tensor& x);
Tensor rsqrt(const Tensor& x);  ///< 1 / sqrt(x)
Tensor square(const Tensor& x);
Tensor reciprocal(const Tensor& x);
Tensor abs(const Tensor& x);   ///< the gradient at 0 is 0
Tensor sign(const Tensor& x);  ///< -1, 0 or 1; its gradient is 0
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor erf(const Tensor& x);    ///< 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x
Tensor floor(const Tensor& x);  ///< its gradient is 0, as of ceil and round
Tensor ceil(const Tensor& x);
Tensor round(const Tensor& x);  ///< half to even

}  // namespace percept
