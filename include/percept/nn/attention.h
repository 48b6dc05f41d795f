// Attention with several heads.
#pragma once

#include <optional>

#include "percept/nn/linear.h"

namespace percept::nn {

struct MultiheadAttentionOptions {
  double dropout = 0;  ///< of the weights, in training
  bool bias = true;
  std::optional<std::int64_t> kdim = {}, vdim = {};  ///< features of keys and values; embed_dim
  bool batch_first = false;                          ///< (N, L, E) instead of (L, N, E)
  Dtype dtype = f32;
};

/// What may be said with a call. A boolean mask is true where a key does not take part, the other
/// way round than in scaled_dot_product_attention; a real one is added to the scores.
struct MultiheadAttentionCall {
  Tensor key_padding_mask = {};  ///< (N, S), or (S) without a batch
  bool need_weights = true;      ///< also give the weights
  Tensor attn_mask = {};         ///< (L, S) or (N num_heads, L, S)
  bool average_attn_weights = true;
  bool is_causal = false;  ///< query i sees keys 0 .. i only; needs no mask
};

struct AttentionResult {
  Tensor output;   ///< of query's shape
  Tensor weights;  ///< (N, L, S), or (N, num_heads, L, S) not averaged; undefined if not needed
};

/// Every head attends with its own linear images of query, key and value; a last linear map joins
/// them. Query (L, N, E), key (S, N, kdim), value (S, N, vdim); without a batch N is left out.
/// https://pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
class MultiheadAttention : public Module {
 public:
  /// Throws ValueError unless num_heads divides embed_dim.
  MultiheadAttention(std::int64_t embed_dim, std::int64_t num_heads,
                     const MultiheadAttentionOptions& options = {});
  /// Of a sequence to itself, without weights.
  Tensor forward(const Tensor& x) override;
  /// Throws ShapeError, DtypeError.
  AttentionResult forward(const Tensor& query, const Tensor& key, const Tensor& value,
                          const MultiheadAttentionCall& call = {});
  void visit(Visitor& visitor) override;
  std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;
  /// Draws the weights anew (Xavier); biases become 0, the last map's weight uniform.
  void reset_parameters();

  /// PyTorch's name for a Linear.
  struct OutProjection final : Linear {
    using Linear::Linear;
    std::string name() const override { return "NonDynamicallyQuantizableLinear"; }
  };

  std::int64_t embed_dim, num_heads;
  Parameter in_proj_weight;                               // (3 E, E): of queries, keys, values
  Parameter q_proj_weight, k_proj_weight, v_proj_weight;  // instead, with kdim or vdim
  Parameter in_proj_bias;                                 // (3 E)
  OutProjection out_proj;

 private:
  Tensor project(const Tensor& x, int part) const;
  Tensor heads_of(const Tensor& x) const;

  double dropout_;
  std::int64_t kdim_, vdim_;
  bool batch_first_;
};

}  // namespace percept::nn
