// Learn the basics, 4: building a model, layer by layer.
// https://pytorch.org/tutorials/beginner/basics/buildmodel_tutorial.html
#include <percept/percept.h>

#include <iostream>

using namespace percept;

struct NeuralNetwork : nn::Module {
  nn::Flatten flatten;
  nn::Sequential linear_relu_stack{nn::Linear{28 * 28, 512}, nn::ReLU{}, nn::Linear{512, 512},
                                   nn::ReLU{}, nn::Linear{512, 10}};

  Tensor forward(const Tensor& x) override { return linear_relu_stack(flatten(x)); }
  void visit(nn::Visitor& v) override {
    v("flatten", flatten);
    v("linear_relu_stack", linear_relu_stack);
  }
};

int main() {
  manual_seed(0);
  NeuralNetwork model;
  std::cout << model << "\n";

  // Call the object, not forward(): hooks run around it.
  const Tensor X = rand({1, 28, 28});
  const Tensor logits = model(X);
  const Tensor pred_probab = nn::Softmax{1}(logits);
  std::cout << "Predicted class: " << pred_probab.argmax(1) << "\n\n";

  // The same, step by step, on three pictures.
  const Tensor input_image = rand({3, 28, 28});
  std::cout << input_image.shape().str() << "\n";
  const Tensor flat_image = nn::Flatten{}(input_image);
  std::cout << flat_image.shape().str() << "\n";
  nn::Linear layer1{28 * 28, 20};
  Tensor hidden1 = layer1(flat_image);
  std::cout << hidden1.shape().str() << "\n";
  std::cout << "Before ReLU: " << hidden1 << "\n\n";
  hidden1 = nn::ReLU{}(hidden1);
  std::cout << "After ReLU: " << hidden1 << "\n";

  nn::Sequential seq_modules{nn::Flatten{}, layer1, nn::ReLU{}, nn::Linear{20, 10}};
  const Tensor probabilities = nn::Softmax{1}(seq_modules(input_image));
  std::cout << "Each row sums to " << probabilities.sum({1}) << "\n\n";

  // Parameters by name.
  std::cout << "Model structure: " << model << "\n\n";
  for (const auto& [name, param] : model.named_parameters())
    std::cout << "Layer: " << name << " | Size: " << param.shape().str()
              << " | Values : " << param.index({Slice{0, 2}}) << " \n\n";
}
