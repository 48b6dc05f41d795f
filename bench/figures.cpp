// percept's part in the comparison with its peers: `percept_figures eager|compiled JOB ...` with
// the jobs of timing.h, and
//   program DTYPE       the lecture's whole program: files to 5 epochs, each evaluated
//   phases DTYPE BATCH  microseconds of the parts of a training step
//   memory              resident KiB while batch sizes vary over 1,000 steps
#include <percept/percept.h>

#include <array>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "timing.h"

namespace percept::figures {
namespace {

nn::Sequential classifier() {
  return {nn::Linear{784, 512}, nn::ReLU{}, nn::Linear{512, 512}, nn::ReLU{}, nn::Linear{512, 10}};
}

data::DataLoader pictures(bool train, std::int64_t batch) {
  return {data::FashionMNIST{{.train = train}}, {.batch_size = batch}};
}

data::Batch first_of(const data::AnyDataset& set, std::int64_t size) {
  data::DataLoader loader{set, {.batch_size = size}};
  return *loader.begin();
}
/// 1,000 pictures (1000, 1, 28, 28) of the test set.
Tensor test_pictures() { return first_of(data::FashionMNIST{{.train = false}}, 1000).x; }

/// One update by a batch, eager or replayed.
using Step = std::function<void(const Tensor& x, const Tensor& y)>;

Step step_of(bool compiled, nn::Module& net, optim::Optimizer& optimizer) {
  if (compiled) {
    const auto loss = [](const Tensor& z, const Tensor& y) { return cross_entropy(z, y); };
    const auto step = std::make_shared<train::CompiledStep>(train::compile(net, loss, optimizer));
    return [step](const Tensor& x, const Tensor& y) { (*step)(x, y); };
  }
  return [&](const Tensor& x, const Tensor& y) {
    optimizer.zero_grad();
    cross_entropy(net(x), y).backward();
    optimizer.step();
  };
}

/// Matrix products in bf16 while it lives, if `dtype` says so.
std::optional<AutocastGuard> precision(const std::string& dtype) {
  if (dtype == "bf16") return std::make_optional<AutocastGuard>(bf16);
  return {};
}

std::string train(bool compiled, const std::string& weights, const std::string& dtype,
                  std::int64_t batch, int epochs) {
  nn::Sequential net = classifier();
  const NamedTensors state = io::load_safetensors(weights).tensors;
  net.load_state_dict(state);
  optim::SGD optimizer{net.parameters(), {.lr = 0.1}};
  const auto guard = precision(dtype);
  const Step step = step_of(compiled, net, optimizer);
  const data::AnyDataset set = data::FashionMNIST{{.train = true}};
  data::DataLoader loader{set, {.batch_size = batch}};
  std::int64_t samples = 0;
  // The rest of the loader's epoch, or `most` batches of it.
  const auto run = [&](std::int64_t most) {
    for (auto& [x, y] : loader) {
      step(x.flatten(1), y);
      samples += x.shape()[0];
      if (--most == 0) break;
    }
  };
  run(timing::kWarmUp);
  loader.set_state({0, loader.size() - 1});
  run(-1);
  double check = 0;
  {
    const NoGradGuard no_grad;
    const data::Batch first = first_of(set, timing::kChecked);
    check = cross_entropy(net(first.x.flatten(1)), first.y).item();
  }
  net.load_state_dict(state);

  samples = 0;
  const double start = timing::now();
  for (int epoch = 0; epoch < epochs; ++epoch) run(-1);
  const double seconds = timing::now() - start;

  const NoGradGuard no_grad;
  double correct = 0;
  data::DataLoader test = pictures(false, 1000);
  for (auto& [x, y] : test) correct += sum(argmax(net(x.flatten(1)), 1) == y).item();
  return timing::json({{"seconds", seconds},
                       {"samples", static_cast<double>(samples)},
                       {"check", check},
                       {"accuracy", correct / static_cast<double>(test.dataset().size())}});
}

std::string program(const std::string& dtype) {
  const auto guard = precision(dtype);
  data::DataLoader train = pictures(true, 64), test = pictures(false, 1000);
  nn::Sequential net{nn::Flatten{},        nn::Linear{784, 512}, nn::ReLU{},
                     nn::Linear{512, 512}, nn::ReLU{},           nn::Linear{512, 10}};
  optim::SGD optimizer{net.parameters(), {.lr = 0.1}};
  train::Trainer trainer{net, nn::CrossEntropyLoss{}, optimizer, {.epochs = 5}};
  return timing::json({{"accuracy", trainer.fit(train, &test).back().val_accuracy}});
}

std::string tiny(bool compiled, const std::string& weights) {
  const NamedTensors arrays = io::load_safetensors(weights).tensors;
  nn::Sequential net{nn::Linear{2, 8}, nn::ReLU{}, nn::Linear{8, 8}, nn::ReLU{}, nn::Linear{8, 2}};
  net.load_state_dict(arrays, {.strict = false});
  const Tensor x = arrays.at("x"), y = arrays.at("y").to(i64);
  optim::SGD optimizer{net.parameters(), {.lr = 0.1}};
  const Step step = step_of(compiled, net, optimizer);
  for (int i = 0; i < 1000; ++i) step(x, y);
  const double check = cross_entropy(net(x), y).item();
  return timing::json({{"us", timing::step_us([&] { step(x, y); })}, {"check", check}});
}

/// One of 1,000 pictures x after the other through the network.
std::string one(nn::Module& net, const Tensor& x) {
  net.eval();
  const InferenceGuard inference;
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < 1000; ++i) rows.push_back(x.narrow(0, i, 1));
  const double check = sum(net(x.narrow(0, 0, 16))).item();
  return timing::latency([&](int i) { net(rows[static_cast<std::size_t>(i % 1000)]); }, check);
}

std::string one(const std::string& weights) {
  nn::Sequential net = classifier();
  net.load_state_dict(io::load_safetensors(weights).tensors);
  return one(net, test_pictures().flatten(1));
}

nn::AnyModule network_called(const std::string& name) {
  return models::make_model({.architecture = name, .input = {1, 28, 28}, .outputs = 10});
}

std::string picture(const std::string& name, const std::string& weights) {
  const nn::AnyModule net = network_called(name);
  net->load_state_dict(io::load_safetensors(weights).tensors);
  return one(*net, test_pictures());
}

std::string network(bool compiled, const std::string& name, const std::string& weights,
                    std::int64_t batches) {
  constexpr std::int64_t kBatch = 64;
  const nn::AnyModule net = network_called(name);
  const NamedTensors state = io::load_safetensors(weights).tensors;
  optim::SGD optimizer{net->parameters(), {.lr = 0.01}};
  const Step step = step_of(compiled, *net, optimizer);
  const data::AnyDataset set = data::FashionMNIST{{.train = true}};
  const auto run = [&](std::int64_t most) {
    std::int64_t samples = 0;
    data::DataLoader loader{set, {.batch_size = kBatch}};
    for (auto& [x, y] : loader) {
      step(x, y);
      samples += x.shape()[0];
      if (--most == 0) break;
    }
    return samples;
  };

  net->load_state_dict(state);
  net->eval();  // no dropout, but batch norm as in training
  net->apply([](nn::Module& m) {
    if (dynamic_cast<nn::BatchNorm*>(&m)) m.train();
  });
  run(timing::kWarmUp);
  net->eval();
  double check = 0;
  {
    const NoGradGuard no_grad;
    const data::Batch first = first_of(set, timing::kChecked);
    check = cross_entropy((*net)(first.x), first.y).item();
  }

  net->train();
  run(timing::kWarmUp);
  net->load_state_dict(state);
  const double start = timing::now();
  const std::int64_t samples = run(batches);
  return timing::json({{"seconds", timing::now() - start},
                       {"samples", static_cast<double>(samples)},
                       {"check", check}});
}

std::string start() {
  nn::Sequential net{nn::Linear{2, 8}, nn::ReLU{}, nn::Linear{8, 1}};
  const Tensor x = tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}});
  mse_loss(net(x), tensor({{0.}, {1.}, {1.}, {0.}})).backward();
  if (!net.parameters()[0].grad().defined()) throw ValueError("start: there is no gradient");
  return "{}";
}

std::string phases(const std::string& dtype, std::int64_t batch) {
  nn::Sequential net = classifier();
  optim::SGD optimizer{net.parameters(), {.lr = 0.1}};
  const auto guard = precision(dtype);
  data::DataLoader loader = pictures(true, batch);
  std::array<std::vector<double>, 5> us;
  double last = 0;
  const auto lap = [&](std::size_t phase) {
    const double now = timing::now();
    us[phase].push_back((now - last) * 1e6);
    last = now;
  };
  for (int epoch = 0; epoch < 2; ++epoch) {  // the second is kept
    for (auto& times : us) times.clear();
    last = timing::now();
    for (auto& [x, y] : loader) {
      lap(0);
      const Tensor logits = net(x.flatten(1));
      lap(1);
      const Tensor loss = cross_entropy(logits, y);
      lap(2);
      optimizer.zero_grad();
      loss.backward();
      lap(3);
      optimizer.step();
      lap(4);
    }
  }
  const auto median = [&](std::size_t phase) { return timing::median(us[phase]); };
  return timing::json({{"gather", median(0)},
                       {"forward", median(1)},
                       {"loss", median(2)},
                       {"backward", median(3)},
                       {"update", median(4)}});
}

double resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6));
  return 0;
}

std::string memory() {
  nn::Sequential net = classifier();
  optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
  const Step step = step_of(false, net, optimizer);
  const Tensor x = rand({512, 784}), y = randint(0, 10, {512});
  double early = 0;
  for (std::int64_t i = 1; i <= 1000; ++i) {
    const std::int64_t n = 1 + i * 37 % 256;
    step(x.narrow(0, 0, n), y.narrow(0, 0, n));
    if (i == 300) early = resident_kib();
  }
  return timing::json({{"kib_after_300", early}, {"kib_after_1000", resident_kib()}});
}

std::string run(const std::vector<std::string>& a) {
  const std::string job = a.size() < 2 ? "" : a[1];
  const bool compiled = !a.empty() && a[0] == "compiled";
  if (job == "train" && a.size() == 6)
    return train(compiled, a[2], a[3], std::stoll(a[4]), std::stoi(a[5]));
  if (job == "tiny" && a.size() == 3) return tiny(compiled, a[2]);
  if (job == "one" && a.size() == 3) return one(a[2]);
  if (job == "network" && a.size() == 5) return network(compiled, a[2], a[3], std::stoll(a[4]));
  if (job == "picture" && a.size() == 4) return picture(a[2], a[3]);
  if (job == "start" && a.size() == 2) return start();
  if (job == "program" && a.size() == 3) return program(a[2]);
  if (job == "phases" && a.size() == 4) return phases(a[2], std::stoll(a[3]));
  if (job == "memory" && a.size() == 2) return memory();
  throw std::invalid_argument("unknown job; see bench/figures.cpp");
}

}  // namespace
}  // namespace percept::figures

int main(int argc, char** argv) { return timing::main(argc, argv, percept::figures::run); }
