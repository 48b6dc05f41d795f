#include "percept/io/png.h"

#include <zlib.h>

#include "percept/tensor/factory.h"
#include "support/files.h"

namespace percept::io {
namespace {

using testing::changed;
using testing::expect_format_error;
using testing::hex;
using testing::TempFolder;

struct PictureRow {
  const char* name;
  const char*
      bytes;  // written by Pillow 13; the interlaced and the 16-bit RGB one by hand in Python
  Shape shape;
  std::vector<std::int64_t> values;
};

// 16 bits become v / 257, rounded.
const PictureRow kPictures[] = {
    {"gray",
     "89504e470d0a1a0a0000000d4948445200000003000000020800000000b81f39c60000001049444154789c63"
     "6068f8cfc8c8c80800080d018404ae1aec0000000049454e44ae426082",
     {1, 2, 3},
     {0, 128, 255, 1, 2, 3}},
    {"RGB",
     "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a730000001649444154789c63"
     "f8cfc0c0f09f818181e13f97881c001a58033a82e0ab530000000049454e44ae426082",
     {3, 2, 2},
     {255, 0, 0, 10, 0, 255, 0, 20, 0, 0, 255, 30}},
    {"RGBA",
     "89504e470d0a1a0a0000000d4948445200000002000000010806000000f4227f8a0000001149444154789c63"
     "f8cfc0d0c0f09f8101000d7e027f21dfa9980000000049454e44ae426082",
     {4, 1, 2},
     {255, 0, 0, 255, 0, 0, 128, 0}},
    {"gray and alpha",
     "89504e470d0a1a0a0000000d49484452000000020000000108040000005e2bb7010000000d49444154789c63"
     "60e7e4f80f00014b0118e20a77460000000049454e44ae426082",
     {2, 1, 2},
     {7, 8, 9, 255}},
    {"palette",
     "89504e470d0a1a0a0000000d4948445200000003000000010203000000668efc2700000009504c5445010203"
     "28323cc8d2dccee1355d0000000a49444154789c6368010000860085bcf5cdd60000000049454e44ae426082",
     {3, 1, 3},
     {200, 1, 40, 210, 2, 50, 220, 3, 60}},
    {"palette with transparency",
     "89504e470d0a1a0a0000000d4948445200000003000000010203000000668efc2700000009504c5445010203"
     "28323cc8d2dccee1355d0000000374524e53ff004d4c83cd1e0000000a49444154789c6368010000860085bc"
     "f5cdd60000000049454e44ae426082",
     {4, 1, 3},
     {200, 1, 40, 210, 2, 50, 220, 3, 60, 77, 255, 0}},
    {"1 bit",
     "89504e470d0a1a0a0000000d494844520000000900000001010000000024b9b9d00000000b49444154789c63"
     "dc700100023601827075bacb0000000049454e44ae426082",
     {1, 1, 9},
     {255, 0, 255, 255, 0, 0, 0, 0, 255}},
    {"16-bit gray",
     "89504e470d0a1a0a0000000d49484452000000050000000110000000006305e76c0000001349444154789c63"
     "606060f8cfc8f0ff7f0303000f03037fe35ec4b50000000049454e44ae426082",
     {1, 1, 5},
     {0, 1, 1, 255, 128}},
    {"interlaced",
     "89504e470d0a1a0a0000000d4948445200000005000000050800000001df0349af0000002949444154789c05"
     "c18501803000c0b08eb9bbfc7f2909a0588f8f4348052189997dd1c63a4f6d7dcc1f11df012d5bd3e63f0000"
     "000049454e44ae426082",
     {1, 5, 5},
     {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24}},
    {"16-bit RGB",
     "89504e470d0a1a0a0000000d49484452000000020000000110020000002bd0349e0000001549444154789c63"
     "f8ff9f818191b18181f9c52f06001ebd0466de7f24400000000049454e44ae426082",
     {3, 1, 2},
     {255, 128, 0, 4, 1, 249}},
};

TEST(Png, ReadsEveryKind) {
  TempFolder folder;
  for (const PictureRow& row : kPictures) {
    SCOPED_TRACE(row.name);
    const Tensor image = load_png(folder.file("f.png", hex(row.bytes)));
    EXPECT_EQ(image.dtype(), u8);
    EXPECT_EQ(image.shape(), row.shape);
    EXPECT_EQ(image.to_vector<std::int64_t>(), row.values);
  }
}

TEST(Png, ConvertsToGrayAndRgb) {
  // Image.convert("L") of Pillow 13
  const Tensor colors = tensor(
      {{{255, 0, 0, 10, 200}}, {{0, 255, 0, 20, 100}}, {{0, 0, 255, 30, 50}}}, {.dtype = u8});
  const std::string bytes = encode_png(colors);
  EXPECT_EQ(decode_png(bytes, "f", {.channels = 1}).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{76, 150, 29, 18, 124}));
  EXPECT_EQ(decode_png(bytes, "f", {.channels = 3}).to_vector<std::int64_t>(),
            colors.to_vector<std::int64_t>());
  const std::string gray = encode_png(tensor({{7, 8}}, {.dtype = u8}));
  const Tensor same = decode_png(gray, "f", {.channels = 3});
  EXPECT_EQ(same.shape(), (Shape{3, 1, 2}));
  EXPECT_EQ(same.to_vector<std::int64_t>(), (std::vector<std::int64_t>{7, 8, 7, 8, 7, 8}));
  const std::string la = hex(kPictures[3].bytes), rgba = hex(kPictures[2].bytes);
  EXPECT_EQ(decode_png(la, "f", {.channels = 1}).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{7, 8}));
  EXPECT_EQ(decode_png(la, "f", {.channels = 3}).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{7, 8, 7, 8, 7, 8}));
  EXPECT_EQ(decode_png(rgba, "f", {.channels = 3}).shape(), (Shape{3, 1, 2}));
  EXPECT_EQ(testing::error_text<ValueError>([&] { decode_png(gray, "f", {.channels = 2}); }),
            "load_png: channels = 2, allowed are 0 (as in the file), 1 and 3");
}

TEST(Png, WritesWhatItReads) {
  TempFolder folder;
  const std::string path = folder.path("f.png");
  const Tensor rgb = arange(3 * 5 * 7).to(u8).view({3, 5, 7});
  for (const Tensor& image : {rgb, rgb.narrow(0, 1, 1), rgb.transpose(1, 2)}) {
    save_png(path, image);
    const Tensor back = load_png(path);
    EXPECT_EQ(back.shape(), image.shape());
    EXPECT_EQ(back.to_vector<std::int64_t>(), image.to_vector<std::int64_t>());
  }
  save_png(path, rgb.select(0, 2));
  EXPECT_EQ(load_png(path).shape(), (Shape{1, 5, 7}));
}

TEST(Png, RefusesWhatIsNoPicture) {
  for (const Shape& shape :
       {Shape{2, 3, 3}, Shape{4, 3, 3}, Shape{3}, Shape{1, 0, 3}, Shape{1, 1, 1, 1}})
    EXPECT_NE(testing::error_text<ShapeError>([&] {
                encode_png(zeros(shape, {.dtype = u8}));
              }).find("save_png: the image has shape " + shape.str() + ", expected [1, H, W]"),
              std::string::npos);
  EXPECT_EQ(testing::error_text<DtypeError>([&] {
              encode_png(zeros({1, 2, 2}));
            }),
            "save_png: the image is f32, expected u8");
}

/// A picture that declares its size; the checksum of the header is right.
std::string declaring(std::string_view width_height) {
  std::string bytes = hex(kPictures[0].bytes);
  bytes.replace(16, 8, hex(width_height));
  const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(bytes.data()) + 12, 17);
  for (int i = 0; i < 4; ++i)
    bytes[29 + static_cast<std::size_t>(i)] = static_cast<char>(crc >> (24 - 8 * i) & 0xff);
  return bytes;
}

TEST(Png, RefusesBrokenFiles) {
  const std::string good = hex(kPictures[0].bytes);
  const std::pair<std::string, const char*> rows[] = {
      {"", "PNG: the data end too early"},
      {"GIF89a..", "PNG: Not a PNG file"},
      {good.substr(0, 8), "PNG: the data end too early"},
      {good.substr(0, good.size() - 1), "PNG: the data end too early"},
      {changed(good, 20, "x"), "PNG: IHDR: CRC error"},
      {changed(good, 45, "x"), "PNG: "},
      {declaring("00000000 00000002"), "PNG: Invalid IHDR data"},
      {declaring("80000000 00000002"), "PNG: PNG unsigned integer out of range"},
      {declaring("00000003 00000003"), "PNG: Not enough image data"},
      {declaring("0000FFFF 0000F000"), "size: 65535 x 61440 pixels, 73 bytes cannot"},
  };
  TempFolder folder;
  for (const auto& [bytes, text] : rows) {
    SCOPED_TRACE(text);
    const std::string path = folder.file("bad.png", bytes);
    expect_format_error<FormatError>([&] { load_png(path); }, path, text);
  }
  const std::string path = folder.file("large.png", declaring("7FFFFFFF 7FFFFFFF"));
  expect_format_error<LimitError>([&] { load_png(path); }, path,
                                  "size: 2147483647 x 2147483647 pixels, the limit is");
}

}  // namespace
}  // namespace percept::io
