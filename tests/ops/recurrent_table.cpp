#include "ops/op_forms.h"
#include "percept/ops/join.h"
#include "percept/ops/recurrent.h"
#include "percept/ops/view.h"

namespace percept::testing {
namespace {

/// Inputs: x, the states, weight_ih, weight_hh and, where there are six or seven, the biases.
RecurrentWeights weights_of(const Inputs& in, std::size_t states) {
  const std::size_t first = 1 + states;
  RecurrentWeights weights{in.at(first), in.at(first + 1)};
  if (in.size() > first + 2) weights.bias_ih = in[first + 2];
  if (in.size() > first + 3) weights.bias_hh = in[first + 3];
  return weights;
}

RnnNonlinearity nonlinearity_of(const Args& args) {
  return args.value("nonlinearity", "tanh") == "relu" ? RnnNonlinearity::relu
                                                      : RnnNonlinearity::tanh;
}

std::vector<std::int64_t> batch_sizes_of(const Args& args) {
  return args.value("batch_sizes", std::vector<std::int64_t>());
}

RecurrentOptions options_of(const Args& args) {
  return {.reverse = args.value("reverse", false), .batch_sizes = batch_sizes_of(args)};
}

/// All results end to end, so that a case compares them all.
Tensor end_to_end(const std::vector<Tensor>& results) {
  std::vector<Tensor> flat;
  for (const Tensor& x : results) flat.push_back(flatten(x));
  return cat(flat);
}

}  // namespace

void put_recurrent(Table& table) {
  put(table, "rnn", [](const Inputs& in, const Args& args) {
    const RnnOutput y = rnn(in.at(0), in.at(1), weights_of(in, 1),
                            {.nonlinearity = nonlinearity_of(args),
                             .reverse = args.value("reverse", false),
                             .batch_sizes = batch_sizes_of(args)});
    return end_to_end({y.output, y.h_n});
  });
  put(table, "lstm", [](const Inputs& in, const Args& args) {
    const LstmOutput y = lstm(in.at(0), {in.at(1), in.at(2)}, weights_of(in, 2), options_of(args));
    return end_to_end({y.output, y.h_n, y.c_n});
  });
  put(table, "gru", [](const Inputs& in, const Args& args) {
    const RnnOutput y = gru(in.at(0), in.at(1), weights_of(in, 1), options_of(args));
    return end_to_end({y.output, y.h_n});
  });
  put(table, "rnn_cell", [](const Inputs& in, const Args& args) {
    return rnn_cell(in.at(0), in.at(1), weights_of(in, 1), nonlinearity_of(args));
  });
  put(table, "lstm_cell", [](const Inputs& in, const Args&) {
    const LstmState y = lstm_cell(in.at(0), {in.at(1), in.at(2)}, weights_of(in, 2));
    return end_to_end({y.h, y.c});
  });
  put(table, "gru_cell", [](const Inputs& in, const Args&) {
    return gru_cell(in.at(0), in.at(1), weights_of(in, 1));
  });
}

}  // namespace percept::testing
