// The Transformer: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762. Sequences are (L, N, E),
// with batch_first (N, L, E), or (L, E) alone; masks are those of MultiheadAttention.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "percept/nn/attention.h"
#include "percept/nn/layer_norm.h"
#include "percept/nn/linear.h"

namespace percept::nn {

struct TransformerLayerOptions {
  std::int64_t dim_feedforward = 2048;
  double dropout = 0.1;
  std::string activation = "relu";  ///< or "gelu"
  double layer_norm_eps = 1e-5;
  bool batch_first = false;
  bool norm_first = false;  ///< normalise before each part instead of after its sum
  bool bias = true;
  Dtype dtype = f32;
};

struct EncoderMasks {
  Tensor src_mask = {};              ///< (L, L)
  Tensor src_key_padding_mask = {};  ///< (N, L)
  bool is_causal = false;            ///< place i sees places 0 .. i only; needs no mask
};

struct DecoderMasks {
  Tensor tgt_mask = {}, memory_mask = {};                          ///< (T, T), (T, S)
  Tensor tgt_key_padding_mask = {}, memory_key_padding_mask = {};  ///< (N, T), (N, S)
  bool tgt_is_causal = false, memory_is_causal = false;
};

/// x = norm1(x + attention(x)),  y = norm2(x + linear2(activation(linear1(x)))), with dropout after
/// each part and inside the second.
/// https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
class TransformerEncoderLayer : public Module {
 public:
  /// Throws ValueError for another activation, and what MultiheadAttention throws.
  TransformerEncoderLayer(std::int64_t d_model, std::int64_t nhead,
                          const TransformerLayerOptions& options = {});
  Tensor forward(const Tensor& src) override { return forward(src, {}); }
  Tensor forward(const Tensor& src, const EncoderMasks& masks);
  void visit(Visitor& visitor) override;
  /// What each head looks at: its weights, (N, heads, S, S), a row for each place that looks.
  Tensor attention(const Tensor& src, const EncoderMasks& masks = {});

  MultiheadAttention self_attn;
  Linear linear1;
  Dropout dropout;
  Linear linear2;
  LayerNorm norm1, norm2;
  Dropout dropout1, dropout2;

 private:
  bool gelu_, norm_first_;
};

/// As the encoder's layer, with attention to the encoder's result `memory` in between.
/// https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html
class TransformerDecoderLayer : public Module {
 public:
  TransformerDecoderLayer(std::int64_t d_model, std::int64_t nhead,
                          const TransformerLayerOptions& options = {});
  using Module::forward;
  Tensor forward(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks = {});
  void visit(Visitor& visitor) override;

  MultiheadAttention self_attn, multihead_attn;
  Linear linear1;
  Dropout dropout;
  Linear linear2;
  LayerNorm norm1, norm2, norm3;
  Dropout dropout1, dropout2, dropout3;

 private:
  bool gelu_, norm_first_;
};

/// Layers one after the other, each a copy of the one given, and a last norm if there is one.
class TransformerEncoder : public Module {
 public:
  /// Throws ValueError for num_layers < 0.
  TransformerEncoder(const TransformerEncoderLayer& layer, std::int64_t num_layers,
                     std::optional<LayerNorm> norm = {});
  Tensor forward(const Tensor& src) override { return forward(src, {}); }
  Tensor forward(const Tensor& src, const EncoderMasks& masks);
  void visit(Visitor& visitor) override;
  /// Each layer's weights of attention on the way, (N, heads, S, S), without gradients.
  std::vector<Tensor> attention(const Tensor& src, const EncoderMasks& masks = {});

  std::vector<TransformerEncoderLayer> layers;
  std::optional<LayerNorm> norm;
};

class TransformerDecoder : public Module {
 public:
  TransformerDecoder(const TransformerDecoderLayer& layer, std::int64_t num_layers,
                     std::optional<LayerNorm> norm = {});
  using Module::forward;
  Tensor forward(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks = {});
  void visit(Visitor& visitor) override;

  std::vector<TransformerDecoderLayer> layers;
  std::optional<LayerNorm> norm;
};

struct TransformerOptions {
  std::int64_t d_model = 512, nhead = 8;
  std::int64_t num_encoder_layers = 6, num_decoder_layers = 6;
  TransformerLayerOptions layer = {};
};

/// Encoder and decoder, each with a last norm; matrices start with Xavier's uniform numbers.
/// https://pytorch.org/docs/stable/generated/torch.nn.Transformer.html
class Transformer : public Module {
 public:
  explicit Transformer(const TransformerOptions& options = {});
  using Module::forward;
  Tensor forward(const Tensor& src, const Tensor& tgt, const EncoderMasks& src_masks = {},
                 const DecoderMasks& masks = {});
  void visit(Visitor& visitor) override;

  TransformerEncoder encoder;
  TransformerDecoder decoder;
};

/// (size, size): 0 up to the diagonal, -inf above it.
Tensor generate_square_subsequent_mask(std::int64_t size, Dtype dtype = f32);

}  // namespace percept::nn
