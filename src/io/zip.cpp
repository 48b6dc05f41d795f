#include "io/zip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/checked.h"
#include "base/text.h"
#include "io/format_error.h"
#include "io/inflate.h"
#include "percept/base/error.h"

namespace percept::io {
namespace {

constexpr std::string_view kLocal = "PK\x03\x04", kCentral = "PK\x01\x02", kEnd = "PK\x05\x06",
                           kEnd64 = "PK\x06\x06", kLocator64 = "PK\x06\x07";
constexpr std::uint32_t kLargest32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint16_t kLargest16 = std::numeric_limits<std::uint16_t>::max();
constexpr std::size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kLocator64Size = 20;

/// Little-endian fields of a record at `offset` of the archive.
class Record {
 public:
  /// Throws FormatError unless `size` bytes with that signature are there.
  Record(std::string_view archive, const std::string& file, std::uint64_t offset, std::size_t size,
         std::string_view signature, std::string_view what) {
    if (offset > archive.size() || archive.size() - offset < size ||
        archive.substr(offset, signature.size()) != signature)
      bad_format(file, offset, "zip", fmt::format("no {} where it should be", what),
                 "every record must be there");
    bytes_ = archive.substr(offset, size);
  }
  explicit Record(std::string_view bytes) : bytes_(bytes) {}

  std::uint16_t u16(std::size_t at) const { return static_cast<std::uint16_t>(number(at, 2)); }
  std::uint32_t u32(std::size_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }
  std::uint64_t u64(std::size_t at) const { return number(at, 8); }

 private:
  std::uint64_t number(std::size_t at, std::size_t width) const {
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(bytes_[at + i]);
    return value;
  }

  std::string_view bytes_;
};

struct Directory {
  std::uint64_t entries, bytes, offset;
};

/// Sizes that do not fit 32 bits are in the extra field of tag 1, in this order, those only that
/// are FFFFFFFF in the record. False when one is missing.
bool read_zip64(std::string_view extra, std::initializer_list<std::uint64_t*> values) {
  while (extra.size() >= 4) {
    const Record field(extra);
    const std::size_t size = field.u16(2);
    if (size > extra.size() - 4) return false;
    if (field.u16(0) == 1) {
      std::size_t at = 4;
      for (std::uint64_t* value : values) {
        if (*value != kLargest32) continue;
        if (at + 8 > 4 + size) return false;
        *value = field.u64(at);
        at += 8;
      }
      return true;
    }
    extra.remove_prefix(4 + size);
  }
  return std::none_of(values.begin(), values.end(),
                      [](const std::uint64_t* value) { return *value == kLargest32; });
}

Directory find_directory(std::string_view archive, const std::string& file) {
  // The end record is last, but for a comment whose length it tells.
  const std::uint64_t size = archive.size();
  std::uint64_t at = size;
  for (std::uint64_t back = kEndSize; back <= std::min<std::uint64_t>(size, kEndSize + kLargest16);
       ++back) {
    if (archive.substr(size - back, 4) == kEnd &&
        Record(archive.substr(size - back)).u16(20) == back - kEndSize) {
      at = size - back;
      break;
    }
  }
  const Record end(archive, file, at, kEndSize, kEnd, "end record");
  std::uint64_t disk = end.u16(4);
  Directory directory{end.u16(10), end.u32(12), end.u32(16)};
  if (directory.entries == kLargest16 || directory.bytes == kLargest32 ||
      directory.offset == kLargest32) {
    const Record locator(archive, file, at >= kLocator64Size ? at - kLocator64Size : size,
                         kLocator64Size, kLocator64, "64-bit end locator");
    const Record end64(archive, file, locator.u64(8), 56, kEnd64, "64-bit end record");
    disk = end64.u32(16);
    directory = {end64.u64(32), end64.u64(40), end64.u64(48)};
  }
  if (disk != 0) bad_format(file, at, "zip", "an archive in several parts", "one part is allowed");
  const auto directory_end = checked_add(directory.offset, directory.bytes);
  if (!directory_end || *directory_end > at || directory.entries > directory.bytes / kCentralSize)
    bad_format(file, at, "zip",
               fmt::format("a directory of {} entries in {} bytes at {}", directory.entries,
                           directory.bytes, directory.offset),
               "it must lie before the end record");
  return directory;
}

/// Gives an entry's bytes on and checks length and CRC-32 at the last one.
class CheckedEntry : public ByteSource {
 public:
  CheckedEntry(std::unique_ptr<ByteSource> in, const ZipEntry& entry)
      : ByteSource(in->name()), in_(std::move(in)), entry_(entry) {}
  std::uint64_t at_most() const override {
    return std::min(in_->at_most(), entry_.bytes - in_->offset());
  }

 private:
  std::size_t fill(std::span<std::byte> into) override {
    const std::uint64_t left = entry_.bytes - in_->offset();
    const auto part = into.first(std::min<std::uint64_t>(into.size(), left));
    const std::size_t got = in_->read(part);
    crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(part.data()), got);
    const auto fault = [&](std::string found, std::string_view allowed) {
      bad_format(name(), entry_.header_offset, "zip entry",
                 fmt::format("{} {}", in_quotes(entry_.name), found), allowed);
    };
    if (got < part.size())
      fault(fmt::format("ends at {} of {} bytes", in_->offset(), entry_.bytes),
            "all must be there");
    if (got == left && !checked_) {
      std::byte extra{};
      if (in_->read({&extra, 1}) != 0)
        fault("is longer than its directory says", "the sizes must be equal");
      if (crc_ != entry_.crc)
        fault(fmt::format("has CRC-32 {:08x}", crc_),
              fmt::format("its directory says {:08x}", entry_.crc));
      checked_ = true;
    }
    return got;
  }

  std::unique_ptr<ByteSource> in_;
  ZipEntry entry_;
  uLong crc_ = 0;
  bool checked_ = false;
};

void put(std::string& out, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

}  // namespace

std::vector<ZipEntry> zip_entries(std::string_view archive, const std::string& file) {
  const Directory directory = find_directory(archive, file);
  const std::string_view whole = archive.substr(0, directory.offset + directory.bytes);
  std::vector<ZipEntry> entries;
  std::set<std::string_view> names;
  std::uint64_t at = directory.offset;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    const Record record(whole, file, at, kCentralSize, kCentral, "directory entry");
    const std::size_t name_bytes = record.u16(28), extra_bytes = record.u16(30);
    const std::size_t size = kCentralSize + name_bytes + extra_bytes + record.u16(32);
    if (whole.size() - at < size)
      bad_format(file, at, "zip", "a directory entry beyond the directory's end",
                 "all must lie inside");
    const std::string_view name = whole.substr(at + kCentralSize, name_bytes);
    const std::string_view extra = whole.substr(at + kCentralSize + name_bytes, extra_bytes);
    const auto fault = [&](std::string_view rule, std::string_view found,
                           std::string_view allowed) {
      bad_format(file, at, rule, fmt::format("{} {}", in_quotes(name), found), allowed);
    };
    if (record.u16(8) & 0x2041) fault("zip", "is encrypted", "plain entries are allowed");
    const unsigned method = record.u16(10);
    if (method != 0 && method != 8)
      fault("zip", fmt::format("has method {}", method), "0 (stored) and 8 (deflated) are allowed");
    ZipEntry entry{std::string(name), method == 8,    record.u32(16),
                   record.u32(20),    record.u32(24), record.u32(42)};
    if (!read_zip64(extra, {&entry.bytes, &entry.packed_bytes, &entry.header_offset}))
      fault("zip", "has a broken 64-bit extension", "its sizes must be there");
    if (!entry.deflated && entry.bytes != entry.packed_bytes)
      fault("zip", "is stored with two sizes", "they must be equal");
    if (!names.insert(name).second) fault("zip", "comes twice", "names must be unique");
    entries.push_back(std::move(entry));
    at += size;
  }
  if (at != whole.size())
    bad_format(file, at, "zip", "bytes after the last directory entry", "none are allowed");
  return entries;
}

std::unique_ptr<ByteSource> open_zip_entry(std::string_view archive, const std::string& file,
                                           const ZipEntry& entry) {
  const Record local(archive, file, entry.header_offset, kLocalSize, kLocal, "local header");
  const std::uint64_t start =
      entry.header_offset + kLocalSize + local.u16(26) + std::uint64_t{local.u16(28)};
  if (start > archive.size() || archive.size() - start < entry.packed_bytes ||
      archive.substr(entry.header_offset + kLocalSize, local.u16(26)) != entry.name ||
      local.u16(8) != (entry.deflated ? 8 : 0))
    bad_format(file, entry.header_offset, "zip",
               fmt::format("a local header that does not fit {}", in_quotes(entry.name)),
               "header and directory must agree");
  const std::string_view packed = archive.substr(start, entry.packed_bytes);
  std::unique_ptr<ByteSource> in;
  if (entry.deflated)
    in = inflate_raw(file, packed, start);
  else
    in = std::make_unique<MemorySource>(file, packed);
  return std::make_unique<CheckedEntry>(std::move(in), entry);
}

void ZipWriter::add(const std::string& name, std::string_view head, std::string_view body) {
  if (name.size() > kLargest16)
    throw ValueError(fmt::format("zip: name {} is longer than 65535 bytes", in_quotes(name)));
  const auto bytes_of = [](std::string_view part) {
    return reinterpret_cast<const Bytef*>(part.data());
  };
  uLong crc = crc32_z(0, bytes_of(head), head.size());
  crc = crc32_z(crc, bytes_of(body), body.size());
  const std::uint64_t bytes = head.size() + std::uint64_t{body.size()};
  std::string packed;
  if (compress_) packed = deflate_raw(std::string(head).append(body));
  const std::uint64_t packed_bytes = compress_ ? packed.size() : bytes;
  if (entries_ + 1 >= kLargest16 || bytes >= kLargest32 ||
      written_ + packed_bytes + directory_.size() + 3 * (kCentralSize + name.size()) >= kLargest32)
    throw LimitError("zip: more than 65534 entries or 4 GiB; hint: safetensors has no such limit");

  std::string common;     // what local header and directory have in common
  put(common, 20, 2);     // version needed: 2.0
  put(common, 0x800, 2);  // the name is UTF-8
  put(common, compress_ ? 8 : 0, 2);
  put(common, 0, 2);     // time 00:00
  put(common, 0x21, 2);  // 1 January 1980, as NumPy writes
  put(common, crc, 4);
  put(common, packed_bytes, 4);
  put(common, bytes, 4);
  put(common, name.size(), 2);
  put(common, 0, 2);  // no extra field

  directory_ += kCentral;
  put(directory_, 0x314, 2);  // made by version 2.0 on Unix
  directory_ += common;
  put(directory_, 0, 2 + 2 + 2);         // comment, disk, internal attributes
  put(directory_, 0100600ull << 16, 4);  // rw------- as Python's zipfile
  put(directory_, written_, 4);
  directory_ += name;

  const std::string header = std::string(kLocal) + common + name;
  file_.write(header);
  if (compress_) {
    file_.write(packed);
  } else {
    file_.write(head);
    file_.write(body);
  }
  written_ += header.size() + packed_bytes;
  ++entries_;
}

void ZipWriter::finish() {
  file_.write(directory_);
  std::string end(kEnd);
  put(end, 0, 2 + 2);  // disks
  put(end, entries_, 2);
  put(end, entries_, 2);
  put(end, directory_.size(), 4);
  put(end, written_, 4);
  put(end, 0, 2);  // no comment
  file_.write(end);
}

}  // namespace percept::io
