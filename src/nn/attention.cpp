#include "percept/nn/attention.h"

#include <fmt/format.h>

#include <limits>

#include "percept/base/error.h"
#include "percept/nn/init.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/attention.h"
#include "percept/ops/indexing.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/ops/softmax.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::nn {
namespace {

/// What is added to the scores: -inf where a boolean mask is true.
Tensor added(const Tensor& mask, Dtype dtype) {
  if (mask.dtype() != boolean) return mask;
  return masked_fill(zeros(mask.shape(), {.dtype = dtype}), mask,
                     -std::numeric_limits<double>::infinity());
}

/// Both masks as one for scaled_dot_product_attention; either may be undefined.
Tensor joined(const Tensor& a, const Tensor& b, Dtype dtype) {
  if (a.defined() && b.defined()) {
    if (a.dtype() == boolean && b.dtype() == boolean) return logical_not(logical_or(a, b));
    return added(a, dtype) + added(b, dtype);
  }
  const Tensor& one = a.defined() ? a : b;
  return one.defined() && one.dtype() == boolean ? logical_not(one) : one;
}

}  // namespace

MultiheadAttention::MultiheadAttention(std::int64_t embed, std::int64_t heads,
                                       const MultiheadAttentionOptions& options)
    : embed_dim(embed),
      num_heads(heads),
      out_proj(std::max<std::int64_t>(0, embed), std::max<std::int64_t>(0, embed),
               {.bias = options.bias, .dtype = options.dtype}),
      dropout_(options.dropout),
      kdim_(options.kdim.value_or(embed)),
      vdim_(options.vdim.value_or(embed)),
      batch_first_(options.batch_first) {
  if (embed < 1 || heads < 1 || embed % heads != 0)
    throw ValueError(fmt::format(
        "MultiheadAttention: num_heads must divide embed_dim, found {} and {}", heads, embed));
  if (!(dropout_ >= 0 && dropout_ <= 1))
    throw ValueError(
        fmt::format("MultiheadAttention: dropout must lie between 0 and 1, found {}", dropout_));
  const auto matrix = [&](std::int64_t rows, std::int64_t columns) {
    return Parameter(empty({rows, columns}, {.dtype = options.dtype}));
  };
  if (kdim_ == embed && vdim_ == embed) {
    in_proj_weight = matrix(3 * embed, embed);
  } else {
    q_proj_weight = matrix(embed, embed);
    k_proj_weight = matrix(embed, kdim_);
    v_proj_weight = matrix(embed, vdim_);
  }
  if (options.bias) in_proj_bias = Parameter(zeros({3 * embed}, {.dtype = options.dtype}));
  reset_parameters();
}

void MultiheadAttention::reset_parameters() {
  for (Parameter* weight : {&in_proj_weight, &q_proj_weight, &k_proj_weight, &v_proj_weight})
    if (weight->defined()) init::xavier_uniform_(*weight);
  out_proj.reset_parameters();
  if (!in_proj_bias.defined()) return;
  init::zeros_(in_proj_bias);
  init::zeros_(out_proj.bias);
}

/// The linear image of a query (part 0), key (1) or value (2).
Tensor MultiheadAttention::project(const Tensor& x, int part) const {
  const auto part_of = [&](const Tensor& all) {
    return all.defined() ? narrow(all, 0, part * embed_dim, embed_dim) : all;
  };
  const Tensor own[] = {q_proj_weight, k_proj_weight, v_proj_weight};
  return linear(x, in_proj_weight.defined() ? part_of(in_proj_weight) : own[part],
                part_of(in_proj_bias));
}

/// (N, L, E) or (L, N, E) as (N, heads, L, E / heads)
Tensor MultiheadAttention::heads_of(const Tensor& x) const {
  const Tensor split = reshape(x, {x.shape()[0], x.shape()[1], num_heads, embed_dim / num_heads});
  return permute(split, batch_first_ ? Shape{0, 2, 1, 3} : Shape{1, 2, 0, 3});
}

Tensor MultiheadAttention::forward(const Tensor& x) {
  return forward(x, x, x, {.need_weights = false}).output;
}

AttentionResult MultiheadAttention::forward(const Tensor& query, const Tensor& key,
                                            const Tensor& value,
                                            const MultiheadAttentionCall& call) {
  const auto fits = [&](const Tensor& x, std::int64_t features) {
    return x.defined() && x.dim() == query.dim() && x.shape().back() == features;
  };
  if (!query.defined() || (query.dim() != 3 && query.dim() != 2) || !fits(query, embed_dim) ||
      !fits(key, kdim_) || !fits(value, vdim_)) {
    const auto shape = [](const Tensor& x) { return x.defined() ? x.shape().str() : "undefined"; };
    const char* batch = batch_first_ ? "N, " : "";
    const char* inner = batch_first_ ? "" : "N, ";
    throw ShapeError(
        fmt::format("MultiheadAttention: expects query ({0}L, {1}{2}), key ({0}S, {1}{3}), value "
                    "({0}S, {1}{4}) "
                    "or all without N; found {5}, {6}, {7}",
                    batch, inner, embed_dim, kdim_, vdim_, shape(query), shape(key), shape(value)));
  }
  if (query.dim() == 2) {
    const int batch = batch_first_ ? 0 : 1;
    MultiheadAttentionCall one = call;
    if (one.key_padding_mask.defined()) one.key_padding_mask = unsqueeze(one.key_padding_mask, 0);
    const bool same = key.is_same(query) && value.is_same(query);
    const Tensor q = unsqueeze(query, batch), k = same ? q : unsqueeze(key, batch),
                 v = same ? q : unsqueeze(value, batch);
    AttentionResult result = forward(q, k, v, one);
    result.output = squeeze(result.output, batch);
    if (result.weights.defined()) result.weights = squeeze(result.weights, 0);
    return result;
  }

  const int lengths = batch_first_ ? 1 : 0;
  const std::int64_t batch = query.shape()[1 - lengths], queries = query.shape()[lengths],
                     keys = key.shape()[lengths];
  Tensor padding = call.key_padding_mask, mask = call.attn_mask;
  if (padding.defined()) {
    if (padding.shape() != Shape{batch, keys})
      throw ShapeError(
          fmt::format("MultiheadAttention: key_padding_mask has shape {}, expected (N, S) = {}",
                      padding.shape().str(), Shape{batch, keys}.str()));
    padding = reshape(padding, {batch, 1, 1, keys});
  }
  if (mask.defined() && mask.dim() == 3 && mask.shape() == Shape{batch * num_heads, queries, keys})
    mask = reshape(mask, {batch, num_heads, queries, keys});
  else if (mask.defined() && mask.shape() != Shape{queries, keys})
    throw ShapeError(fmt::format(
        "MultiheadAttention: attn_mask has shape {}, expected (L, S) = {} or (N num_heads, L, S) = "
        "{}",
        mask.shape().str(), Shape{queries, keys}.str(),
        Shape{batch * num_heads, queries, keys}.str()));
  const AttentionOptions options{.attn_mask = joined(mask, padding, query.dtype()),
                                 .dropout_p = is_training() ? dropout_ : 0,
                                 .is_causal = call.is_causal};

  if (in_proj_weight.defined() && key.is_same(query) && value.is_same(query) &&
      !call.need_weights) {
    const Tensor qkv = linear(query, in_proj_weight, in_proj_bias);
    const auto batch_in_front = [&](const Tensor& x) {
      return batch_first_ ? x : transpose(x, 0, 1);
    };
    return {out_proj(batch_in_front(
                percept::detail::self_attention(batch_in_front(qkv), num_heads, options))),
            {}};
  }
  const Tensor q = heads_of(project(query, 0)), k = heads_of(project(key, 1)),
               v = heads_of(project(value, 2));  // (N, heads, L or S, E / heads)
  Tensor weights, y;                             // y (N, heads, L, E / heads)
  if (call.need_weights) {
    weights = dropout(percept::detail::attention_weights(q, k, options), {.p = options.dropout_p});
    y = matmul(weights, v);
    if (call.average_attn_weights) weights = mean(weights, {1});
  } else {
    y = scaled_dot_product_attention(q, k, v, options);
  }
  y = permute(y, batch_first_ ? Shape{0, 2, 1, 3} : Shape{2, 0, 1, 3});
  Shape shape = query.shape();
  return {out_proj(reshape(y, shape)), weights};
}

void MultiheadAttention::visit(Visitor& visitor) {
  visitor("in_proj_weight", in_proj_weight);
  visitor("q_proj_weight", q_proj_weight);
  visitor("k_proj_weight", k_proj_weight);
  visitor("v_proj_weight", v_proj_weight);
  visitor("in_proj_bias", in_proj_bias);
  visitor("out_proj", out_proj);
}

/// The three maps in front, and L L E for the scores and again for the averages.
std::int64_t MultiheadAttention::multiply_adds(const Shape& input, const Shape&) const {
  const std::int64_t length = input[input.dim() == 2 || !batch_first_ ? 0 : 1];
  return input.numel() * (3 * embed_dim + 2 * length);
}

}  // namespace percept::nn
