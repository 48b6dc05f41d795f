#include "io/inflate.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "io/format_error.h"
#include "percept/base/error.h"

namespace percept::io {
namespace {

constexpr std::uint64_t kLargestRatio = 1032;  // deflate: 258 bytes from 2 bits
constexpr int kGzip = 15 + 16, kRaw = -15;     // window bits as zlib codes them

Bytef* zbytes(std::byte* p) { return reinterpret_cast<Bytef*>(p); }

uInt zlength(std::size_t bytes) {
  return static_cast<uInt>(std::min<std::size_t>(bytes, std::size_t{1} << 30));
}

class Inflating : public ByteSource {
 public:
  /// `start` is where `packed` begins in its file.
  Inflating(std::unique_ptr<ByteSource> packed, int window_bits, std::uint64_t start)
      : ByteSource(packed->name()),
        gzip_(window_bits == kGzip),
        start_(start),
        packed_(std::move(packed)),
        buffer_(1 << 16) {
    if (inflateInit2(&zlib_, window_bits) != Z_OK) throw LimitError("zlib: out of memory");
  }
  ~Inflating() override { inflateEnd(&zlib_); }

  std::uint64_t at_most() const override {
    const std::uint64_t left = packed_->at_most() + zlib_.avail_in;
    // The window may hold a run begun with bytes already taken.
    return left > (std::uint64_t{1} << 50) ? left : (left + 64) * kLargestRatio;
  }

 private:
  std::size_t fill(std::span<std::byte> into) override {
    std::size_t done = 0;
    while (done < into.size() && !ended_) {
      refill();
      const std::span<std::byte> rest = into.subspan(done);
      zlib_.next_out = zbytes(rest.data());
      const uInt room = zlength(rest.size());
      zlib_.avail_out = room;
      const int status = inflate(&zlib_, Z_NO_FLUSH);
      done += room - zlib_.avail_out;
      if (status == Z_STREAM_END) {
        end_of_member();
      } else if (status == Z_BUF_ERROR && zlib_.avail_in == 0) {
        bad_format(name(), packed_offset(), rule(), "the packed data end too early",
                   "they must be complete");
      } else if (status == Z_MEM_ERROR) {
        throw LimitError("zlib: out of memory");
      } else if (status != Z_OK) {
        bad_format(name(), packed_offset(), rule(),
                   zlib_.msg ? zlib_.msg : (status == Z_NEED_DICT ? "a dictionary" : "bad data"),
                   "they must be deflated data with their check sums");
      }
    }
    return done;
  }

  const char* rule() const { return gzip_ ? "gzip" : "deflate"; }
  std::uint64_t packed_offset() const { return start_ + packed_->offset() - zlib_.avail_in; }

  void refill() {
    if (zlib_.avail_in > 0) return;
    zlib_.next_in = zbytes(buffer_.data());
    zlib_.avail_in = static_cast<uInt>(packed_->read(buffer_));
  }

  /// What follows a complete member: zeros, another member, or nothing.
  void end_of_member() {
    if (!gzip_) {
      refill();
      if (zlib_.avail_in > 0)
        bad_format(name(), packed_offset(), rule(), "bytes after the packed data",
                   "nothing may follow");
      ended_ = true;
      return;
    }
    for (refill(); zlib_.avail_in > 0; refill()) {
      while (zlib_.avail_in > 0 && *zlib_.next_in == 0) {
        ++zlib_.next_in;
        --zlib_.avail_in;
      }
      if (zlib_.avail_in == 0) continue;
      if (*zlib_.next_in != 0x1f)
        bad_format(name(), packed_offset(), rule(), "trailing bytes",
                   "after a member there may be another one or zeros");
      inflateReset(&zlib_);
      return;
    }
    ended_ = true;
  }

  bool gzip_;
  bool ended_ = false;
  std::uint64_t start_;
  std::unique_ptr<ByteSource> packed_;
  std::vector<std::byte> buffer_;
  z_stream zlib_{};
};

/// A source whose first bytes have been looked at.
class Peeked : public ByteSource {
 public:
  Peeked(std::string_view first, std::unique_ptr<ByteSource> rest)
      : ByteSource(rest->name()), first_(first), rest_(std::move(rest)) {}
  std::uint64_t at_most() const override { return rest_->at_most() + first_.size(); }

 private:
  std::size_t fill(std::span<std::byte> into) override {
    const std::size_t from_first = std::min(into.size(), first_.size());
    std::copy_n(std::as_bytes(std::span(first_)).begin(), from_first, into.begin());
    first_.erase(0, from_first);
    return from_first + rest_->read(into.subspan(from_first));
  }

  std::string first_;
  std::unique_ptr<ByteSource> rest_;
};

}  // namespace

std::unique_ptr<ByteSource> gunzip(std::unique_ptr<ByteSource> packed) {
  return std::make_unique<Inflating>(std::move(packed), kGzip, 0);
}

std::unique_ptr<ByteSource> gunzip_if_packed(std::unique_ptr<ByteSource> in) {
  char magic[2];
  const std::size_t bytes = in->read(std::as_writable_bytes(std::span(magic)));
  const std::string_view first(magic, bytes);
  auto whole = std::make_unique<Peeked>(first, std::move(in));
  if (first != "\x1f\x8b") return whole;
  return gunzip(std::move(whole));
}

std::unique_ptr<ByteSource> inflate_raw(std::string name, std::string_view packed,
                                        std::uint64_t offset) {
  return std::make_unique<Inflating>(std::make_unique<MemorySource>(std::move(name), packed), kRaw,
                                     offset);
}

std::string deflate_raw(std::string_view bytes) {
  z_stream zlib{};
  if (deflateInit2(&zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRaw, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw LimitError("zlib: out of memory");
  std::string packed;
  auto* from = reinterpret_cast<const Bytef*>(bytes.data());
  std::size_t left = bytes.size();
  int status = Z_OK;
  while (status == Z_OK) {
    const uInt feed = zlength(left);
    const std::size_t had = packed.size();
    packed.resize(had + std::max<std::size_t>(1 << 16, had / 2));
    zlib.next_in = const_cast<Bytef*>(from);
    zlib.avail_in = feed;
    zlib.next_out = reinterpret_cast<Bytef*>(packed.data()) + had;
    const uInt room = zlength(packed.size() - had);
    zlib.avail_out = room;
    status = deflate(&zlib, feed == left ? Z_FINISH : Z_NO_FLUSH);
    from += feed - zlib.avail_in;
    left -= feed - zlib.avail_in;
    packed.resize(had + room - zlib.avail_out);
  }
  deflateEnd(&zlib);
  return packed;
}

}  // namespace percept::io
