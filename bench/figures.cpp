// Small jobs that scripts/bench/figures.py times from outside and compares with PyTorch:
//   train WEIGHTS EPOCHS   784-512-512-10 on unshuffled Fashion-MNIST, batch 64, SGD 0.1, from the
//                          weights in a safetensors file; prints seconds and test accuracy
//   first-gradient         from start to the first gradient of the XOR network
//   memory                 resident bytes while batch sizes vary over 1,000 steps
#include <percept/percept.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

using namespace percept;

namespace {

nn::Sequential classifier() {
  return {nn::Flatten{},        nn::Linear{784, 512}, nn::ReLU{},
          nn::Linear{512, 512}, nn::ReLU{},           nn::Linear{512, 10}};
}

int train_epochs(const std::string& weights, int epochs) {
  nn::Sequential net = classifier();
  net.load_state_dict(io::load_safetensors(weights).tensors);
  data::DataLoader loader{data::FashionMNIST{{.train = true}}, {.batch_size = 64}};
  data::DataLoader test{data::FashionMNIST{{.train = false}}, {.batch_size = 1000}};
  optim::SGD optimizer{net.parameters(), {.lr = 0.1}};
  nn::CrossEntropyLoss loss_fn;
  const auto start = std::chrono::steady_clock::now();
  for (int epoch = 0; epoch < epochs; ++epoch)
    for (auto& [x, y] : loader) {
      optimizer.zero_grad();
      const Tensor loss = loss_fn(net(x), y);
      loss.backward();
      optimizer.step();
    }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  train::Trainer trainer{net, loss_fn, optimizer};
  std::printf("{\"seconds\": %.6f, \"samples\": %lld, \"test_accuracy\": %.6f}\n", seconds,
              static_cast<long long>(epochs) * loader.dataset().size(),
              trainer.evaluate(test).accuracy);
  return 0;
}

int first_gradient() {
  nn::Sequential net{nn::Linear{2, 8}, nn::ReLU{}, nn::Linear{8, 1}};
  const Tensor x = tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}});
  mse_loss(net(x), tensor({{0.}, {1.}, {1.}, {0.}})).backward();
  return net.parameters()[0].grad().defined() ? 0 : 1;
}

long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6);
  return 0;
}

int memory() {
  nn::Sequential net = classifier();
  optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
  const Tensor pictures = rand({512, 784}), classes = randint(0, 10, {512});
  long early = 0;
  for (std::int64_t step = 1; step <= 1000; ++step) {
    const std::int64_t n = 1 + step * 37 % 256;
    optimizer.zero_grad();
    cross_entropy(net(pictures.narrow(0, 0, n)), classes.narrow(0, 0, n)).backward();
    optimizer.step();
    if (step == 300) early = resident_kib();
  }
  std::printf("{\"kib_after_300\": %ld, \"kib_after_1000\": %ld}\n", early, resident_kib());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string job = argc > 1 ? argv[1] : "";
  try {
    if (job == "train" && argc == 4) return train_epochs(argv[2], std::atoi(argv[3]));
    if (job == "first-gradient") return first_gradient();
    if (job == "memory") return memory();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "percept_figures: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "usage: percept_figures train WEIGHTS EPOCHS | first-gradient | memory\n");
  return 2;
}
