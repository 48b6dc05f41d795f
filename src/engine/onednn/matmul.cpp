// Products through oneDNN's matmul. Making a primitive costs 0.1 ms, finding it in oneDNN's own
// cache 2 us, calling a kept one 0.4 us: so primitive and argument map are kept, per thread, by
// signature.
#include "engine/matmul.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "engine/onednn/onednn.h"
#include "engine/pointwise.h"
#include "percept/base/parallel.h"
#include "tensor/make.h"

namespace percept::engine::onednn {
namespace {

/// Everything a primitive depends on.
struct Signature {
  std::int64_t batch, m, n, k;
  std::int64_t as[3], bs[3];
  std::int64_t flags;  // bias, activation, accumulate, threads
  bool operator==(const Signature& other) const {
    return std::memcmp(this, &other, sizeof *this) == 0;
  }
};
static_assert(std::has_unique_object_representations_v<Signature>);

struct Hash {
  std::size_t operator()(const Signature& s) const {
    const auto* words = reinterpret_cast<const std::uint64_t*>(&s);
    std::uint64_t h = 0x9e3779b97f4a7c15;
    for (std::size_t i = 0; i < sizeof s / 8; ++i)
      h = (h ^ words[i]) * 0xff51afd7ed558ccd, h ^= h >> 32;
    return h;
  }
};

/// A primitive with its arguments; only the data handles change between calls.
struct Product {
  dnnl::matmul primitive;
  dnnl::memory a, b, c, bias, scratch;
  std::unordered_map<int, dnnl::memory> arguments;
  std::uint64_t last_use = 0;
};

Product build(const Signature& s, bool batched) {
  using memory = dnnl::memory;
  const auto type = memory::data_type::f32;
  const auto desc = [&](std::int64_t rows, std::int64_t columns, const std::int64_t* strides) {
    if (!batched) return memory::desc({rows, columns}, type, memory::dims{strides[1], strides[2]});
    const bool one = strides[0] == 0;  // one matrix for the whole batch
    return memory::desc({one ? 1 : s.batch, rows, columns}, type,
                        memory::dims{one ? rows * columns : strides[0], strides[1], strides[2]});
  };
  const std::int64_t cs[3] = {s.m * s.n, s.n, 1};
  const auto a = desc(s.m, s.k, s.as), b = desc(s.k, s.n, s.bs), c = desc(s.m, s.n, cs);
  memory::desc bias;
  if (s.flags & 1)
    bias = batched ? memory::desc({1, 1, s.n}, type, memory::dims{s.n, s.n, 1})
                   : memory::desc({1, s.n}, type, memory::dims{s.n, 1});
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops ops;
  if (s.flags & 4) ops.append_sum(1.0f);
  if (s.flags & 2) append_relu(ops);
  attributes.set_post_ops(ops);
  const auto chosen = matmul_desc(a, b, bias, c, attributes);

  Product product;
  product.primitive = dnnl::matmul(chosen);
  product.a = memory(chosen.src_desc(), cpu(), nullptr);
  product.b = memory(chosen.weights_desc(), cpu(), nullptr);
  product.c = memory(chosen.dst_desc(), cpu(), nullptr);
  product.scratch = memory(chosen.scratchpad_desc(), cpu());
  product.arguments = {{DNNL_ARG_SRC, product.a},
                       {DNNL_ARG_WEIGHTS, product.b},
                       {DNNL_ARG_DST, product.c},
                       {DNNL_ARG_SCRATCHPAD, product.scratch}};
  if (s.flags & 1) {
    product.bias = memory(chosen.bias_desc(), cpu(), nullptr);
    product.arguments.emplace(DNNL_ARG_BIAS, product.bias);
  }
  return product;
}

/// The primitive of a signature, made when it is new. A primitive holds about 0.25 MiB of code, so
/// a program of ever new shapes keeps those used last.
Product& kept(const Signature& s, bool batched) {
  constexpr std::size_t kMost = 256;
  thread_local std::unordered_map<Signature, Product, Hash> cache;
  thread_local std::uint64_t now = 0;
  static const bool limited = (dnnl::set_primitive_cache_capacity(kMost), true);  // oneDNN's own
  static_cast<void>(limited);
  auto found = cache.find(s);
  if (found == cache.end()) {
    if (cache.size() >= kMost)
      cache.erase(std::min_element(cache.begin(), cache.end(), [](const auto& a, const auto& b) {
        return a.second.last_use < b.second.last_use;
      }));
    found = cache.emplace(s, build(s, batched)).first;
  }
  found->second.last_use = ++now;
  return found->second;
}

/// Strides of x's matrices, those of a single row, column or batch entry put into plain form.
void plain_strides(const Tensor& x, bool batched, std::int64_t* to) {
  const int d = batched ? 1 : 0;
  const std::int64_t rows = x.shape()[d], columns = x.shape()[d + 1];
  to[0] = batched && x.shape()[0] > 1 ? x.strides()[0] : 0;
  to[2] = columns == 1 ? 1 : x.strides()[d + 1];
  to[1] = rows > 1 ? x.strides()[d] : to[2] == 1 ? columns : 1;
}

/// x, or a copy: oneDNN takes a matrix whose rows or columns are dense.
Tensor dense(const Tensor& x, bool batched, std::int64_t* strides) {
  const int d = batched ? 1 : 0;
  plain_strides(x, batched, strides);
  if (strides[2] == 1 && strides[1] >= x.shape()[d + 1]) return x;
  if (strides[1] == 1 && strides[2] >= x.shape()[d]) return x;
  Tensor copy = make(x.shape(), x.dtype());
  engine::copy(x, copy);
  plain_strides(copy, batched, strides);
  return copy;
}

}  // namespace

void gemm(const Gemm& g) {
  const bool batched = g.c.dim() == 3;
  const int d = batched ? 1 : 0;
  Signature s{};
  const Tensor a = dense(g.a, batched, s.as), b = dense(g.b, batched, s.bs);
  s.batch = batched ? g.c.shape()[0] : 1;
  s.m = g.c.shape()[d], s.n = g.c.shape()[d + 1], s.k = a.shape()[d + 1];
  s.flags = (g.bias ? 1 : 0) | (g.activation == Activation::relu ? 2 : 0) | (g.accumulate ? 4 : 0) |
            (std::int64_t{num_threads()} << 8);

  Product& product = kept(s, batched);
  product.a.set_data_handle(a.impl().data);
  product.b.set_data_handle(b.impl().data);
  product.c.set_data_handle(g.c.impl().data);
  if (g.bias) product.bias.set_data_handle(g.bias->impl().data);
  product.primitive.execute(stream(), product.arguments);
}

}  // namespace percept::engine::onednn
