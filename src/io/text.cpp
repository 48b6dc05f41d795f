#include "percept/io/text.h"

#include <array>

#include "base/file.h"
#include "io/format_error.h"
#include "io/inflate.h"

namespace percept::io {

std::string load_text(const std::string& path, const LoadOptions& options) {
  const auto in = gunzip_if_packed(open_source(path, options.max_bytes));
  std::string text;
  std::array<char, 1 << 16> block;
  while (const std::size_t bytes = in->read(std::as_writable_bytes(std::span(block)))) {
    if (bytes > options.max_bytes - text.size())
      over_limit(path, text.size(), "text", "more when unpacked", options.max_bytes);
    text.append(block.data(), bytes);
  }
  return text;
}

}  // namespace percept::io
