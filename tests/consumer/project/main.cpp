// A user's program: the value and the gradient of x·x at (1, 2, 3), which are 14 and (2, 4, 6).
#include <percept/autograd/autograd.h>
#include <percept/ops/arithmetic.h>
#include <percept/tensor/factory.h>

#include <iostream>
#include <vector>

int main() {
  percept::Tensor x = percept::tensor({1.0, 2.0, 3.0}, {.requires_grad = true});
  percept::Tensor y = percept::mul(x, x).sum();
  y.backward();
  if (y.item() != 14 || x.grad().to_vector<float>() != std::vector<float>{2, 4, 6}) {
    std::cerr << "y = " << y << ", gradient = " << x.grad() << '\n';
    return 1;
  }
}
