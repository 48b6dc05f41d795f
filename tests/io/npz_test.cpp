#include "percept/io/npz.h"

#include "percept/tensor/factory.h"
#include "support/files.h"

namespace percept::io {
namespace {

using testing::changed;
using testing::expect_format_error;
using testing::hex;
using testing::TempFolder;

// numpy.savez(f, w=array([[1.5, -2], [3, 4.25]], 'f4'), n=array(7)) and savez_compressed, NumPy 2.4
const std::string kStored = hex(
    R"(504b03042d000000000000002100f886159affffffffffffffff05001400772e6e707901001000900000000000000090
00000000000000934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572
273a2046616c73652c20277368617065273a2028322c2032292c207d2020202020202020202020202020202020202020
20202020202020202020202020202020202020202020202020202020202020202020202020200a0000c03f000000c000
00404000008840504b03042d00000000000000210023b8f06cffffffffffffffff050014006e2e6e7079010010008800
0000000000008800000000000000934e554d5059010076007b276465736372273a20273c6938272c2027666f72747261
6e5f6f72646572273a2046616c73652c20277368617065273a2028292c207d2020202020202020202020202020202020
2020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200a0700
000000000000504b01022d032d000000000000002100f886159a90000000900000000500000000000000000000008001
00000000772e6e7079504b01022d032d00000000000000210023b8f06c88000000880000000500000000000000000000
008001c70000006e2e6e7079504b0506000000000200020066000000860100000000)");
const std::string kPacked = hex(
    R"(504b03042d000000080000002100f886159affffffffffffffff05001400772e6e707901001000900000000000000055
000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a
12774bcc294e058a17672416a402f91a463a0a469a3a0ab50a64032e068603f60c408281c1c18181a1c30100504b0304
2d00000008000000210023b8f06cffffffffffffffff050014006e2e6e70790100100088000000000000004600000000
0000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a1aea3a09e965f54529498179f5f94920a12774bcc
294e058a17672416a402f91a9a3a0ab50a14012e7606080000504b01022d032d000000080000002100f886159a550000
0090000000050000000000000000000000800100000000772e6e7079504b01022d032d00000008000000210023b8f06c
460000008800000005000000000000000000000080018c0000006e2e6e7079504b050600000000020002006600000009
0100000000)");

TEST(Npz, ReadsWhatNumPyWrote) {
  TempFolder folder;
  for (const std::string& bytes : {kStored, kPacked}) {
    const NamedTensors tensors = load_npz(folder.file("f.npz", bytes));
    ASSERT_EQ(tensors.size(), 2u);
    EXPECT_EQ(tensors.begin()->first, "w");
    EXPECT_EQ(tensors.at("w").shape(), (Shape{2, 2}));
    EXPECT_EQ(tensors.at("w").to_vector<float>(), (std::vector<float>{1.5, -2, 3, 4.25}));
    EXPECT_EQ(tensors.at("n").item<std::int64_t>(), 7);
  }
}

TEST(Npz, WritesWhatItReads) {
  TempFolder folder;
  for (const bool compress : {false, true}) {
    const NamedTensors out{{"\xe4\xb8\xad/weight", arange(100'000).to(f32)},
                           {"flags", tensor({true, false})},
                           {"empty", zeros({0, 3}, {.dtype = f64})},
                           {"view", tensor({{1, 2}, {3, 4}}).t()}};
    save_npz(folder.path("a.npz"), out, {.compress = compress});
    save_npz(folder.path("b.npz"), out, {.compress = compress});
    const std::string bytes = read_file(folder.path("a.npz"));
    EXPECT_EQ(bytes, read_file(folder.path("b.npz")));
    EXPECT_EQ(bytes.size() < 300'000, compress);
    const NamedTensors in = load_npz(folder.path("a.npz"));
    ASSERT_EQ(in.size(), out.size());
    for (auto a = in.begin(), b = out.begin(); a != in.end(); ++a, ++b) {
      EXPECT_EQ(a->first, b->first);
      EXPECT_EQ(a->second.dtype(), b->second.dtype());
      EXPECT_EQ(a->second.shape(), b->second.shape());
      EXPECT_EQ(a->second.to_vector<double>(), b->second.to_vector<double>());
    }
  }
  save_npz(folder.path("none.npz"), {});
  EXPECT_TRUE(load_npz(folder.path("none.npz")).empty());
}

TEST(Npz, RefusesWhatItCannotWrite) {
  TempFolder folder;
  const std::string path = folder.path("f.npz");
  EXPECT_THROW(save_npz(path, {{"a", zeros({1}).to(bf16)}}), DtypeError);
  EXPECT_THROW(save_npz(path, {{"\xff", zeros({1})}}), ValueError);
  EXPECT_THROW(save_npz(path, {{std::string("a\0b", 3), zeros({1})}}), ValueError);
  EXPECT_THROW(save_npz(path, {{std::string(70'000, 'n'), zeros({1})}}), ValueError);
  EXPECT_EQ(folder.count(), 0u);
}

struct BadNpz {
  std::string bytes;
  const char* text;
};

// Offsets of the recorded files: directory of kStored at 390, of kPacked at 265.
const std::size_t kDirectory = 390, kPackedDirectory = 265;

const BadNpz kBadNpz[] = {
    {"", "zip: no end record where it should be"},
    {"PK", "zip: no end record"},
    {kStored.substr(0, kStored.size() - 1), "zip: no end record"},
    {kStored + "x", "zip: no end record"},
    {changed(kStored, kDirectory, "XX"), "offset 390: zip: no directory entry where it should be"},
    {changed(kStored, 0, "XX"), "offset 0: zip: no local header where it should be"},
    {changed(kStored, kDirectory + 8, hex("01")), "'w.npy' is encrypted"},
    {changed(kStored, kDirectory + 10, hex("0C")), "'w.npy' has method 12, 0 (stored) and 8"},
    {changed(kStored, kDirectory + 16, "X"), "zip entry: 'w.npy' has CRC-32"},
    {changed(kStored, 190, "X"), "zip entry: 'w.npy' has CRC-32"},
    {changed(kStored, kDirectory + 24, hex("91")), "'w.npy' is stored with two sizes"},
    {changed(kStored, kDirectory + 28, hex("FFFF")),
     "a directory entry beyond the directory's end"},
    {changed(kStored, kDirectory + 42, hex("01")), "no local header where it should be"},
    {changed(kStored, kDirectory + 42, hex("FFFFFFFF")), "'w.npy' has a broken 64-bit extension"},
    {changed(kStored, kDirectory + 46, "v"), "a local header that does not fit 'v.npy'"},
    {changed(kStored, kDirectory + 46 + 4, "z"), "entry name: 'w.npz', every entry must be a .npy"},
    {changed(changed(kStored, kDirectory + 51 + 46, "w"), 199 + 30, "w"), "'w.npy' comes twice"},
    {changed(kStored, kStored.size() - 18, hex("01")), "an archive in several parts"},
    {changed(kStored, kStored.size() - 12, hex("03")), "a directory of 3 entries"},
    {changed(kStored, kStored.size() - 12, hex("01")), "bytes after the last directory entry"},
    {changed(kStored, kStored.size() - 10, hex("FF")),
     "zip: a directory of 2 entries in 255 bytes"},
    {changed(kStored, kStored.size() - 6, hex("FFFFFFFF")), "no 64-bit end locator"},
    {changed(kPacked, kPackedDirectory + 24, hex("91")), "'w.npy' ends at 144 of 145 bytes"},
    {changed(kPacked, kPackedDirectory + 24, hex("8F")), "data length: truncated at 15 of 16"},
    {changed(kPacked, kPackedDirectory + 20, hex("54")), "deflate: the packed data end too early"},
    {changed(kPacked, 55, hex("FF")), "deflate: invalid block type"},
};

TEST(Npz, RefusesBrokenArchives) {
  TempFolder folder;
  for (const BadNpz& row : kBadNpz) {
    SCOPED_TRACE(row.text);
    const std::string path = folder.file("bad.npz", row.bytes);
    expect_format_error<FormatError>([&] { load_npz(path); }, path, row.text);
  }
}

TEST(Npz, TheLimitHoldsForAllArraysTogether) {
  TempFolder folder;
  const std::string path = folder.path("f.npz");
  save_npz(path, {{"a", zeros({25'000})}, {"b", zeros({25'000})}}, {.compress = true});
  EXPECT_EQ(load_npz(path, {.max_bytes = 200'000}).size(), 2u);
  expect_format_error<LimitError>([&] { load_npz(path, {.max_bytes = 199'999}); }, path,
                                  "the limit is 99999 bytes");
}

TEST(NamedTensors, KeepsOrderAndNames) {
  NamedTensors tensors{{"b", tensor(1)}, {"a", tensor(2)}};
  tensors.add("c", tensor(3));
  std::string order;
  for (const auto& [name, value] : tensors)
    order += name + std::to_string(value.item<std::int64_t>());
  EXPECT_EQ(order, "b1a2c3");
  EXPECT_EQ(tensors.find("x"), nullptr);
  EXPECT_EQ(testing::error_text<IndexError>([&] { tensors.at("x\n"); }),
            "named tensors: no 'x\\n', there is 'b', 'a', 'c'");
  EXPECT_EQ(testing::error_text<ValueError>([&] { tensors.add("a", tensor(1)); }),
            "named tensors: the name 'a' is there already");
}

}  // namespace
}  // namespace percept::io
