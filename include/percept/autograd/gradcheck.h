// Whether a gradient is right: backward against central differences.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "percept/tensor/tensor.h"

namespace percept {

struct GradcheckOptions {
  double eps = 1e-6;   ///< step of the differences
  double atol = 1e-8;  ///< allowed is atol + rtol |numeric|
  double rtol = 1e-6;
};

/// What was found; true when every entry agreed.
struct GradcheckResult {
  bool ok = true;
  double worst = 0;     ///< largest |analytic - numeric| in units of what was allowed
  std::string message;  ///< of the worst entry that failed: input, place, both numbers
  explicit operator bool() const { return ok; }
};

using TensorFunction = std::function<Tensor(const std::vector<Tensor>&)>;

/// Compares the gradient of sum(w f(inputs)), w fixed random weights, with fourth-order central
/// differences, for every element of every input that needs a gradient. Inputs must be f64; they
/// may have any strides, but not overlap. Throws DtypeError for another type, ValueError when no
/// input needs a gradient.
GradcheckResult gradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options = {});

/// The same for the gradient's own gradient.
GradcheckResult gradgradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {});

}  // namespace percept
