#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace percept {
namespace {

/// Length of the well-formed sequence that starts `text`, 0 if there is none; Unicode table 3-7.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xc0u) == 0x80u; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80, high = first == 0xed ? 0x9f : 0xbf;
    return at(1) >= low && at(1) <= high && tail(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80, high = first == 0xf4 ? 0x8f : 0xbf;
    return at(1) >= low && at(1) <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// C1 controls, line and paragraph separators, and the marks that reorder text on a terminal.
bool unprintable(std::string_view sequence) {
  if (sequence.size() == 2)
    return sequence[0] == '\xc2' && static_cast<unsigned char>(sequence[1]) < 0xa0;
  if (sequence.size() != 3 || sequence[0] != '\xe2') return false;
  const auto second = static_cast<unsigned char>(sequence[1]);
  const auto third = static_cast<unsigned char>(sequence[2]);
  return (second == 0x80 && ((third >= 0xa8 && third <= 0xae) || third == 0x8e || third == 0x8f)) ||
         (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

/// A sign and its ASCII; before the first of several raised or lowered ones stands `mark`.
struct Spelling {
  std::string_view sign, ascii;
  char mark = '\0';
};

constexpr std::array kSpellings = std::to_array<Spelling>({
    {"═", "="},      {"─", "-"},      {"✓", "+"},      {"✗", "x"},      {"▣", "#"},
    {"●", "o"},      {"■", "#"},      {"▲", "^"},      {"◆", "%"},      {"○", "o"},
    {"≠", "!="},     {"≤", "<="},     {"≥", ">="},     {"≈", "~"},      {"→", "->"},
    {"←", "<-"},     {"↑", "^"},      {"−", "-"},      {"·", "*"},      {"×", "x"},
    {"½", "1/2"},    {"…", "..."},    {"∂", "d"},      {"Σ", "sum"},    {"√", "sqrt"},
    {"∞", "inf"},    {"∈", " in "},   {"∧", "&"},      {"∨", "|"},      {"¬", "not "},
    {"⇔", "<=>"},    {"–", "-"},      {"‖", "||"},     {"π", "pi"},     {"η", "eta"},
    {"λ", "lambda"}, {"δ", "delta"},  {"ε", "eps"},    {"σ", "sigma"},  {"α", "alpha"},
    {"θ", "theta"},  {"①", "(1)"},    {"②", "(2)"},    {"③", "(3)"},    {"④", "(4)"},
    {"⑤", "(5)"},    {"⑥", "(6)"},    {"₀", "0"},      {"₁", "1"},      {"₂", "2"},
    {"₃", "3"},      {"₄", "4"},      {"ᵢ", "i", '_'}, {"ⱼ", "j", '_'}, {"ₙ", "n", '_'},
    {"₊", "+"},      {"₋", "-"},      {"⁰", "0", '^'}, {"¹", "1", '^'}, {"²", "2", '^'},
    {"³", "3", '^'}, {"⁴", "4", '^'}, {"⁸", "8", '^'}, {"⁻", "-", '^'}, {"⁽", "(", '^'},
    {"⁾", ")", '^'}, {"ᵀ", "T", '^'}, {"ᶻ", "z", '^'}, {"ᵏ", "k", '^'},
});

}  // namespace

std::size_t find_bad_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i, 4));
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::string escaped(std::string_view text, std::size_t limit) {
  std::string out;
  auto to = std::back_inserter(out);
  for (std::size_t i = 0; i < text.size();) {
    if (out.size() >= limit) return out + "...";
    const std::string_view sequence =
        text.substr(i, std::max<std::size_t>(utf8_length(text.substr(i, 4)), 1));
    const auto byte = static_cast<unsigned char>(sequence[0]);
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\r') {
      out += "\\r";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && sequence.size() == 1) ||
               unprintable(sequence)) {
      for (const char c : sequence) fmt::format_to(to, "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += sequence;
    }
    i += sequence.size();
  }
  return out;
}

std::string in_quotes(std::string_view text) { return fmt::format("'{}'", escaped(text, 100)); }

std::string ascii(std::string_view text) {
  std::string result;
  char mark = '\0';
  while (!text.empty()) {
    const std::string_view sign = text.substr(0, std::max<std::size_t>(utf8_length(text), 1));
    const auto* spelling = std::find_if(kSpellings.begin(), kSpellings.end(),
                                        [&](const Spelling& s) { return s.sign == sign; });
    const bool found = spelling != kSpellings.end();
    const char next = found ? spelling->mark : '\0';
    if (next != '\0' && next != mark) result += next;
    mark = next;
    result += found ? spelling->ascii : sign;
    text.remove_prefix(sign.size());
  }
  return result;
}

std::string real_text(double x) {
  std::string text = fmt::format("{}", x);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";  // neither 1e-05 nor inf or nan
  return text;
}

}  // namespace percept
