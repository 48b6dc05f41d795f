#include "io/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "base/checked.h"
#include "base/text.h"
#include "io/format_error.h"

namespace percept::io {
namespace {

constexpr std::uint64_t kHeaderStart = 8;

struct TypeInfo {
  std::string_view name;
  unsigned bits;
  std::optional<Element> element;
};

constexpr std::array kTypes{
    TypeInfo{"BOOL", 8, Element::b1},         TypeInfo{"U8", 8, Element::u1},
    TypeInfo{"I8", 8, Element::i1},           TypeInfo{"U16", 16, Element::u2},
    TypeInfo{"I16", 16, Element::i2},         TypeInfo{"U32", 32, Element::u4},
    TypeInfo{"I32", 32, Element::i4},         TypeInfo{"U64", 64, Element::u8},
    TypeInfo{"I64", 64, Element::i8},         TypeInfo{"F16", 16, Element::f2},
    TypeInfo{"BF16", 16, Element::bf2},       TypeInfo{"F32", 32, Element::f4},
    TypeInfo{"F64", 64, Element::f8},         TypeInfo{"C64", 64, std::nullopt},
    TypeInfo{"F4", 4, std::nullopt},          TypeInfo{"F6_E2M3", 6, std::nullopt},
    TypeInfo{"F6_E3M2", 6, std::nullopt},     TypeInfo{"F8_E5M2", 8, std::nullopt},
    TypeInfo{"F8_E4M3", 8, std::nullopt},     TypeInfo{"F8_E8M0", 8, std::nullopt},
    TypeInfo{"F8_E4M3FNUZ", 8, std::nullopt}, TypeInfo{"F8_E5M2FNUZ", 8, std::nullopt}};

const TypeInfo* find_type(std::string_view name) {
  const auto found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeInfo& t) { return t.name == name; });
  return found == kTypes.end() ? nullptr : &*found;
}

/// Steps through the text and tells how far the JSON reader has come.
class Tracked {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Tracked() = default;
  Tracked(const char* at, const char** reached) : at_(at), reached_(reached) {}
  const char& operator*() const { return *at_; }
  Tracked& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  Tracked operator++(int) {
    const Tracked before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Tracked& other) const { return at_ == other.at_; }

 private:
  const char* at_ = nullptr;
  const char** reached_ = nullptr;
};

/// Takes the events of the JSON reader and allows only what a header may hold, so that nesting and
/// kinds of values are settled the moment they appear. Returning is always true: faults are thrown.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& file)
      : begin_(text.data()), reached_(text.data()), file_(file) {}

  SafetensorsHeader header;

  const char** reached() { return &reached_; }

  bool null() { return value("null"); }
  bool boolean(bool) { return value("a truth value"); }
  bool number_integer(std::int64_t number) {
    // JSON's reader gives numbers with a sign here, -0 too.
    return value(number == 0 ? "-0" : fmt::format("{}", number));
  }
  bool number_float(double, const std::string& written) { return value(written); }
  bool number_unsigned(std::uint64_t number) {
    if (place_ == Place::shape) {
      entry().sizes.push_back(number);
    } else if (place_ == Place::offsets) {
      if (offsets_ == 2) fault("data_offsets", "more than 2 numbers", "[begin, end] is");
      (offsets_++ == 0 ? entry().begin : entry().end) = number;
    } else {
      value(fmt::format("{}", number));
    }
    return true;
  }
  bool string(std::string& text) {
    if (place_ == Place::metadata) {
      header.metadata[key_] = std::move(text);
    } else if (place_ == Place::entry && field_ == Field::dtype) {
      const TypeInfo* type = find_type(text);
      if (!type) fault("dtype", in_quotes(text), "F32, I64 and the format's other types are");
      entry().dtype = std::move(text);
      entry().element = type->element;
    } else {
      value("a string");
    }
    return true;
  }
  bool binary(const nlohmann::json::binary_t&) { return value("binary data"); }

  bool key(std::string& name) {
    if (place_ == Place::metadata) {
      if (header.metadata.contains(name)) double_key(name);
      key_ = std::move(name);
    } else if (place_ == Place::entry) {
      static constexpr std::array<std::string_view, 3> kFields{"dtype", "shape", "data_offsets"};
      const auto which = static_cast<std::size_t>(std::find(kFields.begin(), kFields.end(), name) -
                                                  kFields.begin());
      if (which == kFields.size())
        fault("fields",
              fmt::format("unknown field {} of {}", in_quotes(name), in_quotes(entry().name)),
              "dtype, shape and data_offsets are");
      if (std::exchange(seen_[which], true)) double_key(name);
      field_ = static_cast<Field>(which);
    } else {
      if (!names_.insert(name).second) double_key(name);
      key_ = std::move(name);
    }
    return true;
  }

  bool start_object(std::size_t) {
    if (place_ == Place::top) {
      place_ = Place::root;
    } else if (place_ != Place::root) {
      value("an object");
    } else if (key_ == "__metadata__") {
      place_ = Place::metadata;
    } else {
      place_ = Place::entry;
      seen_ = {};
      header.entries.push_back({.name = key_, .dtype = {}, .element = {}, .sizes = {}});
    }
    return true;
  }
  bool end_object() {
    if (place_ == Place::entry && !(seen_[0] && seen_[1] && seen_[2]))
      fault("fields", fmt::format("a field of {} is missing", in_quotes(entry().name)),
            "only all of dtype, shape, data_offsets together are");
    place_ = place_ == Place::root ? Place::done : Place::root;
    return true;
  }
  bool start_array(std::size_t) {
    if (place_ == Place::entry && field_ == Field::shape) {
      place_ = Place::shape;
    } else if (place_ == Place::entry && field_ == Field::data_offsets) {
      place_ = Place::offsets;
      offsets_ = 0;
    } else {
      value("a list");
    }
    return true;
  }
  bool end_array() {
    if (place_ == Place::offsets && offsets_ != 2)
      fault("data_offsets", fmt::format("{} numbers", offsets_), "[begin, end] is");
    place_ = Place::entry;
    return true;
  }
  bool parse_error(std::size_t, const std::string& near, const nlohmann::json::exception&) {
    fault("JSON", fmt::format("a fault near {}", in_quotes(near)), "one strict JSON object is");
  }

 private:
  enum class Place { top, root, metadata, entry, shape, offsets, done };
  enum class Field { dtype, shape, data_offsets };

  SafetensorsEntry& entry() { return header.entries.back(); }

  [[noreturn]] void fault(std::string_view rule, std::string_view found,
                          std::string_view allowed) const {
    bad_format(file_, kHeaderStart + static_cast<std::uint64_t>(reached_ - begin_), rule, found,
               fmt::format("{} allowed", allowed));
  }
  [[noreturn]] void double_key(std::string_view name) const {
    fault("double keys", in_quotes(name) + " comes twice", "every key once is");
  }
  /// A value where it may not be.
  [[noreturn]] bool value(std::string_view found) const {
    switch (place_) {
      case Place::metadata:
        fault("metadata", fmt::format("{} for {}", found, in_quotes(key_)), "strings are");
      case Place::shape:
        fault("shape", found, "whole numbers from 0 are");
      case Place::offsets:
        fault("data_offsets", found, "whole numbers from 0 are");
      case Place::entry:
        if (field_ == Field::dtype) fault("dtype", found, "a string is");
        fault(field_ == Field::shape ? "shape" : "data_offsets", found, "a list is");
      case Place::root:
        fault(key_ == "__metadata__" ? "metadata" : "tensor",
              fmt::format("{} for {}", found, in_quotes(key_)), "an object is");
      case Place::top:
      case Place::done:
        break;
    }
    fault("JSON", found, "one object is");
  }

  const char* begin_;
  const char* reached_;
  const std::string& file_;
  Place place_ = Place::top;
  Field field_ = Field::dtype;
  std::array<bool, 3> seen_{};
  int offsets_ = 0;
  std::string key_;
  std::set<std::string> names_;
};

SafetensorsHeader parse_json(std::string_view text, const std::string& file) {
  if (const std::size_t bad = find_bad_utf8(text); bad != text.npos)
    bad_format(file, kHeaderStart + bad, "UTF-8",
               fmt::format("byte 0x{:02X}", static_cast<unsigned char>(text[bad])),
               "the header must be UTF-8");
  if (text.empty() || text[0] != '{')
    bad_format(file, kHeaderStart, "JSON", text.empty() ? "nothing" : in_quotes(text.substr(0, 1)),
               "the header must start with '{'");
  // The reader would take NUL for the end of the text.
  if (const std::size_t nul = text.find('\0'); nul != text.npos)
    bad_format(file, kHeaderStart + nul, "JSON", "a NUL byte", "none is allowed");
  HeaderReader reader(text, file);
  nlohmann::json::sax_parse(Tracked(text.data(), reader.reached()),
                            Tracked(text.data() + text.size(), reader.reached()), &reader);
  return std::move(reader.header);
}

/// Shape, dtype and range of one tensor agree.
void check_size(const SafetensorsEntry& entry, std::uint64_t start, const std::string& file) {
  const auto fault = [&](std::string_view rule, std::string found, std::string_view allowed) {
    bad_format(file, kHeaderStart, rule, fmt::format("{} of {}", found, in_quotes(entry.name)),
               allowed);
  };
  const auto shape = [&] { return fmt::format("[{}]", fmt::join(entry.sizes, ", ")); };
  const auto range = [&] { return fmt::format("[{}, {}]", entry.begin, entry.end); };
  if (entry.begin > entry.end)
    fault("data_offsets", "range " + range(), "begin must not be after end");
  const unsigned width = find_type(entry.dtype)->bits;
  const auto bits = checked_product(entry.sizes, width);
  if (!bits) fault("overflow", "shape " + shape(), "its bits must be countable in 64 bits");
  if (*bits % 8 != 0)
    fault("whole bytes", fmt::format("shape {} with {} bits an element", shape(), width),
          "the bits must be a multiple of 8");
  if (entry.end - entry.begin != *bits / 8)
    bad_format(file, kHeaderStart + start + entry.begin, "range",
               fmt::format("{} bytes of {}", entry.end - entry.begin, in_quotes(entry.name)),
               fmt::format("{} {} takes {}", entry.dtype, shape(), *bits / 8));
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, std::uint64_t buffer,
                                           const std::string& file) {
  SafetensorsHeader header = parse_json(text, file);
  for (const SafetensorsEntry& entry : header.entries) check_size(entry, text.size(), file);

  auto& order = header.by_place;
  order.resize(header.entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const SafetensorsEntry &x = header.entries[a], &y = header.entries[b];
    return std::tie(x.begin, x.end) < std::tie(y.begin, y.end);
  });
  std::uint64_t at = 0;
  for (const std::size_t i : order) {
    const SafetensorsEntry& entry = header.entries[i];
    if (entry.begin != at)
      bad_format(file, kHeaderStart, entry.begin > at ? "hole" : "overlap",
                 fmt::format("{} starts at {} of the buffer", in_quotes(entry.name), entry.begin),
                 fmt::format("the data before end at {}", at));
    at = entry.end;
  }
  if (at != buffer)
    bad_format(file, kHeaderStart + text.size(), "buffer length",
               fmt::format("{} bytes after the header", buffer),
               fmt::format("the tensors take {}", at));
  return header;
}

}  // namespace percept::io
