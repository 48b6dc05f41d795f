// percept selftest: does the installed library do on this machine what it should?
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "app.h"
#include "engine/engine.h"
#include "percept/autograd/grad_mode.h"
#include "percept/autograd/gradcheck.h"
#include "percept/base/random.h"
#include "percept/io/npz.h"
#include "percept/io/safetensors.h"
#include "percept/models/mlp.h"
#include "percept/nn/loss.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/join.h"
#include "percept/ops/math.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/ops/softmax.h"
#include "percept/optim/sgd.h"
#include "percept/tensor/factory.h"
#include "percept/train/metrics.h"

namespace percept::app {
namespace {

/// One check; an empty text when it holds, else what was found.
struct Check {
  std::string name;
  std::function<std::string()> run;
};

/// The largest |a - b| in units of tolerance * (1 + |b|).
std::string compare(const Tensor& a, const Tensor& b, double tolerance) {
  const auto x = a.to_vector<double>(), y = b.to_vector<double>();
  if (a.shape() != b.shape())
    return fmt::format("shape {} instead of {}", a.shape().str(), b.shape().str());
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!(std::abs(x[i] - y[i]) <= tolerance * (1 + std::abs(y[i]))))
      return fmt::format("element {} is {} instead of {}", i, x[i], y[i]);
  return "";
}

/// f on the fast engine against f on the reference engine.
Check engine_check(const std::string& name, std::function<Tensor(const Tensor&)> f) {
  return {name, [f = std::move(f)] {
            Generator generator(1);
            const Tensor x = randn({67, 129}, {}, &generator);
            const NoGradGuard no_grad;
            const Tensor fast = f(x);
            const engine::ReferenceGuard guard;
            return compare(fast, f(x), 2e-5);
          }};
}

std::string known_numbers() {
  // softmax([1, 2, 3]) and the cross entropy of class 2, to the digits a calculator gives.
  const Tensor x = tensor({1.0, 2.0, 3.0}, {.dtype = f64});
  const std::string wrong =
      compare(softmax(x, 0), tensor({0.09003057, 0.24472847, 0.66524096}, {.dtype = f64}), 1e-8);
  if (!wrong.empty()) return wrong;
  return compare(cross_entropy(x.unsqueeze(0), tensor({2})), tensor(0.40760596, {.dtype = f64}),
                 1e-8);
}

std::string exact_products() {
  // Small whole numbers: every sum is exact, so both engines must agree to the bit.
  Generator generator(2);
  const Tensor a = randint(-4, 5, {37, 61}, {.dtype = f32}, &generator);
  const Tensor b = randint(-4, 5, {61, 53}, {.dtype = f32}, &generator);
  const Tensor fast = matmul(a, b);
  for (std::int64_t i = 0; i < 37; ++i)
    for (std::int64_t j = 0; j < 53; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < 61; ++k)
        sum += static_cast<double>(a.at<float>(i, k)) * static_cast<double>(b.at<float>(k, j));
      if (static_cast<double>(fast.at<float>(i, j)) != sum)
        return fmt::format("element ({}, {}) is {} instead of {}", i, j, fast.at<float>(i, j), sum);
    }
  return "";
}

std::string files() {
  namespace fs = std::filesystem;
  const fs::path folder =
      fs::temp_directory_path() / fmt::format("percept-selftest-{}", ::getpid());
  fs::create_directory(folder);
  struct Remove {
    const fs::path& path;
    ~Remove() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  } const remove{folder};
  Generator generator(3);
  const NamedTensors tensors{{"x", randn({5, 7}, {}, &generator)}, {"y", arange(4)}};
  io::save_safetensors((folder / "t.safetensors").string(), tensors, {{"k", "v"}});
  io::save_npz((folder / "t.npz").string(), tensors, {.compress = true});
  const NamedTensors first = io::load_safetensors((folder / "t.safetensors").string()).tensors;
  const NamedTensors second = io::load_npz((folder / "t.npz").string());
  for (const auto& [name, tensor] : tensors)
    for (const NamedTensors* read : {&first, &second})
      if (const std::string wrong = compare(read->at(name), tensor, 0); !wrong.empty())
        return name + ": " + wrong;
  return "";
}

std::string tiny_training() {
  // XOR, which no single layer can learn.
  manual_seed(0);
  models::Mlp net(2, 2, {.hidden = {16}, .activation = "tanh"});
  const Tensor x = tensor({{0.0, 0.0}, {0.0, 1.0}, {1.0, 0.0}, {1.0, 1.0}});
  const Tensor y = tensor({0, 1, 1, 0});
  optim::SGD optimizer(net.parameters(), {.lr = 0.5});
  for (int step = 0; step < 500; ++step) {
    optimizer.zero_grad();
    cross_entropy(net(x), y).backward();
    optimizer.step();
  }
  const double accuracy = train::accuracy(net(x), y);
  return accuracy == 1 ? "" : fmt::format("accuracy on XOR is {} instead of 1", accuracy);
}

Check gradient_check(const std::string& name, TensorFunction f, std::vector<Tensor> inputs) {
  return {name, [f = std::move(f), inputs = std::move(inputs)] {
            const GradcheckResult result = gradcheck(f, inputs);
            return result ? std::string() : result.message;
          }};
}

/// Values away from 0, where relu and abs have a corner.
Tensor away_from_zero(const Shape& shape, std::uint64_t seed, bool positive = false) {
  Generator generator(seed);
  Tensor x = rand(shape, {.dtype = f64}, &generator);
  if (!positive) x.sub_(0.5);
  x.add_(sign(x), 0.25);
  return x.requires_grad_();
}

std::vector<Check> gradient_checks() {
  using Inputs = std::vector<Tensor>;
  const auto x = [](std::uint64_t seed) { return away_from_zero({3, 4}, seed); };
  const auto p = [](std::uint64_t seed) { return away_from_zero({3, 4}, seed, true); };
  std::vector<Check> checks;
  const auto one = [&](const char* name, Tensor (*f)(const Tensor&)) {
    checks.push_back(gradient_check(name, [f](const Inputs& in) { return f(in[0]); }, {x(11)}));
  };
  const auto of_positive = [&](const char* name, Tensor (*f)(const Tensor&)) {
    checks.push_back(gradient_check(name, [f](const Inputs& in) { return f(in[0]); }, {p(12)}));
  };
  one("neg", [](const Tensor& a) { return neg(a); });
  one("exp", [](const Tensor& a) { return exp(a); });
  one("expm1", [](const Tensor& a) { return expm1(a); });
  one("abs", [](const Tensor& a) { return abs(a); });
  one("square", [](const Tensor& a) { return square(a); });
  one("sin", [](const Tensor& a) { return sin(a); });
  one("cos", [](const Tensor& a) { return cos(a); });
  one("tanh", [](const Tensor& a) { return tanh(a); });
  one("sigmoid", [](const Tensor& a) { return sigmoid(a); });
  one("relu", [](const Tensor& a) { return relu(a); });
  one("leaky_relu", [](const Tensor& a) { return leaky_relu(a); });
  one("elu", [](const Tensor& a) { return elu(a); });
  one("gelu", [](const Tensor& a) { return gelu(a); });
  one("silu", [](const Tensor& a) { return silu(a); });
  one("softplus", [](const Tensor& a) { return softplus(a); });
  one("softmax", [](const Tensor& a) { return softmax(a, 1); });
  one("log_softmax", [](const Tensor& a) { return log_softmax(a, 1); });
  one("logsumexp", [](const Tensor& a) { return logsumexp(a, {1}); });
  one("sum", [](const Tensor& a) { return a.sum({0}); });
  one("mean", [](const Tensor& a) { return a.mean({1}); });
  one("transpose", [](const Tensor& a) { return square(a.t()); });
  of_positive("log", [](const Tensor& a) { return log(a); });
  of_positive("log1p", [](const Tensor& a) { return log1p(a); });
  of_positive("sqrt", [](const Tensor& a) { return sqrt(a); });
  of_positive("rsqrt", [](const Tensor& a) { return rsqrt(a); });
  const auto two = [&](const char* name, Tensor (*f)(const Tensor&, const Tensor&)) {
    checks.push_back(
        gradient_check(name, [f](const Inputs& in) { return f(in[0], in[1]); }, {x(13), x(14)}));
  };
  two("add", [](const Tensor& a, const Tensor& b) { return a + b; });
  two("sub", [](const Tensor& a, const Tensor& b) { return a - b; });
  two("mul", [](const Tensor& a, const Tensor& b) { return a * b; });
  two("div", [](const Tensor& a, const Tensor& b) { return a / b; });
  two("matmul", [](const Tensor& a, const Tensor& b) { return matmul(a, b.t()); });
  two("cat", [](const Tensor& a, const Tensor& b) { return square(cat({a, b})); });
  two("mse_loss", [](const Tensor& a, const Tensor& b) { return mse_loss(a, b); });
  checks.push_back(gradient_check("linear",
                                  [](const Inputs& in) { return linear(in[0], in[1], in[2]); },
                                  {x(15), away_from_zero({2, 4}, 16), away_from_zero({2}, 17)}));
  checks.push_back(gradient_check("cross_entropy",
                                  [](const Inputs& in) {
                                    return cross_entropy(in[0], tensor({0, 3, 1}));
                                  },
                                  {x(18)}));
  return checks;
}

std::vector<Check> all_checks() {
  std::vector<Check> checks{
      {"numbers worked out by hand", known_numbers},
      {"products of whole numbers, to the bit", exact_products},
      engine_check("engine against reference: matmul",
                   [](const Tensor& x) { return matmul(x, x.t()); }),
      engine_check("engine against reference: exp", [](const Tensor& x) { return exp(x); }),
      engine_check("engine against reference: softmax",
                   [](const Tensor& x) { return softmax(x, 1); }),
      engine_check("engine against reference: sum", [](const Tensor& x) { return x.sum({1}); }),
      engine_check("engine against reference: tanh", [](const Tensor& x) { return tanh(x); }),
      {"files: safetensors and npz, there and back", files},
      {"training: XOR is learned", tiny_training},
  };
  for (Check& check : gradient_checks()) {
    check.name = "gradient of " + check.name;
    checks.push_back(std::move(check));
  }
  return checks;
}

int run_checks(const std::vector<Check>& checks, const OutputOptions& output) {
  const Terminal out = terminal(stdout, output.color);
  int failed = 0;
  for (const Check& check : checks) {
    std::string wrong;
    try {
      wrong = check.run();
    } catch (const std::exception& error) {
      wrong = error.what();
    }
    failed += wrong.empty() ? 0 : 1;
    if (output.json)
      print(line({{"schema", "percept.selftest.check/1"},
                  {"check", check.name},
                  {"ok", wrong.empty()},
                  {"found", wrong.empty() ? Json(nullptr) : Json(wrong)}}));
    else if (!output.quiet || !wrong.empty())
      print((wrong.empty() ? out.paint(Paint::green, text::kOk.str())
                           : out.paint(Paint::red, text::kBad.str())) +
            "  " + check.name + (wrong.empty() ? "" : ": " + wrong) + "\n");
  }
  const std::string summary =
      fmt::format(fmt::runtime(text::kChecksDone.str()), checks.size(), failed);
  if (!output.json) print(summary + "\n");
  if (failed > 0) throw CheckFailed(summary);
  return 0;
}

}  // namespace

void add_selftest(Program& program) {
  CLI::App* command = add_command(program.root, "selftest", text::kAboutSelftest,
                                  {"percept selftest", "percept selftest gradcheck"});
  add_output_options(*command, program.output);
  command->callback([&program] {
    if (!program.action)
      program.action = [&program] { return run_checks(all_checks(), program.output); };
  });
  CLI::App* gradients =
      add_command(*command, "gradcheck", text::kAboutGradcheck, {"percept selftest gradcheck"});
  add_output_options(*gradients, program.output);
  gradients->callback([&program] {
    program.action = [&program] { return run_checks(gradient_checks(), program.output); };
  });
}

}  // namespace percept::app
