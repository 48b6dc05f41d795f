// Deflated bytes, unpacked as they are asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace percept::io {

/// Unpacks gzip (RFC 1952): one or more members, then zero padding or nothing. Throws FormatError
/// with the place in the packed file; its offset() counts unpacked bytes.
std::unique_ptr<ByteSource> gunzip(std::unique_ptr<ByteSource> packed);

/// `in`, unpacked when it starts with gzip's 1F 8B.
std::unique_ptr<ByteSource> gunzip_if_packed(std::unique_ptr<ByteSource> in);

/// Unpacks raw deflate data of a zip entry that starts at `offset` of its file.
std::unique_ptr<ByteSource> inflate_raw(std::string name, std::string_view packed,
                                        std::uint64_t offset);

/// Packs as raw deflate data.
std::string deflate_raw(std::string_view bytes);

}  // namespace percept::io
