// Recurrent layers, stacked and in both directions, and their single-step cells. The formulas are
// in percept/ops/recurrent.h.
//
//   nn::LSTM lstm{28, 128, {.num_layers = 2, .batch_first = true}};
//   const auto [output, h_n, c_n] = lstm(x);  // x (N, steps, 28)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "percept/nn/module.h"
#include "percept/nn/packed_sequence.h"
#include "percept/ops/recurrent.h"

namespace percept::nn {

struct RecurrentLayerOptions {
  std::int64_t num_layers = 1;  ///< each takes the outputs of the one below
  bool bias = true;
  bool batch_first = false;    ///< x and output are (N, steps, ...) instead of (steps, N, ...)
  double dropout = 0;          ///< of the outputs of every layer but the last, in training
  bool bidirectional = false;  ///< a second one from the end; their outputs stand side by side
  Dtype dtype = f32;
};
struct RnnLayerOptions {
  std::int64_t num_layers = 1;
  RnnNonlinearity nonlinearity = RnnNonlinearity::tanh;
  bool bias = true;
  bool batch_first = false;
  double dropout = 0;
  bool bidirectional = false;
  Dtype dtype = f32;
};

struct PackedRnnOutput {
  PackedSequence output;
  Tensor h_n;
};
struct PackedLstmOutput {
  PackedSequence output;
  Tensor h_n, c_n;
};

/// What RNN, LSTM and GRU share. x (steps, N, in) or, a single sequence, (steps, in); output
/// (steps, N, D hidden), D = 2 when bidirectional, else 1; states (D num_layers, N, hidden), layer
/// by layer, forward before backward; an initial state that is not given is 0. The state dict has
/// weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, then those of _l0_reverse, _l1 and so on,
/// which start uniform in ±1/sqrt(hidden). Called with x alone by a Sequential, a layer gives its
/// output without the states.
class RecurrentLayers : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;
  std::string extra_repr() const override;
  std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;
  /// Draws all parameters anew.
  void reset_parameters();

  std::int64_t input_size, hidden_size;
  /// One layer in one direction; biases are undefined without them.
  struct Direction {
    Parameter weight_ih, weight_hh, bias_ih, bias_hh;
  };
  std::vector<Direction> directions;  ///< layer by layer, forward before backward

 protected:
  struct Kind {
    const char* name;
    std::int64_t gates;
    bool has_c;  ///< its state is h and c
  };
  /// Throws ValueError unless sizes are above 0 and 0 <= dropout <= 1.
  RecurrentLayers(const Kind& kind, std::int64_t input_size, std::int64_t hidden_size,
                  const RecurrentLayerOptions& options);
  /// One direction of one layer: x (steps, N, in) or packed rows, states (N, hidden).
  virtual LstmOutput run(const Tensor& x, const LstmState& initial, const RecurrentWeights& weights,
                         const RecurrentOptions& options) const = 0;
  LstmOutput run_all(const Tensor& x, const LstmState& initial);
  PackedLstmOutput run_all(const PackedSequence& x, const LstmState& initial);

 private:
  LstmOutput run_layers(const Tensor& x, const LstmState& initial,
                        const std::vector<std::int64_t>& batch_sizes) const;
  LstmState initial_state(const LstmState& given, const Shape& shape, Dtype dtype) const;

  Kind kind_;
  RecurrentLayerOptions options_;
};

/// https://pytorch.org/docs/stable/generated/torch.nn.RNN.html
class RNN : public RecurrentLayers {
 public:
  RNN(std::int64_t input_size, std::int64_t hidden_size, const RnnLayerOptions& options = {});
  RnnOutput operator()(const Tensor& x, const Tensor& h_0 = {});
  PackedRnnOutput operator()(const PackedSequence& x, const Tensor& h_0 = {});

 private:
  LstmOutput run(const Tensor& x, const LstmState& initial, const RecurrentWeights& weights,
                 const RecurrentOptions& options) const override;
  RnnNonlinearity nonlinearity_;
};

/// https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
class LSTM : public RecurrentLayers {
 public:
  LSTM(std::int64_t input_size, std::int64_t hidden_size,
       const RecurrentLayerOptions& options = {});
  LstmOutput operator()(const Tensor& x, const LstmState& initial = {});
  PackedLstmOutput operator()(const PackedSequence& x, const LstmState& initial = {});

 private:
  LstmOutput run(const Tensor& x, const LstmState& initial, const RecurrentWeights& weights,
                 const RecurrentOptions& options) const override;
};

/// https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
class GRU : public RecurrentLayers {
 public:
  GRU(std::int64_t input_size, std::int64_t hidden_size, const RecurrentLayerOptions& options = {});
  RnnOutput operator()(const Tensor& x, const Tensor& h_0 = {});
  PackedRnnOutput operator()(const PackedSequence& x, const Tensor& h_0 = {});

 private:
  LstmOutput run(const Tensor& x, const LstmState& initial, const RecurrentWeights& weights,
                 const RecurrentOptions& options) const override;
};

struct RecurrentCellOptions {
  bool bias = true;
  Dtype dtype = f32;
};
struct RnnCellOptions {
  bool bias = true;
  RnnNonlinearity nonlinearity = RnnNonlinearity::tanh;
  Dtype dtype = f32;
};

/// What the cells share: one step of x (N, in) or (in), states (N, hidden) or (hidden), 0 when not
/// given.
class RecurrentCell : public Module {
 public:
  void visit(Visitor& visitor) override;
  std::string extra_repr() const override;
  std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;
  void reset_parameters();

  std::int64_t input_size, hidden_size;
  Parameter weight_ih, weight_hh, bias_ih, bias_hh;

 protected:
  /// Throws ValueError unless sizes are above 0.
  RecurrentCell(const char* name, std::int64_t gates, std::int64_t input_size,
                std::int64_t hidden_size, const RecurrentCellOptions& options);
  RecurrentWeights weights() const { return {weight_ih, weight_hh, bias_ih, bias_hh}; }
  /// `state`, or zeros for x.
  Tensor or_zeros(const Tensor& state, const Tensor& x) const;
};

/// https://pytorch.org/docs/stable/generated/torch.nn.RNNCell.html
class RNNCell : public RecurrentCell {
 public:
  RNNCell(std::int64_t input_size, std::int64_t hidden_size, const RnnCellOptions& options = {});
  Tensor forward(const Tensor& x) override { return (*this)(x, {}); }
  using Module::operator();
  Tensor operator()(const Tensor& x, const Tensor& h);
  std::string extra_repr() const override;

 private:
  RnnNonlinearity nonlinearity_;
};

/// https://pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
class LSTMCell : public RecurrentCell {
 public:
  LSTMCell(std::int64_t input_size, std::int64_t hidden_size,
           const RecurrentCellOptions& options = {});
  Tensor forward(const Tensor& x) override { return (*this)(x).h; }
  LstmState operator()(const Tensor& x, const LstmState& state = {});
};

/// https://pytorch.org/docs/stable/generated/torch.nn.GRUCell.html
class GRUCell : public RecurrentCell {
 public:
  GRUCell(std::int64_t input_size, std::int64_t hidden_size,
          const RecurrentCellOptions& options = {});
  Tensor forward(const Tensor& x) override { return (*this)(x, {}); }
  using Module::operator();
  Tensor operator()(const Tensor& x, const Tensor& h);
};

}  // namespace percept::nn
