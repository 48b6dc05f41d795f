// A table of learned rows, looked up by number.
#pragma once

#include <optional>

#include "percept/nn/module.h"

namespace percept::nn {

struct EmbeddingOptions {
  std::optional<std::int64_t> padding_idx = {};  ///< this row is zeros and stays as it is
  Dtype dtype = f32;
};

/// y[...] = weight[index[...]]:  index (...) i64, weight (num_embeddings, embedding_dim), drawn
/// from N(0, 1), y (..., embedding_dim).
/// https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
class Embedding : public Module {
 public:
  /// Throws ValueError for negative sizes, IndexError for a padding_idx that is no row; a negative
  /// one counts from the end.
  Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim,
            const EmbeddingOptions& options = {});
  Tensor forward(const Tensor& index) override;
  void visit(Visitor& visitor) override;
  std::string extra_repr() const override;
  /// Draws the weight anew.
  void reset_parameters();

  std::int64_t num_embeddings, embedding_dim;
  Parameter weight;

 private:
  std::optional<std::int64_t> padding_idx_;
};

}  // namespace percept::nn
