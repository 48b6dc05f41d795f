#include "percept/io/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "io/block.h"
#include "io/format_error.h"
#include "io/safetensors_header.h"
#include "percept/base/error.h"

namespace percept::io {
namespace {

constexpr std::uint64_t kLongestJson = 100'000'000;

/// The header's text, with everything about its length checked.
std::string read_header(ByteSource& in) {
  const std::string& file = in.name();
  std::array<unsigned char, 8> bytes{};
  if (const std::size_t found = in.read(std::as_writable_bytes(std::span(bytes))); found < 8)
    bad_format(file, 0, "header length", fmt::format("a file of {} bytes", found),
               "at least 8 are needed");
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | bytes[i];
  if (length > kLongestJson)
    bad_format(file, 0, "header length", fmt::format("{} bytes", length),
               fmt::format("at most {} are allowed", kLongestJson));
  const std::uint64_t left = in.at_most();
  std::string text(std::min(length, left), '\0');
  text.resize(in.read(std::as_writable_bytes(std::span(text))));
  if (text.size() < length)
    bad_format(file, 0, "header length", fmt::format("{} bytes", length),
               fmt::format("{} follow", text.size()));
  return text;
}

std::string_view dtype_name(Dtype dtype) {
  switch (dtype) {
    case Dtype::boolean:
      return "BOOL";
    case Dtype::u8:
      return "U8";
    case Dtype::i64:
      return "I64";
    case Dtype::bf16:
      return "BF16";
    case Dtype::f32:
      return "F32";
    case Dtype::f64:
      return "F64";
  }
  return {};
}

std::string json_string(const std::string& text, std::string_view what) {
  if (find_bad_utf8(text) != text.npos)
    throw ValueError(fmt::format("safetensors: {} {} is no UTF-8", what, in_quotes(text)));
  return nlohmann::json(text).dump();
}

}  // namespace

Safetensors load_safetensors(const std::string& path, const LoadOptions& options) {
  const auto in = open_source(path, options.max_bytes);
  const std::string text = read_header(*in);
  SafetensorsHeader header = parse_safetensors_header(text, in->at_most(), path);

  std::vector<Block> blocks;
  LoadOptions left = options;
  for (const SafetensorsEntry& entry : header.entries) {
    if (!entry.element)
      bad_format(path, 8, "dtype", fmt::format("{} of {}", entry.dtype, in_quotes(entry.name)),
                 "a valid type, but not one that percept loads");
    const Block& block = blocks.emplace_back(
        Block{.element = *entry.element, .order = std::endian::little, .sizes = entry.sizes});
    checked_bytes(block, path, 8, left);
    left.max_bytes -=
        (entry.end - entry.begin) / width_of(block.element) * size_of(loaded_dtype(block.element));
  }
  // The ranges tile the buffer, so reading them in their order reads all of it.
  std::vector<Tensor> tensors(blocks.size());
  for (const std::size_t i : header.by_place) tensors[i] = read_block(*in, blocks[i]);
  expect_end(*in);

  Safetensors file{.tensors = {}, .metadata = std::move(header.metadata)};
  for (std::size_t i = 0; i < tensors.size(); ++i)
    file.tensors.add(std::move(header.entries[i].name), std::move(tensors[i]));
  return file;
}

void save_safetensors(const std::string& path, const NamedTensors& tensors,
                      const Metadata& metadata) {
  std::vector<const NamedTensors::Item*> order;
  for (const auto& item : tensors) {
    if (item.first == "__metadata__")
      throw ValueError("safetensors: a tensor cannot be called '__metadata__'");
    order.push_back(&item);
  }
  // Descending alignment keeps every tensor aligned to its own width.
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    const std::size_t x = size_of(a->second.dtype()), y = size_of(b->second.dtype());
    return x != y ? x > y : a->first < b->first;
  });

  std::string text;
  for (const auto& [key, value] : metadata)
    text += fmt::format("{}{}:{}", text.empty() ? "{\"__metadata__\":{" : ",",
                        json_string(key, "metadata key"), json_string(value, "metadata value"));
  text += metadata.empty() ? "{" : "}";
  std::uint64_t at = 0;
  for (const auto* item : order) {
    const auto& [name, tensor] = *item;
    const std::uint64_t end =
        at + static_cast<std::uint64_t>(tensor.numel()) * size_of(tensor.dtype());
    text += fmt::format(R"({}{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                        text.size() > 1 ? "," : "", json_string(name, "name"),
                        dtype_name(tensor.dtype()),
                        fmt::join(tensor.shape().begin(), tensor.shape().end(), ","), at, end);
    at = end;
  }
  text += '}';
  text.append((8 - text.size() % 8) % 8, ' ');
  if (text.size() > kLongestJson)
    throw LimitError(fmt::format("safetensors: a header of {} bytes, at most {} are allowed",
                                 text.size(), kLongestJson));
  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>(text.size() >> (8 * i) & 0xff);

  AtomicFile file(path);
  file.write(length + text);
  for (const auto* item : order) file.write(element_bytes(item->second).bytes);
  file.commit();
}

}  // namespace percept::io
