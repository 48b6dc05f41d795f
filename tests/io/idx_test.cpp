#include "percept/io/idx.h"

#include <zlib.h>

#include "io/inflate.h"
#include "support/files.h"

namespace percept::io {
namespace {

using testing::expect_format_error;
using testing::hex;
using testing::little;
using testing::TempFolder;

struct GoodIdx {
  const char* name;
  std::string bytes;
  Dtype dtype;
  Shape shape;
  std::vector<double> values;
};

const GoodIdx kGoodIdx[] = {
    {"u8",
     hex("00000802 00000002 00000003 00 01 02 7F 80 FF"),
     u8,
     {2, 3},
     {0, 1, 2, 127, 128, 255}},
    {"i8", hex("00000901 00000003 00 7F 80"), i64, {3}, {0, 127, -128}},
    {"i16", hex("00000B01 00000002 0102 FFFE"), i64, {2}, {258, -2}},
    {"i32", hex("00000C01 00000002 00010000 80000000"), i64, {2}, {65536, -2147483648.0}},
    {"f32", hex("00000D01 00000002 3FC00000 C0100000"), f32, {2}, {1.5, -2.25}},
    {"f64", hex("00000E01 00000001 BFE0000000000000"), f64, {1}, {-0.5}},
    {"empty", hex("00000803 00000000 0000001C 0000001C"), u8, {0, 28, 28}, {}},
    {"8 sizes",
     hex("00000808") + hex("00000001 00000001 00000001 00000001") +
         hex("00000001 00000001 00000001 00000002 05 06"),
     u8,
     {1, 1, 1, 1, 1, 1, 1, 2},
     {5, 6}},
};

/// Deflated bytes as a member of RFC 1952, with `flags` and what they announce.
std::string member(std::string_view bytes, unsigned flags = 0, std::string_view fields = "") {
  return hex("1F8B08") + static_cast<char>(flags) + hex("00000000 00 03") + std::string(fields) +
         deflate_raw(bytes) +
         little(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), uInt(bytes.size())), 4) +
         little(bytes.size(), 4);
}

/// Header of a member with the CRC-16 of its first bytes.
std::string with_header_crc(std::string whole) {
  const std::string head = whole.substr(0, 10);
  return whole.insert(
      10, little(crc32(0, reinterpret_cast<const Bytef*>(head.data()), 10) & 0xffff, 2));
}

TEST(Idx, ReadsEveryTypePlainAndPacked) {
  TempFolder folder;
  for (const GoodIdx& row : kGoodIdx) {
    for (const std::string& bytes : {row.bytes, member(row.bytes)}) {
      SCOPED_TRACE(row.name);
      const Tensor tensor = load_idx(folder.file("f", bytes));
      EXPECT_EQ(tensor.dtype(), row.dtype);
      EXPECT_EQ(tensor.shape(), row.shape);
      EXPECT_EQ(tensor.to_vector<double>(), row.values);
    }
  }
}

struct BadIdx {
  std::string bytes;
  const char* text;
};

const std::string kFour = hex("00000801 00000004 01 02 03 04");

const BadIdx kBadIdx[] = {
    {"", "magic: 0 bytes"},                                                          // I1
    {hex("000008"), "magic: 3 bytes"},                                               // I1
    {hex("01000801 00000000"), "magic: 0x01 0x00"},                                  // I2
    {hex("00010801 00000000"), "magic: 0x00 0x01"},                                  // I2
    {hex("00000A01 00000000"), "offset 2: element type: 0x0A"},                      // I3
    {hex("00000001 00000000"), "offset 2: element type: 0x00"},                      // I3
    {hex("00000800"), "offset 3: dimensions: 0, 1 to 8"},                            // I4
    {hex("00000809") + std::string(40, '\0'), "offset 3: dimensions: 9"},            // I4
    {hex("00000802 00000001 000000"), "offset 11: sizes: truncated at 7 of 8"},      // I5
    {hex("00000E03 FFFFFFFF FFFFFFFF FFFFFFFF"), "shape: [4294967295, 4294967295"},  // I6
    {hex("00000801 00000004 01 02 03"), "truncated at 3 of 4"},                      // I7
    {hex("00000901 00000004 01 02 03"), "truncated at 3 of 4"},                      // I7
    {kFour + "x", "offset 12: data length: trailing bytes"},                         // I7
    {hex("1F8B"), "gzip: the packed data end too early"},
    {member(kFour).replace(2, 1, hex("07")), "gzip: unknown compression method"},
    {member(kFour, 0x20), "gzip: unknown header flags set"},
    {member(kFour, 0x80), "gzip: unknown header flags set"},
    {member(kFour, 2, hex("0000")), "gzip: header crc mismatch"},
    {member(kFour).substr(0, 15), "gzip: the packed data end too early"},
    {member(kFour).substr(0, member(kFour).size() - 1), "gzip: the packed data end too early"},
    {member(kFour).replace(member(kFour).size() - 8, 1, "?"), "gzip: incorrect data check"},
    {member(kFour).replace(member(kFour).size() - 4, 1, "?"), "gzip: incorrect length check"},
    {member(kFour) + "x", "gzip: trailing bytes"},
    {member(kFour) + hex("000001"), "gzip: trailing bytes"},
    {member(kFour) + hex("1F8C"), "gzip: incorrect header check"},
    {member(kFour) + hex("1F"), "gzip: the packed data end too early"},
    {member(kFour) + member("x"), "data length: trailing bytes"},
    {member(kFour.substr(0, 9)), "truncated at 1 of 4"},
    {hex("1F8B0800 00000000 0003 FF"), "gzip: invalid block type"},
};

TEST(Idx, RefusesEveryBrokenRule) {
  TempFolder folder;
  for (const BadIdx& row : kBadIdx) {
    SCOPED_TRACE(row.text);
    const std::string path = folder.file("bad", row.bytes);
    expect_format_error<FormatError>([&] { load_idx(path); }, path, row.text);
  }
}

TEST(Idx, AcceptsWhatGzipAllows) {
  const std::string rows[] = {
      member(kFour.substr(0, 5)) + member(kFour.substr(5)),
      member("") + member(kFour) + member(""),
      member(kFour) + std::string(70'000, '\0'),
      member(kFour.substr(0, 9)) + hex("0000") + member(kFour.substr(9)),
      member(kFour, 4, hex("0300 414243")),                     // FEXTRA
      member(kFour, 8, std::string("name\0", 5)),               // FNAME
      member(kFour, 16, std::string("a comment\0", 10)),        // FCOMMENT
      with_header_crc(member(kFour, 2)),                        // FHCRC
      member(kFour, 1 | 4 | 8 | 16, hex("0100 41 6E00 6300")),  // FTEXT and all but FHCRC
      // gzip.compress of Python 3.11
      hex("1f8b08000000000002036360e06064606060616462660100c910811d0c000000"),
  };
  TempFolder folder;
  for (const std::string& row : rows)
    EXPECT_EQ(load_idx(folder.file("f", row)).to_vector<std::int64_t>(),
              (std::vector<std::int64_t>{1, 2, 3, 4}));
}

TEST(Idx, ASmallFileCannotAskForMuchMemory) {
  TempFolder folder;
  // 256 MiB of zeros behind a header that declares 1 byte: one more byte is unpacked, no more.
  std::string bomb = hex("00000801 00000001");
  bomb.append(std::size_t{16} << 20, '\0');
  std::string path = folder.file("bomb", member(bomb));
  expect_format_error<FormatError>([&] { load_idx(path); }, path,
                                   "offset 9: data length: trailing");
  // 3 GiB declared, 20 bytes there.
  path = folder.file("declared", hex("00000801 C0000000 00"));
  expect_format_error<FormatError>([&] { load_idx(path); }, path, "truncated at 1 of 3221225472");
  path = folder.file("packed", member(hex("00000801 C0000000 00")));
  expect_format_error<FormatError>([&] { load_idx(path); }, path, "truncated at");
  path = folder.file("limit", hex("00000802 00010000 00010001"));
  expect_format_error<LimitError>([&] { load_idx(path); }, path,
                                  "size: shape [65536, 65537] takes 4295032832 bytes, the limit is "
                                  "4294967296 bytes");
  path = folder.file("small limit", kFour);
  EXPECT_EQ(load_idx(path, {.max_bytes = 4}).numel(), 4);
  EXPECT_THROW(load_idx(path, {.max_bytes = 3}), LimitError);
}

TEST(Idx, PairsImagesWithLabels) {
  TempFolder folder;
  const std::string images =
      folder.file("images", hex("00000803 00000002 00000001 00000001 05 06"));
  const auto pair = load_idx_pair(images, folder.file("l", hex("00000801 00000002 09 00")));
  EXPECT_EQ(pair.images.shape(), (Shape{2, 1, 1}));
  EXPECT_EQ(pair.labels.dtype(), i64);
  EXPECT_EQ(pair.labels.to_vector<std::int64_t>(), (std::vector<std::int64_t>{9, 0}));

  const std::string none = folder.file("none", hex("00000803 00000000 00000001 00000001"));
  struct Row {
    std::string images, labels;
    const char* text;
  };
  const Row rows[] = {
      {images, hex("00000801 00000003 01 02 03"), "offset 4: count: 3 labels, there are 2 images"},
      {images, hex("00000801 00000002 01 0A"),
       "offset 9: label: 10 for sample 1, labels must be 0"},
      {images, hex("00000901 00000002 FF 01"), "offset 8: label: -1 for sample 0"},
      {images, hex("00000802 00000002 00000001 01 02"), "labels: u8 of shape [2, 1]"},
      {images, hex("00000D01 00000000"), "labels: f32 of shape [0]"},
      {none, hex("00000801 00000000"), "offset 4: count: 0 images, at least one"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const std::string labels = folder.file("labels", row.labels);
    const bool about_images = row.images == none;
    expect_format_error<FormatError>([&] { load_idx_pair(row.images, labels); },
                                     about_images ? row.images : labels, row.text);
  }
}

}  // namespace
}  // namespace percept::io
