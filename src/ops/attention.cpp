#include "percept/ops/attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/attention.h"
#include "ops/check.h"
#include "ops/kept.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/join.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/ops/softmax.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

/// What is added to the scores, if anything: 0, or -inf where a boolean mask is false.
Tensor additive(const Tensor& mask, Dtype dtype) {
  if (!mask.defined() || mask.dtype() != boolean) return mask;
  return masked_fill(zeros(mask.shape(), {.dtype = dtype}), logical_not(mask), kMinusInfinity);
}

/// (L, S): -inf where the key comes after the query.
Tensor causal_mask(std::int64_t queries, std::int64_t keys, Dtype dtype) {
  const Tensor later = gt(unsqueeze(arange(keys), 0), unsqueeze(arange(queries), 1));
  return masked_fill(zeros({queries, keys}, {.dtype = dtype}), later, kMinusInfinity);
}

struct Scoring {
  double scale;
  bool causal;
};

/// softmax(scale q kᵀ + mask); a row without a key is 0.
Tensor softmax_weights(const Tensor& q, const Tensor& k, const Tensor& mask, const Scoring& how) {
  Tensor scores = matmul(q, transpose(k, -2, -1)) * how.scale;
  if (mask.defined()) scores = scores + mask;
  if (how.causal)
    scores = scores + causal_mask(q.shape()[q.dim() - 2], k.shape()[k.dim() - 2], q.dtype());
  if (!mask.defined() || scores.numel() == 0) return softmax(scores, -1);
  const Tensor none = logical_not(any(ne(scores.detach(), kMinusInfinity), -1, {.keepdim = true}));
  return masked_fill(softmax(masked_fill(scores, none, 0), -1), none, 0);
}

/// A new tensor of that shape whose dimensions lie in memory in the order in which model's do.
Tensor laid_out_like(const Tensor& model, const Shape& shape) {
  const Strides& strides = model.strides();
  const int dims = shape.dim();
  Tensor y = make(shape, model.dtype());
  if (std::find(strides.begin(), strides.end(), 0) != strides.end() || strides.back() != 1)
    return y;
  std::array<int, kMaxDims> order{};
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.begin() + dims,
                   [&](int a, int b) { return strides[a] > strides[b]; });
  TensorImpl& impl = y.mutable_impl();
  std::int64_t stride = 1;
  for (int i = dims; i-- > 0; stride *= shape[order[static_cast<std::size_t>(i)]])
    impl.strides[order[static_cast<std::size_t>(i)]] = stride;
  impl.contiguous = impl.strides == contiguous_strides(shape);
  return y;
}

/// x's matrices, those of a batch of size 1 repeated, one for every matrix of scores; no gradient.
Tensor for_each_score(const Tensor& x, const Shape& scores) {
  const NoGradGuard no_grad;
  Shape shape = scores;
  shape[shape.dim() - 2] = x.shape()[x.dim() - 2], shape[shape.dim() - 1] = x.shape().back();
  return expand(x, shape);
}

/// Of q, k and v, or their gradients.
struct Attended {
  Tensor q, k, v;
};

// p = softmax(scale q kᵀ + mask),  y = (p m) v,  m the factors of a dropout.
// dv = (p m)ᵀ dy,  dp = (dy vᵀ) m,  ds = scale p (dp - sum(dp p)),  dq = ds k,  dk = dsᵀ q
struct AttentionBackward : Node {
  Saved p{this}, mask{this}, kept{this};
  Scoring how{};

 protected:
  /// Into `to`, tensors for every matrix of scores.
  void in_one_pass(const Tensor& dy, const Attended& of, const Attended& to) const {
    engine::attention_backward({how.scale, how.causal}, dy, of.q, of.k, of.v, kept, p, to.q, to.k,
                               to.v);
  }

  Attended as_formula(const Tensor& dy, const Attended& of) const {
    const AutocastGuard as_recorded(f32);
    const auto drop = [m = kept.get()](const Tensor& x) { return m.defined() ? x * m : x; };
    const Tensor soft = softmax_weights(of.q, of.k, mask, how),
                 dp = drop(matmul(dy, transpose(of.v, -2, -1)));
    const Tensor ds = soft * (dp - sum(dp * soft, {-1}, {.keepdim = true})) * how.scale;
    return {matmul(ds, of.k), matmul(transpose(ds, -2, -1), of.q),
            matmul(transpose(drop(soft), -2, -1), dy)};
  }
};

struct ScaledDotProductAttentionBackward final : AttentionBackward {
  Saved q{this}, k{this}, v{this};

  void backward(const Tensor& dy, Gradients& dx) override {
    const Attended of{q, k, v};
    Attended gradients;
    if (grad_enabled()) {
      gradients = as_formula(dy, of);
    } else {
      const Shape scores = p.get().shape();
      const Attended whole{for_each_score(of.q, scores), for_each_score(of.k, scores),
                           for_each_score(of.v, scores)};
      gradients = {laid_out_like(whole.q, whole.q.shape()), laid_out_like(whole.k, whole.k.shape()),
                   laid_out_like(whole.v, whole.v.shape())};
      in_one_pass(dy, whole, gradients);
    }
    if (dx.wanted(0)) dx[0] = gradients.q;
    if (dx.wanted(1)) dx[1] = gradients.k;
    if (dx.wanted(2)) dx[2] = gradients.v;
  }
};

/// (..., L, E) as (..., heads, L, E / heads): a view.
Tensor split_heads(const Tensor& x, std::int64_t heads) {
  return transpose(unflatten(x, -1, {heads, x.shape().back() / heads}), -3, -2);
}

/// The other way.
Tensor join_heads(const Tensor& x) { return flatten(transpose(x, -3, -2), -2, -1); }

/// Queries, keys and values (..., heads, L, E / heads) of qkv (..., L, 3 E): views.
Attended split_qkv(const Tensor& qkv, std::int64_t heads) {
  const std::int64_t features = qkv.shape().back() / 3;
  const auto part = [&](std::int64_t i) {
    return split_heads(narrow(qkv, -1, i * features, features), heads);
  };
  return {part(0), part(1), part(2)};
}

// The same where q, k and v are views of one tensor, and so are their gradients.
struct SelfAttentionBackward final : AttentionBackward {
  Saved qkv{this};
  std::int64_t heads = 0;

  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor x = qkv;
    if (grad_enabled()) {
      const Attended gradients = as_formula(split_heads(dy, heads), split_qkv(x, heads));
      dx[0] = cat({join_heads(gradients.q), join_heads(gradients.k), join_heads(gradients.v)}, -1);
      return;
    }
    dx[0] = laid_out_like(x, x.shape());
    in_one_pass(split_heads(dy, heads), split_qkv(x, heads), split_qkv(dx[0], heads));
  }
};

/// The sizes of a call: batch..., L, S.
struct AttentionSizes {
  Shape batch, scores;
  Scoring how;
};

AttentionSizes check_attention(const char* op, const Tensor& q, const Tensor& k,
                               const AttentionOptions& options) {
  must_be_defined(op, q, k);
  const auto describe = [](const Tensor& x) {
    return fmt::format("{} {}", x.shape().str(), name_of(x.dtype()));
  };
  if (q.dim() < 2 || k.dim() < 2 || q.shape().back() != k.shape().back())
    throw ShapeError(fmt::format("{}: expects q (..., L, E) and k (..., S, E), found {} and {}", op,
                                 describe(q), describe(k)));
  if (q.dtype() != k.dtype() || (q.dtype() != f32 && q.dtype() != f64))
    throw DtypeError(
        fmt::format("{}: expects tensors of f32 or of f64, found {} and {}; hint: "
                    ".to(f32)",
                    op, describe(q), describe(k)));
  if (!(options.dropout_p >= 0 && options.dropout_p <= 1))
    throw ValueError(
        fmt::format("{}: dropout_p must lie between 0 and 1, found {}", op, options.dropout_p));
  const auto leading = [](const Tensor& x) {
    return Shape(std::span(x.shape().begin(), static_cast<std::size_t>(x.dim() - 2)));
  };
  const auto features = static_cast<double>(std::max<std::int64_t>(1, q.shape().back()));
  AttentionSizes call{.batch = broadcast_shapes(leading(q), leading(k), op),
                      .scores = {},
                      .how = {options.scale.value_or(1 / std::sqrt(features)), options.is_causal}};
  call.scores = call.batch;
  call.scores.push_back(q.shape()[q.dim() - 2]), call.scores.push_back(k.shape()[k.dim() - 2]);
  return call;
}

void check_mask(const char* op, const Tensor& mask, const Shape& scores, Dtype dtype) {
  if (!mask.defined()) return;
  if (mask.dtype() != boolean && mask.dtype() != dtype)
    throw DtypeError(fmt::format("{}: attn_mask must be boolean or {}, found {} (shape {})", op,
                                 name_of(dtype), name_of(mask.dtype()), mask.shape().str()));
  bool fits = mask.dim() <= scores.dim();
  for (int i = 1; fits && i <= mask.dim(); ++i) {
    const std::int64_t size = mask.shape()[mask.dim() - i];
    fits = size == 1 || size == scores[scores.dim() - i];
  }
  if (!fits)
    throw ShapeError(fmt::format("{}: attn_mask of shape {} does not broadcast to the scores' {}",
                                 op, mask.shape().str(), scores.str()));
}

/// The factors of a dropout of the weights; undefined without one.
Tensor kept_weights(const Shape& scores, Dtype dtype, const AttentionOptions& options) {
  if (options.dropout_p == 0) return {};
  return draw_kept(scores, dtype, {.p = options.dropout_p, .generator = options.generator});
}

bool needs_gradient(const Tensor& x) { return x.defined() && grad_enabled() && x.requires_grad(); }

bool one_pass_a_head(const Tensor& x, const Tensor& mask, const Shape& scores) {
  return engine::fast(x.dtype()) && engine::fusion() && autocast_dtype() == f32 &&
         scores.numel() > 0 && x.numel() > 0 && !needs_gradient(mask);
}

/// y = softmax(scale q kᵀ + mask) v on the fast engine; returns the weights if they are to be kept.
Tensor attend(const Attended& of, const Tensor& mask, const Tensor& kept,
              const AttentionSizes& call, bool recorded, const Tensor& y) {
  Tensor p = recorded ? make(call.scores, f32) : Tensor();
  engine::attention({call.how.scale, call.how.causal}, of.q, of.k, of.v,
                    mask.defined() ? expand(mask.detach(), call.scores) : mask, kept, p, y);
  return p;
}

void keep_for_backward(AttentionBackward& node, const Tensor& p, const Tensor& mask,
                       const Tensor& kept, const Scoring& how) {
  node.p = p, node.how = how;
  if (mask.defined()) node.mask = mask;
  if (kept.defined()) node.kept = kept;
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                    const AttentionOptions& options) {
  constexpr const char* op = "scaled_dot_product_attention";
  AttentionSizes call = check_attention(op, q, k, options);
  must_be_defined(op, q, k, v);
  if (v.dim() < 2 || v.shape()[v.dim() - 2] != k.shape()[k.dim() - 2] || v.dtype() != q.dtype())
    throw ShapeError(
        fmt::format("{}: expects a value for every key, v (..., S, D) of k's type; "
                    "found v {} {} and k {} {}",
                    op, v.shape().str(), name_of(v.dtype()), k.shape().str(), name_of(k.dtype())));
  const Shape batch = broadcast_shapes(
      call.batch, Shape(std::span(v.shape().begin(), static_cast<std::size_t>(v.dim() - 2))), op);
  Shape scores = batch;
  for (int d = call.scores.dim() - 2; d < call.scores.dim(); ++d) scores.push_back(call.scores[d]);
  call.batch = batch, call.scores = scores;
  check_mask(op, options.attn_mask, call.scores, q.dtype());

  const Tensor mask = additive(options.attn_mask, q.dtype());
  const Tensor kept = kept_weights(call.scores, q.dtype(), options);
  if (!one_pass_a_head(q, mask, call.scores) || v.numel() == 0) {
    const Tensor p = softmax_weights(q, k, mask, call.how);
    return matmul(kept.defined() ? p * kept : p, v);
  }
  const Attended of{for_each_score(q, call.scores), for_each_score(k, call.scores),
                    for_each_score(v, call.scores)};
  Shape shape = of.q.shape();
  shape[shape.dim() - 1] = v.shape().back();
  Tensor y = laid_out_like(of.q, shape);
  const bool recorded = needs_gradient(q) || needs_gradient(k) || needs_gradient(v);
  const Tensor p = attend(of, mask, kept, call, recorded, y);
  if (auto* node = record<ScaledDotProductAttentionBackward>(y, q, k, v)) {
    node->q = q, node->k = k, node->v = v;
    keep_for_backward(*node, p, mask, kept, call.how);
  }
  return y;
}

Tensor detail::self_attention(const Tensor& qkv, std::int64_t num_heads,
                              const AttentionOptions& options) {
  constexpr const char* op = "self_attention";
  must_be_defined(op, qkv);
  if (num_heads < 1 || qkv.dim() < 2 || qkv.shape().back() % (3 * num_heads) != 0)
    throw ShapeError(
        fmt::format("{}: expects (..., L, 3 E) and a number of heads that divides E, found {} {} "
                    "and {}",
                    op, qkv.shape().str(), name_of(qkv.dtype()), num_heads));
  Attended of;
  {
    const NoGradGuard no_grad;
    of = split_qkv(qkv, num_heads);
  }
  const AttentionSizes call = check_attention(op, of.q, of.k, options);
  check_mask(op, options.attn_mask, call.scores, qkv.dtype());
  const Tensor mask = additive(options.attn_mask, qkv.dtype());
  if (!one_pass_a_head(qkv, mask, call.scores)) {
    const Attended recorded = split_qkv(qkv, num_heads);
    return join_heads(scaled_dot_product_attention(recorded.q, recorded.k, recorded.v, options));
  }
  const Tensor kept = kept_weights(call.scores, qkv.dtype(), options);
  Shape shape = qkv.shape();
  shape[shape.dim() - 1] /= 3;
  Tensor y = laid_out_like(qkv, shape);
  Tensor heads_of_y;
  {
    const NoGradGuard no_grad;
    heads_of_y = split_heads(y, num_heads);
  }
  const Tensor p = attend(of, mask, kept, call, needs_gradient(qkv), heads_of_y);
  if (auto* node = record<SelfAttentionBackward>(y, qkv)) {
    node->qkv = qkv, node->heads = num_heads;
    keep_for_backward(*node, p, mask, kept, call.how);
  }
  return y;
}

Tensor detail::attention_weights(const Tensor& q, const Tensor& k,
                                 const AttentionOptions& options) {
  constexpr const char* op = "attention_weights";
  const AttentionSizes call = check_attention(op, q, k, options);
  check_mask(op, options.attn_mask, call.scores, q.dtype());
  return softmax_weights(q, k, additive(options.attn_mask, q.dtype()), call.how);
}

}  // namespace percept
