// What the tests of indexing, joining and ordering share: two small tensors, rows of results as
// PyTorch prints them, and gradients checked by name.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

#include "percept/autograd/gradcheck.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept {

inline Tensor grid() { return arange(12.0).reshape({3, 4}); }
inline Tensor cube() { return arange(24.0).reshape({2, 3, 4}); }

/// A call and the text of the error it throws.
using WrongCall = std::pair<std::function<void()>, const char*>;

struct Printed {
  const char* what;
  Tensor (*compute)();
  const char* expected;  // as PyTorch 2.13 prints it
};

using NamedFunction = std::pair<const char*, TensorFunction>;

/// First and second derivatives of each function at `inputs()`, against central differences.
template <class Inputs>
void expect_gradients(const std::vector<NamedFunction>& functions, const Inputs& inputs) {
  for (const auto& [name, f] : functions) {
    const auto first = gradcheck(f, inputs());
    EXPECT_TRUE(first.ok) << name << ": " << first.message;
    const auto second = gradgradcheck(f, inputs());
    EXPECT_TRUE(second.ok) << name << ": " << second.message;
  }
}

}  // namespace percept
