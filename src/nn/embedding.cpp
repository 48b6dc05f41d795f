#include "percept/nn/embedding.h"

#include <fmt/format.h>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/embedding.h"
#include "percept/tensor/factory.h"

namespace percept::nn {

Embedding::Embedding(std::int64_t rows, std::int64_t size, const EmbeddingOptions& options)
    : num_embeddings(rows), embedding_dim(size), padding_idx_(options.padding_idx) {
  if (rows < 0 || size < 0)
    throw ValueError(
        fmt::format("Embedding: sizes must not be negative, found {} and {}", rows, size));
  if (padding_idx_ && (*padding_idx_ < -rows || *padding_idx_ >= rows))
    throw IndexError(
        fmt::format("Embedding: padding_idx {} is out of range for {} rows", *padding_idx_, rows));
  if (padding_idx_ && *padding_idx_ < 0) *padding_idx_ += rows;
  weight = Parameter(empty({rows, size}, {.dtype = options.dtype}));
  reset_parameters();
}

void Embedding::reset_parameters() {
  const NoGradGuard no_grad;
  normal_(weight);
  if (padding_idx_) weight.select(0, *padding_idx_).mul_(0);
}

Tensor Embedding::forward(const Tensor& index) { return embedding(index, weight, padding_idx_); }

void Embedding::visit(Visitor& visitor) { visitor("weight", weight); }

std::string Embedding::extra_repr() const {
  const std::string sizes = fmt::format("{}, {}", num_embeddings, embedding_dim);
  return padding_idx_ ? fmt::format("{}, padding_idx={}", sizes, *padding_idx_) : sizes;
}

}  // namespace percept::nn
