// Images read as sequences: row by row by a recurrent network, patch by patch by a Transformer or a
// mixer.
#pragma once

#include "percept/nn/layer_norm.h"
#include "percept/nn/linear.h"
#include "percept/nn/rnn.h"
#include "percept/nn/sequential.h"
#include "percept/nn/transformer.h"

namespace percept::models {

/// An image's rows, one a step, through RNN, LSTM or GRU; the last step's output decides.
/// x (N, 1, steps, in), y (N, outputs).
template <class Recurrent>
class RowReader : public nn::Module {
 public:
  RowReader(std::int64_t inputs, std::int64_t hidden, std::int64_t outputs)
      : recurrent(inputs, hidden, {.batch_first = true}), output(hidden, outputs) {}
  Tensor forward(const Tensor& x) override {
    return output(recurrent(x.select(1, 0)).output.select(1, -1));
  }
  void visit(nn::Visitor& visitor) override {
    visitor("recurrent", recurrent);
    visitor("output", output);
  }
  std::string name() const override { return "RowReader"; }

  Recurrent recurrent;
  nn::Linear output;
};

/// x (N, 1, H, W) as patches (N, H/p * W/p, p p), row by row. Throws ShapeError unless p divides
/// both.
Tensor patches(const Tensor& x, std::int64_t p);

struct PatchTransformerOptions {
  std::int64_t patch = 7, width = 64, heads = 4, layers = 2, feedforward = 128;
  double dropout = 0.1;
};

/// A Transformer's encoder over an image's patches; the mean of its outputs decides. Vaswani et
/// al., "Attention is all you need", 2017; on patches: Dosovitskiy et al., 2021. x (N, 1, H, W), y
/// (N, outputs).
class PatchTransformer : public nn::Module {
 public:
  PatchTransformer(const Shape& image, std::int64_t outputs,
                   const PatchTransformerOptions& options = {});
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  std::string name() const override { return "PatchTransformer"; }
  /// Each layer's weights of attention, (N, heads, patches, patches), without gradients.
  std::vector<Tensor> attention(const Tensor& x);

  nn::Linear embedding;
  nn::Parameter positions;  // (patches, width)
  nn::TransformerEncoder encoder;
  nn::LayerNorm norm;
  nn::Linear output;

 private:
  Tensor words(const Tensor& x);
  std::int64_t patch_;
};

/// Mixes what patches say at one channel, then what channels say at one patch.
/// x, y (N, patches, width). Tolstikhin et al., "MLP-Mixer", 2021.
class MixerBlock : public nn::Module {
 public:
  MixerBlock(std::int64_t patches, std::int64_t width, std::int64_t token_units,
             std::int64_t channel_units);
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  std::string name() const override { return "MixerBlock"; }

  nn::LayerNorm norm1, norm2;
  nn::Sequential tokens, channels;
};

struct MixerOptions {
  std::int64_t patch = 4, width = 128, layers = 4, token_units = 64, channel_units = 512;
};

/// x (N, 1, H, W), y (N, outputs).
class Mixer : public nn::Module {
 public:
  Mixer(const Shape& image, std::int64_t outputs, const MixerOptions& options = {});
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  std::string name() const override { return "Mixer"; }

  nn::Linear embedding;
  std::vector<MixerBlock> blocks;
  nn::LayerNorm norm;
  nn::Linear output;

 private:
  std::int64_t patch_;
};

}  // namespace percept::models
