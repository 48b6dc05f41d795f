// Ranges of data and the round numbers that mark them.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "percept/base/error.h"
#include "percept/plot/axes.h"

namespace percept::plot {
namespace {

constexpr std::array<int, 3> kSteps = {1, 2, 5};

std::string with_minus(std::string digits) {
  if (digits[0] == '-') digits.replace(0, 1, "−");
  return digits;
}

std::string superscript(int exponent) {
  static constexpr std::array<const char*, 10> kDigits = {"⁰", "¹", "²", "³", "⁴",
                                                          "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out;
  for (const char c : std::to_string(exponent)) out += c == '-' ? "⁻" : kDigits[c - '0'];
  return out;
}

// i * mantissa * 10^power, rounded once.
double multiple(double i, int mantissa, int power) {
  return power < 0 ? i * mantissa / std::pow(10.0, -power) : i * mantissa * std::pow(10.0, power);
}

// Labels of one axis share their decimals, and a power of ten when they are very large or small.
std::vector<std::string> labels(const std::vector<double>& values, int power) {
  double largest = 0;
  for (const double v : values) largest = std::max(largest, std::abs(v));
  const int exponent = largest > 0 ? static_cast<int>(std::floor(std::log10(largest) + 1e-9)) : 0;
  const bool scientific = exponent >= 5 || exponent <= -4;
  const int decimals = std::max(0, scientific ? exponent - power : -power);
  std::vector<std::string> out;
  for (const double v : values) {
    if (v == 0 || !scientific) {
      out.push_back(with_minus(
          fmt::format("{:.{}f}", v == 0 ? 0.0 : v, v == 0 && scientific ? 0 : decimals)));
    } else {
      out.push_back(with_minus(fmt::format("{:.{}f}", multiple(v, 1, -exponent), decimals)) +
                    "×10" + superscript(exponent));
    }
  }
  return out;
}

void check(const char* what, Range range, int max_count, bool log) {
  if (!(range.low < range.high && std::isfinite(range.high - range.low)) || max_count < 2 ||
      (log && range.low <= 0)) {
    throw ValueError(fmt::format("{}: needs {} finite and at least 2 ticks, found {} .. {} and {}",
                                 what, log ? "0 < low < high" : "low < high", range.low, range.high,
                                 max_count));
  }
}

}  // namespace

Ticks nice_ticks(Range range, int max_count, bool whole) {
  check("nice_ticks", range, max_count, false);
  const double span = range.high - range.low;
  // One power below the step that would do if the range began at a tick.
  int power = static_cast<int>(std::floor(std::log10(span / max_count))) - 1;
  if (whole) power = std::max(power, 0);
  for (;; ++power) {
    for (const int mantissa : kSteps) {
      const double step = multiple(1, mantissa, power);
      const double first = std::ceil(range.low / step - 1e-9);
      const double last = std::floor(range.high / step + 1e-9);
      if (last - first + 1 > max_count) continue;
      Ticks ticks;
      for (double i = first; i <= last; ++i) ticks.values.push_back(multiple(i, mantissa, power));
      ticks.labels = labels(ticks.values, power);
      return ticks;
    }
  }
}

Ticks log_ticks(Range range, int max_count) {
  check("log_ticks", range, max_count, true);
  const int first = static_cast<int>(std::ceil(std::log10(range.low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(range.high) + 1e-9));
  Ticks ticks;
  if (last - first >= 2) {
    const int stride = (last - first + max_count) / max_count;
    const bool plain = first >= -3 && last <= 4;
    for (int power = first; power <= last; ++power) {
      if (power % stride != 0) continue;
      ticks.values.push_back(multiple(1, 1, power));
      ticks.labels.push_back(plain ? fmt::format("{:g}", ticks.values.back())
                                   : "10" + superscript(power));
    }
    return ticks;
  }
  const bool powers_only = last > first && std::log10(range.high / range.low) * 3 > max_count;
  for (int power = first - 1; power <= last; ++power) {
    for (const int mantissa : kSteps) {
      if (powers_only && mantissa != 1) continue;
      const double v = multiple(1, mantissa, power);
      if (v < range.low * (1 - 1e-9) || v > range.high * (1 + 1e-9)) continue;
      ticks.values.push_back(v);
      ticks.labels.push_back(fmt::format("{:g}", v));
    }
  }
  const auto n = static_cast<int>(ticks.values.size());
  return n >= 2 && n <= max_count ? ticks : nice_ticks(range, max_count);
}

std::optional<Range> data_range(std::span<const double> values, bool log) {
  std::optional<Range> range;
  for (const double v : values) {
    if (std::isfinite(v) && (!log || v > 0)) range = join(range, Range{v, v});
  }
  return range;
}

std::optional<Range> join(std::optional<Range> a, std::optional<Range> b) {
  if (!a || !b) return a ? a : b;
  return Range{std::min(a->low, b->low), std::max(a->high, b->high)};
}

Range padded(std::optional<Range> range, double share, bool log) {
  if (!range) return log ? Range{1, 10} : Range{0, 1};
  if (log) {
    const Range exponents = padded(Range{std::log10(range->low), std::log10(range->high)}, share);
    return {std::pow(10, exponents.low), std::pow(10, exponents.high)};
  }
  const double size = std::max(std::abs(range->low), std::abs(range->high));
  const double span = range->high - range->low;
  const double pad = span > 1e-9 * size && span > 1e-200 ? share * span
                     : size > 1e-200                     ? 0.1 * size
                                                         : 0.5;
  return {range->low - pad, range->high + pad};
}

}  // namespace percept::plot
