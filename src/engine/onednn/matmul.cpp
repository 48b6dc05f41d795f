// Products through oneDNN's matmul. Making a primitive costs 0.1 ms and more, finding it in
// oneDNN's own cache 2 us, calling a kept one 0.4 us: so primitives are kept, per thread, by
// signature (kept.h). A weight that comes again and again is packed into the layout the primitive
// prefers: for few rows, laying it out anew is most of a product's time.
#include "engine/matmul.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "engine/counters.h"
#include "engine/derived.h"
#include "engine/onednn/kept.h"
#include "engine/onednn/onednn.h"
#include "engine/pointwise.h"
#include "percept/base/parallel.h"
#include "tensor/make.h"

namespace percept::engine::onednn {
namespace {

using memory = dnnl::memory;

constexpr std::int64_t kBias = 1, kRelu = 2, kAccumulate = 4, kRounded = 8, kPacked = 16;

/// Everything a primitive depends on.
struct Signature {
  std::int64_t batch, m, n, k;
  std::int64_t as[3], bs[3];
  std::int64_t flags;  // those above, and threads << 8
  bool operator==(const Signature& other) const {
    return std::memcmp(this, &other, sizeof *this) == 0;
  }
};

/// A primitive with its arguments; only the data handles change between calls.
struct Product {
  dnnl::matmul primitive;  // empty: oneDNN has none for this machine
  memory a, b, c, bias, scratch;
  std::size_t scratch_bytes = 0;
  std::array<dnnl_exec_arg_t, 5> arguments{};
  int count = 0;
  std::string implementation;

  memory add(int role, const memory::desc& desc) {
    memory argument(desc, cpu(), nullptr);
    arguments[static_cast<std::size_t>(count++)] = {role, argument.get()};
    return argument;
  }
};

memory::desc matrix(const Signature& s, bool batched, std::int64_t rows, std::int64_t columns,
                    const std::int64_t* strides, memory::data_type type) {
  if (!batched) return {{rows, columns}, type, memory::dims{strides[1], strides[2]}};
  const bool one = strides[0] == 0;  // one matrix for the whole batch
  return {{one ? 1 : s.batch, rows, columns},
          type,
          memory::dims{one ? rows * columns : strides[0], strides[1], strides[2]}};
}

memory::data_type input_type(const Signature& s) {
  return s.flags & kRounded ? memory::data_type::bf16 : memory::data_type::f32;
}

/// How b lies there, unpacked: (batch, k, n) or (k, n).
memory::desc b_desc(const Signature& s, bool batched) {
  return matrix(s, batched, s.k, s.n, s.bs, input_type(s));
}

Product build(const Signature& s, bool batched) {
  const auto f32_type = memory::data_type::f32;
  const std::int64_t cs[3] = {s.m * s.n, s.n, 1};
  const memory::desc a = matrix(s, batched, s.m, s.k, s.as, input_type(s)),
                     c = matrix(s, batched, s.m, s.n, cs, f32_type);
  const memory::desc b = s.flags & kPacked
                             ? memory::desc({s.k, s.n}, input_type(s), memory::format_tag::any)
                             : b_desc(s, batched);
  memory::desc bias;
  if (s.flags & kBias)
    bias = batched ? memory::desc({1, 1, s.n}, f32_type, memory::dims{s.n, s.n, 1})
                   : memory::desc({1, s.n}, f32_type, memory::dims{s.n, 1});
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops ops;
  if (s.flags & kAccumulate) ops.append_sum(1.0f);
  if (s.flags & kRelu) append_relu(ops);
  attributes.set_post_ops(ops);

  Product product;
  dnnl::matmul::primitive_desc chosen;
  try {
    chosen = matmul_desc(a, b, bias, c, attributes);
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented && (s.flags & kRounded)) return product;
    throw;
  }
  product.implementation = chosen.impl_info_str();
  if ((s.flags & kRounded) && product.implementation.starts_with("ref")) return {};
  product.primitive = dnnl::matmul(chosen);
  product.a = product.add(DNNL_ARG_SRC, chosen.src_desc());
  product.b = product.add(DNNL_ARG_WEIGHTS, chosen.weights_desc());
  product.c = product.add(DNNL_ARG_DST, chosen.dst_desc());
  product.scratch = product.add(DNNL_ARG_SCRATCHPAD, chosen.scratchpad_desc());
  product.scratch_bytes = chosen.scratchpad_desc().get_size();
  if (s.flags & kBias) product.bias = product.add(DNNL_ARG_BIAS, chosen.bias_desc());
  ++counters().primitives;
  return product;
}

Kept<Signature, Product>& known_products() {
  thread_local Kept<Signature, Product> known;
  return known;
}

Product& kept(const Signature& signature, bool batched) {
  return known_products().find(signature, [&](const Signature& s) { return build(s, batched); });
}

/// b in a primitive's own layout, kept beside b's storage.
struct Packed {
  Signature form{};  // k, n and bs of b, and its type
  memory::desc layout;
  std::shared_ptr<Block> numbers;  // null: seen once, to be packed when it comes again
};

/// Chooses the primitive of the signature `s` for g, and b in its layout where that is worth
/// while: when the same numbers, all of a storage, come for the second time.
std::shared_ptr<Block> packed(const Gemm& g, const Tensor& b, const Signature& s,
                              Product*& product) {
  const Storage& storage = *g.b.impl().storage;
  if (!g.constant || g.c.dim() != 2 || g.b.numel() * sizeof(float) != storage.bytes) return nullptr;
  Packed fresh;
  fresh.form.k = s.k, fresh.form.n = s.n, fresh.form.flags = s.flags & kRounded;
  std::copy_n(s.bs, 3, fresh.form.bs);
  Derived& derived = derived_of(g.b);
  const std::lock_guard lock(derived.mutex);
  const auto known = std::static_pointer_cast<Packed>(derived.packed);
  if (!known || derived.packed_at != storage.version) {
    derived.packed = std::make_shared<Packed>(fresh);
    derived.packed_at = storage.version;
    return nullptr;
  }
  if (!(known->form == fresh.form)) return nullptr;  // used in two ways
  Signature free = s;
  free.flags |= kPacked;
  std::fill_n(free.bs, 3, 0);
  Product& prefers = kept(free, false);
  const memory::desc layout = prefers.primitive ? prefers.b.get_desc() : memory::desc();
  if (!known->numbers) {
    const memory::desc plain({s.k, s.n}, input_type(s), memory::format_tag::ab);
    if (!prefers.primitive || layout == plain || layout == b_desc(s, false)) return nullptr;
    auto numbers = std::make_shared<Block>(layout.get_size());
    const memory from(b_desc(s, false), cpu(), b.impl().data), to(layout, cpu(), numbers->data());
    dnnl::reorder(from, to).execute(stream(), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    known->layout = layout;
    known->numbers = std::move(numbers);
    ++counters().packed;
  }
  if (known->layout != layout) return nullptr;
  product = &prefers;
  return known->numbers;
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

/// f32 numbers of a rounded tensor.
Tensor widened(const Tensor& x) {
  Tensor y = make(x.shape(), f32);
  engine::copy(x, y);
  return y;
}

}  // namespace

void gemm(const Gemm& g) {
  const bool batched = g.c.dim() == 3;
  const int d = batched ? 1 : 0;
  Signature s{};
  const Tensor a = dense(g.rounded ? rounded(g.a) : g.a, batched, s.as),
               b = dense(g.rounded ? rounded(g.b) : g.b, batched, s.bs);
  s.batch = batched ? g.c.shape()[0] : 1;
  s.m = g.c.shape()[d], s.n = g.c.shape()[d + 1], s.k = a.shape()[d + 1];
  s.flags = (g.bias ? kBias : 0) | (g.activation == Activation::relu ? kRelu : 0) |
            (g.accumulate ? kAccumulate : 0) | (g.rounded ? kRounded : 0) |
            (std::int64_t{num_threads()} << 8);

  Product* product = nullptr;
  const std::shared_ptr<Block> constant = packed(g, b, s, product);
  if (!product) product = &kept(s, batched);
  if (!product->primitive)  // no products of bf16 here: the same numbers in f32
    return gemm({.a = widened(a),
                 .b = widened(b),
                 .c = g.c,
                 .bias = g.bias,
                 .activation = g.activation,
                 .accumulate = g.accumulate});
  const Block scratch(product->scratch_bytes);
  product->a.set_data_handle(a.impl().data);
  product->b.set_data_handle(constant ? constant->data() : b.impl().data);
  product->c.set_data_handle(g.c.impl().data);
  if (g.bias) product->bias.set_data_handle(g.bias->impl().data);
  product->scratch.set_data_handle(scratch.data());
  execute(product->primitive, product->count, product->arguments.data());
}

std::vector<KeptProduct> kept_products() {
  std::vector<KeptProduct> list;
  known_products().for_each([&](const Signature& s, const Product& product) {
    list.push_back({s.batch, s.m, s.n, s.k, (s.flags & kRounded) != 0, (s.flags & kPacked) != 0,
                    product.implementation});
  });
  return list;
}

}  // namespace percept::engine::onednn
