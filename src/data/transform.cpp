#include "percept/data/transform.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstring>

#include "percept/base/error.h"
#include "percept/tensor/factory.h"

namespace percept::transforms {
namespace {

/// A picture in memory: `planes` times [height, width] pixels of `pixel` bytes each.
struct Picture {
  std::int64_t planes = 1, height = 0, width = 0;
  std::size_t pixel = 1;
};

Picture picture_of(const Tensor& x, const char* op) {
  const int n = x.dim();
  if (n < 2)
    throw ShapeError(fmt::format("{}: a picture has at least 2 dimensions, found shape {}", op,
                                 x.shape().str()));
  const bool channels_last = x.dtype() == u8 && n == 3;
  Picture p{.height = x.size(channels_last ? 0 : n - 2),
            .width = x.size(channels_last ? 1 : n - 1),
            .pixel = size_of(x.dtype())};
  if (channels_last)
    p.pixel *= static_cast<std::size_t>(x.size(2));
  else
    for (int d = 0; d < n - 2; ++d) p.planes *= x.size(d);
  return p;
}

/// `x` with row y taken from row from_row(y) and column by column likewise; out of range gives 0.
template <class Row, class Column>
Tensor rearranged(const Tensor& x, const Picture& p, const Row& from_row,
                  const Column& from_column) {
  const Tensor source = x.contiguous();
  Tensor result = zeros(x.shape(), {.dtype = x.dtype()});
  const auto* from = static_cast<const std::byte*>(source.impl().data);
  auto* to = static_cast<std::byte*>(result.impl().data);
  for (std::int64_t plane = 0; plane < p.planes; ++plane)
    for (std::int64_t y = 0; y < p.height; ++y) {
      const std::int64_t sy = from_row(y);
      if (sy < 0 || sy >= p.height) continue;
      for (std::int64_t x1 = 0; x1 < p.width; ++x1) {
        const std::int64_t sx = from_column(x1);
        if (sx < 0 || sx >= p.width) continue;
        const auto at = [&](std::int64_t row, std::int64_t column) {
          return static_cast<std::size_t>((plane * p.height + row) * p.width + column) * p.pixel;
        };
        std::memcpy(to + at(y, x1), from + at(sy, sx), p.pixel);
      }
    }
  return result;
}

}  // namespace

Tensor Compose::operator()(const Tensor& x, const Draw& draw) const {
  Tensor result = x;
  for (std::size_t k = 0; k < steps_.size(); ++k)
    result = steps_[k](result, draw.with_part(static_cast<std::uint32_t>(k)));
  return result;
}

Tensor ToTensor::operator()(const Tensor& picture) const {
  if (picture.dtype() != u8)
    throw DtypeError(fmt::format("ToTensor: takes a picture of u8, found {} {}",
                                 name_of(picture.dtype()), picture.shape().str()));
  if (picture.dim() != 2 && picture.dim() != 3)
    throw ShapeError(
        fmt::format("ToTensor: takes [H, W] or [H, W, C], found {}", picture.shape().str()));
  const std::int64_t height = picture.size(0), width = picture.size(1);
  const std::int64_t channels = picture.dim() == 3 ? picture.size(2) : 1;
  const Tensor source = picture.contiguous();
  Tensor result = empty({channels, height, width});
  const auto* from = source.data<std::uint8_t>();
  auto* to = result.data<float>();
  const std::int64_t pixels = height * width;
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t i = 0; i < pixels; ++i)
      to[c * pixels + i] = static_cast<float>(from[i * channels + c]) / 255.0f;
  return result;
}

Normalize::Normalize(std::vector<float> mean, std::vector<float> std)
    : mean_(std::move(mean)), std_(std::move(std)) {
  if (mean_.empty() || mean_.size() != std_.size())
    throw ValueError(
        fmt::format("Normalize: mean and std need one value a channel each, found {} "
                    "and {}",
                    mean_.size(), std_.size()));
  for (const float s : std_)
    if (!(s > 0)) throw ValueError(fmt::format("Normalize: std must be positive, found {}", s));
}

Tensor Normalize::operator()(const Tensor& x) const {
  if (x.dtype() != f32)
    throw DtypeError(fmt::format("Normalize: takes f32, found {}{}", name_of(x.dtype()),
                                 x.dtype() == u8 ? " (ToTensor comes first)" : ""));
  const auto channels = static_cast<std::int64_t>(mean_.size());
  if (channels > 1 && (x.dim() < 3 || x.size(-3) != channels))
    throw ShapeError(
        fmt::format("Normalize: {} channels do not fit shape {}, which must end in [{}, "
                    "H, W]",
                    channels, x.shape().str(), channels));
  const Tensor source = x.contiguous();
  Tensor result = empty(x.shape());
  const auto* from = source.data<float>();
  auto* to = result.data<float>();
  const std::int64_t pixels = channels > 1 ? x.size(-1) * x.size(-2) : x.numel();
  for (std::int64_t begin = 0, plane = 0; begin < x.numel(); begin += pixels, ++plane) {
    const auto c = static_cast<std::size_t>(plane % channels);
    for (std::int64_t i = begin; i < begin + pixels; ++i) to[i] = (from[i] - mean_[c]) / std_[c];
  }
  return result;
}

OneHot::OneHot(std::int64_t classes) : classes_(classes) {
  if (classes < 1)
    throw ValueError(fmt::format("OneHot: classes must be at least 1, found {}", classes));
}

Tensor OneHot::operator()(const Tensor& labels) const {
  if (labels.dtype() != i64)
    throw DtypeError(
        fmt::format("OneHot: takes class numbers of i64, found {}", name_of(labels.dtype())));
  Shape shape = labels.shape();
  shape.push_back(classes_);
  Tensor result = zeros(shape);
  auto* to = result.data<float>();
  const Tensor source = labels.contiguous();
  for (const std::int64_t label : source.span<std::int64_t>()) {
    if (label < 0 || label >= classes_)
      throw IndexError(fmt::format("OneHot: class {} is not in 0..{}", label, classes_ - 1));
    to[label] = 1.0f;
    to += classes_;
  }
  return result;
}

RandomHorizontalFlip::RandomHorizontalFlip(double p) : p_(p) {
  if (!(p >= 0 && p <= 1))
    throw ValueError(fmt::format("RandomHorizontalFlip: p must be in 0..1, found {}", p));
}

Tensor RandomHorizontalFlip::operator()(const Tensor& picture, const Draw& draw) const {
  const Picture p = picture_of(picture, "RandomHorizontalFlip");
  if (static_cast<double>(draw.words()[0]) * 0x1p-32 >= p_) return picture;
  return rearranged(
      picture, p, [](std::int64_t y) { return y; },
      [&](std::int64_t x) { return p.width - 1 - x; });
}

RandomShift::RandomShift(std::int64_t pixels) : pixels_(pixels) {
  if (pixels < 0 || pixels > 1'000'000)
    throw ValueError(fmt::format("RandomShift: pixels must be in 0..1000000, found {}", pixels));
}

Tensor RandomShift::operator()(const Tensor& picture, const Draw& draw) const {
  const Picture p = picture_of(picture, "RandomShift");
  const auto words = draw.words();
  // 32 random bits times 2 pixels + 1, the high word: the bias is below 2^-10 for 1,000,000 pixels.
  const auto shift = [&](std::uint32_t word) {
    const auto choices = static_cast<std::uint64_t>(2 * pixels_ + 1);
    return static_cast<std::int64_t>((word * choices) >> 32) - pixels_;
  };
  const std::int64_t down = shift(words[0]), right = shift(words[1]);
  return rearranged(
      picture, p, [&](std::int64_t y) { return y - down; },
      [&](std::int64_t x) { return x - right; });
}

}  // namespace percept::transforms
