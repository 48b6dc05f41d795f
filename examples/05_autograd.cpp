// Learn the basics, 5: automatic differentiation.
// https://pytorch.org/tutorials/beginner/basics/autogradqs_tutorial.html
#include <percept/percept.h>

#include <iostream>

using namespace percept;

int main() {
  manual_seed(0);
  std::cout << std::boolalpha;

  const Tensor x = ones({5}), y = zeros({3});
  const Tensor w = randn({5, 3}, {.requires_grad = true});
  Tensor b = randn({3});
  b.requires_grad_();
  Tensor z = matmul(x, w) + b;
  const Tensor loss = binary_cross_entropy_with_logits(z, y);

  std::cout << "Gradient function for z = " << z.grad_fn()->name() << "\n"
            << "Gradient function for loss = " << loss.grad_fn()->name() << "\n"
            << "The graph:\n"
            << graph_text(loss);

  loss.backward();
  std::cout << w.grad() << "\n" << b.grad() << "\n";

  // Once more through the same graph: an error that says what to do.
  try {
    loss.backward();
  } catch (const AutogradError& error) {
    std::cout << "error: " << error.what() << "\n";
  }

  // Without a graph: a guard, or detach().
  z = matmul(x, w) + b;
  std::cout << z.requires_grad() << "\n";
  {
    const NoGradGuard no_grad;
    z = matmul(x, w) + b;
    std::cout << z.requires_grad() << "\n";
  }
  z = matmul(x, w) + b;
  std::cout << z.detach().requires_grad() << "\n";

  // A result of many elements: the product of a vector with the Jacobian. Gradients accumulate.
  Tensor inp = eye(4, 5, {.requires_grad = true});
  const Tensor out = (inp + 1).pow(2).t();
  out.backward(ones_like(out), true);
  std::cout << "First call\n" << inp.grad() << "\n";
  out.backward(ones_like(out), true);
  std::cout << "\nSecond call\n" << inp.grad() << "\n";
  inp.grad().zero_();
  out.backward(ones_like(out), true);
  std::cout << "\nCall after zeroing gradients\n" << inp.grad() << "\n";
}
