#include "ops/cases.h"

namespace percept::testing {
namespace {

struct RecurrentOp {
  const char* op;
  std::int64_t gates;
  int states;
};

/// x and states of these shapes, with the weights that fit.
Sample recurrent_sample(const RecurrentOp& of, const Shape& x, const Shape& state, bool bias,
                        const Args& args = Args::object()) {
  const std::int64_t hidden = state.back(), rows = of.gates * hidden;
  Sample sample{{x, state}, args};
  if (of.states == 2) sample.shapes.push_back(state);
  sample.shapes.push_back({rows, x.back()});
  sample.shapes.push_back({rows, hidden});
  if (bias) sample.shapes.push_back({rows}), sample.shapes.push_back({rows});
  return sample;
}

}  // namespace

std::vector<Row> recurrent_rows() {
  std::vector<Row> rows;
  const Draw near_zero{-1, 1};
  const Args reverse = {{"reverse", true}};
  for (const RecurrentOp of : {RecurrentOp{"rnn", 1, 1}, {"lstm", 4, 2}, {"gru", 3, 1}}) {
    const auto sample = [&](const Shape& x, const Shape& state, bool bias,
                            const Args& args = Args::object()) {
      return recurrent_sample(of, x, state, bias, args);
    };
    rows.push_back(
        {of.op,
         {near_zero},
         {sample({3, 2, 2}, {2, 3}, true), sample({3, 2, 2}, {2, 2}, false, reverse),
          sample({1, 2, 3}, {2, 2}, true), sample({2, 1, 1}, {1, 1}, true),
          sample({2, 0, 3}, {0, 2}, true),
          sample({5, 2}, {3, 2}, true, {{"batch_sizes", {3, 1, 1}}}),
          sample({6, 2}, {3, 2}, false, {{"batch_sizes", {3, 2, 1}}, {"reverse", true}})}});
    Row many{
        of.op,
        {{-0.25, 0.25}},
        {},
        {sample({9, 66, 40}, {66, 50}, true), sample({9, 66, 40}, {66, 50}, true, reverse),
         sample({130, 30}, {64, 33}, true, {{"batch_sizes", {64, 41, 20, 5}}}),
         sample({130, 30}, {64, 33}, true, {{"batch_sizes", {64, 41, 20, 5}}, {"reverse", true}})},
        std::int64_t{9} * 66 * 50};  // steps, samples and units
    many.bits = false;               // products, as matmul's
    rows.push_back(many);
  }
  // relu has a kink at 0: weights and states above it keep every sum away
  rows.push_back(
      {"rnn",
       {{0.1, 1}},
       {recurrent_sample({"rnn", 1, 1}, {3, 2, 2}, {2, 3}, true, {{"nonlinearity", "relu"}}),
        recurrent_sample({"rnn", 1, 1}, {4, 2}, {2, 2}, true,
                         {{"nonlinearity", "relu"}, {"batch_sizes", {2, 1, 1}}})}});
  for (const RecurrentOp of :
       {RecurrentOp{"rnn_cell", 1, 1}, {"lstm_cell", 4, 2}, {"gru_cell", 3, 1}}) {
    const auto sample = [&](const Shape& x, const Shape& state, bool bias) {
      return recurrent_sample(of, x, state, bias);
    };
    rows.push_back(
        {of.op,
         {near_zero},
         {sample({2, 3}, {2, 2}, true), sample({2, 2}, {2, 3}, false), sample({3}, {2}, true),
          sample({1, 1}, {1, 1}, true), sample({0, 3}, {0, 2}, true)}});
    Row many{of.op, {{-0.25, 0.25}}, {}, {sample({66, 40}, {66, 50}, true)}, 66};
    many.bits = false;
    rows.push_back(many);
  }
  rows.push_back(
      {"rnn_cell",
       {{0.1, 1}},
       {recurrent_sample({"rnn_cell", 1, 1}, {2, 3}, {2, 2}, true, {{"nonlinearity", "relu"}})}});
  return rows;
}

}  // namespace percept::testing
