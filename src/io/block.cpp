#include "io/block.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/checked.h"
#include "io/format_error.h"
#include "percept/base/error.h"
#include "tensor/make.h"

namespace percept::io {
namespace {

static_assert(std::endian::native == std::endian::little,
              "files are read into little-endian memory");

struct ElementInfo {
  std::size_t width;
  Dtype dtype;
};

ElementInfo info(Element element) {
  switch (element) {
    case Element::b1:
      return {1, boolean};
    case Element::i1:
      return {1, i64};
    case Element::i2:
      return {2, i64};
    case Element::i4:
      return {4, i64};
    case Element::i8:
      return {8, i64};
    case Element::u1:
      return {1, u8};
    case Element::u2:
      return {2, i64};
    case Element::u4:
      return {4, i64};
    case Element::u8:
      return {8, i64};
    case Element::f2:
      return {2, f32};
    case Element::bf2:
      return {2, bf16};
    case Element::f4:
      return {4, f32};
    case Element::f8:
      return {8, f64};
  }
  return {};
}

void reverse_each(std::span<std::byte> bytes, std::size_t width) {
  for (std::size_t i = 0; i + width <= bytes.size(); i += width)
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + width));
}

float from_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000u} << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fu, fraction = half & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float small = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -small : small;
}

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Elements as the file has them, in the machine's byte order, to the tensor's type.
template <class From, class To>
void widen(std::span<const std::byte> from, void* to) {
  auto* out = static_cast<To*>(to);
  for (std::size_t i = 0; i < from.size(); i += sizeof(From))
    *out++ = static_cast<To>(load<From>(from.data() + i));
}

/// Converts a chunk; returns the bytes up to the first element that does not fit, or all.
std::size_t convert(Element element, std::span<const std::byte> from, void* to) {
  switch (element) {
    case Element::b1:
      std::transform(from.begin(), from.end(), static_cast<bool*>(to),
                     [](std::byte b) { return b != std::byte{0}; });
      break;
    case Element::i1:
      widen<std::int8_t, std::int64_t>(from, to);
      break;
    case Element::i2:
      widen<std::int16_t, std::int64_t>(from, to);
      break;
    case Element::i4:
      widen<std::int32_t, std::int64_t>(from, to);
      break;
    case Element::u2:
      widen<std::uint16_t, std::int64_t>(from, to);
      break;
    case Element::u4:
      widen<std::uint32_t, std::int64_t>(from, to);
      break;
    case Element::u8:
      for (std::size_t i = 0; i < from.size(); i += 8)
        if (load<std::int64_t>(from.data() + i) < 0) return i;
      std::memcpy(to, from.data(), from.size());
      break;
    case Element::f2:
      for (std::size_t i = 0; i < from.size(); i += 2)
        static_cast<float*>(to)[i / 2] = from_half(load<std::uint16_t>(from.data() + i));
      break;
    case Element::i8:
    case Element::u1:
    case Element::bf2:
    case Element::f4:
    case Element::f8:
      std::memcpy(to, from.data(), from.size());
      break;
  }
  return from.size();
}

bool same_in_memory(Element element) {
  return element == Element::i8 || element == Element::u1 || element == Element::bf2 ||
         element == Element::f4 || element == Element::f8;
}

[[noreturn]] void truncated(const ByteSource& in, std::uint64_t found, std::uint64_t bytes) {
  bad_format(in.name(), in.offset(), "data length",
             fmt::format("truncated at {} of {} bytes", found, bytes), "all must be there");
}

}  // namespace

std::size_t width_of(Element element) { return info(element).width; }
Dtype loaded_dtype(Element element) { return info(element).dtype; }

std::uint64_t checked_bytes(const Block& block, const std::string& file, std::uint64_t offset,
                            const LoadOptions& options) {
  const auto found = [&] { return fmt::format("[{}]", fmt::join(block.sizes, ", ")); };
  if (block.sizes.size() > kMaxDims)
    bad_format(file, offset, "shape", fmt::format("{} dimensions", block.sizes.size()),
               fmt::format("at most {} are allowed", kMaxDims));
  const auto bytes = checked_product(block.sizes, width_of(block.element));
  const auto memory = checked_product(block.sizes, size_of(loaded_dtype(block.element)));
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool wide = std::any_of(block.sizes.begin(), block.sizes.end(),
                                [](std::uint64_t size) { return size > largest; });
  if (!bytes || !memory || wide || *memory > largest)
    bad_format(file, offset, "shape", found(), "the bytes must be countable in 63 bits");
  if (*memory > options.max_bytes)
    over_limit(file, offset, "size", fmt::format("shape {} takes {} bytes", found(), *memory),
               options.max_bytes);
  return *bytes;
}

Tensor read_block(ByteSource& in, const Block& block) {
  const std::size_t width = width_of(block.element);
  const std::uint64_t bytes = checked_product(block.sizes, width).value();
  if (bytes > in.at_most()) truncated(in, in.at_most(), bytes);
  Shape shape;
  for (const std::uint64_t size : block.sizes) shape.push_back(static_cast<std::int64_t>(size));
  Tensor tensor = make(shape, loaded_dtype(block.element));
  auto* to = static_cast<std::byte*>(tensor.impl().data);
  const bool swap = width > 1 && block.order != std::endian::native;

  if (same_in_memory(block.element)) {
    const std::span<std::byte> all(to, bytes);
    const std::size_t found = in.read(all);
    if (found < bytes) truncated(in, found, bytes);
    if (swap) reverse_each(all, width);
    return tensor;
  }
  std::vector<std::byte> chunk(std::min<std::uint64_t>(bytes, 1 << 16));  // a multiple of width
  const std::size_t wide = size_of(tensor.dtype());
  for (std::uint64_t done = 0; done < bytes;) {
    const std::span<std::byte> part(chunk.data(),
                                    std::min<std::uint64_t>(chunk.size(), bytes - done));
    const std::uint64_t start = in.offset();
    const std::size_t found = in.read(part);
    if (found < part.size()) truncated(in, done + found, bytes);
    if (swap) reverse_each(part, width);
    if (const std::size_t good = convert(block.element, part, to); good < part.size())
      bad_format(in.name(), start + good, "range",
                 fmt::format("the integer {}", load<std::uint64_t>(part.data() + good)),
                 "at most 9223372036854775807 fits in i64");
    to += part.size() / width * wide;
    done += part.size();
  }
  return tensor;
}

void expect_end(ByteSource& in) {
  std::byte extra{};
  const std::uint64_t offset = in.offset();
  if (in.read({&extra, 1}) != 0)
    bad_format(in.name(), offset, "data length", "trailing bytes",
               "the file must end with its data");
}

ElementBytes element_bytes(const Tensor& tensor) {
  Tensor contiguous = tensor.contiguous();
  const std::string_view bytes(
      static_cast<const char*>(contiguous.impl().data),
      static_cast<std::size_t>(contiguous.numel()) * size_of(contiguous.dtype()));
  return {std::move(contiguous), bytes};
}

}  // namespace percept::io
