// dlib's part in the comparison; the jobs are those of bench/timing.h. f32 only: dlib has no bf16.
#include <dlib/dnn.h>

#include <numeric>

#include "peer.h"

namespace {

using Input = dlib::input<dlib::matrix<float>>;
using Classifier = dlib::loss_multiclass_log<
    dlib::fc<10, dlib::relu<dlib::fc<512, dlib::relu<dlib::fc<512, Input>>>>>>;
using Tiny =
    dlib::loss_multiclass_log<dlib::fc<2, dlib::relu<dlib::fc<8, dlib::relu<dlib::fc<8, Input>>>>>>;

/// A fully connected layer keeps its weights as (in, out) with the bias as one more row.
template <class Net>
void load(Net& net, const std::map<std::string, peer::Array>& arrays) {
  std::vector<dlib::tensor*> layers;
  dlib::visit_layer_parameters(net, [&](std::size_t, dlib::tensor& t) {
    if (t.size()) layers.push_back(&t);
  });  // the last layer first
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string name = std::to_string(2 * (layers.size() - 1 - i));
    const peer::Array &weight = arrays.at(name + ".weight"), &bias = arrays.at(name + ".bias");
    const auto out = static_cast<std::size_t>(weight.shape[0]);
    const auto in = static_cast<std::size_t>(weight.shape[1]);
    if (layers[i]->size() != (in + 1) * out) throw std::logic_error("dlib: layer " + name);
    float* to = layers[i]->host();
    for (std::size_t r = 0; r < in; ++r)
      for (std::size_t c = 0; c < out; ++c) to[r * out + c] = weight.values[c * in + r];
    std::copy(bias.values.begin(), bias.values.end(), to + in * out);
  }
}

/// A network with its solvers and the tensor its batches are copied into.
template <class Net>
class Learner {
 public:
  explicit Learner(int inputs) : inputs_(inputs) {
    // Layers get their sizes, and so their memory, when they first see an input.
    const dlib::matrix<float> zeros = dlib::zeros_matrix<float>(inputs, 1);
    net_.to_tensor(&zeros, &zeros + 1, x_);
    net_.forward(x_);
  }
  Net& net() { return net_; }

  void step(const float* x, const unsigned long* y, std::int64_t n) {
    set(x, n);
    net_.compute_parameter_gradients(x_, y);
    net_.update_parameters(solvers_, 0.1);
  }
  /// The logits [n, classes].
  const dlib::tensor& forward(const float* x, std::int64_t n) {
    set(x, n);
    return net_.subnet().forward(x_);
  }
  double mean_loss(const float* x, const unsigned long* y, std::int64_t n) {
    set(x, n);
    return net_.compute_loss(x_, y);
  }

 private:
  void set(const float* x, std::int64_t n) {
    if (x_.num_samples() != n) x_.set_size(n, 1, inputs_, 1);
    std::copy(x, x + n * inputs_, x_.host_write_only());
  }

  std::int64_t inputs_;
  Net net_;
  std::vector<dlib::sgd> solvers_ =
      std::vector<dlib::sgd>(Net::num_computational_layers, dlib::sgd(0, 0));
  dlib::resizable_tensor x_;
};

std::string train(const std::string& file, std::int64_t batch, int epochs) {
  const auto arrays = peer::weights(file);
  const peer::Pictures pictures = peer::pictures(true), tests = peer::pictures(false);
  const std::vector<unsigned long> y(pictures.y.begin(), pictures.y.end());
  Learner<Classifier> learner(peer::kPixels);
  load(learner.net(), arrays);
  const auto step = [&](std::int64_t first, std::int64_t n) {
    learner.step(&pictures.x[static_cast<std::size_t>(first * peer::kPixels)],
                 &y[static_cast<std::size_t>(first)], n);
  };
  timing::warm_up(pictures.size(), batch, step);
  const double check = learner.mean_loss(pictures.x.data(), y.data(), timing::kChecked);
  load(learner.net(), arrays);

  const double start = timing::now();
  const std::int64_t samples = timing::epochs(epochs, pictures.size(), batch, step);
  const double seconds = timing::now() - start;

  int correct = 0;
  for (std::int64_t i = 0; i < tests.size(); i += 1000) {
    const float* logits =
        learner.forward(&tests.x[static_cast<std::size_t>(i * peer::kPixels)], 1000).host();
    for (std::int64_t r = 0; r < 1000; ++r)
      correct += std::max_element(logits + r * 10, logits + r * 10 + 10) - (logits + r * 10) ==
                 tests.y[static_cast<std::size_t>(i + r)];
  }
  return timing::json({{"seconds", seconds},
                       {"samples", static_cast<double>(samples)},
                       {"check", check},
                       {"accuracy", correct / static_cast<double>(tests.size())}});
}

std::string tiny(const std::string& file) {
  const auto arrays = peer::weights(file);
  const std::vector<float>& x = arrays.at("x").values;
  const std::vector<unsigned long> y(arrays.at("y").values.begin(), arrays.at("y").values.end());
  Learner<Tiny> learner(2);
  load(learner.net(), arrays);
  const auto step = [&] { learner.step(x.data(), y.data(), 13); };
  for (int i = 0; i < 1000; ++i) step();
  const double check = learner.mean_loss(x.data(), y.data(), 13);
  return timing::json({{"us", timing::step_us(step)}, {"check", check}});
}

std::string one(const std::string& file) {
  const peer::Pictures tests = peer::pictures(false);
  Learner<Classifier> learner(peer::kPixels);
  load(learner.net(), peer::weights(file));
  const float* logits = learner.forward(tests.x.data(), 16).host();
  const double check = std::accumulate(logits, logits + 160, 0.0);
  return timing::latency(
      [&](int i) {
        learner.forward(&tests.x[static_cast<std::size_t>(i % 1000 * peer::kPixels)], 1).host();
      },
      check);
}

std::string start() {
  using Xor = dlib::loss_mean_squared<dlib::fc<1, dlib::relu<dlib::fc<8, Input>>>>;
  Xor net;
  std::vector<dlib::matrix<float>> x;
  for (const float a : {0.f, 1.f})
    for (const float b : {0.f, 1.f}) x.push_back(dlib::matrix<float>({a, b}));
  const std::vector<float> y{0, 1, 1, 0};
  dlib::resizable_tensor batch;
  net.to_tensor(x.begin(), x.end(), batch);
  net.compute_parameter_gradients(batch, y.begin());
  return "{}";
}

}  // namespace

int main(int argc, char** argv) {
  return timing::main(argc, argv, [](const std::vector<std::string>& a) -> std::string {
    if (a.size() == 5 && a[0] == "train" && a[2] == "f32")
      return train(a[1], std::stoll(a[3]), std::stoi(a[4]));
    if (a.size() == 2 && a[0] == "tiny") return tiny(a[1]);
    if (a.size() == 2 && a[0] == "one") return one(a[1]);
    if (a.size() == 1 && a[0] == "start") return start();
    throw std::invalid_argument("unknown job; see bench/timing.h");
  });
}
