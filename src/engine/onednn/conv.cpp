// Convolutions through oneDNN. Images lie channels last, which oneDNN computes in without laying
// them out anew; weights are laid out as each primitive prefers, and kept so beside their storage
// until they change. Primitives are kept, per thread, by signature.
#include "engine/conv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <memory>
#include <vector>

#include "engine/counters.h"
#include "engine/derived.h"
#include "engine/onednn/kept.h"
#include "engine/onednn/onednn.h"
#include "engine/pointwise.h"
#include "percept/base/parallel.h"
#include "tensor/layout.h"
#include "tensor/make.h"

namespace percept::engine::onednn {
namespace {

using memory = dnnl::memory;

enum ConvKind : std::int64_t { kForward, kTransposed, kToWeights };
constexpr std::int64_t kWithBias = 4, kWithRelu = 8, kOfBf16 = 16;

/// Everything a primitive depends on.
struct ConvSignature {
  std::array<std::int64_t, 4> x, w, y;
  std::array<std::int64_t, 2> stride, padding, dilation;
  std::int64_t groups;
  std::int64_t flags;  // the kind, those above, and threads << 8

  ConvKind kind() const { return static_cast<ConvKind>(flags & 3); }
  bool has(std::int64_t flag) const { return (flags & flag) != 0; }
};

ConvSignature signature_of(ConvKind kind, const Tensor& x, const Tensor& w, const Tensor& y,
                           const Sliding& sliding, std::int64_t flags) {
  ConvSignature s{{}, {}, {}, sliding.stride, sliding.padding, sliding.dilation, sliding.groups, 0};
  for (int d = 0; d < 4; ++d) {
    const auto to = static_cast<std::size_t>(d);
    s.x[to] = x.shape()[d], s.w[to] = w.shape()[d], s.y[to] = y.shape()[d];
  }
  s.flags = kind | flags | (sliding.rounded ? kOfBf16 : 0) | (std::int64_t{num_threads()} << 8);
  return s;
}

/// A primitive with its arguments, of which only the data handles change between calls.
struct Convolution {
  dnnl::primitive primitive;  // empty: oneDNN has none for this machine
  memory x, w, y, bias, scratch;
  memory plain_w;         // w as a tensor lies
  dnnl::reorder reorder;  // between the two; empty: they are the same
  std::size_t w_bytes = 0, scratch_bytes = 0;
  std::array<dnnl_exec_arg_t, 5> arguments{};
  int count = 0;
  std::string implementation;

  memory add(int role, const memory::desc& desc) {
    memory argument(desc, cpu(), nullptr);
    arguments[static_cast<std::size_t>(count++)] = {role, argument.get()};
    return argument;
  }
  void run(const Tensor& x_numbers, void* w_numbers, const Tensor& y_numbers,
           const Tensor& bias_numbers) {
    const Block block(scratch_bytes);
    x.set_data_handle(x_numbers.impl().data);
    w.set_data_handle(w_numbers);
    y.set_data_handle(y_numbers.impl().data);
    if (bias_numbers.defined()) bias.set_data_handle(bias_numbers.impl().data);
    scratch.set_data_handle(block.data());
    execute(primitive, count, arguments.data());
  }
};

memory::desc images(const std::array<std::int64_t, 4>& sizes, memory::data_type type) {
  return {{sizes[0], sizes[1], sizes[2], sizes[3]}, type, memory::format_tag::nhwc};
}

/// As a tensor lies, or as the primitive prefers.
memory::desc weights(const ConvSignature& s, memory::data_type type, bool any) {
  using tag = memory::format_tag;
  if (s.groups == 1) return {{s.w[0], s.w[1], s.w[2], s.w[3]}, type, any ? tag::any : tag::oihw};
  return {{s.groups, s.w[0] / s.groups, s.w[1], s.w[2], s.w[3]}, type, any ? tag::any : tag::goihw};
}

ConvolutionDescs descs(const ConvSignature& s, memory::data_type x, memory::data_type w,
                       memory::data_type y) {
  ConvolutionDescs c{images(s.x, x), weights(s, w, true), {}, images(s.y, y), {}, {}, {}, {}};
  if (s.has(kWithBias))
    c.bias = memory::desc({s.y[1]}, memory::data_type::f32, memory::format_tag::a);
  for (std::size_t d = 0; d < 2; ++d) {
    const std::int64_t reach = s.dilation[d] * (s.w[d + 2] - 1) + 1;
    c.stride.push_back(s.stride[d]);
    c.gaps.push_back(s.dilation[d] - 1);
    c.front.push_back(s.padding[d]);
    // What the last place needs; where the stride does not divide, the end of x is not read.
    c.back.push_back(std::max<std::int64_t>(
        0, (s.y[d + 2] - 1) * s.stride[d] + reach - s.x[d + 2] - s.padding[d]));
  }
  return c;
}

template <class Primitive, class Chosen>
Convolution begin(const Chosen& chosen) {
  Convolution c;
  c.primitive = Primitive(chosen);
  c.implementation = chosen.impl_info_str();
  c.scratch = c.add(DNNL_ARG_SCRATCHPAD, chosen.scratchpad_desc());
  c.scratch_bytes = chosen.scratchpad_desc().get_size();
  ++counters().primitives;
  return c;
}

/// Adds w, in the layout of the primitive, and the way between it and the tensor's.
void add_weights(Convolution& c, int role, const ConvSignature& s, memory::data_type type,
                 const memory::desc& wanted) {
  const memory::desc plain = weights(s, type, false);
  c.w = c.add(role, wanted);
  c.w_bytes = wanted.get_size();
  if (plain == wanted) return;
  c.plain_w = memory(plain, cpu(), nullptr);
  c.reorder =
      role == DNNL_ARG_WEIGHTS ? dnnl::reorder(c.plain_w, c.w) : dnnl::reorder(c.w, c.plain_w);
}

Convolution build_conv(const ConvSignature& s) {
  constexpr auto real = memory::data_type::f32;
  const auto input = s.has(kOfBf16) ? memory::data_type::bf16 : real;
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  Convolution c;
  try {
    if (s.kind() == kForward) {
      dnnl::post_ops ops;
      if (s.has(kWithRelu)) append_relu(ops);
      attributes.set_post_ops(ops);
      const auto chosen = conv_desc(descs(s, input, input, real), attributes);
      c = begin<dnnl::convolution_forward>(chosen);
      c.x = c.add(DNNL_ARG_SRC, chosen.src_desc());
      c.y = c.add(DNNL_ARG_DST, chosen.dst_desc());
      if (s.has(kWithBias)) c.bias = c.add(DNNL_ARG_BIAS, chosen.bias_desc());
      add_weights(c, DNNL_ARG_WEIGHTS, s, input, chosen.weights_desc());
    } else if (s.kind() == kTransposed) {
      const auto forward = conv_desc(descs(s, input, input, input), {});
      const auto chosen = conv_transpose_desc(descs(s, real, input, input), forward, attributes);
      c = begin<dnnl::convolution_backward_data>(chosen);
      c.x = c.add(DNNL_ARG_DIFF_SRC, chosen.diff_src_desc());
      c.y = c.add(DNNL_ARG_DIFF_DST, chosen.diff_dst_desc());
      add_weights(c, DNNL_ARG_WEIGHTS, s, input, chosen.weights_desc());
    } else {
      const auto forward = conv_desc(descs(s, input, input, input), {});
      const auto chosen = conv_weights_desc(descs(s, input, real, input), forward, attributes);
      c = begin<dnnl::convolution_backward_weights>(chosen);
      c.x = c.add(DNNL_ARG_SRC, chosen.src_desc());
      c.y = c.add(DNNL_ARG_DIFF_DST, chosen.diff_dst_desc());
      if (s.has(kWithBias)) c.bias = c.add(DNNL_ARG_DIFF_BIAS, chosen.diff_bias_desc());
      add_weights(c, DNNL_ARG_DIFF_WEIGHTS, s, real, chosen.diff_weights_desc());
    }
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented && s.has(kOfBf16)) return {};
    throw;
  }
  if (s.has(kOfBf16) && c.implementation.starts_with("ref")) return {};
  return c;
}

Kept<ConvSignature, Convolution>& known_convolutions() {
  thread_local Kept<ConvSignature, Convolution> known;
  return known;
}

/// x rounded where that is asked for, channels last.
Tensor as_input(const Tensor& x, const Sliding& sliding) {
  Tensor numbers = sliding.rounded ? rounded(x) : x;
  if (is_channels_last(numbers)) return numbers;
  Tensor copy = make_channels_last(x.shape(), numbers.dtype());
  engine::copy(numbers, copy);
  return copy;
}

/// f32 numbers of what was rounded, for machines without bf16.
Tensor as_rounded_f32(const Tensor& x) {
  Tensor y = make_channels_last(x.shape(), f32);
  engine::copy(rounded(x), y);
  return y;
}

Sliding unrounded(Sliding sliding) {
  sliding.rounded = false;
  return sliding;
}

/// Weights in the layouts of some primitives, kept beside their storage.
struct Kernels {
  struct One {
    memory::desc layout;
    std::uint32_t version;
    std::shared_ptr<Block> numbers;
  };
  std::vector<One> list;
};

/// A weight as a primitive takes it, and what keeps it alive.
struct Kernel {
  void* data = nullptr;
  Tensor tensor = {};
  std::shared_ptr<Block> block = {};

  explicit Kernel(Tensor same) : data(same.impl().data), tensor(std::move(same)) {}
  explicit Kernel(std::shared_ptr<Block> numbers)
      : data(numbers->data()), block(std::move(numbers)) {}
};

Kernel kernel_of(const Tensor& w, const Sliding& sliding, Convolution& c) {
  Tensor whole = w;
  if (!w.is_contiguous()) {
    whole = make(w.shape(), w.dtype());
    engine::copy(w, whole);
  }
  if (!c.reorder) return Kernel(sliding.rounded ? rounded(whole) : whole);
  Derived& derived = derived_of(whole);
  const Storage& storage = *whole.impl().storage;
  const bool part = static_cast<std::size_t>(whole.numel()) * sizeof(float) != storage.bytes;
  if (!part) {
    const std::lock_guard lock(derived.mutex);
    if (const auto known = std::static_pointer_cast<Kernels>(derived.kernels)) {
      std::erase_if(known->list, [&](const auto& one) { return one.version != storage.version; });
      for (const Kernels::One& one : known->list)
        if (one.layout == c.w.get_desc()) return Kernel(one.numbers);
    }
  }
  const Tensor from = sliding.rounded ? rounded(whole) : whole;
  auto numbers = std::make_shared<Block>(c.w_bytes);
  c.plain_w.set_data_handle(from.impl().data);
  c.w.set_data_handle(numbers->data());
  c.reorder.execute(stream(), c.plain_w, c.w);
  ++counters().kernels;
  if (part) return Kernel(numbers);
  const std::lock_guard lock(derived.mutex);
  if (!derived.kernels) derived.kernels = std::make_shared<Kernels>();
  auto& list = std::static_pointer_cast<Kernels>(derived.kernels)->list;
  constexpr std::size_t kMostLayouts = 4;  // forward and backward, in f32 and bf16
  if (list.size() >= kMostLayouts) list.erase(list.begin());
  list.push_back({c.w.get_desc(), storage.version, numbers});
  return Kernel(numbers);
}

}  // namespace

void conv(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y,
          const Sliding& sliding, Activation activation) {
  const auto s = signature_of(
      kForward, x, w, y, sliding,
      (bias.defined() ? kWithBias : 0) | (activation == Activation::relu ? kWithRelu : 0));
  Convolution& c = known_convolutions().find(s, build_conv);
  if (!c.primitive)
    return onednn::conv(as_rounded_f32(x), as_rounded_f32(w), bias, y, unrounded(sliding),
                        activation);
  const Kernel kernel = kernel_of(w, sliding, c);
  c.run(as_input(x, sliding), kernel.data, y, bias);
}

void conv_transpose(const Tensor& y, const Tensor& w, const Tensor& x, const Sliding& sliding) {
  Convolution& c =
      known_convolutions().find(signature_of(kTransposed, x, w, y, sliding, 0), build_conv);
  if (!c.primitive)
    return onednn::conv_transpose(as_rounded_f32(y), as_rounded_f32(w), x, unrounded(sliding));
  const Kernel kernel = kernel_of(w, sliding, c);
  c.run(x, kernel.data, as_input(y, sliding), {});
}

void conv_weights(const Tensor& x, const Tensor& y, const Tensor& w, const Tensor& bias,
                  const Sliding& sliding) {
  const auto s = signature_of(kToWeights, x, w, y, sliding, bias.defined() ? kWithBias : 0);
  Convolution& c = known_convolutions().find(s, build_conv);
  if (!c.primitive)
    return onednn::conv_weights(as_rounded_f32(x), as_rounded_f32(y), w, bias, unrounded(sliding));
  const Tensor image = as_input(x, sliding), result = as_input(y, sliding);
  if (!c.reorder) return c.run(image, w.impl().data, result, bias);
  const Block block(c.w_bytes);
  c.run(image, block.data(), result, bias);
  c.plain_w.set_data_handle(w.impl().data);
  c.reorder.execute(stream(), c.w, c.plain_w);
}

std::vector<KeptConvolution> kept_convolutions() {
  std::vector<KeptConvolution> list;
  known_convolutions().for_each([&](const ConvSignature& s, const Convolution& c) {
    constexpr std::array kinds{"forward", "transposed", "to weights"};
    list.push_back({fmt::format("{}: x {} w {} y {} stride {} padding {} dilation {} groups {}",
                                kinds[static_cast<std::size_t>(s.kind())], s.x, s.w, s.y, s.stride,
                                s.padding, s.dilation, s.groups),
                    s.has(kOfBf16), c.implementation});
  });
  return list;
}

}  // namespace percept::engine::onednn
