// The operations of ops/layer_norm.h, ops/embedding.h and ops/attention.h.
#include "ops/op_forms.h"
#include "percept/ops/attention.h"
#include "percept/ops/embedding.h"
#include "percept/ops/layer_norm.h"

namespace percept::testing {
namespace {

AttentionOptions attention_options(const Inputs& in, const Args& args, Generator* generator) {
  AttentionOptions options{.attn_mask = optional_tensor(in, args, "attn_mask"),
                           .dropout_p = real(args, "dropout_p", 0),
                           .is_causal = args.value("is_causal", false),
                           .generator = args.contains("seed") ? generator : nullptr};
  if (args.contains("scale")) options.scale = real(args, "scale", 1);
  return options;
}

}  // namespace

void put_attention(Table& table) {
  put(table, "layer_norm", [](const Inputs& in, const Args& args) {
    return layer_norm(in.at(0), shape(args, "normalized_shape"),
                      {.weight = optional_tensor(in, args, "weight"),
                       .bias = optional_tensor(in, args, "bias"),
                       .eps = real(args, "eps", 1e-5)});
  });
  put(table, "rms_norm", [](const Inputs& in, const Args& args) {
    RmsNormOptions options{.weight = optional_tensor(in, args, "weight")};
    if (args.contains("eps")) options.eps = real(args, "eps", 0);
    return rms_norm(in.at(0), shape(args, "normalized_shape"), options);
  });
  put(table, "embedding", [](const Inputs& in, const Args& args) {
    return args.contains("padding_idx")
               ? embedding(in.at(0), in.at(1), integer(args, "padding_idx"))
               : embedding(in.at(0), in.at(1));
  });
  put(table, "scaled_dot_product_attention", [](const Inputs& in, const Args& args) {
    Generator generator(static_cast<std::uint64_t>(integer(args, "seed", 0)));
    return scaled_dot_product_attention(in.at(0), in.at(1), in.at(2),
                                        attention_options(in, args, &generator));
  });
  put(table, "detail::self_attention", [](const Inputs& in, const Args& args) {
    Generator generator(static_cast<std::uint64_t>(integer(args, "seed", 0)));
    return detail::self_attention(in.at(0), integer(args, "num_heads"),
                                  attention_options(in, args, &generator));
  });
  put(table, "detail::attention_weights", [](const Inputs& in, const Args& args) {
    return detail::attention_weights(in.at(0), in.at(1), attention_options(in, args, nullptr));
  });
}

}  // namespace percept::testing
