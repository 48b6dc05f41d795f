// The half of the comparison with PyTorch that percept does; the other half is scripts/parity. All
// files are safetensors.
//
// percept_parity save DIR: writes NAME.weights and NAME.run (x and the predictions y) for networks.
//
// percept_parity load DIR: reads NAME.weights strictly, writes NAME.found (y) for the x of
// NAME.run.
//
// percept_parity train DIR TYPE BATCHES RESTART RATE: trains 784-512-512-10 in f32 or f64 on
// Fashion-MNIST, unshuffled, batches of 64, SGD with step size RATE, from DIR/start.0, and every
// RESTART batches goes on from DIR/start.BATCH; writes DIR/losses and prints the test accuracy.
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "percept/autograd/grad_mode.h"
#include "percept/data/data_loader.h"
#include "percept/data/image_set.h"
#include "percept/io/safetensors.h"
#include "percept/models/architecture.h"
#include "percept/models/mlp.h"
#include "percept/nn/activation.h"
#include "percept/nn/conv.h"
#include "percept/nn/transformer.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/join.h"
#include "percept/ops/loss.h"
#include "percept/ops/reduce.h"
#include "percept/optim/sgd.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

/// Every way a name of a state dict comes about; networks.py has the same.
struct Nested : nn::Module {
  nn::Buffer mean{full({5}, 0.5)};
  nn::Parameter scale{ones({5})};
  std::vector<nn::Linear> towers{nn::Linear{5, 4}, nn::Linear{5, 4, {.bias = false}}};
  nn::Sequential head{{"mix", nn::Sequential{nn::Linear{4, 6}, nn::PReLU{6}, nn::Dropout{0.3}}},
                      {"out", nn::Linear{6, 3}},
                      nn::LogSoftmax{1}};

  Tensor forward(const Tensor& x) override {
    const Tensor z = (x - mean) * scale;
    return head(towers[0](z) + towers[1](z));
  }
  void visit(nn::Visitor& v) override {
    v("mean", mean);
    v("scale", scale);
    v("towers", towers);
    v("head", head);
  }
};

/// Every way a kernel moves in a layer; networks.py has the same.
struct Convolutions : nn::Module {
  nn::Sequential features{
      nn::Conv2d{1, 6, 5, {.padding = 2}},
      nn::ReLU{},
      nn::Conv2d{6, 16, 5, {.stride = 2}},
      nn::ReLU{},
      nn::Conv2d{16, 16, 3, {.dilation = 2, .groups = 4, .bias = false}},
      nn::Tanh{},
      nn::ConvTranspose2d{16, 4, 3, {.stride = 2, .padding = 1, .output_padding = 1}}};
  nn::Conv1d rows{4, 2, 3, {.padding = "same"}};
  nn::Linear out{2 * 16 * 16, 10};

  Tensor forward(const Tensor& x) override { return out(rows(features(x).flatten(2)).flatten(1)); }
  void visit(nn::Visitor& v) override {
    v("features", features);
    v("rows", rows);
    v("out", out);
  }
};

/// Everything that stands beyond an edge, and a size that a stride leaves open.
struct Edges : nn::Module {
  nn::Sequential features{
      nn::Conv2d{1, 4, 4, {.padding = "same", .padding_mode = PadMode::reflect}}, nn::ReLU{},
      nn::Conv2d{
          4, 4, {3, 5}, {.stride = 2, .padding = {2, 1}, .padding_mode = PadMode::replicate}},
      nn::Tanh{},
      nn::Conv2d{
          4, 6, 3, {.padding = 2, .dilation = 2, .groups = 2, .padding_mode = PadMode::circular}}};
  nn::ConvTranspose2d back{6, 2, 3, {.stride = {2, 3}, .padding = 1}};
  nn::Conv1d rows{2, 2, 2, {.padding = "same", .padding_mode = PadMode::circular}};

  Tensor forward(const Tensor& x) override { return rows(back(features(x), {14, 15}).flatten(2)); }
  void visit(nn::Visitor& v) override {
    v("features", features);
    v("back", back);
    v("rows", rows);
  }
};

struct Network {
  std::function<nn::AnyModule()> make;
  Shape input;
  bool training = false;  // run as in training
};

nn::TransformerEncoder encoder(nn::TransformerLayerOptions options) {
  options.dim_feedforward = 16;
  options.batch_first = true;
  return {nn::TransformerEncoderLayer(8, 2, options), 2, nn::LayerNorm(8)};
}

/// The model of that name for pictures of ten classes.
Network image_model(const std::string& name) {
  return {[name] {
            return models::make_model({.architecture = name, .input = {1, 28, 28}, .outputs = 10});
          },
          {3, 1, 28, 28}};
}

std::map<std::string, Network> networks() {
  return {
      {"mlp", {[] { return models::Mlp(784, 10); }, {64, 1, 28, 28}}},
      {"tanh", {[] { return models::Mlp(6, 2, {.hidden = {8}, .activation = "tanh"}); }, {9, 6}}},
      {"nested", {[] { return Nested(); }, {7, 5}}},
      {"convolutions", {[] { return Convolutions(); }, {3, 1, 28, 28}}},
      {"edges", {[] { return Edges(); }, {3, 1, 12, 11}}},
      {"lenet5", image_model("lenet5")},
      {"rnn", image_model("rnn")},
      {"lstm", image_model("lstm")},
      {"gru", image_model("gru")},
      {"transformer", image_model("transformer")},
      {"encoder", {[] { return encoder({}); }, {3, 5, 8}}},
      {"encoder_first",
       {[] { return encoder({.activation = "gelu", .norm_first = true}); }, {3, 5, 8}}},
      {"encoder_train", {[] { return encoder({.dropout = 0}); }, {3, 5, 8}, true}},
      {"encoder_first_train",
       {[] { return encoder({.dropout = 0, .norm_first = true}); }, {3, 5, 8}, true}}};
}

/// The predictions; in training followed by the gradient of the sum of their cubes.
Tensor predict(nn::Module& network, const Tensor& x, bool training) {
  network.train(training);
  if (!training) {
    const NoGradGuard no_grad;
    return network(x);
  }
  Tensor leaf = x.clone().requires_grad_();
  const Tensor y = network(leaf);
  sum(y * y * y).backward();
  return cat({y.detach(), leaf.grad()});
}

void save(const std::string& folder) {
  for (const auto& [name, network] : networks()) {
    nn::AnyModule module = network.make();
    const Tensor x = randn(network.input);
    io::save_safetensors(folder + "/" + name + ".weights", module->state_dict());
    io::save_safetensors(folder + "/" + name + ".run",
                         {{"x", x}, {"y", predict(*module, x, network.training)}});
  }
}

void load(const std::string& folder) {
  for (const auto& [name, network] : networks()) {
    nn::AnyModule module = network.make();
    module->load_state_dict(io::load_safetensors(folder + "/" + name + ".weights").tensors);
    const Tensor x = io::load_safetensors(folder + "/" + name + ".run").tensors.at("x");
    io::save_safetensors(folder + "/" + name + ".found",
                         {{"y", predict(*module, x, network.training)}});
  }
}

void train(const std::string& folder, Dtype dtype, std::int64_t batches, std::int64_t restart,
           double rate) {
  models::Mlp model(784, 10);
  model.to(dtype);
  optim::SGD optimizer(model.parameters(), {.lr = rate});
  data::DataLoader loader(data::FashionMNIST(), {.batch_size = 64});
  std::vector<double> losses;
  std::int64_t batch = 0;
  while (batch < batches)
    for (const auto& [x, y] : loader) {
      if (batch == batches) break;
      if (batch % restart == 0)
        model.load_state_dict(
            io::load_safetensors(folder + "/start." + std::to_string(batch)).tensors);
      const Tensor loss = cross_entropy(model(x.to(dtype)), y);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      losses.push_back(loss.item());
      ++batch;
    }
  io::save_safetensors(folder + "/losses", {{"losses", from_vector(losses)}});

  model.eval();
  const data::FashionMNIST test_set({.train = false});
  const auto samples = static_cast<double>(test_set.size());
  data::DataLoader tests(test_set, {.batch_size = 1000});
  const NoGradGuard no_grad;
  std::int64_t right = 0;
  for (const auto& [x, y] : tests)
    right += sum(eq(argmax(model(x.to(dtype)), 1), y)).item<std::int64_t>();
  std::cout << static_cast<double>(right) / samples << "\n";
}

int run(const std::vector<std::string>& args) {
  if (args.size() == 2 && args[0] == "save") {
    save(args[1]);
  } else if (args.size() == 2 && args[0] == "load") {
    load(args[1]);
  } else if (args.size() == 6 && args[0] == "train") {
    train(args[1], args[2] == "f64" ? f64 : f32, std::stoll(args[3]), std::stoll(args[4]),
          std::stod(args[5]));
  } else {
    std::cerr << "usage: percept_parity save|load DIR, or train DIR TYPE BATCHES RESTART RATE\n";
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace percept

int main(int argc, char** argv) {
  try {
    return percept::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "percept_parity: " << error.what() << "\n";
    return 1;
  }
}
