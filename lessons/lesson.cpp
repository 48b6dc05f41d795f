#include "lessons/lesson.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "percept/base/error.h"

namespace percept::lessons {
namespace {

double parse(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw ValueError(fmt::format("lesson: found '{}' as an expected number", text));
  return value;
}

bool is_whole(double x) { return std::isfinite(x) && x == std::floor(x) && std::abs(x) < 1e15; }

void check_table(const Table& table) {
  if (table.name.empty()) throw ValueError("lesson: found a table without a name");
  for (const Column& c : table.columns) {
    const auto complain = [&](std::string_view what, std::size_t found) {
      throw ValueError(fmt::format("lesson: table '{}', column '{}': found {} {}, allowed {}",
                                   table.name, c.name, found, what, table.rows()));
    };
    if (c.size() != table.rows()) complain("cells", c.size());
    if (!c.expected.empty() && c.expected.size() != c.values.size())
      complain("expected numbers", c.expected.size());
    if (!c.wrong.empty() && c.wrong.size() != c.size()) complain("marks", c.wrong.size());
  }
}

}  // namespace

Expected printed(const char* text, const Text& error_of_the_lecture) {
  return {.text = text, .source = Source::printed, .note = error_of_the_lecture};
}

std::vector<Expected> printed(std::initializer_list<const char*> texts) {
  std::vector<Expected> all;
  for (const char* text : texts) all.push_back(printed(text));
  return all;
}

Expected golden(const char* text) { return {.text = text, .source = Source::golden}; }

std::vector<Expected> golden(std::initializer_list<const char*> texts) {
  std::vector<Expected> all;
  for (const char* text : texts) all.push_back(golden(text));
  return all;
}

int decimals(std::string_view number) {
  const std::size_t e = number.find_first_of("eE");
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t point = mantissa.find('.');
  int count = point == std::string_view::npos ? 0 : static_cast<int>(mantissa.size() - point - 1);
  if (e != std::string_view::npos) {
    int exponent = 0;
    std::string_view digits = number.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    count -= exponent;
  }
  return count;
}

Verdict judge(double computed, const Expected& expected) {
  const double wanted = parse(expected.text);
  const bool whole = expected.text.find_first_of(".eE") == std::string::npos;
  // Half a unit of the last digit; a little more, as 0.125 is written both 0.12 and 0.13.
  const double allowed = whole ? 1e-9 : 0.5 * std::pow(10.0, -decimals(expected.text)) * (1 + 1e-9);
  const bool equal = std::isfinite(wanted) ? std::abs(computed - wanted) <= allowed
                     : std::isnan(wanted)  ? std::isnan(computed)
                                           : computed == wanted;
  if (equal) return Verdict::equal;
  return expected.note.empty() ? Verdict::differs : Verdict::noted;
}

std::string Column::shown(std::size_t row) const {
  const double value = values[row];
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  int places = 4;
  if (digits) {
    places = *digits;
  } else if (std::all_of(values.begin(), values.end(),
                         [](double x) { return !std::isfinite(x) || is_whole(x); })) {
    places = 0;
  } else {
    // Two more than expected, so that rounding shows; a cell of its own has what its column has.
    const bool own = row < expected.size() && !expected[row].text.empty();
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (own ? i == row : !expected[i].text.empty())
        places = std::max(places, decimals(expected[i].text) + 2);
  }
  const double size = std::abs(value);
  if (value != 0 && (size >= 1e12 || (!digits && places > 0 && size < std::pow(10, 1 - places))))
    return fmt::format("{:.{}e}", value, 4);
  std::string text = fmt::format("{:.{}f}", value, places);
  if (text.find_first_not_of("-0.") == std::string::npos && text[0] == '-') text.erase(0, 1);
  return text;
}

Counts& Counts::operator+=(const Counts& other) {
  printed += other.printed;
  printed_equal += other.printed_equal;
  golden += other.golden;
  golden_equal += other.golden_equal;
  notes += other.notes;
  differing += other.differing;
  return *this;
}

void Lesson::figure(const std::string& name, const Text& caption,
                    std::function<plot::Figure(Language)> draw) {
  blocks_.push_back(block::Figure{name, caption, std::move(draw)});
}

void Lesson::table(Table table) {
  check_table(table);
  for (const Block& b : blocks_)
    if (const auto* other = std::get_if<Table>(&b); other && other->name == table.name)
      throw ValueError(fmt::format("lesson: found two tables named '{}'", table.name));
  blocks_.emplace_back(std::move(table));
}

void Lesson::numbers(const std::string& name, const Text& title, const std::vector<Row>& rows) {
  Column what{.name = "what", .title = {.zh = "量", .en = "quantity"}};
  Column value{.name = "value", .title = {.zh = "值", .en = "value"}};
  for (const Row& row : rows) {
    what.words.push_back(row.what);
    value.values.push_back(row.value);
    value.expected.push_back(row.expected);
  }
  table({.name = name, .title = title, .columns = {what, value}});
}

void Lesson::history(Table history) {
  check_table(history);
  histories_.push_back(std::move(history));
}

std::vector<Check> Lesson::checks() const {
  std::vector<Check> all;
  for (const Block& b : blocks_) {
    const auto* table = std::get_if<Table>(&b);
    if (!table) continue;
    const Column& names = table->columns.front();
    for (const Column& c : table->columns)
      for (std::size_t i = 0; i < c.expected.size(); ++i)
        if (!c.expected[i].text.empty())
          all.push_back({.table = table->name,
                         .column = c.name,
                         .row = names.words.empty() ? both(names.shown(i)) : names.words[i],
                         .computed = c.values[i],
                         .expected = c.expected[i],
                         .verdict = judge(c.values[i], c.expected[i])});
  }
  return all;
}

Counts Lesson::counts() const {
  Counts counts;
  for (const Check& check : checks()) {
    const bool equal = check.verdict == Verdict::equal;
    if (check.expected.source == Source::printed) {
      ++counts.printed;
      counts.printed_equal += equal;
    } else {
      ++counts.golden;
      counts.golden_equal += equal;
    }
    counts.notes += check.verdict == Verdict::noted;
    counts.differing += check.verdict == Verdict::differs;
  }
  for (const Block& b : blocks_) {
    if (const auto* claim = std::get_if<block::Claim>(&b)) {
      ++counts.golden;
      counts.golden_equal += claim->holds;
      counts.differing += !claim->holds;
    }
    counts.notes += std::holds_alternative<block::Note>(b);
  }
  return counts;
}

}  // namespace percept::lessons
