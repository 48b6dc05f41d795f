// Text from files and paths made fit for one line of an error message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace percept {

/// The first byte that breaks UTF-8 (overlong forms and surrogates included), or npos.
std::size_t find_bad_utf8(std::string_view text);

/// `text` on one line: control characters and bytes that are no UTF-8 are written \n, \x1b, ...;
/// beyond `limit` bytes it is cut and ends in "...".
std::string escaped(std::string_view text, std::size_t limit = 4096);

/// `escaped`, in single quotes, cut at 100 bytes: a name found in a file.
std::string in_quotes(std::string_view text);

/// Signs of mathematics and of pages as ASCII spells them, "x₁²" as x1^2; the rest, such as
/// Chinese, stays as it is.
std::string ascii(std::string_view text);

/// A real number as Python writes it, always recognisable as one: 1.0, 0.25, 1e-05, nan.
std::string real_text(double x);
/// A truth value as Python prints it.
inline const char* python(bool yes) { return yes ? "True" : "False"; }

}  // namespace percept
