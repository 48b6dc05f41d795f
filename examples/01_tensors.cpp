// Learn the basics, 1: tensors. Making them, asking them, indexing, joining, arithmetic, in place,
// and memory shared with a std::vector.
// https://pytorch.org/tutorials/beginner/basics/tensorqs_tutorial.html
#include <percept/percept.h>

#include <iostream>
#include <vector>

using namespace percept;

int main() {
  manual_seed(0);

  // From data: integers give i64, reals f32. From memory: a copy.
  const Tensor x_data = tensor({{1, 2}, {3, 4}});
  const std::vector<std::int64_t> numbers{1, 2, 3, 4};
  const Tensor x_vector = from_vector(numbers, {2, 2});
  std::cout << "From a vector: \n " << x_vector << " \n\n";

  // From another tensor.
  std::cout << "Ones Tensor: \n " << ones_like(x_data) << " \n\n";
  std::cout << "Random Tensor: \n " << rand_like(x_data, {.dtype = f32}) << " \n\n";

  // With random or constant values.
  const Shape shape{2, 3};
  std::cout << "Random Tensor: \n " << rand(shape) << " \n\n";
  std::cout << "Ones Tensor: \n " << ones(shape) << " \n\n";
  std::cout << "Zeros Tensor: \n " << zeros(shape) << "\n\n";

  // Attributes.
  const Tensor some = rand({3, 4});
  std::cout << "Shape of tensor: " << some.shape().str() << "\n"
            << "Datatype of tensor: " << name_of(some.dtype()) << "\n"
            << "Device tensor is stored on: cpu\n\n";

  // Indexing and slicing: Slice{}, Ellipsis and None stand for :, ... and None.
  Tensor tensor = ones({4, 4});
  std::cout << "First row: " << tensor[0] << "\n"
            << "First column: " << tensor.index({Slice{}, 0}) << "\n"
            << "Last column: " << tensor.index({Ellipsis, -1}) << "\n";
  tensor.index_put_({Slice{}, 1}, 0);
  std::cout << tensor << "\n\n";

  // Joining.
  const Tensor t1 = cat({tensor, tensor, tensor}, 1);
  std::cout << t1 << "\n\n";

  // Matrix product, two ways; element-wise product, two ways.
  const Tensor y1 = tensor.matmul(tensor.T());
  const Tensor y2 = matmul(tensor, tensor.T());
  const Tensor z1 = tensor * tensor;
  const Tensor z2 = mul(tensor, tensor);
  std::cout << "matmul agrees: " << std::boolalpha << equal(y1, y2)
            << ", product agrees: " << equal(z1, z2) << "\n";

  // A single element as a C++ number.
  const float agg_item = tensor.sum().item<float>();
  std::cout << agg_item << " is a float\n\n";

  // In place: forms that end in an underscore. They save memory and forget history.
  std::cout << tensor << " \n\n";
  tensor.add_(5);
  std::cout << tensor << "\n\n";

  // Memory shared both ways: what NumPy's bridge is in Python.
  std::vector<float> memory(5, 1.0f);
  Tensor t = from_blob(std::span(memory), {5});
  std::cout << "t: " << t << "\n";
  t.add_(1);
  std::cout << "t: " << t << "\nvector:";
  for (float m : memory) std::cout << ' ' << m;
  for (float& m : memory) m += 1;
  std::cout << "\nt: " << t << "\n";
}
