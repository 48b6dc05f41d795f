#include "percept/io/idx.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/file.h"
#include "io/block.h"
#include "io/format_error.h"
#include "io/inflate.h"

namespace percept::io {
namespace {

std::optional<Element> element_of(unsigned type) {
  switch (type) {
    case 0x08:
      return Element::u1;
    case 0x09:
      return Element::i1;
    case 0x0b:
      return Element::i2;
    case 0x0c:
      return Element::i4;
    case 0x0d:
      return Element::f4;
    case 0x0e:
      return Element::f8;
    default:
      return std::nullopt;
  }
}

/// 00 00 TT ND, then ND sizes of 32 bits, all big-endian.
Block read_header(ByteSource& in, const LoadOptions& options) {
  const std::string& file = in.name();
  std::array<unsigned char, 4> magic{};
  const std::size_t found = in.read(std::as_writable_bytes(std::span(magic)));
  if (found < magic.size())
    bad_format(file, 0, "magic", fmt::format("{} bytes", found), "an IDX file starts with 4 bytes");
  if (magic[0] != 0 || magic[1] != 0)
    bad_format(file, 0, "magic", fmt::format("0x{:02X} 0x{:02X}", magic[0], magic[1]),
               "the first two bytes must be 0");
  const auto element = element_of(magic[2]);
  if (!element)
    bad_format(file, 2, "element type", fmt::format("0x{:02X}", magic[2]),
               "allowed are 08 (u8), 09 (i8), 0B (i16), 0C (i32), 0D (f32), 0E (f64)");
  if (magic[3] < 1 || magic[3] > kMaxDims)
    bad_format(file, 3, "dimensions", fmt::format("{}", magic[3]),
               fmt::format("1 to {} are allowed", kMaxDims));

  std::array<unsigned char, 4 * kMaxDims> bytes{};
  const auto sizes = std::span(bytes).first(4u * magic[3]);
  if (const std::size_t got = in.read(std::as_writable_bytes(sizes)); got < sizes.size())
    bad_format(file, 4 + got, "sizes",
               fmt::format("truncated at {} of {} bytes", got, sizes.size()),
               "every dimension needs 4 bytes");
  Block block{.element = *element, .order = std::endian::big, .sizes = {}};
  for (std::size_t i = 0; i < sizes.size(); i += 4)
    block.sizes.push_back(std::uint64_t{bytes[i]} << 24 | std::uint64_t{bytes[i + 1]} << 16 |
                          std::uint64_t{bytes[i + 2]} << 8 | bytes[i + 3]);
  checked_bytes(block, file, 4, options);
  return block;
}

}  // namespace

Tensor load_idx(const std::string& path, const LoadOptions& options) {
  const auto in = gunzip_if_packed(open_source(path, options.max_bytes));
  const Block block = read_header(*in, options);
  Tensor tensor = read_block(*in, block);
  expect_end(*in);
  return tensor;
}

LabelledImages load_idx_pair(const std::string& images_path, const std::string& labels_path,
                             const LabelledImagesOptions& options) {
  LabelledImages pair{load_idx(images_path, options.load), load_idx(labels_path, options.load)};
  if (pair.labels.dim() != 1 || is_floating(pair.labels.dtype()))
    bad_format(
        labels_path, 2, "labels",
        fmt::format("{} of shape {}", name_of(pair.labels.dtype()), pair.labels.shape().str()),
        "labels must be integers in one dimension");
  const std::int64_t count = pair.images.size(0);
  if (count != pair.labels.size(0))
    bad_format(labels_path, 4, "count", fmt::format("{} labels", pair.labels.size(0)),
               fmt::format("there are {} images", count));
  if (count == 0) bad_format(images_path, 4, "count", "0 images", "at least one is needed");
  pair.labels = pair.labels.to(i64);
  const auto labels = pair.labels.span<std::int64_t>();
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] < 0 || labels[i] >= options.classes)
      bad_format(labels_path, 8 + i, "label", fmt::format("{} for sample {}", labels[i], i),
                 fmt::format("labels must be 0 to {}", options.classes - 1));
  return pair;
}

}  // namespace percept::io
