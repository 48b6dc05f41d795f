// Attention: averages of values, weighted by how well their keys fit a query.
#pragma once

#include <optional>

#include "percept/base/random.h"
#include "percept/tensor/tensor.h"

namespace percept {

struct AttentionOptions {
  /// Boolean: true takes part. Real: added to the scores. Broadcasts to (..., L, S).
  Tensor attn_mask = {};
  double dropout_p = 0;              ///< this share of the weights is set to 0, the others grow
  bool is_causal = false;            ///< query i sees keys 0 .. i only
  std::optional<double> scale = {};  ///< of the scores; 1/sqrt(E) if not given
  Generator* generator = nullptr;    ///< of the dropout
};
/// y = softmax(scale q kᵀ + mask) v, row by row:  q (..., L, E), k (..., S, E), v (..., S, D),
/// y (..., L, D); leading dimensions broadcast. A query that sees no key gives zeros. Throws
/// ShapeError, DtypeError, ValueError. Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                    const AttentionOptions& options = {});

namespace detail {
/// The weights softmax(scale q kᵀ + mask) alone, (..., L, S), without dropout.
Tensor attention_weights(const Tensor& q, const Tensor& k, const AttentionOptions& options = {});
/// scaled_dot_product_attention of a sequence to itself in several heads: qkv (..., L, 3 E) holds
/// queries, keys and values side by side, each of its heads side by side; y (..., L, E), the mask
/// (..., num_heads, L, L). Nothing is moved on the way.
Tensor self_attention(const Tensor& qkv, std::int64_t num_heads,
                      const AttentionOptions& options = {});
}  // namespace detail

}  // namespace percept
