#include "percept/io/safetensors.h"

#include <cmath>
#include <limits>

#include "percept/tensor/factory.h"
#include "support/faulty_files.h"
#include "support/files.h"

namespace percept::io {
namespace {

using testing::expect_format_error;
using testing::hex;
using testing::little;
using testing::TempFolder;

/// Length, header, buffer.
std::string with_header(std::string_view header, std::string_view buffer = "") {
  return little(header.size(), 8) + std::string(header) + std::string(buffer);
}

std::string zeros_of(std::size_t bytes) { return std::string(bytes, '\0'); }

/// The good file of 70 bytes: one F32 tensor "t" of shape [2], its parts replaceable.
std::string one(std::string_view dtype = R"("F32")", std::string_view shape = "[2]",
                std::string_view offsets = "[0,8]", std::size_t bytes = 8) {
  std::string header = R"({"t":{"dtype":)";
  header.append(dtype).append(R"(,"shape":)").append(shape);
  header.append(R"(,"data_offsets":)").append(offsets).append("}}");
  return with_header(header, zeros_of(bytes));
}

std::string entry(std::string_view name, std::string_view offsets, std::string_view shape = "[2]") {
  std::string text = "\"";
  text.append(name).append(R"(":{"dtype":"F32","shape":)").append(shape);
  return text.append(R"(,"data_offsets":)").append(offsets).append("}");
}

std::string two(std::string_view first, std::string_view second, std::size_t bytes) {
  return with_header("{" + std::string(first) + "," + std::string(second) + "}", zeros_of(bytes));
}

std::string metadata(std::string_view value) {
  return with_header(R"({"__metadata__":)" + std::string(value) + "}");
}

// Written by safetensors 0.8 for Python.
const std::string kRecorded =
    with_header(R"({"__metadata__":{"format":"pt",")"
                "\xe5\x90\x8d"
                R"(":"x\"\\\n\u0001"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                R"("o":{"dtype":"F64","shape":[0,3],"data_offsets":[8,8]},)"
                R"("w":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]},)"
                R"("a":{"dtype":"U8","shape":[3],"data_offsets":[24,27]},)"
                R"("flag":{"dtype":"BOOL","shape":[3],"data_offsets":[27,30]}}      )",
                hex("07000000000000000000c03f000000c000004040000088400102ff010001"));

TEST(Safetensors, ReadsTheRecordedFileAndWritesTheSameBytes) {
  ASSERT_EQ(kRecorded.substr(0, 8), hex("5001000000000000"));
  TempFolder folder;
  const Safetensors file = load_safetensors(folder.file("a", kRecorded));
  EXPECT_EQ(file.metadata, (Metadata{{"format", "pt"}, {"\xe5\x90\x8d", "x\"\\\n\x01"}}));
  ASSERT_EQ(file.tensors.size(), 5u);
  EXPECT_EQ(file.tensors.at("n").dtype(), i64);
  EXPECT_EQ(file.tensors.at("n").item<std::int64_t>(), 7);
  EXPECT_EQ(file.tensors.at("o").dtype(), f64);
  EXPECT_EQ(file.tensors.at("o").shape(), (Shape{0, 3}));
  EXPECT_EQ(file.tensors.at("w").dtype(), f32);
  EXPECT_EQ(file.tensors.at("w").shape(), (Shape{2, 2}));
  EXPECT_EQ(file.tensors.at("w").to_vector<float>(), (std::vector<float>{1.5, -2, 3, 4.25}));
  EXPECT_EQ(file.tensors.at("a").dtype(), u8);
  EXPECT_EQ(file.tensors.at("a").to_vector<std::int64_t>(), (std::vector<std::int64_t>{1, 2, 255}));
  EXPECT_EQ(file.tensors.at("flag").dtype(), boolean);
  EXPECT_EQ(file.tensors.at("flag").to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{1, 0, 1}));
  // The order of adding does not show in the file.
  const NamedTensors shuffled{{"flag", file.tensors.at("flag")},
                              {"w", file.tensors.at("w")},
                              {"a", file.tensors.at("a")},
                              {"o", file.tensors.at("o")},
                              {"n", file.tensors.at("n")}};
  save_safetensors(folder.path("b"), shuffled, file.metadata);
  EXPECT_EQ(read_file(folder.path("b")), kRecorded);
}

TEST(Safetensors, WidensTypesPerceptDoesNotHave) {
  // Written by safetensors 0.8 for Python.
  const std::string bytes =
      with_header(R"({"t5":{"dtype":"U64","shape":[2],"data_offsets":[0,16]},)"
                  R"("t4":{"dtype":"U32","shape":[2],"data_offsets":[16,24]},)"
                  R"("t2":{"dtype":"I32","shape":[2],"data_offsets":[24,32]},)"
                  R"("t6":{"dtype":"F16","shape":[2],"data_offsets":[32,36]},)"
                  R"("t3":{"dtype":"U16","shape":[2],"data_offsets":[36,40]},)"
                  R"("t1":{"dtype":"I16","shape":[2],"data_offsets":[40,44]},)"
                  R"("t0":{"dtype":"I8","shape":[2],"data_offsets":[44,46]}} )",
                  hex("0100000000000000ffffffffffffff7f01000000ffffffffffffffff02000000003efffb0100"
                      "ffffffff0200ff02"));
  TempFolder folder;
  const NamedTensors tensors = load_safetensors(folder.file("f", bytes)).tensors;
  using Integers = std::vector<std::int64_t>;
  const std::pair<const char*, Integers> rows[] = {
      {"t0", {-1, 2}},    {"t1", {-1, 2}},         {"t2", {-1, 2}},
      {"t3", {1, 65535}}, {"t4", {1, 4294967295}}, {"t5", {1, 9223372036854775807}}};
  for (const auto& [name, values] : rows) {
    EXPECT_EQ(tensors.at(name).dtype(), i64);
    EXPECT_EQ(tensors.at(name).to_vector<std::int64_t>(), values);
  }
  EXPECT_EQ(tensors.at("t6").dtype(), f32);
  EXPECT_EQ(tensors.at("t6").to_vector<float>(), (std::vector<float>{1.5, -65504}));

  const std::string bf = folder.file(
      "bf",
      with_header(R"({"t":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}})", hex("C03F00C0")));
  const Tensor narrow = load_safetensors(bf).tensors.at("t");
  EXPECT_EQ(narrow.dtype(), bf16);
  EXPECT_EQ(narrow.to_vector<float>(), (std::vector<float>{1.5, -2}));

  const std::string large =
      folder.file("u64", with_header(R"({"t":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}})",
                                     hex("0000000000000080")));
  expect_format_error<FormatError>([&] { load_safetensors(large); }, large,
                                   "range: the integer 9223372036854775808");
}

struct BadSafetensors {
  std::string bytes;
  const char* text;
};

const BadSafetensors kBadSafetensors[] = {
    // S1
    {"", "offset 0: header length: a file of 0 bytes, at least 8 are needed"},
    {zeros_of(7), "header length: a file of 7 bytes"},
    // S2
    {hex("01E1F50500000000"), "header length: 100000001 bytes, at most 100000000 are allowed"},
    {hex("FFFFFFFFFFFFFFFF"), "header length: 18446744073709551615 bytes"},
    {hex("F8FFFFFFFFFFFFFF"), "header length: 18446744073709551608 bytes"},
    // S3
    {one().replace(0, 1, hex("3F")), "header length: 63 bytes, 62 follow"},
    // S4
    {with_header("\xff"), "offset 8: UTF-8: byte 0xFF"},
    {with_header("{\"\xc0\x80\":1}"), "offset 10: UTF-8: byte 0xC0"},
    // S5
    {with_header(""), "JSON: nothing, the header must start with '{'"},
    {with_header("{"), "JSON: a fault near"},
    {with_header("[]"), "JSON: '[', the header must start with '{'"},
    {with_header("{}x"), "JSON: a fault near"},
    {with_header("{}{}"), "JSON: a fault near"},
    {with_header("{}" + zeros_of(1)), "offset 10: JSON: a NUL byte"},
    {with_header("\xef\xbb\xbf{}"), "JSON: '\\xef', the header must start"},
    {with_header(" {}"), "JSON: ' ', the header must start with '{'"},
    {with_header("{'t':1}"), "JSON: a fault near"},
    {with_header("{}/**/"), "JSON: a fault near"},
    {with_header(R"({"t":NaN})"), "JSON: a fault near"},
    {with_header(R"({"t":null})"), "tensor: null for 't', an object is allowed"},
    {with_header(R"({"t":1})"), "tensor: 1 for 't'"},
    {with_header(R"({"t":true})"), "tensor: a truth value for 't'"},
    {with_header(R"({"t":"x"})"), "tensor: a string for 't'"},
    {with_header(R"({"t":{}})"), "fields: a field of 't' is missing"},
    {with_header(R"({"a":{"dtype":"F32"},})"), "fields: a field of 'a' is missing"},
    {with_header(R"({"__metadata__":{},})"), "JSON: a fault near"},
    // S6
    {with_header(std::string(200'000, '[')), "JSON: '['"},
    {with_header(R"({"t":)" + std::string(200'000, '[')), "tensor: a list for 't'"},
    {one(R"("F32")", std::string(200'000, '[')), "shape: a list, whole numbers from 0"},
    {with_header(R"({"t":{"shape":{"a":)"), "shape: an object, a list is allowed"},
    // S7
    {with_header(R"({"\ud800":{}})"), "JSON: a fault near"},
    {with_header(R"({"\udc00":{}})"), "JSON: a fault near"},
    {with_header(R"({"\x41":{}})"), "JSON: a fault near"},
    {with_header("{\"a\nb\":{}}"), "JSON: a fault near"},
    // S8
    {two(entry("t", "[0,8]"), entry("t", "[8,16]"), 16), "double keys: 't' comes twice"},
    {two(entry("t", "[0,8]"), entry("t", "[0,8]"), 8), "double keys: 't' comes twice"},
    {two(entry("t", "[0,8]"), entry("\\u0074", "[0,8]"), 8), "double keys: 't' comes twice"},
    {metadata(R"({"a":"1","a":"1"})"), "double keys: 'a' comes twice"},
    {with_header(R"({"__metadata__":{},"__metadata__":{}})"),
     "double keys: '__metadata__' comes twice"},
    {one(R"("F32","dtype":"F32")"), "double keys: 'dtype' comes twice"},
    {one(R"("F32")", R"([2],"shape":[2])"), "double keys: 'shape' comes twice"},
    // S9
    {metadata(R"({"a":1})"), "metadata: 1 for 'a', strings are allowed"},
    {metadata(R"({"a":{"b":"c"}})"), "metadata: an object for 'a'"},
    {metadata(R"({"a":null})"), "metadata: null for 'a'"},
    {metadata(R"(["a"])"), "metadata: a list for '__metadata__', an object is allowed"},
    {metadata("null"), "metadata: null for '__metadata__'"},
    {metadata(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})"),
     "metadata: a list for 'shape'"},
    // S10
    {one(R"("F31")"), "dtype: 'F31', F32, I64"},
    {one(R"("f32")"), "dtype: 'f32'"},
    {one("7"), "dtype: 7, a string is allowed"},
    {one("[]"), "dtype: a list, a string is allowed"},
    {with_header(R"({"t":{"shape":[2],"data_offsets":[0,8]}})", zeros_of(8)),
     "a field of 't' is missing"},
    // S11
    {one(R"("F32")", "[-2]"), "shape: -2, whole numbers from 0 are allowed"},
    {one(R"("F32")", "[2.0]"), "shape: 2.0"},
    {one(R"("F32")", "[2e0]"), "shape: 2e0"},
    {one(R"("F32")", R"(["2"])"), "shape: a string"},
    {one(R"("F32")", "[-0]"), "shape: -0"},
    {one(R"("F32")", "[02]"), "JSON: a fault near"},
    {one(R"("F32")", "[+2]"), "JSON: a fault near"},
    {one(R"("F32")", "[2,]"), "JSON: a fault near"},
    {one(R"("F32")", "[18446744073709551616]"), "shape: 18446744073709551616"},
    {one(R"("F32")", "[1e400]"), "JSON: a fault near"},
    {one(R"("F32")", "[null]"), "shape: null"},
    {one(R"("F32")", "null"), "shape: null, a list is allowed"},
    {one(R"("F32")", "2"), "shape: 2, a list is allowed"},
    {with_header(R"({"t":{"dtype":"F32","data_offsets":[0,8]}})", zeros_of(8)),
     "a field of 't' is missing"},
    // S12
    {one(R"("F32")", "[2]", "[0]"), "data_offsets: 1 numbers, [begin, end] is allowed"},
    {one(R"("F32")", "[2]", "[]"), "data_offsets: 0 numbers"},
    {one(R"("F32")", "[2]", "[0,8,8]"), "data_offsets: more than 2 numbers"},
    {one(R"("F32")", "[2]", "[-8,0]"), "data_offsets: -8, whole numbers"},
    {one(R"("F32")", "[2]", "[8,0]"), "data_offsets: range [8, 0] of 't'"},
    {one(R"("F32")", "[2]", "[0,8.0]"), "data_offsets: 8.0"},
    {one(R"("F32")", "[2]", "{}"), "data_offsets: an object"},
    // S13
    {one(R"("F32")", "[2,9223372036854775808]"), "overflow: shape [2, 9223372036854775808] of 't'"},
    {one(R"("F32")", "[4611686018427387904]"), "overflow: shape [4611686018427387904]"},
    {one(R"("F32")", "[9223372036854775808,4,0]", "[0,0]", 0),
     "overflow: shape [922337203685477580"},
    // S14
    {one(R"("F32")", "[2]", "[0,4]", 4), "range: 4 bytes of 't', F32 [2] takes 8"},
    {one(R"("F32")", "[]", "[0,0]", 0), "range: 0 bytes of 't', F32 [] takes 4"},
    // S15
    {one(R"("F4")", "[3]", "[0,1]", 1), "whole bytes: shape [3] with 4 bits an element of 't'"},
    {one(R"("F6_E2M3")", "[2]", "[0,1]", 1), "whole bytes: shape [2] with 6 bits"},
    // S16
    {one(R"("F32")", "[2]", "[8,16]", 16), "hole: 't' starts at 8 of the buffer"},
    {two(entry("a", "[0,8]"), entry("b", "[12,20]"), 20), "hole: 'b' starts at 12"},
    {two(entry("a", "[0,8]"), entry("b", "[4,12]"), 12), "overlap: 'b' starts at 4"},
    {two(entry("a", "[0,8]"), entry("b", "[0,8]"), 8), "overlap: 'b' starts at 0"},
    {two(entry("a", "[0,8]"), entry("b", "[4,4]", "[0]"), 8), "overlap: 'b' starts at 4"},
    // S17
    {one(R"("F32")", "[2]", "[0,8]", 7), "offset 62: buffer length: 7 bytes after the header"},
    {one(R"("F32")", "[2]", "[0,8]", 9),
     "buffer length: 9 bytes after the header, the tensors take 8"},
    {with_header("{}", "x"), "buffer length: 1 bytes after the header, the tensors take 0"},
    {one(R"("F32")", "[4]", "[0,16]", 8), "buffer length: 8 bytes after the header"},
    // What percept adds.
    {one(R"("F32","extra":1)"), "fields: unknown field 'extra' of 't'"},
    {one(R"("F32")", "[1,1,1,1,1,1,1,1,2]"), "shape: 9 dimensions, at most 8 are allowed"},
    {one(R"("F8_E4M3")", "[8]"), "dtype: F8_E4M3 of 't', a valid type, but not one"},
    {one(R"("F4")", "[16]"), "dtype: F4 of 't'"},
    {one(R"("C64")", "[1]"), "dtype: C64 of 't'"},
    {one(R"("F8_E4M3")", "[9]"), "range: 8 bytes of 't', F8_E4M3 [9] takes 9"},
    {with_header("{\"a\\u001b[2J\\nb\":1}"), "tensor: 1 for 'a\\x1b[2J\\nb'"},
};

TEST(Safetensors, RefusesEveryBrokenRule) {
  TempFolder folder;
  for (const BadSafetensors& row : kBadSafetensors) {
    SCOPED_TRACE(row.text);
    const std::string path = folder.file("bad", row.bytes);
    expect_format_error<FormatError>([&] { load_safetensors(path); }, path, row.text);
  }
}

struct GoodSafetensors {
  const char* name;
  std::string bytes;
  std::size_t tensors;
};

const GoodSafetensors kGoodSafetensors[] = {
    {"the 70 bytes", one(), 1},
    {"trailing spaces",
     with_header(R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   )", zeros_of(8)), 1},
    {"empty object", with_header("{}"), 0},
    {"only metadata", metadata(R"({"a":"b"})"), 0},
    {"empty metadata", metadata("{}"), 0},
    {"a number", one(R"("F32")", "[]", "[0,4]", 4), 1},
    {"a size of 0", one(R"("F32")", "[3,0]", "[0,0]", 0), 1},
    {"keys in another order",
     with_header(R"({"t":{"data_offsets":[0,8],"shape":[2],"dtype":"F32"}})", zeros_of(8)), 1},
    {"tensors in another order", two(entry("b", "[8,16]"), entry("a", "[0,8]"), 16), 2},
    {"an empty one between", two(entry("b", "[8,8]", "[0]"), entry("a", "[0,8]"), 8), 2},
    {"escaped name",
     with_header("{" + entry("a\\\"\\u00e9\\ud83d\\ude00", "[0,8]") + "}", zeros_of(8)), 1},
    {"empty name", with_header("{" + entry("", "[0,8]") + "}", zeros_of(8)), 1},
    {"a name like a path", with_header("{" + entry("../x\\u0000", "[0,8]") + "}", zeros_of(8)), 1},
    {"spaces inside",
     with_header(R"({ "t" : {"dtype":"F32", "shape":[ 2 ],"data_offsets":[0, 8]} })", zeros_of(8)),
     1},
};

TEST(Safetensors, AcceptsEveryGoodFile) {
  TempFolder folder;
  for (const GoodSafetensors& row : kGoodSafetensors) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(load_safetensors(folder.file("f", row.bytes)).tensors.size(), row.tensors);
  }
  const std::string special = one().replace(62, 8, hex("0000C07F 000080FF"));
  const auto values =
      load_safetensors(folder.file("f", special)).tensors.at("t").to_vector<float>();
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_EQ(values[1], -std::numeric_limits<float>::infinity());
  const NamedTensors two_tensors =
      load_safetensors(folder.file("f", two(entry("b", "[8,16]"), entry("a", "[0,8]"), 16)))
          .tensors;
  EXPECT_EQ(two_tensors.begin()->first, "b");  // the header's order
}

TEST(Safetensors, UnalignedDataAreReadRight) {
  TempFolder folder;
  const std::string bytes = with_header(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                        R"("b":{"dtype":"F64","shape":[1],"data_offsets":[1,9]}})",
                                        hex("05 000000000000F83F"));
  const NamedTensors tensors = load_safetensors(folder.file("f", bytes)).tensors;
  EXPECT_EQ(tensors.at("a").item(), 5);
  EXPECT_EQ(tensors.at("b").item(), 1.5);
}

TEST(Safetensors, LimitsMemory) {
  TempFolder folder;
  const std::string path = folder.file("f", one(R"("I8")", "[8]"));  // 64 bytes as i64
  EXPECT_EQ(load_safetensors(path, {.max_bytes = 64}).tensors.size(), 1u);
  expect_format_error<LimitError>([&] { load_safetensors(path, {.max_bytes = 63}); }, path,
                                  "size: shape [8] takes 64 bytes, the limit is 63 bytes");
}

TEST(Safetensors, WriterPadsAndEscapesAndCopiesViews) {
  TempFolder folder;
  const std::string path = folder.path("f");
  const Tensor matrix = tensor({{1, 2}, {3, 4}});
  const NamedTensors out{{"q\"\\\n\xe4\xb8\xad", matrix.t()}, {"h", ones({3}).to(bf16)}};
  save_safetensors(path, out, {{"k\t", "v\x7f"}});
  const std::string bytes = read_file(path);
  EXPECT_EQ((8 + static_cast<unsigned char>(bytes[0])) % 8, 0);
  const Safetensors in = load_safetensors(path);
  EXPECT_EQ(in.metadata, (Metadata{{"k\t", "v\x7f"}}));
  EXPECT_EQ(in.tensors.at("q\"\\\n\xe4\xb8\xad").to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{1, 3, 2, 4}));
  EXPECT_EQ(in.tensors.at("h").dtype(), bf16);
  save_safetensors(path, {});
  EXPECT_EQ(read_file(path), hex("0800000000000000") + "{}      ");  // as the Python package
}

TEST(Safetensors, WriterRefusesAndLeavesNothing) {
  TempFolder folder;
  const std::string path = folder.path("f");
  const Tensor t = zeros({1});
  EXPECT_EQ(testing::error_text<ValueError>([&] {
              save_safetensors(path, {{"__metadata__", t}});
            }),
            "safetensors: a tensor cannot be called '__metadata__'");
  EXPECT_EQ(testing::error_text<ValueError>([&] {
              save_safetensors(path, {{"a\xff", t}});
            }),
            "safetensors: name 'a\\xff' is no UTF-8");
  EXPECT_EQ(testing::error_text<ValueError>([&] {
              save_safetensors(path, {}, {{"a", "\xff"}});
            }),
            "safetensors: metadata value '\\xff' is no UTF-8");
  EXPECT_EQ(folder.count(), 0u);
  testing::FaultyFileCalls calls({.write_at = 100});
  const UseFileCalls use(calls);
  EXPECT_THROW(save_safetensors(path, {{"t", zeros({100})}}), IoError);
  EXPECT_EQ(folder.count(), 0u);
}

}  // namespace
}  // namespace percept::io
