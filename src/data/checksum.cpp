#include "data/checksum.h"

#include <fmt/format.h>
#include <nettle/sha2.h>

#include <array>
#include <cstddef>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "io/inflate.h"
#include "percept/base/error.h"

namespace percept::data {
namespace {

class Sha256 {
 public:
  Sha256() { sha256_init(&context_); }
  void update(const void* bytes, std::size_t count) {
    sha256_update(&context_, count, static_cast<const std::uint8_t*>(bytes));
  }
  std::string hex() {
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
    sha256_digest(&context_, digest.size(), digest.data());
    return fmt::format("{:02x}", fmt::join(digest, ""));
  }

 private:
  sha256_ctx context_{};
};

}  // namespace

Checksum checksum(std::string_view bytes) {
  Sha256 sha;
  sha.update(bytes.data(), bytes.size());
  return {bytes.size(), sha.hex()};
}

Checksum checksum_of_file(const std::string& path, std::uint64_t max_bytes) {
  const auto in = io::gunzip_if_packed(open_source(path, max_bytes));
  Sha256 sha;
  std::vector<std::byte> buffer(std::size_t{1} << 18);
  while (const std::size_t count = in->read(buffer)) {
    if (in->offset() > max_bytes)
      throw LimitError(fmt::format("{}: more than {} bytes", escaped(path), max_bytes));
    sha.update(buffer.data(), count);
  }
  return {in->offset(), sha.hex()};
}

}  // namespace percept::data
