#include "data/gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <numeric>

#include "base/parallel.h"
#include "engine/onednn/convert.h"
#include "percept/base/error.h"
#include "percept/base/random.h"
#include "percept/tensor/factory.h"

namespace percept::data {
namespace {

// Bytes a thread copies or pixels it converts in about 5 us.
constexpr std::int64_t kGrain = 16 * 1024;

std::int64_t rows_worth_a_thread(std::int64_t row) {
  return std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, row));
}

Shape batch_shape(const Tensor& source, std::span<const std::int64_t> indices) {
  for (const std::int64_t i : indices) check_index(i, source.size(0), "dataset");
  Shape shape = source.shape();
  shape[0] = static_cast<std::int64_t>(indices.size());
  return shape;
}

}  // namespace

void check_index(std::int64_t i, std::int64_t size, const char* what) {
  if (i < 0 || i >= size)
    throw IndexError(fmt::format("{}: index {} is out of range for size {}", what, i, size));
}

Tensor gather_rows(const Tensor& source, std::span<const std::int64_t> indices) {
  const Shape shape = batch_shape(source, indices);
  Tensor result = empty(shape, {.dtype = source.dtype()});
  if (result.numel() == 0) return result;
  const std::int64_t row =
      source.numel() / source.size(0) * static_cast<std::int64_t>(size_of(source.dtype()));
  const auto* from = static_cast<const std::byte*>(source.impl().data);
  auto* to = static_cast<std::byte*>(result.impl().data);
  parallel_for(shape[0], rows_worth_a_thread(row), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b)
      std::memcpy(to + b * row, from + indices[static_cast<std::size_t>(b)] * row,
                  static_cast<std::size_t>(row));
  });
  return result;
}

Tensor gather_pictures(const Tensor& source, std::span<const std::int64_t> indices,
                       const std::vector<float>& mean, const std::vector<float>& std) {
  const std::int64_t batch = batch_shape(source, indices)[0];
  const std::int64_t channels = source.dim() == 4 ? source.size(3) : 1;
  const std::int64_t pixels = source.size(1) * source.size(2);  // of one channel
  Tensor result = empty({batch, channels, source.size(1), source.size(2)});
  const auto* from = source.data<std::uint8_t>();
  auto* to = result.data<float>();
  const auto grain = rows_worth_a_thread(pixels * channels);
  if (channels == 1 && mean.empty()) {
    parallel_for(batch, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b)
        engine::onednn::scale_bytes(pixels, from + indices[static_cast<std::size_t>(b)] * pixels,
                                    to + b * pixels);
    });
    return result;
  }
  // What each byte becomes, by channel: one look-up a pixel instead of one or two divisions.
  std::vector<std::array<float, 256>> values(static_cast<std::size_t>(channels));
  for (std::size_t c = 0; c < values.size(); ++c)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      float& value = values[c][byte] = static_cast<float>(byte) / 255.0f;
      if (mean.empty()) continue;
      const std::size_t k = mean.size() > 1 ? c : 0;
      value = (value - mean[k]) / std[k];
    }
  parallel_for(batch, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b)
      for (std::int64_t c = 0; c < channels; ++c) {
        const auto* bytes = from + indices[static_cast<std::size_t>(b)] * pixels * channels + c;
        auto* plane = to + (b * channels + c) * pixels;
        const auto& value = values[static_cast<std::size_t>(c)];
        for (std::int64_t i = 0; i < pixels; ++i) plane[i] = value[bytes[i * channels]];
      }
  });
  return result;
}

std::vector<std::int64_t> shuffled(std::int64_t n, std::uint64_t seed, std::uint32_t stream,
                                   std::uint64_t step) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  const RandomBlock random(seed, stream, step);
  for (std::uint64_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random.below(i, i)]);
  return order;
}

}  // namespace percept::data
