#include "percept/models/sequence.h"

#include <fmt/format.h>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/nn/activation.h"
#include "percept/nn/init.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::models {
namespace {

std::int64_t count_of_patches(const Shape& image, std::int64_t p) {
  return (image[image.dim() - 2] / p) * (image[image.dim() - 1] / p);
}

}  // namespace

// (N, H/p, p, W/p, p) -> (N, H/p, W/p, p, p) -> (N, patches, p p)
Tensor patches(const Tensor& x, std::int64_t p) {
  if (x.dim() != 4 || x.shape()[1] != 1 || p < 1 || x.shape()[2] % p != 0 || x.shape()[3] % p != 0)
    throw ShapeError(
        fmt::format("patches: expects images (N, 1, H, W) with H and W multiples of {}, found {}",
                    p, x.shape().str()));
  const std::int64_t n = x.shape()[0], h = x.shape()[2] / p, w = x.shape()[3] / p;
  return permute(reshape(x, {n, h, p, w, p}), {0, 1, 3, 2, 4}).reshape({n, h * w, p * p});
}

PatchTransformer::PatchTransformer(const Shape& image, std::int64_t outputs,
                                   const PatchTransformerOptions& o)
    : embedding(o.patch * o.patch, o.width),
      positions(empty({count_of_patches(image, o.patch), o.width})),
      encoder(nn::TransformerEncoderLayer(o.width, o.heads,
                                          {.dim_feedforward = o.feedforward,
                                           .dropout = o.dropout,
                                           .activation = "gelu",
                                           .batch_first = true,
                                           .norm_first = true}),
              o.layers),
      norm(o.width),
      output(o.width, outputs),
      patch_(o.patch) {
  const NoGradGuard no_grad;
  nn::init::normal_(positions, 0, 0.02);
}

Tensor PatchTransformer::words(const Tensor& x) {
  return embedding(patches(x, patch_)) + positions;
}

Tensor PatchTransformer::forward(const Tensor& x) {
  return output(mean(norm(encoder(words(x))), {1}));
}

std::vector<Tensor> PatchTransformer::attention(const Tensor& x) {
  const NoGradGuard no_grad;
  return encoder.attention(words(x));
}

void PatchTransformer::visit(nn::Visitor& visitor) {
  visitor("embedding", embedding);
  visitor("positions", positions);
  visitor("encoder", encoder);
  visitor("norm", norm);
  visitor("output", output);
}

MixerBlock::MixerBlock(std::int64_t patches, std::int64_t width, std::int64_t token_units,
                       std::int64_t channel_units)
    : norm1(width),
      norm2(width),
      tokens{nn::Linear{patches, token_units}, nn::GELU{}, nn::Linear{token_units, patches}},
      channels{nn::Linear{width, channel_units}, nn::GELU{}, nn::Linear{channel_units, width}} {}

Tensor MixerBlock::forward(const Tensor& x) {
  const Tensor mixed = x + transpose(tokens(transpose(norm1(x), 1, 2)), 1, 2);
  return mixed + channels(norm2(mixed));
}

void MixerBlock::visit(nn::Visitor& visitor) {
  visitor("norm1", norm1);
  visitor("norm2", norm2);
  visitor("tokens", tokens);
  visitor("channels", channels);
}

Mixer::Mixer(const Shape& image, std::int64_t outputs, const MixerOptions& o)
    : embedding(o.patch * o.patch, o.width),
      norm(o.width),
      output(o.width, outputs),
      patch_(o.patch) {
  for (std::int64_t i = 0; i < o.layers; ++i)
    blocks.emplace_back(count_of_patches(image, o.patch), o.width, o.token_units, o.channel_units);
}

Tensor Mixer::forward(const Tensor& x) {
  Tensor y = embedding(patches(x, patch_));
  for (MixerBlock& block : blocks) y = block(y);
  return output(mean(norm(y), {1}));
}

void Mixer::visit(nn::Visitor& visitor) {
  visitor("embedding", embedding);
  visitor("blocks", blocks);
  visitor("norm", norm);
  visitor("output", output);
}

}  // namespace percept::models
