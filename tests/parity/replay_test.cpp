// Replays the calls that scripts/parity/generate.py recorded with PyTorch: values, element types
// and gradients agree, on both engines. PERCEPT_PARITY_DIR names another folder than the small
// recorded one, PERCEPT_PARITY_CASE a single case of it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "engine/engine.h"
#include "ops/op_table.h"
#include "percept/autograd/autograd.h"
#include "percept/io/safetensors.h"
#include "percept/ops/view.h"
#include "support/places.h"

namespace percept::testing {
namespace {

std::string folder() {
  const char* given = std::getenv("PERCEPT_PARITY_DIR");
  return given ? given : project_path("tests/parity/recorded");
}

Shape shape_of(const Args& sizes) {
  return Shape(std::span<const std::int64_t>(sizes.get<std::vector<std::int64_t>>()));
}

/// The numbers of all cases, one long tensor a type, handed out from the front.
class Numbers {
 public:
  explicit Numbers(const std::string& path) : all_(io::load_safetensors(path).tensors) {}
  Tensor next(const std::string& type, const Shape& shape) {
    std::int64_t& at = used_[type];
    const Tensor part = narrow(all_.at(type), 0, at, shape.numel());
    at += shape.numel();
    return part.clone().reshape(shape);
  }
  Tensor next(const Args& type_and_shape) {
    return next(type_and_shape.at(0), shape_of(type_and_shape.at(1)));
  }

 private:
  NamedTensors all_;
  std::map<std::string, std::int64_t> used_;
};

struct Outcome {
  bool typed;  // inputs as stored
  Dtype dtype;
  Tensor y;
  std::map<std::size_t, Tensor> dx;  // by the input's place
};

struct Case {
  std::size_t number;
  std::string op, text;
  Args args;
  double k;
  Inputs x;
  Tensor dy;
  std::vector<Outcome> runs;
};

std::vector<Case> recorded_cases() {
  Numbers numbers(folder() + "/numbers.safetensors");
  const Args file = Args::parse(std::ifstream(folder() + "/cases.json"));
  std::vector<Case> cases;
  for (const Args& line : file.at("cases")) {
    Case c{cases.size(),
           line.at("op"),
           {},
           line.value("args", Args::object()),
           line.value("k", 1.0),
           {},
           {},
           {}};
    c.text = fmt::format("case {}: {} {}", c.number, c.op, c.args.dump());
    for (const Args& x : line.at("x")) {
      c.x.push_back(numbers.next(x));
      c.text += fmt::format(" {}{}", x.at(0).get<std::string>(), c.x.back().shape().str());
    }
    if (line.contains("dy")) c.dy = numbers.next("f32", shape_of(line.at("dy")));
    for (const Args& one : line.at("runs")) {
      const Args& type = one.at("dtype");
      Outcome run{type.is_null(), type == "f64" ? f64 : f32, numbers.next(one.at("y")), {}};
      for (const std::size_t i : one.at("dx").get<std::vector<std::size_t>>()) {
        const bool stored = run.typed || c.x[i].dtype() != f32;
        const Dtype dtype = stored ? c.x[i].dtype() : run.dtype;
        run.dx[i] = numbers.next(std::string(name_of(dtype)), c.x[i].shape());
      }
      c.runs.push_back(std::move(run));
    }
    cases.push_back(std::move(c));
  }
  return cases;
}

/// Empty, or the first element that is too far from PyTorch's, computed in `type`.
std::string difference(const Tensor& found, const Tensor& expected, Dtype type, double k) {
  if (found.dtype() != expected.dtype())
    return fmt::format("type is {}, PyTorch's {}", name_of(found.dtype()),
                       name_of(expected.dtype()));
  if (found.shape() != expected.shape())
    return fmt::format("shape is {}, PyTorch's {}", found.shape().str(), expected.shape().str());
  const bool single = found.dtype() == f32 || type == f32;
  const double rtol = single ? 1.3e-6 * std::max(1.0, std::sqrt(k / 64)) : 1e-12;
  const double atol = single ? 1e-5 : 1e-12;
  const std::vector<double> a = found.to_vector<double>(), b = expected.to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    if (is_floating(found.dtype()) && std::isfinite(b[i]) &&
        std::abs(a[i] - b[i]) <= atol + rtol * std::abs(b[i]))
      continue;
    return fmt::format("element {} of {} is {}, PyTorch's {}", i, found.shape().str(), a[i], b[i]);
  }
  return {};
}

/// Empty, or what differs from PyTorch.
std::string replay(const Case& c, const Outcome& run) {
  Inputs inputs, leaves;
  for (std::size_t i = 0; i < c.x.size(); ++i) {
    Tensor x = run.typed || c.x[i].dtype() != f32 ? c.x[i].clone() : c.x[i].to(run.dtype).clone();
    if (run.dx.contains(i)) leaves.push_back(x.requires_grad_());
    inputs.push_back(x);
  }
  const Tensor y = call_op(c.op, inputs, c.args);
  if (const std::string wrong = difference(y.detach(), run.y, y.dtype(), c.k); !wrong.empty())
    return "result: " + wrong;
  if (leaves.empty()) return {};
  const std::vector<Tensor> gradients = grad({y}, leaves, {c.dy.to(y.dtype())});
  std::size_t n = 0;
  for (const auto& [place, expected] : run.dx) {
    const Tensor& found = gradients[n++];
    if (const std::string wrong = difference(found.detach(), expected, y.dtype(), c.k);
        !wrong.empty())
      return fmt::format("gradient of input {}: {}", place, wrong);
  }
  return {};
}

TEST(Parity, OperationsAgreeWithPyTorch) {
  const char* only = std::getenv("PERCEPT_PARITY_CASE");
  std::size_t calls = 0, different = 0;
  const std::vector<Case> cases = recorded_cases();
  for (const Case& c : cases) {
    if (only && c.number != std::stoul(only)) continue;
    for (const Outcome& run : c.runs)
      for (const char* engine : {"fast", "reference"}) {
        std::optional<engine::ReferenceGuard> reference;
        if (engine == std::string("reference")) reference.emplace();
        std::string wrong;
        try {
          wrong = replay(c, run);
        } catch (const std::exception& error) {
          wrong = error.what();
        }
        ++calls;
        if (wrong.empty()) continue;
        ++different;
        ADD_FAILURE() << c.text << ", "
                      << (run.typed ? "types as stored" : std::string(name_of(run.dtype))) << ", "
                      << engine << " engine: " << wrong
                      << "\n  replay: PERCEPT_PARITY_DIR=" << folder()
                      << " PERCEPT_PARITY_CASE=" << c.number
                      << " percept_tests --gtest_filter=Parity.Operations*";
      }
  }
  fmt::print("{} cases, {} calls compared with PyTorch, {} differ\n", cases.size(), calls,
             different);
}

TEST(Parity, EveryOperationIsRecorded) {
  std::set<std::string> known, recorded;
  for (const auto& [name, entry] : op_table()) known.insert(name);
  for (const Case& c : recorded_cases()) recorded.insert(c.op);
  EXPECT_EQ(known, recorded)
      << "  give a new operation its cases in scripts/parity/operations_of_*.py, then record:\n"
         "  scripts/parity/generate.py --seed 7 --cases 3 --out tests/parity/recorded";
}

}  // namespace
}  // namespace percept::testing
