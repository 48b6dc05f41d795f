#include "percept/io/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/text.h"
#include "io/block.h"
#include "io/format_error.h"
#include "io/npy_header.h"
#include "io/npy_stream.h"
#include "percept/base/error.h"

namespace percept::io {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kLongestHeader = 65536;

std::string read_string(ByteSource& in, std::size_t bytes) {
  std::string text(bytes, '\0');
  text.resize(in.read(std::as_writable_bytes(std::span(text))));
  return text;
}

std::string_view descr_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::boolean:
      return "|b1";
    case Dtype::u8:
      return "|u1";
    case Dtype::i64:
      return "<i8";
    case Dtype::f32:
      return "<f4";
    case Dtype::f64:
      return "<f8";
    case Dtype::bf16:
      break;
  }
  throw DtypeError("npy: NumPy has no bf16; hint: .to(f32)");
}

}  // namespace

Tensor read_npy(ByteSource& in, const LoadOptions& options) {
  const std::string& file = in.name();
  const std::string magic = read_string(in, 8);
  if (magic.substr(0, 6) != kMagic)
    bad_format(file, 0, "magic", in_quotes(magic.substr(0, 6)),
               "a .npy file starts with \\x93NUMPY");
  if (magic.size() < 8) bad_format(file, 6, "version", "the file's end", "two bytes must be there");
  const unsigned major = static_cast<unsigned char>(magic[6]);
  const unsigned minor = static_cast<unsigned char>(magic[7]);
  if (major < 1 || major > 3 || minor != 0)
    bad_format(file, 6, "version", fmt::format("{}.{}", major, minor),
               "1.0, 2.0 and 3.0 are allowed");

  std::array<unsigned char, 4> bytes{};
  const auto length_bytes = std::span(bytes).first(major == 1 ? 2 : 4);
  if (in.read(std::as_writable_bytes(length_bytes)) < length_bytes.size())
    bad_format(file, 8, "header length", "the file's end",
               fmt::format("{} bytes must be there", length_bytes.size()));
  const std::uint64_t length = bytes[0] | std::uint64_t{bytes[1]} << 8 |
                               std::uint64_t{bytes[2]} << 16 | std::uint64_t{bytes[3]} << 24;
  if (length > std::min(kLongestHeader, in.at_most()))
    bad_format(file, 8, "header length", fmt::format("{} bytes", length),
               fmt::format("{} are left and {} allowed", in.at_most(), kLongestHeader));
  const std::uint64_t start = in.offset();
  const std::string text = read_string(in, length);
  if (text.size() < length)
    bad_format(file, 8, "header length", fmt::format("{} bytes", length),
               fmt::format("{} are left", text.size()));
  if (const std::size_t bad = major == 3 ? find_bad_utf8(text) : text.npos; bad != text.npos)
    bad_format(file, start + bad, "header", "bytes that are no UTF-8", "version 3.0 is UTF-8");
  NpyHeader header = parse_npy_header(text, file, start);
  checked_bytes(header.block, file, start, options);

  if (header.fortran_order) std::reverse(header.block.sizes.begin(), header.block.sizes.end());
  Tensor tensor = read_block(in, header.block);
  expect_end(in);
  return header.fortran_order ? tensor.T().contiguous() : tensor;
}

std::string npy_header(const Tensor& tensor) {
  std::string shape;
  for (const std::int64_t size : tensor.shape())
    shape += fmt::format("{}{}", shape.empty() ? "" : ", ", size);
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                 descr_of(tensor.dtype()), shape, tensor.dim() == 1 ? "," : "");
  // NumPy leaves room for the first size to grow to 21 digits when rows are appended.
  if (tensor.dim() > 0) text.append(21 - fmt::formatted_size("{}", tensor.shape()[0]), ' ');
  const std::size_t prefix = kMagic.size() + 4;
  text.append(64 - (prefix + text.size() + 1) % 64, ' ');  // 64 and not 0, as NumPy does
  text += '\n';
  std::string header(kMagic);
  header +=
      {'\x01', '\x00', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return header + text;
}

Tensor load_npy(const std::string& path, const LoadOptions& options) {
  const auto in = open_source(path, options.max_bytes);
  return read_npy(*in, options);
}

void save_npy(const std::string& path, const Tensor& tensor) {
  const std::string header = npy_header(tensor);
  const ElementBytes data = element_bytes(tensor);
  AtomicFile file(path);
  file.write(header);
  file.write(data.bytes);
  file.commit();
}

}  // namespace percept::io
