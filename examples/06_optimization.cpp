// Learn the basics, 6: the optimisation loop.
// https://pytorch.org/tutorials/beginner/basics/optimization_tutorial.html
#include <percept/percept.h>

#include <cstdio>

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

// Hyper-parameters.
constexpr double learning_rate = 1e-3;
constexpr int batch_size = 64;
constexpr int epochs = 10;

void train_loop(data::DataLoader& dataloader, nn::Module& model, nn::Loss& loss_fn,
                optim::Optimizer& optimizer) {
  const long size = dataloader.dataset().size();
  model.train();  // dropout and the like are active
  long batch = 0;
  for (auto& [X, y] : dataloader) {
    const Tensor pred = model(X);
    const Tensor loss = loss_fn(pred, y);

    loss.backward();        // adds to the gradients
    optimizer.step();       // changes the parameters
    optimizer.zero_grad();  // forgets the gradients: without it they pile up

    if (batch % 100 == 0)
      std::printf("loss: %7f  [%5ld/%5ld]\n", loss.item(), batch * batch_size + X.size(0), size);
    ++batch;
  }
}

void test_loop(data::DataLoader& dataloader, nn::Module& model, nn::Loss& loss_fn) {
  model.eval();
  double test_loss = 0, correct = 0;
  const NoGradGuard no_grad;
  for (auto& [X, y] : dataloader) {
    const Tensor pred = model(X);
    test_loss += loss_fn(pred, y).item();
    correct += (pred.argmax(1) == y).to(f32).sum().item();
  }
  std::printf("Test Error: \n Accuracy: %.1f%%, Avg loss: %8f \n\n",
              100 * correct / static_cast<double>(dataloader.dataset().size()),
              test_loss / static_cast<double>(dataloader.size()));
}

int main() {
  data::DataLoader train_dataloader{data::FashionMNIST{{.train = true}},
                                    {.batch_size = batch_size}};
  data::DataLoader test_dataloader{data::FashionMNIST{{.train = false}},
                                   {.batch_size = batch_size}};
  NeuralNetwork model;

  nn::CrossEntropyLoss loss_fn;  // log-softmax and negative log-likelihood in one
  optim::SGD optimizer{model.parameters(), {.lr = learning_rate}};
  for (int t = 0; t < epochs; ++t) {
    std::printf("Epoch %d\n-------------------------------\n", t + 1);
    train_loop(train_dataloader, model, loss_fn, optimizer);
    test_loop(test_dataloader, model, loss_fn);
  }
  std::printf("Done!\n");
}
