// The only door to oneDNN: the version differences (2.6 in Debian 12, 3.x elsewhere) stay here.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

namespace percept::engine::onednn {

inline dnnl::engine& cpu() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

/// One stream a thread: a stream may be used by one thread at a time.
inline dnnl::stream& stream() {
  thread_local dnnl::stream stream(cpu());
  return stream;
}

inline dnnl::matmul::primitive_desc matmul_desc(const dnnl::memory::desc& a,
                                                const dnnl::memory::desc& b,
                                                const dnnl::memory::desc& bias,
                                                const dnnl::memory::desc& c,
                                                const dnnl::primitive_attr& attributes) {
  const bool with_bias = !bias.is_zero();
#if DNNL_VERSION_MAJOR >= 3
  return with_bias ? dnnl::matmul::primitive_desc(cpu(), a, b, bias, c, attributes)
                   : dnnl::matmul::primitive_desc(cpu(), a, b, c, attributes);
#else
  const auto desc = with_bias ? dnnl::matmul::desc(a, b, bias, c) : dnnl::matmul::desc(a, b, c);
  return {desc, attributes, cpu()};
#endif
}

/// A convolution of x with w to y; bias may be empty. Each description says its layout, or `any`.
struct ConvolutionDescs {
  dnnl::memory::desc x, w, bias, y;
  dnnl::memory::dims stride, gaps, front, back;  // gaps: between the kernel's elements
};

inline dnnl::convolution_forward::primitive_desc conv_desc(const ConvolutionDescs& c,
                                                           const dnnl::primitive_attr& attributes) {
  constexpr auto kind = dnnl::prop_kind::forward_training;
  constexpr auto direct = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), kind,     direct, c.x,     c.w,    c.bias,
          c.y,   c.stride, c.gaps, c.front, c.back, attributes};
#else
  return {
      {kind, direct, c.x, c.w, c.bias, c.y, c.stride, c.gaps, c.front, c.back}, attributes, cpu()};
#endif
}

/// The transposed one, from y to x. oneDNN asks for the forward one, of inputs of one type.
inline dnnl::convolution_backward_data::primitive_desc conv_transpose_desc(
    const ConvolutionDescs& c, const dnnl::convolution_forward::primitive_desc& forward,
    const dnnl::primitive_attr& attributes) {
  constexpr auto direct = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), direct, c.x, c.w, c.y, c.stride, c.gaps, c.front, c.back, forward, attributes};
#else
  return {{direct, c.x, c.w, c.y, c.stride, c.gaps, c.front, c.back}, attributes, cpu(), forward};
#endif
}

/// From x and y to w, and from y to bias.
inline dnnl::convolution_backward_weights::primitive_desc conv_weights_desc(
    const ConvolutionDescs& c, const dnnl::convolution_forward::primitive_desc& forward,
    const dnnl::primitive_attr& attributes) {
  constexpr auto direct = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(),    direct, c.x,     c.w,    c.bias,  c.y,
          c.stride, c.gaps, c.front, c.back, forward, attributes};
#else
  return {{direct, c.x, c.w, c.bias, c.y, c.stride, c.gaps, c.front, c.back},
          attributes,
          cpu(),
          forward};
#endif
}

inline void append_relu(dnnl::post_ops& ops) {
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#else
  ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#endif
}

/// Without the map and the list that dnnl::primitive::execute makes of the arguments.
inline void execute(const dnnl::primitive& primitive, int count, const dnnl_exec_arg_t* arguments) {
  dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive.get(), stream().get(), count, arguments),
                          "could not execute a primitive");
}

}  // namespace percept::engine::onednn
