// Texts in two languages, side by side where they are used.
#pragma once

#include <fmt/format.h>

#include <string>

namespace percept::lessons {

enum class Language { zh, en };

/// What a reader reads. Inline code and formulas stand in `backticks` and are the same in both
/// languages, as are all numbers; words are those of docs/glossary.toml. Tests hold them to it.
struct Text {
  std::string zh = {};
  std::string en = {};

  const std::string& in(Language language) const { return language == Language::zh ? zh : en; }
  bool empty() const { return zh.empty() && en.empty(); }
};

/// A symbol, formula or name that reads the same in both languages: both("w1").
inline Text both(const std::string& text) { return {.zh = text, .en = text}; }

/// The text with its {} filled in by fmt, so that no computed number is typed by hand:
/// fill({.zh = "误差为 {:.4f}", .en = "the error is {:.4f}"}, error). Without values it stays as it
/// is, braces included.
template <class... Values>
Text fill(const Text& text, const Values&... values) {
  if constexpr (sizeof...(values) == 0)
    return text;
  else
    return {.zh = fmt::format(fmt::runtime(text.zh), values...),
            .en = fmt::format(fmt::runtime(text.en), values...)};
}

}  // namespace percept::lessons
