// Recurrent layers as functions: one layer in one direction over all steps of a batch of sequences,
// and single steps. The modules that stack them are in percept/nn/rnn.h.
#pragma once

#include <cstdint>
#include <vector>

#include "percept/tensor/tensor.h"

namespace percept {

/// A layer's parameters in PyTorch's layout: below each other one block of `hidden` rows a gate, 1
/// for rnn, 4 for lstm (i, f, g, o), 3 for gru (r, z, n).
struct RecurrentWeights {
  Tensor weight_ih;                   ///< (gates hidden, in)
  Tensor weight_hh;                   ///< (gates hidden, hidden)
  Tensor bias_ih = {}, bias_hh = {};  ///< (gates hidden), both or neither
};

/// What a layer or cell remembers; PyTorch's (h, c).
struct LstmState {
  Tensor h = {}, c = {};
};

/// The output of every step and the state after the last one.
struct RnnOutput {
  Tensor output, h_n;
};
struct LstmOutput {
  Tensor output, h_n, c_n;
};

enum class RnnNonlinearity : unsigned char { tanh, relu };

struct RecurrentOptions {
  bool reverse = false;  ///< from each sequence's last step to its first
  /// For sequences of several lengths, the longest first: x has one row a sequence and step, all
  /// sequences' step 0 in front, then step 1 of those that have one, and so on; these are the
  /// counts. See PackedSequence.
  std::vector<std::int64_t> batch_sizes = {};
};
struct RnnOptions {
  RnnNonlinearity nonlinearity = RnnNonlinearity::tanh;
  bool reverse = false;
  std::vector<std::int64_t> batch_sizes = {};
};

// x (steps, N, in) and output (steps, N, hidden), or both of packed rows; states (N, hidden). With
// no step the state stays as it is. Each throws ShapeError when sizes do not fit together,
// DtypeError unless all is f32 or all f64, ValueError for batch sizes that are not packed ones.

/// h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu. Elman, "Finding structure in time", 1990.
RnnOutput rnn(const Tensor& x, const Tensor& h_0, const RecurrentWeights& weights,
              const RnnOptions& options = {});
/// c' = f c + i g and h' = o tanh(c'), where i, f, o = sigmoid and g = tanh of W_ih x + b_ih +
/// W_hh h + b_hh. Hochreiter and Schmidhuber, 1997; Gers et al., 2000.
/// https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
LstmOutput lstm(const Tensor& x, const LstmState& initial, const RecurrentWeights& weights,
                const RecurrentOptions& options = {});
/// h' = (1 - z) n + z h, where r, z = sigmoid of W_ih x + b_ih + W_hh h + b_hh and
/// n = tanh(W_ih x + b_ih + r (W_hh h + b_hh)). Cho et al., 2014.
/// https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
RnnOutput gru(const Tensor& x, const Tensor& h_0, const RecurrentWeights& weights,
              const RecurrentOptions& options = {});

// One step of the same: x (N, in) and states (N, hidden), or (in) and (hidden).

Tensor rnn_cell(const Tensor& x, const Tensor& h, const RecurrentWeights& weights,
                RnnNonlinearity nonlinearity = RnnNonlinearity::tanh);
LstmState lstm_cell(const Tensor& x, const LstmState& state, const RecurrentWeights& weights);
Tensor gru_cell(const Tensor& x, const Tensor& h, const RecurrentWeights& weights);

}  // namespace percept
