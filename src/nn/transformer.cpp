#include "percept/nn/transformer.h"

#include <fmt/format.h>

#include <limits>

#include "engine/engine.h"
#include "nn/place.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/nn/init.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/matmul.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::nn {
namespace {

bool is_gelu(const std::string& activation) {
  if (activation != "relu" && activation != "gelu")
    throw ValueError(
        fmt::format("Transformer: activation must be \"relu\" or \"gelu\", found "
                    "\"{}\"",
                    activation));
  return activation == "gelu";
}

MultiheadAttention heads_of(std::int64_t d_model, std::int64_t nhead,
                            const TransformerLayerOptions& options) {
  return {d_model,
          nhead,
          {.dropout = options.dropout,
           .bias = options.bias,
           .batch_first = options.batch_first,
           .dtype = options.dtype}};
}

Linear map(std::int64_t in, std::int64_t out, const TransformerLayerOptions& options) {
  return {in, out, {.bias = options.bias, .dtype = options.dtype}};
}

LayerNorm norm_of(std::int64_t d_model, const TransformerLayerOptions& options) {
  return LayerNorm(d_model,
                   {.eps = options.layer_norm_eps, .bias = options.bias, .dtype = options.dtype});
}

/// The attention's output for these masks.
Tensor attend(MultiheadAttention& module, const Tensor& x, const Tensor& memory, const Tensor& mask,
              const Tensor& padding, bool is_causal) {
  const bool masked = mask.defined() || padding.defined() || is_causal;
  if (!masked && memory.is_same(x)) return module(x);  // with its hooks
  return inside(module, [&] {
    return module
        .forward(x, memory, memory,
                 {.key_padding_mask = padding,
                  .need_weights = false,
                  .attn_mask = mask,
                  .is_causal = is_causal})
        .output;
  });
}

/// linear2(dropout(activation(linear1(x))))
template <class Layer>
Tensor feed_forward(Layer& layer, const Tensor& x, bool with_gelu) {
  if (!with_gelu && engine::fusion() && !layer.linear1.has_hooks())
    return layer.linear2(layer.dropout(inside(layer.linear1, [&] {
      return percept::detail::linear_relu(x, layer.linear1.weight, layer.linear1.bias);
    })));
  const Tensor h = layer.linear1(x);
  return layer.linear2(layer.dropout(with_gelu ? gelu(h) : relu(h)));
}

/// norm(x + part(x)), or x + part(norm(x)) with the norm first.
template <class Part>
Tensor residual(const Tensor& x, LayerNorm& norm, Dropout& dropout, bool norm_first,
                const Part& part) {
  if (norm_first) return x + dropout(part(norm(x)));
  return norm(x + dropout(part(x)));
}

template <class Layer>
std::vector<Layer> copies(const Layer& layer, std::int64_t count) {
  if (count < 0)
    throw ValueError(fmt::format("Transformer: num_layers must not be negative, found {}", count));
  return std::vector<Layer>(static_cast<std::size_t>(count), layer);
}

}  // namespace

TransformerEncoderLayer::TransformerEncoderLayer(std::int64_t d_model, std::int64_t nhead,
                                                 const TransformerLayerOptions& options)
    : self_attn(heads_of(d_model, nhead, options)),
      linear1(map(d_model, options.dim_feedforward, options)),
      dropout(options.dropout),
      linear2(map(options.dim_feedforward, d_model, options)),
      norm1(norm_of(d_model, options)),
      norm2(norm_of(d_model, options)),
      dropout1(options.dropout),
      dropout2(options.dropout),
      gelu_(is_gelu(options.activation)),
      norm_first_(options.norm_first) {}

Tensor TransformerEncoderLayer::forward(const Tensor& src, const EncoderMasks& masks) {
  const Tensor x = residual(src, norm1, dropout1, norm_first_, [&](const Tensor& in) {
    return attend(self_attn, in, in, masks.src_mask, masks.src_key_padding_mask, masks.is_causal);
  });
  return residual(x, norm2, dropout2, norm_first_,
                  [&](const Tensor& in) { return feed_forward(*this, in, gelu_); });
}

Tensor TransformerEncoderLayer::attention(const Tensor& src, const EncoderMasks& masks) {
  const Tensor x = norm_first_ ? norm1(src) : src;
  return self_attn
      .forward(x, x, x,
               {.key_padding_mask = masks.src_key_padding_mask,
                .attn_mask = masks.src_mask,
                .average_attn_weights = false,
                .is_causal = masks.is_causal})
      .weights;
}

void TransformerEncoderLayer::visit(Visitor& v) {
  v("self_attn", self_attn);
  v("linear1", linear1);
  v("dropout", dropout);
  v("linear2", linear2);
  v("norm1", norm1);
  v("norm2", norm2);
  v("dropout1", dropout1);
  v("dropout2", dropout2);
}

TransformerDecoderLayer::TransformerDecoderLayer(std::int64_t d_model, std::int64_t nhead,
                                                 const TransformerLayerOptions& options)
    : self_attn(heads_of(d_model, nhead, options)),
      multihead_attn(heads_of(d_model, nhead, options)),
      linear1(map(d_model, options.dim_feedforward, options)),
      dropout(options.dropout),
      linear2(map(options.dim_feedforward, d_model, options)),
      norm1(norm_of(d_model, options)),
      norm2(norm_of(d_model, options)),
      norm3(norm_of(d_model, options)),
      dropout1(options.dropout),
      dropout2(options.dropout),
      dropout3(options.dropout),
      gelu_(is_gelu(options.activation)),
      norm_first_(options.norm_first) {}

Tensor TransformerDecoderLayer::forward(const Tensor& tgt, const Tensor& memory,
                                        const DecoderMasks& masks) {
  const Tensor own = residual(tgt, norm1, dropout1, norm_first_, [&](const Tensor& in) {
    return attend(self_attn, in, in, masks.tgt_mask, masks.tgt_key_padding_mask,
                  masks.tgt_is_causal);
  });
  const Tensor x = residual(own, norm2, dropout2, norm_first_, [&](const Tensor& in) {
    return attend(multihead_attn, in, memory, masks.memory_mask, masks.memory_key_padding_mask,
                  masks.memory_is_causal);
  });
  return residual(x, norm3, dropout3, norm_first_,
                  [&](const Tensor& in) { return feed_forward(*this, in, gelu_); });
}

void TransformerDecoderLayer::visit(Visitor& v) {
  v("self_attn", self_attn);
  v("multihead_attn", multihead_attn);
  v("linear1", linear1);
  v("dropout", dropout);
  v("linear2", linear2);
  v("norm1", norm1);
  v("norm2", norm2);
  v("norm3", norm3);
  v("dropout1", dropout1);
  v("dropout2", dropout2);
  v("dropout3", dropout3);
}

TransformerEncoder::TransformerEncoder(const TransformerEncoderLayer& layer,
                                       std::int64_t num_layers, std::optional<LayerNorm> last)
    : layers(copies(layer, num_layers)), norm(std::move(last)) {}

Tensor TransformerEncoder::forward(const Tensor& src, const EncoderMasks& masks) {
  Tensor x = src;
  const bool masked =
      masks.src_mask.defined() || masks.src_key_padding_mask.defined() || masks.is_causal;
  for (TransformerEncoderLayer& layer : layers)
    x = masked ? inside(layer, [&] { return layer.forward(x, masks); }) : layer(x);
  return norm ? (*norm)(x) : x;
}

std::vector<Tensor> TransformerEncoder::attention(const Tensor& src, const EncoderMasks& masks) {
  const NoGradGuard no_grad;
  std::vector<Tensor> weights;
  Tensor x = src;
  for (TransformerEncoderLayer& layer : layers) {
    weights.push_back(layer.attention(x, masks));
    x = layer.forward(x, masks);
  }
  return weights;
}

void TransformerEncoder::visit(Visitor& v) {
  v("layers", layers);
  v("norm", norm);
}

TransformerDecoder::TransformerDecoder(const TransformerDecoderLayer& layer,
                                       std::int64_t num_layers, std::optional<LayerNorm> last)
    : layers(copies(layer, num_layers)), norm(std::move(last)) {}

Tensor TransformerDecoder::forward(const Tensor& tgt, const Tensor& memory,
                                   const DecoderMasks& masks) {
  Tensor x = tgt;
  for (TransformerDecoderLayer& layer : layers)
    x = inside(layer, [&] { return layer.forward(x, memory, masks); });
  return norm ? (*norm)(x) : x;
}

void TransformerDecoder::visit(Visitor& v) {
  v("layers", layers);
  v("norm", norm);
}

Transformer::Transformer(const TransformerOptions& o)
    : encoder(TransformerEncoderLayer(o.d_model, o.nhead, o.layer), o.num_encoder_layers,
              norm_of(o.d_model, o.layer)),
      decoder(TransformerDecoderLayer(o.d_model, o.nhead, o.layer), o.num_decoder_layers,
              norm_of(o.d_model, o.layer)) {
  for (Module* part : {static_cast<Module*>(&encoder), static_cast<Module*>(&decoder)})
    for (Tensor& parameter : part->parameters())
      if (parameter.dim() > 1) init::xavier_uniform_(parameter);
}

Tensor Transformer::forward(const Tensor& src, const Tensor& tgt, const EncoderMasks& src_masks,
                            const DecoderMasks& masks) {
  const Tensor memory = inside(encoder, [&] { return encoder.forward(src, src_masks); });
  return inside(decoder, [&] { return decoder.forward(tgt, memory, masks); });
}

void Transformer::visit(Visitor& v) {
  v("encoder", encoder);
  v("decoder", decoder);
}

Tensor generate_square_subsequent_mask(std::int64_t size, Dtype dtype) {
  const Tensor place = arange(size);
  return masked_fill(zeros({size, size}, {.dtype = dtype}),
                     gt(unsqueeze(place, 0), unsqueeze(place, 1)),
                     -std::numeric_limits<double>::infinity());
}

}  // namespace percept::nn
