#include "percept/io/npy.h"

#include <limits>

#include "percept/tensor/factory.h"
#include "support/files.h"

namespace percept::io {
namespace {

using testing::expect_format_error;
using testing::hex;
using testing::little;
using testing::TempFolder;

/// A file around a header that is already as long as it should be.
std::string npy_around(std::string_view header, std::string_view data, int major = 1) {
  return "\x93NUMPY" + std::string(1, static_cast<char>(major)) + std::string(1, '\0') +
         little(header.size(), major == 1 ? 2 : 4) + std::string(header) + std::string(data);
}

/// As numpy.save wrote it: the dictionary, spaces up to 118 bytes with the newline, data.
std::string numpy_file(std::string dictionary, std::string_view data) {
  dictionary.resize(117, ' ');
  return npy_around(dictionary + '\n', hex(data));
}

struct NumpyRow {
  const char* header;  // recorded from NumPy 2.4
  const char* data;
  Dtype dtype;
  Shape shape;
  std::vector<double> values;
  bool writes_same = true;  // percept's own types: the writer must give the same bytes
};

const NumpyRow kNumpy[] = {
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
     "0000c03f000000c00000404000008840",
     f32,
     {2, 2},
     {1.5, -2, 3, 4.25}},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (), }", "0000000000000440", f64, {}, {2.5}},
    {"{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }",
     "000000000000000001000000000000000200000000000000",
     i64,
     {3},
     {0, 1, 2}},
    {"{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", "0100", boolean, {2}, {1, 0}},
    {"{'descr': '|u1', 'fortran_order': False, 'shape': (0, 5), }", "", u8, {0, 5}, {}},
    {"{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }",
     "000003000100040002000500",
     i64,
     {2, 3},
     {0, 1, 2, 3, 4, 5},
     false},
    {"{'descr': '>i4', 'fortran_order': False, 'shape': (3,), }",
     "00000001fffffffe00011170",
     i64,
     {3},
     {1, -2, 70000},
     false},
    {"{'descr': '<f2', 'fortran_order': False, 'shape': (4,), }",
     "003cff7b0180007c",
     f32,
     {4},
     {1, 65504, -5.9604644775390625e-08, std::numeric_limits<double>::infinity()},
     false},
    {"{'descr': '|i1', 'fortran_order': False, 'shape': (2,), }",
     "80ff",
     i64,
     {2},
     {-128, -1},
     false},
    {"{'descr': '<u2', 'fortran_order': False, 'shape': (1,), }", "ffff", i64, {1}, {65535}, false},
    {"{'descr': '>u4', 'fortran_order': False, 'shape': (1,), }",
     "ffffffff",
     i64,
     {1},
     {4294967295},
     false},
    {"{'descr': '>u8', 'fortran_order': False, 'shape': (1,), }",
     "0000010000000000",
     i64,
     {1},
     {1099511627776},
     false},
    {"{'descr': '>f8', 'fortran_order': True, 'shape': (1, 2), }",
     "bfe00000000000004000000000000000",
     f64,
     {1, 2},
     {-0.5, 2},
     false},
};

TEST(Npy, ReadsWhatNumPyWroteAndWritesTheSameBytes) {
  TempFolder folder;
  for (const NumpyRow& row : kNumpy) {
    SCOPED_TRACE(row.header);
    const std::string bytes = numpy_file(row.header, row.data);
    const Tensor tensor = load_npy(folder.file("f.npy", bytes));
    EXPECT_EQ(tensor.dtype(), row.dtype);
    EXPECT_EQ(tensor.shape(), row.shape);
    EXPECT_EQ(tensor.to_vector<double>(), row.values);
    EXPECT_TRUE(tensor.is_contiguous());
    if (!row.writes_same) continue;
    save_npy(folder.path("g.npy"), tensor);
    EXPECT_EQ(read_file(folder.path("g.npy")), bytes);
  }
}

TEST(Npy, WritesViewsRowMajorAndRefusesBf16) {
  TempFolder folder;
  const std::string path = folder.path("f.npy");
  save_npy(path, tensor({{1, 2, 3}, {4, 5, 6}}).t());
  EXPECT_EQ(load_npy(path).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(testing::error_text<DtypeError>([&] { save_npy(path, zeros({2}).to(bf16)); }),
            "npy: NumPy has no bf16; hint: .to(f32)");
  EXPECT_EQ(folder.count(), 1u);
}

struct HeaderRow {
  std::string header;
  Shape shape;
};

TEST(Npy, AcceptsOtherSpellings) {
  const HeaderRow rows[] = {
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", {3}},
      {R"({"shape":(3,),"fortran_order":False,"descr":"<f4"})", {3}},
      {"{'shape': (3L, 1L), 'descr': '=f4', 'fortran_order': True}\n", {3, 1}},
      {"  { 'shape' : ( 1 , 3 , ) , 'descr' : '|f4' , 'fortran_order' : False , }  \n", {1, 3}},
  };
  TempFolder folder;
  for (const HeaderRow& row : rows) {
    for (int version = 1; version <= 3; ++version) {
      SCOPED_TRACE(row.header);
      const std::string data = hex("0000803f 00000040 00004040");
      const Tensor tensor = load_npy(folder.file("f", npy_around(row.header, data, version)));
      EXPECT_EQ(tensor.shape(), row.shape);
      EXPECT_EQ(tensor.to_vector<float>(), (std::vector<float>{1, 2, 3}));
    }
  }
}

const char kGoodDictionary[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n";

std::string dictionary(std::string_view descr, std::string_view order, std::string_view shape) {
  return npy_around("{'descr': " + std::string(descr) + ", 'fortran_order': " + std::string(order) +
                        ", 'shape': " + std::string(shape) + ", }\n",
                    "ab");
}
std::string with_descr(std::string_view descr) { return dictionary(descr, "False", "(2,)"); }
std::string with_shape(std::string_view shape) { return dictionary("'|u1'", "False", shape); }

struct BadNpy {
  std::string bytes;
  const char* text;
};

const BadNpy kBadNpy[] = {
    {"", "offset 0: magic: ''"},                                                             // N1
    {hex("934E554D5058 0100 0000"), "offset 0: magic: '\\x93NUMPX'"},                        // N1
    {hex("934E554D5059"), "offset 6: version: the file's end"},                              // N2
    {npy_around(kGoodDictionary, "ab").replace(6, 1, hex("04")), "offset 6: version: 4.0"},  // N2
    {npy_around(kGoodDictionary, "ab").replace(6, 1, hex("00")), "offset 6: version: 0.0"},  // N2
    {npy_around(kGoodDictionary, "ab").replace(7, 1, hex("01")), "offset 6: version: 1.1"},  // N2
    {hex("934E554D5059 0100 76"), "offset 8: header length: the file's end"},                // N3
    {hex("934E554D5059 0200 760000"), "offset 8: header length: the file's end"},            // N3
    {hex("934E554D5059 0100 7600") + "{}", "header length: 118 bytes, 2 are left"},          // N3
    {npy_around(std::string(65537, ' '), "", 2), "header length: 65537 bytes"},              // N3
    {hex("934E554D5059 0200 FFFFFFFF") + "{}", "header length: 4294967295 bytes"},           // N3
    {npy_around("", ""), "offset 10: header: its end, '{' is allowed"},                      // N4
    {npy_around("[]", ""), "offset 10: header: '['"},
    {npy_around("{'descr': '|u1', 'fortran_order': False, 'shape': (2,) 'x'}", "ab"),
     "header: '''"},
    {npy_around(std::string(kGoodDictionary) + "x", "ab"), "text after the dictionary"},
    {npy_around(std::string(kGoodDictionary) + std::string(1, '\0'), "ab"),
     "text after the dictionary"},
    {npy_around(std::string(1, '\0') + kGoodDictionary, "ab"), "offset 10: header: '\\x00'"},
    {npy_around("{'de\\x73cr': '|u1'}", "ab"), "a string with an escape or without an end"},
    {npy_around("{'descr", "ab"), "a string with an escape or without an end"},
    {npy_around("{'descr': 'a\nb'}", "ab"), "a string with an escape or without an end"},
    {npy_around(std::string(3000, '(') + std::string(3000, ')'), ""), "offset 10: header: '('"},
    {with_shape("((2,),)"), "header: '(', a size 0, 1, 2, ... is allowed"},
    {with_shape("[2]"), "header: '['"},
    {with_shape("(2)"), "a number in parentheses, a tuple such as (3,) is allowed"},
    {with_shape("(2.0,)"), "header: '.'"},
    {with_shape("(1+1,)"), "header: '+'"},
    {with_shape("(02,)"), "a number with a leading 0"},
    {with_shape("(-1,)"), "header: '-'"},
    {with_shape("(,)"), "header: ','"},
    {with_shape("(1 2)"), "header: '2'"},
    {with_shape("(2"), "header: '}'"},
    {with_shape("None"), "header: 'N'"},
    {dictionary("'|u1'", "0", "(2,)"), "header: '0', True or False is allowed"},
    {dictionary("'|u1'", "true", "(2,)"), "header: 't', True or False is allowed"},
    {npy_around("{'descr': '|u1', 'fortran_order': False}", "ab"), "keys: a key is missing"},  // N5
    {npy_around("{}", "ab"), "keys: a key is missing"},
    {npy_around("{'descr': '|u1', 'descr': '|u1'}", "ab"), "offset 27: keys: double key 'descr'"},
    {npy_around("{'x\x1b': 1}", "ab"), "keys: unknown key 'x\\x1b'"},
    {with_shape("(281474976710657,)"), "shape: size 281474976710657, at most 2^48"},  // N6
    {with_shape("(99999999999999999999,)"), "shape: size 99999999999999999999"},
    {with_shape("(281474976710656, 281474976710656, 0)"), "shape: [281474976710656, "},
    {dictionary("'<f8'", "False", "(281474976710656, 8192)"), "countable in 63 bits"},
    {with_shape("(1, 1, 1, 1, 1, 1, 1, 1, 2)"), "shape: 9 dimensions, at most 8"},
    {with_shape("(3,)"), "data length: truncated at 2 of 3 bytes"},  // N7
    {npy_around(kGoodDictionary, ""), "data length: truncated at 0 of 2 bytes"},
    {dictionary("'<i2'", "False", "(2,)"), "data length: truncated at 2 of 4 bytes"},
    {npy_around(kGoodDictionary, "abc"), "data length: trailing bytes"},  // N8
    {with_shape("(0,)"), "data length: trailing bytes"},
    {with_descr("'|O'"), "element type: '|O', Python objects (pickle), allowed are b1"},
    {with_descr("'O'"), "element type: 'O', Python objects (pickle)"},
    {with_descr("'|V8'"), "element type: '|V8', structured data"},
    {with_descr("[('a', '<f4')]"), "element type: a list (structured data)"},
    {with_descr("'<U5'"), "element type: '<U5', text"},
    {with_descr("'|S5'"), "element type: '|S5', byte strings"},
    {with_descr("'|a5'"), "element type: '|a5', byte strings"},
    {with_descr("'<M8[ns]'"), "element type: '<M8[ns]', dates"},
    {with_descr("'<m8'"), "element type: '<m8', time spans"},
    {with_descr("'<c8'"), "element type: '<c8', complex numbers"},
    {with_descr("'<g'"), "element type: '<g', long double"},
    {with_descr("'<f3'"), "element type: '<f3', unknown"},
    {with_descr("'f4'"), "element type: 'f4', allowed"},
    {with_descr("''"), "element type: '', allowed"},
    {with_descr("3"), "header: '3', an element type in quotes is allowed"},
    {npy_around("{'descr': '<u8', 'fortran_order': False, 'shape': (2,)}",
                hex("FFFFFFFFFFFFFF7F 0000000000000080")),
     "offset 73: range: the integer 9223372036854775808, at most 9223372036854775807"},
    {npy_around("{'\xff': 1}", "", 3), "header: bytes that are no UTF-8"},
};

TEST(Npy, RefusesEveryBrokenRule) {
  TempFolder folder;
  for (const BadNpy& row : kBadNpy) {
    SCOPED_TRACE(row.text);
    const std::string path = folder.file("bad.npy", row.bytes);
    expect_format_error<FormatError>([&] { load_npy(path); }, path, row.text);
  }
}

TEST(Npy, ASmallFileCannotAskForMuchMemory) {
  TempFolder folder;
  const std::string path = folder.file("big.npy", with_shape("(1099511627776,)"));
  expect_format_error<LimitError>([&] { load_npy(path); }, path, "takes 1099511627776 bytes");
  expect_format_error<FormatError>([&] { load_npy(path, {.max_bytes = ~0ull}); }, path,
                                   "truncated at 2 of 1099511627776 bytes");
  // One byte in the file, eight in memory.
  const std::string wide = folder.file(
      "wide.npy", npy_around("{'descr': '|i1', 'fortran_order': False, 'shape': (2,)}", "ab"));
  EXPECT_EQ(load_npy(wide, {.max_bytes = 16}).numel(), 2);
  EXPECT_THROW(load_npy(wide, {.max_bytes = 15}), LimitError);
}

}  // namespace
}  // namespace percept::io
