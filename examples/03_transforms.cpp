// Learn the basics, 3: transforms. Pictures to numbers between 0 and 1, labels to one-hot vectors.
// https://pytorch.org/tutorials/beginner/basics/transforms_tutorial.html
#include <percept/percept.h>

#include <iostream>

using namespace percept;

int main() {
  // A transform is anything that can be called with a tensor.
  const data::FashionMNIST ds{{
      .train = true,
      .transform = transforms::ToTensor{},
      .target_transform = transforms::Lambda{[](const Tensor& y) {
        return zeros({10}).scatter_(0, y.reshape({1}), 1);
      }},
  }};

  const auto [image, target] = ds.get(0);
  std::cout << "image: " << image.shape().str() << " " << name_of(image.dtype()) << ", from "
            << image.min().item() << " to " << image.max().item() << "\n"
            << "target: " << target << "\n";
}
