// What the machine can do: not a peer but the arithmetic of the jobs of bench/timing.h alone.
//   train  the eight matrix products of a step through oneDNN, on weights in plain order
//   tiny   the step as plain loops
//   one    each weight read once: dot products over the rows, spread over the threads
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "engine/onednn/onednn.h"
#include "peer.h"

namespace {

using dnnl::memory;
using Type = memory::data_type;

constexpr float kLowest = std::numeric_limits<float>::lowest();  // cuts nothing off

/// c [m, n] = a [m, k] b [k, n]; a transposed matrix lies in memory as its transpose.
class Product {
 public:
  Product(std::int64_t m, std::int64_t n, std::int64_t k, bool a_transposed, bool b_transposed,
          Type in, Type out) {
    const auto desc = [](std::int64_t rows, std::int64_t columns, Type type, bool transposed) {
      return memory::desc({rows, columns}, type,
                          transposed ? memory::format_tag::ba : memory::format_tag::ab);
    };
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    namespace onednn = percept::engine::onednn;
    const auto chosen =
        onednn::matmul_desc(desc(m, k, in, a_transposed), desc(k, n, in, b_transposed), {},
                            desc(m, n, out, false), attributes);
    matmul_ = dnnl::matmul(chosen);
    const auto filled = [](const memory::desc& d) {
      memory m(d, onednn::cpu());
      std::memset(m.get_data_handle(), 0, d.get_size());
      return m;
    };
    arguments_ = {{DNNL_ARG_SRC, filled(chosen.src_desc())},
                  {DNNL_ARG_WEIGHTS, filled(chosen.weights_desc())},
                  {DNNL_ARG_DST, filled(chosen.dst_desc())},
                  {DNNL_ARG_SCRATCHPAD, filled(chosen.scratchpad_desc())}};
  }
  void operator()() const { matmul_.execute(percept::engine::onednn::stream(), arguments_); }

 private:
  dnnl::matmul matmul_;
  std::unordered_map<int, memory> arguments_;
};

/// Three forward, three weight gradients, two data gradients.
std::vector<Product> products(std::int64_t batch, Type type) {
  std::vector<Product> all;
  const std::array<std::int64_t, 4> sizes{784, 512, 512, 10};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::int64_t in = sizes[i], out = sizes[i + 1];
    all.emplace_back(batch, out, in, false, true, type, type);              // x Wᵀ
    all.emplace_back(out, in, batch, true, false, type, Type::f32);         // dyᵀ x
    if (i > 0) all.emplace_back(batch, in, out, false, false, type, type);  // dy W
  }
  return all;
}

std::string train(bool bf16, std::int64_t batch, int epochs) {
  const Type type = bf16 ? Type::bf16 : Type::f32;
  constexpr std::int64_t size = 60000;
  const std::vector<Product> whole = products(batch, type);
  const std::vector<Product> last = products(size % batch ? size % batch : batch, type);
  const auto step = [&](std::int64_t, std::int64_t n) {
    for (const Product& product : n == batch ? whole : last) product();
  };
  timing::warm_up(size, batch, step);
  const double start = timing::now();
  const std::int64_t samples = timing::epochs(epochs, size, batch, step);
  return timing::json(
      {{"seconds", timing::now() - start}, {"samples", static_cast<double>(samples)}});
}

/// 2-8-8-2 with 13 samples; weights (out, in).
struct Tiny {
  static constexpr int kN = 13, kIn = 2, kHidden = 8, kOut = 2;
  float x[kN][kIn], w1[kHidden][kIn], b1[kHidden], w2[kHidden][kHidden], b2[kHidden];
  float w3[kOut][kHidden], b3[kOut];
  int y[kN];
  float loss = 0;

  explicit Tiny(const std::map<std::string, peer::Array>& arrays) {
    const auto load = [&](const char* name, float* to) {
      const auto& values = arrays.at(name).values;
      std::copy(values.begin(), values.end(), to);
    };
    load("x", x[0]), load("0.weight", w1[0]), load("0.bias", b1), load("2.weight", w2[0]);
    load("2.bias", b2), load("4.weight", w3[0]), load("4.bias", b3);
    for (int i = 0; i < kN; ++i)
      y[i] = static_cast<int>(arrays.at("y").values[static_cast<std::size_t>(i)]);
  }

  template <int In, int Out>
  static void forward(const float (&x)[kN][In], const float (&w)[Out][In], const float (&b)[Out],
                      float (&y)[kN][Out], float least) {
    for (int i = 0; i < kN; ++i)
      for (int o = 0; o < Out; ++o) {
        float s = b[o];
        for (int k = 0; k < In; ++k) s += x[i][k] * w[o][k];
        y[i][o] = std::max(s, least);
      }
  }
  /// dy of the layer's results; dx is cut where x was.
  template <int In, int Out>
  static void backward(const float (&x)[kN][In], float (&w)[Out][In], float (&b)[Out],
                       const float (&dy)[kN][Out], float (*dx)[In]) {
    float dw[Out][In] = {}, db[Out] = {};
    for (int i = 0; i < kN; ++i) {
      for (int k = 0; dx && k < In; ++k) {
        float s = 0;
        for (int o = 0; o < Out; ++o) s += dy[i][o] * w[o][k];
        dx[i][k] = x[i][k] > 0 ? s : 0;
      }
      for (int o = 0; o < Out; ++o) {
        db[o] += dy[i][o];
        for (int k = 0; k < In; ++k) dw[o][k] += dy[i][o] * x[i][k];
      }
    }
    for (int o = 0; o < Out; ++o) {
      b[o] -= 0.1f * db[o];
      for (int k = 0; k < In; ++k) w[o][k] -= 0.1f * dw[o][k];
    }
  }

  void step() {
    float h1[kN][kHidden], h2[kN][kHidden], z[kN][kOut];
    float d1[kN][kHidden], d2[kN][kHidden], dz[kN][kOut];
    forward(x, w1, b1, h1, 0), forward(h1, w2, b2, h2, 0), forward(h2, w3, b3, z, kLowest);
    loss = 0;
    for (int i = 0; i < kN; ++i) {
      const float most = std::max(z[i][0], z[i][1]);
      const float e0 = std::exp(z[i][0] - most), e1 = std::exp(z[i][1] - most), sum = e0 + e1;
      loss += (std::log(sum) + most - z[i][y[i]]) / kN;
      dz[i][0] = (e0 / sum - (y[i] == 0 ? 1.f : 0.f)) / kN;
      dz[i][1] = (e1 / sum - (y[i] == 1 ? 1.f : 0.f)) / kN;
    }
    backward(h2, w3, b3, dz, d2), backward(h1, w2, b2, d2, d1);
    backward(x, w1, b1, d1, static_cast<float(*)[kIn]>(nullptr));
  }
};

std::string tiny(const std::string& file) {
  Tiny net(peer::weights(file));
  for (int i = 0; i < 1001; ++i) net.step();  // the last one's loss is that after 1,000
  const double check = net.loss;
  return timing::json({{"us", timing::step_us([&] { net.step(); })}, {"check", check}});
}

void layer(const peer::Array& w, const peer::Array& b, const float* x, float* y, float least) {
  const std::int64_t out = w.shape[0], in = w.shape[1];
#pragma omp parallel for schedule(static) if (out > 100)
  for (std::int64_t o = 0; o < out; ++o) {
    const float* row = &w.values[static_cast<std::size_t>(o * in)];
    float s = 0;
#pragma omp simd reduction(+ : s)
    for (std::int64_t k = 0; k < in; ++k) s += row[k] * x[k];
    y[o] = std::max(s + b.values[static_cast<std::size_t>(o)], least);
  }
}

std::string one(const std::string& file) {
  const peer::Pictures tests = peer::pictures(false);
  const auto w = peer::weights(file);
  std::array<float, 512> h1{}, h2{};
  std::array<float, 10> logits{};
  const auto forward = [&](int i) {
    const float* x = &tests.x[static_cast<std::size_t>(i % 1000 * peer::kPixels)];
    layer(w.at("0.weight"), w.at("0.bias"), x, h1.data(), 0);
    layer(w.at("2.weight"), w.at("2.bias"), h1.data(), h2.data(), 0);
    layer(w.at("4.weight"), w.at("4.bias"), h2.data(), logits.data(), kLowest);
  };
  double check = 0;
  for (int i = 0; i < 16; ++i) {
    forward(i);
    for (const float v : logits) check += v;
  }
  return timing::latency(forward, check);
}

}  // namespace

int main(int argc, char** argv) {
  return timing::main(argc, argv, [](const std::vector<std::string>& a) -> std::string {
    if (a.size() == 5 && a[0] == "train")
      return train(a[2] == "bf16", std::stoll(a[3]), std::stoi(a[4]));
    if (a.size() == 2 && a[0] == "tiny") return tiny(a[1]);
    if (a.size() == 2 && a[0] == "one") return one(a[1]);
    throw std::invalid_argument("unknown job; see bench/timing.h");
  });
}
