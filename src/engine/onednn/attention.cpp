// Attention of heads that fit the cache: each is computed from start to end by one thread. Compiled
// once per instruction set by foreach_target; the choice is made at the first call.
#include "engine/attention.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/allocator.h"
#include "base/parallel.h"

#include "engine/onednn/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// after highway.h
#include <hwy/contrib/math/math-inl.h>

#ifndef PERCEPT_ENGINE_ONEDNN_ATTENTION
#define PERCEPT_ENGINE_ONEDNN_ATTENTION
namespace percept::engine::onednn {

/// A matrix with any strides; null where there is none.
struct HeadMatrix {
  float* at;
  std::int64_t row, column;
};

/// One head's matrices.
struct Head {
  std::int64_t queries, keys, features, values;  // L, S, E, D
  HeadMatrix q, k, v, mask, kept, p, y, dy, dq, dk, dv;
};

}  // namespace percept::engine::onednn
#endif

HWY_BEFORE_NAMESPACE();
namespace percept::engine::onednn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr D d;

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

HWY_INLINE std::int64_t lanes() { return static_cast<std::int64_t>(hn::Lanes(d)); }
HWY_INLINE std::int64_t whole_vectors(std::int64_t n) {
  return (n + lanes() - 1) / lanes() * lanes();
}

/// Hands out the parts of one block of memory.
struct HeadScratch {
  float* next;
  float* take(std::int64_t n) {
    float* const part = next;
    next += n;
    return part;
  }
};

/// Rows of whole vectors, `stride` apart.
struct HeadPanel {
  float* at;
  std::int64_t stride;
};

/// (rows, columns) of x, filled up with zeros to whole vectors: x itself where it can serve.
HWY_INLINE HeadPanel in_vectors(const HeadMatrix& x, std::int64_t rows, std::int64_t columns,
                                HeadScratch& to) {
  const std::int64_t width = whole_vectors(columns);
  if (x.column == 1 && width == columns) return {x.at, x.row};
  float* const copy = to.take(rows * width);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) copy[i * width + j] = x.at[i * x.row + j * x.column];
    std::fill(copy + i * width + columns, copy + (i + 1) * width, 0.0f);
  }
  return {copy, width};
}

/// (columns, rows): x turned around.
HWY_INLINE HeadPanel turned(const HeadMatrix& x, std::int64_t rows, std::int64_t columns,
                            HeadScratch& to) {
  const std::int64_t width = whole_vectors(rows);
  float* const copy = to.take(columns * width);
  for (std::int64_t j = 0; j < columns; ++j) {
    for (std::int64_t i = 0; i < rows; ++i) copy[j * width + i] = x.at[i * x.row + j * x.column];
    std::fill(copy + j * width + rows, copy + (j + 1) * width, 0.0f);
  }
  return {copy, width};
}

/// Where a product of `columns` columns goes: the matrix itself, or rows of whole vectors.
HWY_INLINE HeadPanel room_for(const HeadMatrix& y, std::int64_t rows, std::int64_t columns,
                              HeadScratch& to) {
  const std::int64_t width = whole_vectors(columns);
  if (y.column == 1 && width == columns) return {y.at, y.row};
  return {to.take(rows * width), width};
}
HWY_INLINE void put(const HeadPanel& from, std::int64_t rows, std::int64_t columns,
                    const HeadMatrix& y) {
  if (from.at == y.at) return;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      y.at[i * y.row + j * y.column] = from.at[i * from.stride + j];
}

/// Rows x Vectors of c: c[i][j] = sum over p of a[i][p] b[p][j].
template <int Rows, int Vectors>
HWY_INLINE void tile(const float* a, std::int64_t row, std::int64_t column, std::int64_t k,
                     const float* b, std::int64_t b_stride, float* c, std::int64_t c_stride) {
  const std::int64_t n = lanes();
  V sum[Rows][Vectors];
  for (int i = 0; i < Rows; ++i)
    for (int j = 0; j < Vectors; ++j) sum[i][j] = hn::Zero(d);
  for (std::int64_t p = 0; p < k; ++p) {
    V right[Vectors];
    for (int j = 0; j < Vectors; ++j) right[j] = hn::LoadU(d, b + p * b_stride + j * n);
    for (int i = 0; i < Rows; ++i) {
      const V left = hn::Set(d, a[i * row + p * column]);
      for (int j = 0; j < Vectors; ++j) sum[i][j] = hn::MulAdd(left, right[j], sum[i][j]);
    }
  }
  for (int i = 0; i < Rows; ++i)
    for (int j = 0; j < Vectors; ++j) hn::StoreU(sum[i][j], d, c + i * c_stride + j * n);
}

template <int Vectors>
HWY_INLINE void columns_of(const HeadMatrix& a, std::int64_t m, std::int64_t k, const HeadPanel& b,
                           const HeadPanel& c, std::int64_t j) {
  constexpr int kRows = Vectors == 1 ? 8 : 4;
  std::int64_t i = 0;
  for (; i + kRows <= m; i += kRows)
    tile<kRows, Vectors>(a.at + i * a.row, a.row, a.column, k, b.at + j, b.stride,
                         c.at + i * c.stride + j, c.stride);
  for (; i < m; ++i)
    tile<1, Vectors>(a.at + i * a.row, a.row, a.column, k, b.at + j, b.stride,
                     c.at + i * c.stride + j, c.stride);
}

/// c (m, n) = a (m, k) b (k, n), n filled up to whole vectors.
HWY_INLINE void multiply(const HeadMatrix& a, std::int64_t m, std::int64_t k, const HeadPanel& b,
                         std::int64_t n, const HeadPanel& c) {
  std::int64_t j = 0;
  for (; j + 2 * lanes() <= whole_vectors(n); j += 2 * lanes()) columns_of<2>(a, m, k, b, c, j);
  if (j < n) columns_of<1>(a, m, k, b, c, j);
}

// exp(x) for x <= 0; Highway's is good to 1 ulp above -104.
HWY_INLINE V exp_below_0(V x) {
  const V y = hn::Exp(d, hn::Max(x, hn::Set(d, -104.0f)));
  const V small = hn::IfThenElse(hn::Lt(x, hn::Set(d, -103.97208f)), hn::Zero(d), y);
  return hn::IfThenElse(hn::IsNaN(x), x, small);
}

/// A row of `width` scores, those from `seen` on not counted, becomes its softmax.
HWY_INLINE void softmax_row(float* x, std::int64_t seen, std::int64_t width) {
  std::fill(x + seen, x + width, kMinusInfinity);
  const std::int64_t end = whole_vectors(seen);
  V most = hn::Set(d, kMinusInfinity);
  for (std::int64_t j = 0; j < end; j += lanes()) most = hn::Max(most, hn::LoadU(d, x + j));
  const float top = hn::GetLane(hn::MaxOfLanes(d, most));
  if (top == kMinusInfinity) {  // no key, or NaN, which a maximum may lose
    const float* const nan = std::find_if(x, x + seen, [](float score) { return score != score; });
    std::fill(x, x + seen, nan == x + seen ? 0.0f : *nan);
    std::fill(x + seen, x + width, 0.0f);
    return;
  }
  V sums = hn::Zero(d);
  for (std::int64_t j = 0; j < end; j += lanes()) {
    const V e = exp_below_0(hn::Sub(hn::LoadU(d, x + j), hn::Set(d, top)));
    sums = hn::Add(sums, e);
    hn::StoreU(e, d, x + j);
  }
  const V share = hn::Set(d, 1.0f / hn::GetLane(hn::SumOfLanes(d, sums)));
  for (std::int64_t j = 0; j < end; j += lanes())
    hn::StoreU(hn::Mul(hn::LoadU(d, x + j), share), d, x + j);
  std::fill(x + end, x + width, 0.0f);
}

void AttentionForward(const Attention& how, const Head& h, float* memory) {
  HeadScratch scratch{memory};
  const std::int64_t L = h.queries, S = h.keys, width = whole_vectors(S);
  const HeadPanel keys = turned(h.k, S, h.features, scratch),
                  values = in_vectors(h.v, S, h.values, scratch);
  const HeadPanel scores{scratch.take(L * width), width};
  multiply(h.q, L, h.features, keys, S, scores);
  const auto scale = static_cast<float>(how.scale);
  for (std::int64_t i = 0; i < L; ++i) {
    float* const x = scores.at + i * width;
    const std::int64_t seen = how.causal ? std::min(S, i + 1) : S;
    for (std::int64_t j = 0; j < seen; ++j) x[j] *= scale;
    if (const float* mask = h.mask.at ? h.mask.at + i * h.mask.row : nullptr)
      for (std::int64_t j = 0; j < seen; ++j) x[j] += mask[j * h.mask.column];
    softmax_row(x, seen, width);
    if (h.p.at) std::copy_n(x, S, h.p.at + i * S);
    if (const float* kept = h.kept.at ? h.kept.at + i * S : nullptr)
      for (std::int64_t j = 0; j < seen; ++j) x[j] *= kept[j];
  }
  const HeadPanel y = room_for(h.y, L, h.values, scratch);
  multiply({scores.at, width, 1}, L, S, values, h.values, y);
  put(y, L, h.values, h.y);
}

/// p becomes scale p (dp - sum(dp p)), in rows of whole vectors.
HWY_INLINE void softmax_backward_row(const float* dp, float* p, std::int64_t width, float scale) {
  V sums = hn::Zero(d);
  for (std::int64_t j = 0; j < width; j += lanes())
    sums = hn::MulAdd(hn::LoadU(d, dp + j), hn::LoadU(d, p + j), sums);
  const V sum = hn::Set(d, hn::GetLane(hn::SumOfLanes(d, sums)));
  for (std::int64_t j = 0; j < width; j += lanes()) {
    const V open = hn::Mul(hn::LoadU(d, p + j), hn::Set(d, scale));
    hn::StoreU(hn::Mul(open, hn::Sub(hn::LoadU(d, dp + j), sum)), d, p + j);
  }
}

void AttentionBackward(const Attention& how, const Head& h, float* memory) {
  HeadScratch scratch{memory};
  const std::int64_t L = h.queries, S = h.keys, width = whole_vectors(S);
  const HeadPanel values = turned(h.v, S, h.values, scratch);
  const HeadPanel dp{scratch.take(L * width), width}, ds{scratch.take(L * width), width};
  multiply(h.dy, L, h.values, values, S, dp);
  HeadMatrix dropped = h.p;  // p kept
  if (h.kept.at) dropped = {scratch.take(L * S), S, 1};
  for (std::int64_t i = 0; i < L; ++i) {
    const float* const p = h.p.at + i * S;
    float *const x = dp.at + i * width, *const to = ds.at + i * width;
    std::copy_n(p, S, to);
    std::fill(to + S, to + width, 0.0f);
    if (const float* kept = h.kept.at ? h.kept.at + i * S : nullptr)
      for (std::int64_t j = 0; j < S; ++j) {
        x[j] *= kept[j];
        dropped.at[i * S + j] = p[j] * kept[j];
      }
    softmax_backward_row(x, to, width, static_cast<float>(how.scale));
  }
  const auto product = [&](const HeadMatrix& a, std::int64_t m, std::int64_t k, const HeadMatrix& b,
                           std::int64_t n, const HeadMatrix& to) HWY_ATTR {
    const HeadPanel right = in_vectors(b, k, n, scratch), out = room_for(to, m, n, scratch);
    multiply(a, m, k, right, n, out);
    put(out, m, n, to);
  };
  product({ds.at, width, 1}, L, S, h.k, h.features, h.dq);
  product({ds.at, 1, width}, S, L, h.q, h.features, h.dk);
  product({dropped.at, 1, S}, S, L, h.dy, h.values, h.dv);
}

}  // namespace HWY_NAMESPACE
}  // namespace percept::engine::onednn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace percept::engine::onednn {
namespace {

/// Where a tensor's last two dimensions lie for one entry of the others.
HeadMatrix matrix_of(const Tensor& x, std::int64_t entry) {
  if (!x.defined()) return {};
  const TensorImpl& impl = x.impl();
  const int dims = impl.shape.dim();
  std::int64_t offset = 0;
  for (int i = dims - 2; i-- > 0; entry /= impl.shape[i])
    offset += entry % impl.shape[i] * impl.strides[i];
  return {static_cast<float*>(impl.data) + offset, impl.strides[dims - 2], impl.strides[dims - 1]};
}

/// Calls run(entry, memory) for every head, `memory` being floats of the thread's own.
template <class Run>
void for_each_head(const Tensor& q, const Tensor& k, const Tensor& v, const Run& run) {
  const int dims = q.dim();
  const std::int64_t queries = q.shape()[dims - 2], keys = k.shape()[dims - 2],
                     features = q.shape().back(), values = v.shape().back();
  const std::int64_t heads = q.numel() / (queries * features);
  // What the kernels take at most, rows filled up to whole vectors of whatever machine.
  const auto padded = [](std::int64_t n) { return (n + 63) / 64 * 64; };
  const std::int64_t room = (features + values + 3 * queries) * padded(keys) +
                            2 * (queries + keys) * (padded(features) + padded(values));
  constexpr std::int64_t kGrain = 65536;  // multiply-adds worth a thread
  const std::int64_t cost = queries * keys * (features + values);
  parallel_for(heads, std::max<std::int64_t>(1, kGrain / cost),
               [&](std::int64_t begin, std::int64_t end) {
                 float* const memory =
                     static_cast<float*>(allocate(static_cast<std::size_t>(room) * sizeof(float)));
                 for (std::int64_t entry = begin; entry < end; ++entry) run(entry, memory);
                 deallocate(memory, static_cast<std::size_t>(room) * sizeof(float));
               });
}

}  // namespace

HWY_EXPORT(AttentionForward);
HWY_EXPORT(AttentionBackward);

void attention(const Attention& how, const Tensor& q, const Tensor& k, const Tensor& v,
               const Tensor& mask, const Tensor& kept, const Tensor& p, const Tensor& y) {
  const int dims = q.dim();
  for_each_head(q, k, v, [&](std::int64_t i, float* memory) {
    const Head head{.queries = q.shape()[dims - 2],
                    .keys = k.shape()[dims - 2],
                    .features = q.shape().back(),
                    .values = v.shape().back(),
                    .q = matrix_of(q, i),
                    .k = matrix_of(k, i),
                    .v = matrix_of(v, i),
                    .mask = matrix_of(mask, i),
                    .kept = matrix_of(kept, i),
                    .p = matrix_of(p, i),
                    .y = matrix_of(y, i),
                    .dy = {},
                    .dq = {},
                    .dk = {},
                    .dv = {}};
    HWY_DYNAMIC_DISPATCH(AttentionForward)(how, head, memory);
  });
}

void attention_backward(const Attention& how, const Tensor& dy, const Tensor& q, const Tensor& k,
                        const Tensor& v, const Tensor& kept, const Tensor& p, const Tensor& dq,
                        const Tensor& dk, const Tensor& dv) {
  const int dims = q.dim();
  for_each_head(q, k, v, [&](std::int64_t i, float* memory) {
    const Head head{.queries = q.shape()[dims - 2],
                    .keys = k.shape()[dims - 2],
                    .features = q.shape().back(),
                    .values = v.shape().back(),
                    .q = matrix_of(q, i),
                    .k = matrix_of(k, i),
                    .v = matrix_of(v, i),
                    .mask = {},
                    .kept = matrix_of(kept, i),
                    .p = matrix_of(p, i),
                    .y = {},
                    .dy = matrix_of(dy, i),
                    .dq = matrix_of(dq, i),
                    .dk = matrix_of(dk, i),
                    .dv = matrix_of(dv, i)};
    HWY_DYNAMIC_DISPATCH(AttentionBackward)(how, head, memory);
  });
}

}  // namespace percept::engine::onednn
#endif
