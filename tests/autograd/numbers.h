// What the tests of gradients write down and compare.
#pragma once

#include <vector>

#include "percept/tensor/factory.h"

namespace percept::testing {

using Numbers = std::vector<double>;

/// A tensor that needs a gradient.
inline Tensor leaf(const NestedList& numbers, Dtype dtype = f64) {
  return tensor(numbers, {.dtype = dtype, .requires_grad = true});
}

inline Numbers numbers(const Tensor& x) { return x.to_vector<double>(); }

}  // namespace percept::testing
