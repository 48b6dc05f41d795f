#include "percept/nn/rnn.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "nn/place.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/indexing.h"
#include "percept/ops/join.h"
#include "percept/ops/softmax.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::nn {
namespace {

void check_layer_sizes(const char* name, std::int64_t input_size, std::int64_t hidden_size) {
  if (input_size < 1 || hidden_size < 1)
    throw ValueError(
        fmt::format("{}: input_size and hidden_size must be at least 1, found {} and {}", name,
                    input_size, hidden_size));
}

void draw(Module& module, std::int64_t hidden_size) {
  const NoGradGuard no_grad;
  const double bound = 1 / std::sqrt(static_cast<double>(hidden_size));
  for (Tensor& parameter : module.parameters()) uniform_(parameter, -bound, bound);
}

/// Dimension 1 of a state (layers, N, hidden) in another order, if one is given.
LstmState in_order(const LstmState& state, const Tensor& indices) {
  if (!indices.defined()) return state;
  const auto ordered = [&](const Tensor& x) {
    return x.defined() ? index_select(x, 1, indices) : x;
  };
  return {ordered(state.h), ordered(state.c)};
}

}  // namespace

// -- layers
RecurrentLayers::RecurrentLayers(const Kind& kind, std::int64_t inputs, std::int64_t hidden,
                                 const RecurrentLayerOptions& options)
    : input_size(inputs), hidden_size(hidden), kind_(kind), options_(options) {
  check_layer_sizes(kind.name, inputs, hidden);
  if (options.num_layers < 1)
    throw ValueError(
        fmt::format("{}: num_layers must be at least 1, found {}", kind.name, options.num_layers));
  if (!(options.dropout >= 0 && options.dropout <= 1))
    throw ValueError(
        fmt::format("{}: dropout must lie between 0 and 1, found {}", kind.name, options.dropout));
  const auto parameter = [&](const Shape& shape) {
    return Parameter(empty(shape, {.dtype = options.dtype}));
  };
  const std::int64_t rows = kind.gates * hidden, sides = options.bidirectional ? 2 : 1;
  for (std::int64_t i = 0; i < options.num_layers * sides; ++i) {
    Direction& d = directions.emplace_back();
    d.weight_ih = parameter({rows, i < sides ? inputs : sides * hidden});
    d.weight_hh = parameter({rows, hidden});
    if (options.bias) d.bias_ih = parameter({rows}), d.bias_hh = parameter({rows});
  }
  reset_parameters();
}

void RecurrentLayers::reset_parameters() { draw(*this, hidden_size); }

void RecurrentLayers::visit(Visitor& visitor) {
  const std::size_t sides = options_.bidirectional ? 2 : 1;
  for (std::size_t i = 0; i < directions.size(); ++i) {
    const std::string of = fmt::format("l{}{}", i / sides, i % sides ? "_reverse" : "");
    Direction& d = directions[i];
    visitor("weight_ih_" + of, d.weight_ih);
    visitor("weight_hh_" + of, d.weight_hh);
    visitor("bias_ih_" + of, d.bias_ih);
    visitor("bias_hh_" + of, d.bias_hh);
  }
}

std::string RecurrentLayers::extra_repr() const {
  std::string text = fmt::format("{}, {}", input_size, hidden_size);
  if (options_.num_layers != 1) text += fmt::format(", num_layers={}", options_.num_layers);
  if (!options_.bias) text += ", bias=False";
  if (options_.batch_first) text += ", batch_first=True";
  if (options_.dropout != 0) text += ", dropout=" + real_text(options_.dropout);
  if (options_.bidirectional) text += ", bidirectional=True";
  return text;
}

std::int64_t RecurrentLayers::multiply_adds(const Shape& input, const Shape&) const {
  std::int64_t weights = 0;
  for (const Direction& d : directions) weights += d.weight_ih.numel() + d.weight_hh.numel();
  return input.numel() / input_size * weights;
}

LstmOutput RecurrentLayers::run_layers(const Tensor& x, const LstmState& initial,
                                       const std::vector<std::int64_t>& batch_sizes) const {
  const std::size_t sides = options_.bidirectional ? 2 : 1;
  Tensor below = x;
  std::vector<Tensor> h, c, outputs;
  for (std::size_t i = 0; i < directions.size(); ++i) {
    const Direction& d = directions[i];
    const auto at = static_cast<std::int64_t>(i);
    const LstmOutput y = run(below, {initial.h[at], kind_.has_c ? initial.c[at] : Tensor()},
                             {d.weight_ih, d.weight_hh, d.bias_ih, d.bias_hh},
                             {.reverse = i % sides == 1, .batch_sizes = batch_sizes});
    h.push_back(y.h_n);
    c.push_back(y.c_n);
    outputs.push_back(y.output);
    if (outputs.size() < sides) continue;
    below = sides == 1 ? outputs[0] : cat(outputs, -1);
    outputs.clear();
    if (i + 1 < directions.size())
      below = dropout(below, {.p = options_.dropout, .training = is_training()});
  }
  return {below, percept::stack(h), kind_.has_c ? percept::stack(c) : Tensor()};
}

/// What is given, its shape checked, or zeros.
LstmState RecurrentLayers::initial_state(const LstmState& given, const Shape& shape,
                                         Dtype dtype) const {
  const auto check = [&](const char* what, const Tensor& state) {
    if (state.shape() != shape)
      throw ShapeError(fmt::format("{}: {} must be {}, found {}", kind_.name, what, shape.str(),
                                   state.shape().str()));
  };
  if (kind_.has_c && given.h.defined() != given.c.defined())
    throw ValueError(fmt::format("{}: an initial state is h and c, found only {}", kind_.name,
                                 given.h.defined() ? "h" : "c"));
  if (!given.h.defined()) {
    const Tensor nothing = zeros(shape, {.dtype = dtype});
    return {nothing, kind_.has_c ? nothing : Tensor()};
  }
  check("h_0", given.h);
  if (kind_.has_c) check("c_0", given.c);
  return given;
}

LstmOutput RecurrentLayers::run_all(const Tensor& x, const LstmState& initial) {
  return inside(*this, [&]() -> LstmOutput {
    const auto layers = static_cast<std::int64_t>(directions.size());
    if (x.dim() == 2) {  // a batch of one
      const auto batched = [](const Tensor& y, int dim) { return unsqueeze(y, dim); };
      const auto single = [](const Tensor& y, int dim) {
        return y.defined() ? squeeze(y, dim) : y;
      };
      const LstmState state = initial_state(initial, {layers, hidden_size}, x.dtype());
      const LstmOutput y = run_layers(
          batched(x, 1), {batched(state.h, 1), kind_.has_c ? batched(state.c, 1) : state.c}, {});
      return {single(y.output, 1), single(y.h_n, 1), single(y.c_n, 1)};
    }
    if (x.dim() != 3)
      throw ShapeError(fmt::format("{}: x must be {}, or (steps, in), found {}", kind_.name,
                                   options_.batch_first ? "(N, steps, in)" : "(steps, N, in)",
                                   x.shape().str()));
    const std::int64_t batch = x.shape()[options_.batch_first ? 0 : 1];
    const LstmState state = initial_state(initial, {layers, batch, hidden_size}, x.dtype());
    if (!options_.batch_first) return run_layers(x, state, {});
    const LstmOutput y = run_layers(transpose(x, 0, 1), state, {});
    return {transpose(y.output, 0, 1), y.h_n, y.c_n};
  });
}

PackedLstmOutput RecurrentLayers::run_all(const PackedSequence& x, const LstmState& initial) {
  return inside(*this, [&]() -> PackedLstmOutput {
    if (x.batch_sizes.empty())
      throw ValueError(fmt::format("{}: the packed sequence has no step", kind_.name));
    const LstmState state = initial_state(
        initial, {static_cast<std::int64_t>(directions.size()), x.batch_sizes[0], hidden_size},
        x.data.dtype());
    const LstmOutput y = run_layers(x.data, in_order(state, x.sorted_indices), x.batch_sizes);
    const LstmState last = in_order({y.h_n, y.c_n}, x.unsorted_indices);
    return {{y.output, x.batch_sizes, x.sorted_indices, x.unsorted_indices}, last.h, last.c};
  });
}

Tensor RecurrentLayers::forward(const Tensor& x) { return run_all(x, {}).output; }

RNN::RNN(std::int64_t inputs, std::int64_t hidden, const RnnLayerOptions& options)
    : RecurrentLayers({"RNN", 1, false}, inputs, hidden,
                      {.num_layers = options.num_layers,
                       .bias = options.bias,
                       .batch_first = options.batch_first,
                       .dropout = options.dropout,
                       .bidirectional = options.bidirectional,
                       .dtype = options.dtype}),
      nonlinearity_(options.nonlinearity) {}

LstmOutput RNN::run(const Tensor& x, const LstmState& initial, const RecurrentWeights& weights,
                    const RecurrentOptions& options) const {
  const RnnOutput y = rnn(x, initial.h, weights,
                          {.nonlinearity = nonlinearity_,
                           .reverse = options.reverse,
                           .batch_sizes = options.batch_sizes});
  return {y.output, y.h_n, {}};
}

RnnOutput RNN::operator()(const Tensor& x, const Tensor& h_0) {
  const LstmOutput y = run_all(x, {h_0});
  return {y.output, y.h_n};
}

PackedRnnOutput RNN::operator()(const PackedSequence& x, const Tensor& h_0) {
  const PackedLstmOutput y = run_all(x, {h_0});
  return {y.output, y.h_n};
}

LSTM::LSTM(std::int64_t inputs, std::int64_t hidden, const RecurrentLayerOptions& options)
    : RecurrentLayers({"LSTM", 4, true}, inputs, hidden, options) {}

LstmOutput LSTM::run(const Tensor& x, const LstmState& initial, const RecurrentWeights& weights,
                     const RecurrentOptions& options) const {
  return lstm(x, initial, weights, options);
}

LstmOutput LSTM::operator()(const Tensor& x, const LstmState& initial) {
  return run_all(x, initial);
}

PackedLstmOutput LSTM::operator()(const PackedSequence& x, const LstmState& initial) {
  return run_all(x, initial);
}

GRU::GRU(std::int64_t inputs, std::int64_t hidden, const RecurrentLayerOptions& options)
    : RecurrentLayers({"GRU", 3, false}, inputs, hidden, options) {}

LstmOutput GRU::run(const Tensor& x, const LstmState& initial, const RecurrentWeights& weights,
                    const RecurrentOptions& options) const {
  const RnnOutput y = gru(x, initial.h, weights, options);
  return {y.output, y.h_n, {}};
}

RnnOutput GRU::operator()(const Tensor& x, const Tensor& h_0) {
  const LstmOutput y = run_all(x, {h_0});
  return {y.output, y.h_n};
}

PackedRnnOutput GRU::operator()(const PackedSequence& x, const Tensor& h_0) {
  const PackedLstmOutput y = run_all(x, {h_0});
  return {y.output, y.h_n};
}

// -- cells
RecurrentCell::RecurrentCell(const char* name, std::int64_t gates, std::int64_t inputs,
                             std::int64_t hidden, const RecurrentCellOptions& options)
    : input_size(inputs), hidden_size(hidden) {
  check_layer_sizes(name, inputs, hidden);
  const TensorOptions like{.dtype = options.dtype};
  weight_ih = Parameter(empty({gates * hidden, inputs}, like));
  weight_hh = Parameter(empty({gates * hidden, hidden}, like));
  if (options.bias) {
    bias_ih = Parameter(empty({gates * hidden}, like));
    bias_hh = Parameter(empty({gates * hidden}, like));
  }
  reset_parameters();
}

void RecurrentCell::reset_parameters() { draw(*this, hidden_size); }

void RecurrentCell::visit(Visitor& visitor) {
  visitor("weight_ih", weight_ih);
  visitor("weight_hh", weight_hh);
  visitor("bias_ih", bias_ih);
  visitor("bias_hh", bias_hh);
}

std::string RecurrentCell::extra_repr() const {
  return fmt::format("{}, {}{}", input_size, hidden_size, bias_ih.defined() ? "" : ", bias=False");
}

std::int64_t RecurrentCell::multiply_adds(const Shape& input, const Shape&) const {
  return input.numel() / input_size * (weight_ih.numel() + weight_hh.numel());
}

Tensor RecurrentCell::or_zeros(const Tensor& state, const Tensor& x) const {
  if (state.defined()) return state;
  Shape shape = x.shape();
  if (x.dim() > 0) shape[x.dim() - 1] = hidden_size;
  return zeros(shape, {.dtype = x.dtype()});
}

RNNCell::RNNCell(std::int64_t inputs, std::int64_t hidden, const RnnCellOptions& options)
    : RecurrentCell("RNNCell", 1, inputs, hidden, {.bias = options.bias, .dtype = options.dtype}),
      nonlinearity_(options.nonlinearity) {}

Tensor RNNCell::operator()(const Tensor& x, const Tensor& h) {
  return inside(*this, [&] { return rnn_cell(x, or_zeros(h, x), weights(), nonlinearity_); });
}

std::string RNNCell::extra_repr() const {
  return RecurrentCell::extra_repr() +
         (nonlinearity_ == RnnNonlinearity::relu ? ", nonlinearity=relu" : "");
}

LSTMCell::LSTMCell(std::int64_t inputs, std::int64_t hidden, const RecurrentCellOptions& options)
    : RecurrentCell("LSTMCell", 4, inputs, hidden, options) {}

LstmState LSTMCell::operator()(const Tensor& x, const LstmState& state) {
  return inside(*this, [&] {
    return lstm_cell(x, {or_zeros(state.h, x), or_zeros(state.c, x)}, weights());
  });
}

GRUCell::GRUCell(std::int64_t inputs, std::int64_t hidden, const RecurrentCellOptions& options)
    : RecurrentCell("GRUCell", 3, inputs, hidden, options) {}

Tensor GRUCell::operator()(const Tensor& x, const Tensor& h) {
  return inside(*this, [&] { return gru_cell(x, or_zeros(h, x), weights()); });
}

}  // namespace percept::nn
