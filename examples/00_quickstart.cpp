// Learn the basics, 0: quickstart. Load Fashion-MNIST, define a network, train it, save it, load it
// and predict. The steps and the printed lines are those of
// https://pytorch.org/tutorials/beginner/basics/quickstart_tutorial.html
#include <percept/percept.h>

#include <cstdio>
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

void train_loop(data::DataLoader& loader, nn::Module& model, nn::Loss& loss_fn,
                optim::Optimizer& optimizer) {
  const long size = loader.dataset().size();
  model.train();
  long batch = 0, seen = 0;
  for (auto& [X, y] : loader) {
    const Tensor loss = loss_fn(model(X), y);

    loss.backward();
    optimizer.step();
    optimizer.zero_grad();

    seen += X.size(0);
    if (batch++ % 100 == 0) std::printf("loss: %7f  [%5ld/%5ld]\n", loss.item(), seen, size);
  }
}

void test_loop(data::DataLoader& loader, nn::Module& model, nn::Loss& loss_fn) {
  const auto size = static_cast<double>(loader.dataset().size());
  const auto num_batches = static_cast<double>(loader.size());
  model.eval();
  double test_loss = 0, correct = 0;
  const NoGradGuard no_grad;
  for (auto& [X, y] : loader) {
    const Tensor pred = model(X);
    test_loss += loss_fn(pred, y).item();
    correct += (pred.argmax(1) == y).to(f32).sum().item();
  }
  std::printf("Test Error: \n Accuracy: %.1f%%, Avg loss: %8f \n\n", 100 * correct / size,
              test_loss / num_batches);
}

int main() {
  const data::FashionMNIST training_data{{.train = true}}, test_data{{.train = false}};
  data::DataLoader train_dataloader{training_data, {.batch_size = 64}};
  data::DataLoader test_dataloader{test_data, {.batch_size = 64}};

  for (auto& [X, y] : test_dataloader) {
    std::cout << "Shape of X [N, C, H, W]: " << X.shape().str() << "\n"
              << "Shape of y: " << y.shape().str() << " " << name_of(y.dtype()) << "\n";
    break;
  }

  std::cout << "Using cpu device\n";
  NeuralNetwork model;
  std::cout << model << "\n";

  nn::CrossEntropyLoss loss_fn;
  optim::SGD optimizer{model.parameters(), {.lr = 1e-3}};
  for (int t = 0; t < 5; ++t) {
    std::printf("Epoch %d\n-------------------------------\n", t + 1);
    train_loop(train_dataloader, model, loss_fn, optimizer);
    test_loop(test_dataloader, model, loss_fn);
  }
  std::cout << "Done!\n";

  io::save_safetensors("model.safetensors", model.state_dict());
  std::cout << "Saved model state to model.safetensors\n";

  NeuralNetwork again;
  again.load_state_dict(io::load_safetensors("model.safetensors").tensors);
  again.eval();
  const auto [x, y] = test_data.get(0);
  const NoGradGuard no_grad;
  const auto& classes = test_data.class_names();
  const auto predicted = static_cast<std::size_t>(again(x)[0].argmax().item<std::int64_t>());
  const auto actual = static_cast<std::size_t>(y.item<std::int64_t>());
  std::cout << "Predicted: \"" << classes[predicted] << "\", Actual: \"" << classes[actual]
            << "\"\n";
}
