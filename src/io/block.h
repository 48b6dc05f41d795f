// Blocks of numbers as files hold them, and the tensors they become.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "percept/io/load_options.h"
#include "percept/tensor/tensor.h"

namespace percept::io {

/// Element types of files: kind and bytes.
enum class Element { b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, bf2, f4, f8 };

std::size_t width_of(Element element);
/// The percept type that holds it: b1 boolean, u1 u8, other integers i64, f2 and f4 f32, bf2 bf16,
/// f8 f64.
Dtype loaded_dtype(Element element);

/// The block's element type and sizes, in the order of the dimensions, row-major.
struct Block {
  Element element = Element::f4;
  std::endian order = std::endian::little;
  std::vector<std::uint64_t> sizes;
};

/// Checks sizes read at `offset` in `file`, before memory is asked for. Returns the bytes of the
/// block in the file. Throws FormatError for more than 8 dimensions or an overflow, LimitError.
std::uint64_t checked_bytes(const Block& block, const std::string& file, std::uint64_t offset,
                            const LoadOptions& options);

/// Reads a block that checked_bytes() has passed. Throws FormatError when `in` ends before (at most
/// in.at_most() bytes are allocated for what is in the file), or for a u8 beyond i64.
Tensor read_block(ByteSource& in, const Block& block);

/// Throws FormatError unless `in` is at its end.
void expect_end(ByteSource& in);

/// The bytes of a tensor's elements, row-major; `contiguous` keeps them alive.
struct ElementBytes {
  Tensor contiguous;
  std::string_view bytes;
};
ElementBytes element_bytes(const Tensor& tensor);

}  // namespace percept::io
