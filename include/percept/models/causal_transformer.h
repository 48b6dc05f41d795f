// A Transformer that continues sequences: of characters, of numbers, of anything that is counted.
#pragma once

#include <cstdint>
#include <vector>

#include "percept/base/random.h"
#include "percept/nn/embedding.h"
#include "percept/nn/layer_norm.h"
#include "percept/nn/linear.h"
#include "percept/nn/position.h"
#include "percept/nn/transformer.h"

namespace percept::models {

struct CausalTransformerOptions {
  std::int64_t max_len = 64, width = 64, heads = 4, layers = 2, feedforward = 128;
  double dropout = 0;
};

struct GenerateOptions {
  double temperature = 0;  ///< 0: always the likeliest; else drawn from softmax(logits/temperature)
  Generator* generator = nullptr;
};

/// Layers of masked attention to what has come so far, without an encoder: the Transformer's
/// decoder (Vaswani et al. 2017) as Radford et al., 2018, used it alone. The answer at place i is
/// about the token at place i + 1. tokens (N, L) i64 in 0 .. vocabulary - 1, L at most max_len;
/// logits (N, L, vocabulary).
class CausalTransformer : public nn::Module {
 public:
  explicit CausalTransformer(std::int64_t vocabulary, const CausalTransformerOptions& options = {});
  Tensor forward(const Tensor& tokens) override;
  void visit(nn::Visitor& visitor) override;
  std::string name() const override { return "CausalTransformer"; }

  /// tokens (N, L >= 1) and `count` more, one after the other, each seeing the last max_len before
  /// it: (N, L + count). Throws ShapeError, and ValueError for a negative count or temperature.
  Tensor generate(const Tensor& tokens, std::int64_t count, const GenerateOptions& options = {});
  /// Each layer's weights of attention, (N, heads, L, L), without gradients.
  std::vector<Tensor> attention(const Tensor& tokens);

  nn::Embedding embedding;
  nn::LearnedPositions positions;
  nn::TransformerEncoder encoder;
  nn::LayerNorm norm;
  nn::Linear output;

 private:
  std::int64_t max_len_;
};

}  // namespace percept::models
