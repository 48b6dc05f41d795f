// LibTorch's part in the comparison; the jobs are those of bench/timing.h.
#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include "peer.h"

namespace {

using Arrays = std::map<std::string, peer::Array>;
using torch::nn::Linear;
using torch::nn::ReLU;

torch::nn::Sequential classifier() {
  return torch::nn::Sequential(Linear(784, 512), ReLU(), Linear(512, 512), ReLU(), Linear(512, 10));
}

void load(torch::nn::Sequential& net, const Arrays& arrays) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : net->named_parameters()) {
    const peer::Array& array = arrays.at(parameter.key());
    parameter.value().copy_(torch::tensor(array.values).view(array.shape));
  }
}

/// Matrix products in bf16 while it lives, as torch.autocast("cpu") makes them.
class Autocast {
 public:
  explicit Autocast(bool on) : on_(on) {
    if (!on_) return;
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, true);
  }
  ~Autocast() {
    if (!on_) return;
    at::autocast::clear_cache();  // of weights as bf16, which the next step changes
    at::autocast::set_autocast_enabled(at::kCPU, false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_;
};

/// Pictures as tensors x [n, 784] and y [n] that share the memory of `p`.
std::pair<torch::Tensor, torch::Tensor> tensors(peer::Pictures& p) {
  return {torch::from_blob(p.x.data(), {p.size(), peer::kPixels}),
          torch::from_blob(p.y.data(), {p.size()}, torch::kInt64)};
}

std::string train(const std::string& file, bool bf16, std::int64_t batch, int epochs) {
  const Arrays arrays = peer::weights(file);
  peer::Pictures pictures = peer::pictures(true);
  const auto [x, y] = tensors(pictures);
  torch::nn::Sequential net = classifier();
  load(net, arrays);
  torch::optim::SGD optimizer(net->parameters(), 0.1);
  const auto mean_loss = [&](const torch::Tensor& x, const torch::Tensor& y) {
    const Autocast autocast(bf16);
    return torch::cross_entropy_loss(net->forward(x), y);
  };
  const auto step = [&](std::int64_t first, std::int64_t n) {
    optimizer.zero_grad();
    mean_loss(x.narrow(0, first, n), y.narrow(0, first, n)).backward();
    optimizer.step();
  };
  timing::warm_up(pictures.size(), batch, step);
  double check = 0;
  {
    const torch::NoGradGuard no_grad;
    check = mean_loss(x.narrow(0, 0, timing::kChecked), y.narrow(0, 0, timing::kChecked))
                .item<double>();
  }
  load(net, arrays);

  const double start = timing::now();
  const std::int64_t samples = timing::epochs(epochs, pictures.size(), batch, step);
  const double seconds = timing::now() - start;

  const torch::NoGradGuard no_grad;
  peer::Pictures tests = peer::pictures(false);
  const auto [test_x, test_y] = tensors(tests);
  double correct = 0;
  for (std::int64_t i = 0; i < tests.size(); i += 1000) {
    const Autocast autocast(bf16);
    const auto classes = net->forward(test_x.narrow(0, i, 1000)).argmax(1);
    correct += (classes == test_y.narrow(0, i, 1000)).sum().item<double>();
  }
  return timing::json({{"seconds", seconds},
                       {"samples", static_cast<double>(samples)},
                       {"check", check},
                       {"accuracy", correct / static_cast<double>(tests.size())}});
}

std::string tiny(const std::string& file) {
  const Arrays arrays = peer::weights(file);
  torch::nn::Sequential net(Linear(2, 8), ReLU(), Linear(8, 8), ReLU(), Linear(8, 2));
  load(net, arrays);
  const auto x = torch::tensor(arrays.at("x").values).view({13, 2});
  const auto y = torch::tensor(arrays.at("y").values).to(torch::kInt64);
  torch::optim::SGD optimizer(net->parameters(), 0.1);
  const auto step = [&] {
    optimizer.zero_grad();
    torch::cross_entropy_loss(net->forward(x), y).backward();
    optimizer.step();
  };
  for (int i = 0; i < 1000; ++i) step();
  const double check = torch::cross_entropy_loss(net->forward(x), y).item<double>();
  return timing::json({{"us", timing::step_us(step)}, {"check", check}});
}

std::string one(const std::string& file) {
  peer::Pictures pictures = peer::pictures(false);
  torch::nn::Sequential net = classifier();
  load(net, peer::weights(file));
  net->eval();
  const c10::InferenceMode inference;
  const auto x = tensors(pictures).first;
  std::vector<torch::Tensor> rows;
  for (std::int64_t i = 0; i < 1000; ++i) rows.push_back(x.narrow(0, i, 1));
  const double check = net->forward(x.narrow(0, 0, 16)).sum().item<double>();
  return timing::latency([&](int i) { net->forward(rows[static_cast<std::size_t>(i % 1000)]); },
                         check);
}

std::string start() {
  torch::nn::Sequential net(Linear(2, 8), ReLU(), Linear(8, 1));
  const auto x = torch::tensor({0.f, 0.f, 0.f, 1.f, 1.f, 0.f, 1.f, 1.f}).view({4, 2});
  const auto y = torch::tensor({0.f, 1.f, 1.f, 0.f}).view({4, 1});
  torch::mse_loss(net->forward(x), y).backward();
  return "{}";
}

}  // namespace

int main(int argc, char** argv) {
  return timing::main(argc, argv, [](const std::vector<std::string>& a) -> std::string {
    if (a.size() == 5 && a[0] == "train")
      return train(a[1], a[2] == "bf16", std::stoll(a[3]), std::stoi(a[4]));
    if (a.size() == 2 && a[0] == "tiny") return tiny(a[1]);
    if (a.size() == 2 && a[0] == "one") return one(a[1]);
    if (a.size() == 1 && a[0] == "start") return start();
    throw std::invalid_argument("unknown job; see bench/timing.h");
  });
}
