#include "io/npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "io/format_error.h"

namespace percept::io {
namespace {

constexpr std::uint64_t kLargestSize = std::uint64_t{1} << 48;

struct Named {
  std::string_view name;
  Element element;
};

constexpr std::array kDescriptions{
    Named{"b1", Element::b1}, Named{"i1", Element::i1}, Named{"i2", Element::i2},
    Named{"i4", Element::i4}, Named{"i8", Element::i8}, Named{"u1", Element::u1},
    Named{"u2", Element::u2}, Named{"u4", Element::u4}, Named{"u8", Element::u8},
    Named{"f2", Element::f2}, Named{"f4", Element::f4}, Named{"f8", Element::f8}};

/// What NumPy calls the kinds that percept does not load.
std::string_view kind_name(char kind) {
  switch (kind) {
    case 'O':
      return "Python objects (pickle)";
    case 'V':
      return "structured data";
    case 'U':
      return "text";
    case 'S':
    case 'a':
      return "byte strings";
    case 'M':
      return "dates";
    case 'm':
      return "time spans";
    case 'c':
      return "complex numbers";
    case 'g':
      return "long double";
    default:
      return "unknown";
  }
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file, std::uint64_t offset)
      : text_(text), file_(file), start_(offset) {}

  NpyHeader parse() {
    NpyHeader header;
    std::array<bool, 3> seen{};
    expect('{');
    while (!accept('}')) {
      const std::size_t at = at_;
      const std::string_view key = string("a key");
      static constexpr std::array<std::string_view, 3> kKeys{"descr", "fortran_order", "shape"};
      const auto which =
          static_cast<std::size_t>(std::find(kKeys.begin(), kKeys.end(), key) - kKeys.begin());
      if (which == kKeys.size() || std::exchange(seen[which], true))
        bad_format(
            file_, start_ + at, "keys",
            fmt::format("{} key {}", which == kKeys.size() ? "unknown" : "double", in_quotes(key)),
            "descr, fortran_order and shape are allowed, once each");
      expect(':');
      if (which == 0) descr(header.block);
      if (which == 1) header.fortran_order = boolean_literal();
      if (which == 2) header.block.sizes = shape();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    for (const char c : text_.substr(at_))
      if (c != ' ' && c != '\n') fail("text after the dictionary", "only spaces and a newline");
    if (!std::all_of(seen.begin(), seen.end(), [](bool there) { return there; }))
      bad_format(file_, start_, "keys", "a key is missing",
                 "descr, fortran_order and shape must be there");
    return header;
  }

 private:
  [[noreturn]] void fail(std::string_view found, std::string_view allowed) const {
    bad_format(file_, start_ + at_, "header", found, fmt::format("{} allowed", allowed));
  }
  [[noreturn]] void unexpected(std::string_view allowed) const {
    skip_spaces();
    fail(at_ < text_.size() ? in_quotes(text_.substr(at_, 1)) : "its end",
         fmt::format("{} is", allowed));
  }

  void skip_spaces() const {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool accept(char wanted) {
    skip_spaces();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) unexpected(in_quotes({&wanted, 1}));
  }

  std::string_view string(std::string_view what) {
    skip_spaces();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') unexpected(fmt::format("{} in quotes", what));
    const std::size_t end = text_.find_first_of(quote == '"' ? "\"\\\n" : "'\\\n", at_ + 1);
    if (end == text_.npos || text_[end] != quote)
      fail("a string with an escape or without an end", "plain strings are");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }

  bool boolean_literal() {
    skip_spaces();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    }
    unexpected("True or False");
  }

  void descr(Block& block) {
    constexpr std::string_view allowed =
        "allowed are b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 with < > = or | before";
    skip_spaces();
    const std::uint64_t at = start_ + at_;
    if (at_ < text_.size() && text_[at_] == '[')
      bad_format(file_, at, "element type", "a list (structured data)", allowed);
    const std::string_view name = string("an element type");
    const bool prefixed = !name.empty() && std::string_view("<>=|").find(name[0]) != name.npos;
    const std::string_view type = name.substr(prefixed ? 1 : 0);
    const auto known = std::find_if(kDescriptions.begin(), kDescriptions.end(),
                                    [&](const Named& t) { return t.name == type; });
    if (!prefixed || known == kDescriptions.end())
      bad_format(file_, at, "element type",
                 known != kDescriptions.end() || type.empty()
                     ? in_quotes(name)
                     : fmt::format("{}, {}", in_quotes(name), kind_name(type[0])),
                 allowed);
    block.element = known->element;
    block.order = name[0] == '>' ? std::endian::big : std::endian::little;
  }

  std::vector<std::uint64_t> shape() {
    std::vector<std::uint64_t> sizes;
    expect('(');
    if (accept(')')) return sizes;
    for (;;) {
      sizes.push_back(integer());
      const bool comma = accept(',');
      if (accept(')')) {
        if (sizes.size() == 1 && !comma) fail("a number in parentheses", "a tuple such as (3,) is");
        return sizes;
      }
      if (!comma) unexpected("',' or ')'");
    }
  }

  std::uint64_t integer() {
    skip_spaces();
    const std::string_view rest = text_.substr(at_);
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == 0) unexpected("a size 0, 1, 2, ...");
    if (digits > 1 && rest[0] == '0') fail("a number with a leading 0", "decimal numbers are");
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + digits, value);
    if (error != std::errc() || value > kLargestSize)
      bad_format(file_, start_ + at_, "shape", fmt::format("size {}", rest.substr(0, digits)),
                 "at most 2^48 is allowed");
    at_ += digits;
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;
    return value;
  }

  std::string_view text_;
  const std::string& file_;
  std::uint64_t start_;
  mutable std::size_t at_ = 0;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& file, std::uint64_t offset) {
  return Parser(text, file, offset).parse();
}

}  // namespace percept::io
