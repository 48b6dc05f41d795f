// RNN, LSTM and GRU as whole modules agree with PyTorch's, which scripts/parity/recurrent.py
// recorded: they print alike, PyTorch's state dict loads, and with it results, final states and all
// gradients are equal, on both engines and with the layer fused or written out.
// PERCEPT_PARITY_RECURRENT names another folder than the small recorded one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/engine.h"
#include "percept/autograd/autograd.h"
#include "percept/io/safetensors.h"
#include "percept/nn/rnn.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/reduce.h"
#include "support/places.h"

namespace percept::nn {
namespace {

using Json = nlohmann::json;
using Results = std::map<std::string, Tensor>;

std::string recurrent_folder() {
  const char* given = std::getenv("PERCEPT_PARITY_RECURRENT");
  return given ? given : testing::project_path("tests/parity/recorded_recurrent");
}

RecurrentLayerOptions layer_options(const Json& line) {
  const Json& options = line.at("options");
  return {.num_layers = options.at("num_layers"),
          .bias = options.at("bias"),
          .batch_first = options.at("batch_first"),
          .bidirectional = options.at("bidirectional"),
          .dtype = line.at("dtype") == "f64" ? f64 : f32};
}

struct Called {
  std::string text;
  Results results;
  NamedTensors parameters;
};

/// The module of `line` with PyTorch's weights, called as there.
template <class M, class State>
Called call_module(M module, const NamedTensors& numbers, const Json& line, const Tensor& x,
                   const State& initial) {
  NamedTensors state;
  for (const auto& [name, tensor] : numbers)
    if (name.starts_with("state.")) state.add(name.substr(6), tensor);
  module.load_state_dict(state);
  Called called{module.str(), {}, {}};
  const auto keep = [&](const Tensor& output, const auto& y) {
    called.results = {{"output", output}, {"h_n", y.h_n}};
    if constexpr (requires { y.c_n; }) called.results["c_n"] = y.c_n;
  };
  if (line.contains("lengths")) {
    const bool batch_first = line.at("options").at("batch_first");
    const auto lengths = line.at("lengths").get<std::vector<std::int64_t>>();
    const auto y = module(
        pack_padded_sequence(
            x, lengths, {.batch_first = batch_first, .enforce_sorted = line.at("enforce_sorted")}),
        initial);
    const PaddedSequence padded = pad_packed_sequence(y.output, {.batch_first = batch_first});
    EXPECT_EQ(padded.lengths, lengths);
    keep(padded.output, y);
  } else {
    const auto y = module(x, initial);
    keep(y.output, y);
  }
  for (const auto& [name, parameter] : module.named_parameters())
    called.parameters.add(name, parameter);
  return called;
}

Called call_line(const Json& line, const NamedTensors& numbers, const Tensor& x,
                 const LstmState& initial) {
  const std::int64_t inputs = line.at("inputs"), hidden = line.at("hidden");
  const RecurrentLayerOptions options = layer_options(line);
  if (line.at("kind") == "LSTM")
    return call_module(LSTM(inputs, hidden, options), numbers, line, x, initial);
  if (line.at("kind") == "GRU")
    return call_module(GRU(inputs, hidden, options), numbers, line, x, initial.h);
  const bool relu = line.at("options").at("nonlinearity") == "relu";
  return call_module(RNN(inputs, hidden,
                         {.num_layers = options.num_layers,
                          .nonlinearity = relu ? RnnNonlinearity::relu : RnnNonlinearity::tanh,
                          .bias = options.bias,
                          .batch_first = options.batch_first,
                          .bidirectional = options.bidirectional,
                          .dtype = options.dtype}),
                     numbers, line, x, initial.h);
}

void expect_close(const Tensor& found, const Tensor& expected, const std::string& what) {
  ASSERT_TRUE(found.defined()) << what;
  ASSERT_EQ(found.shape(), expected.shape()) << what;
  ASSERT_EQ(found.dtype(), expected.dtype()) << what;
  const bool single = expected.dtype() == f32;
  const double rtol = single ? 1e-5 : 1e-11, atol = single ? 1e-5 : 1e-12;
  const std::vector<double> a = found.detach().to_vector<double>(),
                            b = expected.to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_LE(std::abs(a[i] - b[i]), atol + rtol * std::abs(b[i])) << what << ", element " << i;
}

void compare(const Json& line, const NamedTensors& numbers, const std::string& where) {
  const auto leaf = [&](const std::string& name) {
    const Tensor* given = numbers.find(name);
    return given ? given->clone().requires_grad_() : Tensor();
  };
  std::map<std::string, Tensor> leaves;
  for (const char* name : {"x", "h_0", "c_0"})
    if (const Tensor x = leaf(name); x.defined()) leaves[name] = x;
  const Called called = call_line(line, numbers, leaves.at("x"), {leaves["h_0"], leaves["c_0"]});
  EXPECT_EQ(called.text, line.at("text").get<std::string>()) << where;
  Tensor loss;
  for (const auto& [name, y] : called.results) {
    expect_close(y, numbers.at(name), where + ": " + name);
    const Tensor part = sum(y * numbers.at("dy." + name));
    loss = loss.defined() ? loss + part : part;
  }
  loss.backward();
  std::size_t gradients = 0;
  for (const auto& [name, expected] : numbers) {
    if (!name.starts_with("grad.")) continue;
    const std::string of = name.substr(5);
    const Tensor* parameter = called.parameters.find(of);
    expect_close((parameter ? *parameter : leaves.at(of)).grad(), expected, where + ": " + name);
    ++gradients;
  }
  EXPECT_GE(gradients, called.parameters.size() + 1) << where;
}

TEST(Parity, RecurrentModulesAgreeWithPyTorch) {
  const NamedTensors all =
      io::load_safetensors(recurrent_folder() + "/numbers.safetensors").tensors;
  const Json lines = Json::parse(std::ifstream(recurrent_folder() + "/cases.json"));
  std::vector<NamedTensors> numbers(lines.size());
  for (const auto& [name, tensor] : all) {
    const std::size_t dot = name.find('.');
    numbers.at(std::stoul(name.substr(0, dot))).add(name.substr(dot + 1), tensor);
  }
  ASSERT_GE(lines.size(), 18u);
  for (std::size_t i = 0; i < lines.size(); ++i)
    for (const bool reference : {false, true})
      for (const bool fused : {true, false}) {
        std::optional<engine::ReferenceGuard> guard;
        if (reference) guard.emplace();
        const engine::FusionGuard fusion(fused);
        compare(lines[i], numbers[i],
                fmt::format("case {}: {}{}{}", i, lines[i].dump(), reference ? ", reference" : "",
                            fused ? "" : ", not fused"));
      }
  fmt::print("{} recurrent modules compared with PyTorch\n", lines.size());
}

}  // namespace
}  // namespace percept::nn
