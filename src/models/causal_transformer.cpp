#include "percept/models/causal_transformer.h"

#include <fmt/format.h>

#include <algorithm>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/join.h"
#include "percept/ops/reduce.h"
#include "percept/ops/softmax.h"
#include "percept/ops/sort.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::models {
namespace {

/// One token a row of logits (N, vocabulary), as (N, 1).
Tensor next_token(const Tensor& logits, const GenerateOptions& options) {
  if (options.temperature == 0) return unsqueeze(argmax(logits, 1), 1);
  // the first place at which the running sum of probabilities passes a uniform number
  const Tensor passed = cumsum(softmax(logits.to(f64) / options.temperature, 1), 1);
  const Tensor u = rand({logits.shape()[0], 1}, {.dtype = f64}, options.generator) *
                   narrow(passed, 1, passed.shape()[1] - 1, 1);
  return le(passed, u).to(i64).sum({1}, true);
}

}  // namespace

CausalTransformer::CausalTransformer(std::int64_t vocabulary, const CausalTransformerOptions& o)
    : embedding(vocabulary, o.width),
      positions(o.width, {.max_len = o.max_len, .dropout = o.dropout, .batch_first = true}),
      encoder(nn::TransformerEncoderLayer(o.width, o.heads,
                                          {.dim_feedforward = o.feedforward,
                                           .dropout = o.dropout,
                                           .batch_first = true,
                                           .norm_first = true}),
              o.layers),
      norm(o.width),
      output(o.width, vocabulary),
      max_len_(o.max_len) {}

Tensor CausalTransformer::forward(const Tensor& tokens) {
  return output(norm(encoder.forward(positions(embedding(tokens)), {.is_causal = true})));
}

Tensor CausalTransformer::generate(const Tensor& tokens, std::int64_t count,
                                   const GenerateOptions& options) {
  if (tokens.dim() != 2 || tokens.shape()[1] < 1)
    throw ShapeError(fmt::format("generate: expects tokens (N, L) with L of at least 1, found {}",
                                 tokens.shape().str()));
  if (count < 0 || !(options.temperature >= 0))
    throw ValueError(
        fmt::format("generate: count and temperature must not be negative, found {} and {}", count,
                    options.temperature));
  const NoGradGuard no_grad;
  Tensor all = tokens;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t length = all.shape()[1], seen = std::min(length, max_len_);
    const Tensor logits = (*this)(narrow(all, 1, length - seen, seen));
    all = cat({all, next_token(select(logits, 1, seen - 1), options)}, 1);
  }
  return all;
}

std::vector<Tensor> CausalTransformer::attention(const Tensor& tokens) {
  return encoder.attention(positions(embedding(tokens)), {.is_causal = true});
}

void CausalTransformer::visit(nn::Visitor& visitor) {
  visitor("embedding", embedding);
  visitor("positions", positions);
  visitor("encoder", encoder);
  visitor("norm", norm);
  visitor("output", output);
}

}  // namespace percept::models
