#include "percept/ops/recurrent.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "engine/pointwise.h"
#include "engine/recurrent.h"
#include "ops/check.h"
#include "percept/autograd/autograd.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/join.h"
#include "percept/ops/matmul.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

// -- the cells
// `in` is W_ih x + b_ih, which can be had for all steps at once: (N, gates hidden)
using CellStep = LstmState(const Tensor& in, const LstmState& before, const RecurrentWeights& w);

Tensor from_state(const Tensor& h, const RecurrentWeights& w) {
  return linear(h, w.weight_hh, w.bias_hh);
}

LstmState tanh_step(const Tensor& in, const LstmState& before, const RecurrentWeights& w) {
  return {tanh(in + from_state(before.h, w))};
}

LstmState relu_step(const Tensor& in, const LstmState& before, const RecurrentWeights& w) {
  return {relu(in + from_state(before.h, w))};
}

LstmState lstm_step(const Tensor& in, const LstmState& before, const RecurrentWeights& w) {
  const std::vector<Tensor> gates = chunk(in + from_state(before.h, w), 4, 1);
  const Tensor i = sigmoid(gates[0]), f = sigmoid(gates[1]), g = tanh(gates[2]),
               o = sigmoid(gates[3]);
  const Tensor c = f * before.c + i * g;
  return {o * tanh(c), c};
}

LstmState gru_step(const Tensor& in, const LstmState& before, const RecurrentWeights& w) {
  const std::vector<Tensor> a = chunk(in, 3, 1), b = chunk(from_state(before.h, w), 3, 1);
  const Tensor r = sigmoid(a[0] + b[0]), z = sigmoid(a[1] + b[1]), n = tanh(a[2] + r * b[2]);
  return {n + z * (before.h - n)};
}

// -- a layer
/// Which rows of a packed x are a step's: sizes[t] from starts[t] on.
struct PackedSteps {
  std::vector<std::int64_t> sizes, starts;
  std::int64_t rows = 0;  // of all steps

  explicit PackedSteps(std::vector<std::int64_t> counts) : sizes(std::move(counts)) {
    for (const std::int64_t n : sizes) starts.push_back(std::exchange(rows, rows + n));
  }
  std::size_t count() const { return sizes.size(); }
  /// The step that is taken as the k-th one.
  std::size_t at(std::size_t k, bool reverse) const { return reverse ? count() - 1 - k : k; }
};

LstmState samples_of(const LstmState& state, std::int64_t start, std::int64_t count) {
  return {narrow(state.h, 0, start, count),
          state.c.defined() ? narrow(state.c, 0, start, count) : Tensor()};
}

LstmState joined(const std::vector<LstmState>& parts) {
  std::vector<Tensor> h, c;
  for (const LstmState& part : parts) {
    h.push_back(part.h);
    if (part.c.defined()) c.push_back(part.c);
  }
  return {cat(h), c.empty() ? Tensor() : cat(c)};
}

/// The layer as it reads: step after step, with differentiable operations. x (rows, in).
LstmOutput unroll(CellStep* step, const Tensor& x, const LstmState& initial,
                  const RecurrentWeights& w, const PackedSteps& steps, bool reverse) {
  const Tensor in = linear(x, w.weight_ih, w.bias_ih);
  std::vector<Tensor> outputs(steps.count());
  std::int64_t active = steps.sizes[steps.at(0, reverse)];
  LstmState state = samples_of(initial, 0, active);
  std::vector<LstmState> ended;  // the shortest sequences', which stand last, first
  for (std::size_t k = 0; k < steps.count(); ++k) {
    const std::size_t t = steps.at(k, reverse);
    const std::int64_t n = steps.sizes[t];
    if (n < active)
      ended.push_back(samples_of(state, n, active - n)), state = samples_of(state, 0, n);
    if (n > active) state = joined({state, samples_of(initial, active, n - active)});
    active = n;
    state = step(narrow(in, 0, steps.starts[t], n), state, w);
    outputs[t] = state.h;
  }
  ended.push_back(state);
  std::reverse(ended.begin(), ended.end());
  const LstmState last = joined(ended);
  return {cat(outputs), last.h, last.c};
}

// -- the same in one pass each way
/// What the layers differ in.
struct LayerKind {
  const char* op;
  CellStep* step;
  const engine::CellKind& cell;
};

/// Rows of a result.
Tensor rows_at(const Tensor& y, std::int64_t start, std::int64_t count) {
  return make_view(y, {count, y.shape()[1]}, y.strides(), start * y.shape()[1]);
}

// y has the outputs, h_n and, of lstm, c_n below each other. With da the gradient of W_ih x + b_ih
// and db that of W_hh h + b_hh, of all steps:  dx = da W_ih,  dW_ih = daᵀ x,  db_ih = sum of da
// over rows,  dW_hh = dbᵀ h,  db_hh = sum of db, h that before each step
struct RecurrentBackward final : Node {
  Saved x{this}, h_0{this}, c_0{this}, w_ih{this}, w_hh{this}, b_ih{this}, b_hh{this};
  Saved a{this}, b{this}, h_before{this}, c_before{this}, tanh_c{this};  // a, b: the gates
  CellStep* step = nullptr;
  engine::RecurrentLayer layer{};
  const Dtype type = autocast_dtype();  // of the products

  void backward(const Tensor& dy, Gradients& dx) override {
    const AutocastGuard same(type);
    if (grad_enabled()) return written_out(dy, dx);
    const engine::CellKind& cell = *layer.kind;
    const Tensor gates = a, w = w_hh, initial = h_0;
    const std::int64_t rows = gates.shape()[0], samples = initial.shape()[0];
    const Tensor dense = dy.contiguous();
    const Tensor da = make(gates.shape(), dy.dtype()),
                 db = cell.apart ? make(gates.shape(), dy.dtype()) : Tensor(),
                 dh = rows_at(dense, rows, samples).clone(),
                 dc = cell.has_c ? rows_at(dense, rows + samples, samples).clone() : Tensor();
    engine::recurrent_backward(layer, w, dense, gates, b, h_before, c_before, tanh_c, da, db, dh,
                               dc);
    const Tensor& d_hh = cell.apart ? db : da;
    int i = 0;
    if (dx.wanted(i++)) dx[i - 1] = mm(da, w_ih);
    if (dx.wanted(i++)) dx[i - 1] = dh;
    if (cell.has_c && dx.wanted(i++)) dx[i - 1] = dc;
    if (dx.wanted(i++)) dx[i - 1] = mm(da.t(), x);
    if (dx.wanted(i++)) dx[i - 1] = mm(d_hh.t(), h_before);
    if (i == inputs() || !(dx.wanted(i) || dx.wanted(i + 1))) return;
    dx[i] = da.sum({0});
    dx[i + 1] = cell.apart ? db.sum({0}) : dx[i];
  }

  /// The gradient of the layer as it reads, which has a gradient itself.
  void written_out(const Tensor& dy, Gradients& dx) {
    std::vector<Tensor> wanted;
    int i = 0;
    // Another view of an input, so that the walk below ends there.
    const auto input = [&](const Tensor& value) {
      if (!value.defined()) return value;
      Tensor own = reshape(value, value.shape());
      if (dx.wanted(i++)) wanted.push_back(own);
      return own;
    };
    const Tensor rows = input(x);
    const LstmState initial{input(h_0), input(c_0)};
    const RecurrentWeights weights{input(w_ih), input(w_hh), input(b_ih), input(b_hh)};
    const LstmOutput y =
        unroll(step, rows, initial, weights, PackedSteps(layer.sizes), layer.reverse);
    std::vector<Tensor> results{y.output, y.h_n};
    if (y.c_n.defined()) results.push_back(y.c_n);
    const std::vector<Tensor> gradients =
        grad({cat(results)}, wanted, {dy}, {.create_graph = true, .allow_unused = true});
    std::size_t next = 0;
    for (i = 0; i < inputs(); ++i)
      if (dx.wanted(i)) dx[i] = gradients[next++];
  }
};

/// As unroll(): the products of x in one, then step after step in the engine.
LstmOutput fused(const LayerKind& kind, const Tensor& x, const LstmState& initial,
                 const RecurrentWeights& w, const PackedSteps& steps, bool reverse) {
  const engine::CellKind& cell = kind.cell;
  const std::int64_t rows = steps.rows, samples = initial.h.shape()[0],
                     hidden = initial.h.shape()[1];
  std::vector<const Tensor*> inputs{&x, &initial.h};
  if (cell.has_c) inputs.push_back(&initial.c);
  inputs.insert(inputs.end(), {&w.weight_ih, &w.weight_hh});
  if (w.bias_ih.defined()) inputs.insert(inputs.end(), {&w.bias_ih, &w.bias_hh});
  const bool kept = grad_enabled() && std::any_of(inputs.begin(), inputs.end(), [](auto* input) {
                      return input->requires_grad();
                    });

  const engine::RecurrentLayer layer{&cell, steps.sizes, steps.starts, reverse,
                                     x.dtype() == f32 && autocast_dtype() == bf16};
  Tensor y = make({rows + (cell.has_c ? 2 : 1) * samples, hidden}, x.dtype()), a;
  const auto of_outputs = [&](bool there) {
    return there ? make({rows, hidden}, x.dtype()) : Tensor();
  };
  const Tensor b = cell.apart ? make({rows, cell.gates * hidden}, x.dtype()) : Tensor(),
               h_before = of_outputs(kept), c_before = of_outputs(kept && cell.has_c),
               tanh_c = of_outputs(kept && cell.has_c);
  {
    const NoGradGuard no_grad;
    Tensor bias = w.bias_ih;
    if (bias.defined() && !cell.apart) bias = bias + w.bias_hh;
    a = linear(x, w.weight_ih, bias);
    engine::copy(initial.h, rows_at(y, rows, samples));
    if (cell.has_c) engine::copy(initial.c, rows_at(y, rows + samples, samples));
    const Tensor b_hh = cell.apart && w.bias_hh.defined() ? w.bias_hh.contiguous() : Tensor();
    engine::recurrent(layer, w.weight_hh, b_hh, a, b, y, h_before, c_before, tanh_c);
  }
  const Tensor* const* list = inputs.data();
  if (auto* node = record<RecurrentBackward>(y, list, inputs.size())) {
    node->step = kind.step, node->layer = layer;
    node->x = x, node->h_0 = initial.h, node->w_ih = w.weight_ih, node->w_hh = w.weight_hh;
    node->a = a, node->h_before = h_before;
    if (cell.apart) node->b = b;
    if (cell.has_c) node->c_0 = initial.c, node->c_before = c_before, node->tanh_c = tanh_c;
    if (w.bias_ih.defined()) node->b_ih = w.bias_ih, node->b_hh = w.bias_hh;
  }
  return {narrow(y, 0, 0, rows), narrow(y, 0, rows, samples),
          cell.has_c ? narrow(y, 0, rows + samples, samples) : Tensor()};
}

// -- what is asked of the arguments
std::string described(const Tensor& x) {
  return fmt::format("{} {}", x.shape().str(), name_of(x.dtype()));
}

/// Every argument with its name, those not given left out.
struct NamedArgument {
  const char* name;
  const Tensor& tensor;
};

void check_same_type(const char* op, std::initializer_list<NamedArgument> arguments) {
  const Tensor& first = arguments.begin()->tensor;
  for (const auto& [name, x] : arguments) {
    if (!x.defined()) continue;
    if (x.dtype() == first.dtype() && (x.dtype() == f32 || x.dtype() == f64)) continue;
    const std::string other =
        x.dtype() == first.dtype() ? std::string() : fmt::format(" and {} {}", name, described(x));
    throw DtypeError(
        fmt::format("{}: expects all tensors of f32 or all of f64, found x {}{}; hint: .to(f32)",
                    op, described(first), other));
  }
}

/// The weights fit together; returns (hidden, in).
std::pair<std::int64_t, std::int64_t> check_weights(const char* op, std::int64_t gates,
                                                    const RecurrentWeights& w) {
  const auto rows = [gates](const char* columns) {
    return gates == 1 ? fmt::format("(hidden, {})", columns)
                      : fmt::format("({} hidden, {})", gates, columns);
  };
  const Shape &ih = w.weight_ih.shape(), &hh = w.weight_hh.shape();
  if (hh.dim() != 2 || hh[0] != gates * hh[1])
    throw ShapeError(fmt::format("{}: weight_hh must be {}, found {}", op, rows("hidden"),
                                 described(w.weight_hh)));
  if (ih.dim() != 2 || ih[0] != hh[0])
    throw ShapeError(fmt::format("{}: weight_ih must be {}, {} rows as weight_hh {}, found {}", op,
                                 rows("in"), hh[0], hh.str(), described(w.weight_ih)));
  if (w.bias_ih.defined() != w.bias_hh.defined())
    throw ValueError(fmt::format("{}: bias_ih and bias_hh come together, found only {}", op,
                                 w.bias_ih.defined() ? "bias_ih" : "bias_hh"));
  for (const auto& [name, bias] : {NamedArgument{"bias_ih", w.bias_ih}, {"bias_hh", w.bias_hh}})
    if (bias.defined() && bias.shape() != Shape{hh[0]})
      throw ShapeError(fmt::format("{}: {} must be [{}] as weight_hh {} has rows, found {}", op,
                                   name, hh[0], hh.str(), described(bias)));
  return {hh[1], ih[1]};
}

void check_input_size(const char* op, const Tensor& x, const RecurrentWeights& w) {
  const std::int64_t in = w.weight_ih.shape()[1];
  if (x.shape().back() != in)
    throw ShapeError(fmt::format("{}: input has {} features (shape {}) but weight_ih {} takes {}",
                                 op, x.shape().back(), x.shape().str(), w.weight_ih.shape().str(),
                                 in));
}

void check_state_shape(const char* op, const char* name, const Tensor& state,
                       const Shape& expected) {
  if (state.shape() != expected)
    throw ShapeError(
        fmt::format("{}: {} must be {}, found {}", op, name, expected.str(), described(state)));
}

/// The steps of x, its shape checked.
PackedSteps steps_of(const char* op, const Tensor& x,
                     const std::vector<std::int64_t>& batch_sizes) {
  if (batch_sizes.empty()) {
    if (x.dim() != 3)
      throw ShapeError(
          fmt::format("{}: x must be (steps, N, in), found {}; hint: rows of packed "
                      "sequences need batch_sizes",
                      op, described(x)));
    return PackedSteps(std::vector(static_cast<std::size_t>(x.shape()[0]), x.shape()[1]));
  }
  if (x.dim() != 2)
    throw ShapeError(fmt::format("{}: packed x must be (rows, in), found {}", op, described(x)));
  const auto given = [&] { return fmt::format("[{}]", fmt::join(batch_sizes, ", ")); };
  if (batch_sizes.back() < 1 || !std::is_sorted(batch_sizes.rbegin(), batch_sizes.rend()))
    throw ValueError(fmt::format("{}: batch_sizes must be above 0 and must not increase, found {}",
                                 op, given()));
  PackedSteps steps(batch_sizes);
  if (steps.rows != x.shape()[0])
    throw ShapeError(fmt::format("{}: batch_sizes {} are {} rows, x has {} (shape {})", op, given(),
                                 steps.rows, x.shape()[0], x.shape().str()));
  return steps;
}

LstmOutput run_layer(const LayerKind& kind, const Tensor& x, const LstmState& initial,
                     const RecurrentWeights& w, bool reverse,
                     const std::vector<std::int64_t>& batch_sizes) {
  const char* const op = kind.op;
  const auto sizes = check_weights(op, kind.cell.gates, w);
  const std::int64_t hidden = sizes.first, in = sizes.second;
  const PackedSteps steps = steps_of(op, x, batch_sizes);
  check_input_size(op, x, w);
  const std::int64_t batch = batch_sizes.empty() ? x.shape()[1] : batch_sizes[0];
  check_state_shape(op, "h_0", initial.h, {batch, hidden});
  if (initial.c.defined()) check_state_shape(op, "c_0", initial.c, {batch, hidden});
  check_same_type(op, {{"x", x},
                       {"h_0", initial.h},
                       {"c_0", initial.c},
                       {"weight_ih", w.weight_ih},
                       {"weight_hh", w.weight_hh},
                       {"bias_ih", w.bias_ih},
                       {"bias_hh", w.bias_hh}});
  const auto in_form = [&](const Tensor& y) {
    return batch_sizes.empty() ? reshape(y, {x.shape()[0], batch, hidden}) : y;
  };
  if (steps.count() == 0)
    return {zeros({0, batch, hidden}, {.dtype = x.dtype()}), initial.h, initial.c};
  const Tensor rows = batch_sizes.empty() ? reshape(x, {steps.rows, in}) : x;
  const LstmOutput y = engine::fusion() && batch > 0
                           ? fused(kind, rows, initial, w, steps, reverse)
                           : unroll(kind.step, rows, initial, w, steps, reverse);
  return {in_form(y.output), y.h_n, y.c_n};
}

LstmState run_cell(const LayerKind& kind, const Tensor& x, const LstmState& state,
                   const RecurrentWeights& w) {
  const char* const op = kind.op;
  const std::int64_t hidden = check_weights(op, kind.cell.gates, w).first;
  if (x.dim() != 1 && x.dim() != 2)
    throw ShapeError(fmt::format("{}: x must be (N, in) or (in), found {}", op, described(x)));
  check_input_size(op, x, w);
  const Shape expected = x.dim() == 1 ? Shape{hidden} : Shape{x.shape()[0], hidden};
  check_state_shape(op, "h", state.h, expected);
  if (state.c.defined()) check_state_shape(op, "c", state.c, expected);
  check_same_type(op, {{"x", x},
                       {"h", state.h},
                       {"c", state.c},
                       {"weight_ih", w.weight_ih},
                       {"weight_hh", w.weight_hh},
                       {"bias_ih", w.bias_ih},
                       {"bias_hh", w.bias_hh}});
  if (x.dim() == 1) {
    const auto batch_of_one = [](const Tensor& y) { return y.defined() ? unsqueeze(y, 0) : y; };
    const LstmState next =
        run_cell(kind, batch_of_one(x), {batch_of_one(state.h), batch_of_one(state.c)}, w);
    return {squeeze(next.h, 0), next.c.defined() ? squeeze(next.c, 0) : next.c};
  }
  return kind.step(linear(x, w.weight_ih, w.bias_ih), state, w);
}

LayerKind rnn_kind(const char* op, RnnNonlinearity nonlinearity) {
  if (nonlinearity == RnnNonlinearity::relu) return {op, relu_step, engine::relu_cell};
  return {op, tanh_step, engine::tanh_cell};
}
LayerKind lstm_kind(const char* op) { return {op, lstm_step, engine::lstm_cell}; }
LayerKind gru_kind(const char* op) { return {op, gru_step, engine::gru_cell}; }

}  // namespace

RnnOutput rnn(const Tensor& x, const Tensor& h_0, const RecurrentWeights& weights,
              const RnnOptions& options) {
  must_be_defined("rnn", x, h_0, weights.weight_ih, weights.weight_hh);
  const LstmOutput y = run_layer(rnn_kind("rnn", options.nonlinearity), x, {h_0}, weights,
                                 options.reverse, options.batch_sizes);
  return {y.output, y.h_n};
}

LstmOutput lstm(const Tensor& x, const LstmState& initial, const RecurrentWeights& weights,
                const RecurrentOptions& options) {
  must_be_defined("lstm", x, initial.h, initial.c, weights.weight_ih, weights.weight_hh);
  return run_layer(lstm_kind("lstm"), x, initial, weights, options.reverse, options.batch_sizes);
}

RnnOutput gru(const Tensor& x, const Tensor& h_0, const RecurrentWeights& weights,
              const RecurrentOptions& options) {
  must_be_defined("gru", x, h_0, weights.weight_ih, weights.weight_hh);
  const LstmOutput y =
      run_layer(gru_kind("gru"), x, {h_0}, weights, options.reverse, options.batch_sizes);
  return {y.output, y.h_n};
}

Tensor rnn_cell(const Tensor& x, const Tensor& h, const RecurrentWeights& weights,
                RnnNonlinearity nonlinearity) {
  must_be_defined("rnn_cell", x, h, weights.weight_ih, weights.weight_hh);
  return run_cell(rnn_kind("rnn_cell", nonlinearity), x, {h}, weights).h;
}

LstmState lstm_cell(const Tensor& x, const LstmState& state, const RecurrentWeights& weights) {
  must_be_defined("lstm_cell", x, state.h, state.c, weights.weight_ih, weights.weight_hh);
  return run_cell(lstm_kind("lstm_cell"), x, state, weights);
}

Tensor gru_cell(const Tensor& x, const Tensor& h, const RecurrentWeights& weights) {
  must_be_defined("gru_cell", x, h, weights.weight_ih, weights.weight_hh);
  return run_cell(gru_kind("gru_cell"), x, {h}, weights).h;
}

}  // namespace percept
