// A lesson on the terminal: text, and tables whose columns fit into 80 cells.
#include "lesson_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "percept/plot/terminal.h"

namespace percept::app {
namespace {

using lessons::Column;
using lessons::Table;
using lessons::Verdict;

constexpr std::size_t kPageWidth = 80;
constexpr std::size_t kIndent = 2, kGap = 3;

template <class... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overload(Cases...) -> Overload<Cases...>;

std::string without_backticks(std::string text) {
  std::erase(text, '`');
  return text;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// Lines of at most 80 cells; inline code is not broken unless it is long.
std::string paragraph(const std::string& text, std::size_t indent, const std::string& first = "") {
  constexpr const char* kFixedBlank = "\u00a0";
  constexpr std::size_t kLong = 50;
  std::string whole;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t open = std::min(text.find('`', start), text.size());
    const std::size_t close = std::min(text.find('`', open + 1), text.size());
    whole += text.substr(start, open - start);
    const std::string code = text.substr(open, close - open);
    whole += cells(code) > kLong ? code : replaced(code, " ", kFixedBlank);
    start = close + 1;
  }
  std::string page;
  for (const std::string& row : wrap(without_backticks(whole), kPageWidth - indent))
    page += (page.empty() && !first.empty() ? first : std::string(indent, ' ')) +
            replaced(row, kFixedBlank, " ") + "\n";
  return page;
}

std::string indented(const std::string& text, std::size_t indent) {
  std::string page;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    page += (line.empty() ? "" : std::string(indent, ' ') + line) + "\n";
    start = end + 1;
  }
  return page;
}

/// Lines without the empty ones at both ends.
std::string without_blank_ends(std::string text) {
  text.erase(0, text.find_first_not_of('\n'));
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

/// Cells under one another with a heading, all of one width.
struct Strip {
  std::string heading;
  std::vector<std::string> cells;
  std::vector<Paint> paints;
  bool left = false;

  std::size_t width() const {
    std::size_t widest = app::cells(heading);
    for (const std::string& cell : cells) widest = std::max(widest, app::cells(cell));
    return widest;
  }
  std::string cell(const std::string& text, std::size_t width) const {
    return left ? pad_right(text, width) : pad_left(text, width);
  }
};

/// The strips of one column: what is expected, the sign between, the value, and a mark.
struct Group {
  std::string title;  // above all of them; empty: the strips have headings only
  std::vector<Strip> strips;

  std::size_t width() const {
    std::size_t sum = strips.size() - 1;
    for (const Strip& strip : strips) sum += strip.width();
    return std::max(sum, app::cells(title));
  }
};

/// Numbers with their points under one another.
std::vector<std::string> aligned(std::vector<std::string> cells) {
  const auto behind_point = [](const std::string& cell) {
    const std::size_t point = cell.find('.');
    return point == std::string::npos ? 0 : cell.size() - point;
  };
  std::size_t widest = 0;
  for (const std::string& cell : cells) {
    if (cell.find('e') != std::string::npos) return cells;
    widest = std::max(widest, behind_point(cell));
  }
  for (std::string& cell : cells)
    if (!cell.empty()) cell += std::string(widest - behind_point(cell), ' ');
  return cells;
}

Group group_of(const Column& column, Language language) {
  const std::string title =
      without_backticks(column.title.empty() ? column.name : column.title.in(language));
  const std::size_t rows = column.size();
  Strip values{.heading = title, .cells = {}, .paints = {}, .left = !column.words.empty()};
  for (std::size_t i = 0; i < rows; ++i) {
    values.cells.push_back(column.words.empty() ? column.shown(i)
                                                : without_backticks(column.words[i].in(language)));
    const bool wrong = !column.wrong.empty() && column.wrong[i];
    values.paints.push_back(wrong ? Paint::red : Paint::plain);
  }
  if (column.words.empty()) values.cells = aligned(values.cells);
  Group group;
  if (!column.expected.empty()) {
    group.title = title;
    values.heading = text::kComputed.in(language);
    Strip wanted{.heading = {}, .cells = {}, .paints = values.paints};
    Strip signs;
    bool golden = false;
    for (std::size_t i = 0; i < rows; ++i) {
      const lessons::Expected& expected = column.expected[i];
      wanted.cells.push_back(expected.text);
      golden = golden || expected.source == lessons::Source::golden;
      if (expected.text.empty()) {
        signs.cells.emplace_back();
        signs.paints.push_back(Paint::plain);
        continue;
      }
      const Verdict verdict = judge(column.values[i], expected);
      signs.cells.emplace_back(verdict == Verdict::equal ? "=" : "≠");
      signs.paints.push_back(verdict == Verdict::equal   ? Paint::green
                             : verdict == Verdict::noted ? Paint::cyan
                                                         : Paint::red);
    }
    wanted.cells = aligned(wanted.cells);
    wanted.heading = (golden ? text::kGolden : text::kPrinted).in(language);
    group.strips = {wanted, signs};
  }
  group.strips.push_back(values);
  if (std::find(column.wrong.begin(), column.wrong.end(), true) != column.wrong.end()) {
    Strip marks{.heading = {}, .cells = {}, .paints = values.paints};
    for (const bool wrong : column.wrong) marks.cells.emplace_back(wrong ? "✗" : "");
    group.strips.push_back(marks);
  }
  return group;
}

void end_line(std::string& page) {
  while (page.ends_with(' ')) page.pop_back();
  page += "\n";
}

std::string draw(const std::vector<Group>& groups, const Terminal& terminal) {
  std::string heads, page;
  const auto lay = [&](std::string& line, const auto& cell_of, const auto& whole_of) {
    line += std::string(kIndent, ' ');
    for (const Group& group : groups) {
      std::string text = whole_of(group);
      std::size_t used = cells(text);
      if (text.empty())
        for (const Strip& strip : group.strips) {
          const std::size_t blank = &strip == &group.strips.front() ? 0 : 1;
          text += std::string(blank, ' ') + cell_of(strip, strip.width());
          used += blank + strip.width();
        }
      line += text + std::string(group.width() - used + kGap, ' ');
    }
    end_line(line);
  };
  const auto heading_of = [](const Strip& strip, std::size_t width) {
    return strip.cell(strip.heading, width);
  };
  const auto title_of = [](const Group& group) { return group.title; };
  const auto none = [](const Group&) { return std::string(); };
  const auto blank_of = [](const Strip&, std::size_t width) { return std::string(width, ' '); };
  // Titles stand above the headings, or beside those of columns that need no title.
  const bool two_lines = std::any_of(groups.begin(), groups.end(), [](const Group& group) {
    return !group.title.empty() && !group.strips.front().heading.empty();
  });
  if (two_lines) {
    lay(heads, blank_of, title_of);
    lay(heads, heading_of, none);
  } else {
    lay(heads, heading_of, title_of);
  }
  page += terminal.paint(Paint::dim, heads);
  for (std::size_t row = 0; row < groups.front().strips.front().cells.size(); ++row)
    lay(
        page,
        [&](const Strip& strip, std::size_t width) {
          return terminal.paint(strip.paints[row], strip.cell(strip.cells[row], width));
        },
        none);
  return page;
}

std::string table_text(const Table& table, Language language, const Terminal& terminal) {
  std::string page;
  if (!table.title.empty())
    page += terminal.paint(Paint::bold, paragraph(table.title.in(language), kIndent));
  std::vector<Group> groups;
  std::size_t width = kIndent;
  for (const Column& column : table.columns) {
    groups.push_back(group_of(column, language));
    width += groups.back().width() + kGap;
  }
  if (width > kPageWidth + kGap) {  // what stands left and right of "=" is said once
    std::string left;
    for (Group& group : groups) {
      if (group.title.empty()) continue;
      left = group.strips.front().heading;
      group.strips.front().heading.clear();
      group.strips[2].heading.clear();
    }
    if (!left.empty())
      page += terminal.paint(Paint::dim,
                             fmt::format("  ({} = {})\n", left, text::kComputed.in(language)));
  }
  // As many columns side by side as fit; the first one names the rows of each part.
  std::vector<Group> part;
  std::size_t used = 0;
  for (const Group& group : groups) {
    if (part.size() > 1 && used + group.width() > kPageWidth) {
      page += draw(part, terminal) + "\n";
      part = {groups.front()};
      used = kIndent + part.front().width() + kGap;
    }
    if (part.empty()) used = kIndent;
    part.push_back(group);
    used += group.width() + kGap;
  }
  page += draw(part, terminal);
  std::vector<std::string> told;
  for (const Column& column : table.columns)
    for (const lessons::Expected& expected : column.expected) {
      const std::string& note = expected.note.in(language);
      if (note.empty() || std::find(told.begin(), told.end(), note) != told.end()) continue;
      page += paragraph(note, kIndent + 2, std::string(kIndent, ' ') + "! ");
      told.push_back(note);
    }
  return page;
}

namespace b = lessons::block;

/// Caption and picture, on a screen together with a line below them.
std::string figure_text(const b::Figure& figure, Language language, const Terminal& terminal,
                        int above) {
  const std::string caption = paragraph(figure.caption.in(language), kIndent + 2, "  ▣ ");
  const auto lines = [](const std::string& text) {
    return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  };
  const int room = std::max(8, page_lines(terminal) - above - lines(caption));
  const plot::Figure drawing = figure.draw(language);
  const auto drawn = [&](int height) {
    return without_blank_ends(plot::terminal(drawing, {.width = 76,
                                                       .height = std::max(height, 6),
                                                       .utf8 = terminal.utf8,
                                                       .color = terminal.colors}));
  };
  std::string picture = drawn(room);
  if (lines(picture) > room) picture = drawn(2 * room - lines(picture));  // turned texts below it
  return caption + indented(picture, kIndent);
}

/// The block with its texts in ASCII's signs.
lessons::Block spelled(lessons::Block block) {
  const auto spell = [](lessons::Text& text) {
    text.zh = ascii(text.zh);
    text.en = ascii(text.en);
  };
  std::visit(Overload{[&](b::Formula& x) { x.text = ascii(x.text); },
                      [&](b::Code& x) { x.text = ascii(x.text); },
                      [&](b::Written& x) { x.text = ascii(x.text); },
                      [&](b::Figure& x) { spell(x.caption); },
                      [&](Table& x) {
                        spell(x.title);
                        for (Column& column : x.columns) {
                          column.name = ascii(column.name);
                          spell(column.title);
                          for (lessons::Text& word : column.words) spell(word);
                          for (lessons::Expected& expected : column.expected) spell(expected.note);
                        }
                      },
                      [&](auto& x) { spell(x.text); }},
             block);
  return block;
}

std::string drawn(const lessons::Block& block, Language language, const Terminal& terminal,
                  int above) {
  return std::visit(
      Overload{
          [&](const b::Heading& x) {
            return terminal.paint(Paint::bold, "── " + without_backticks(x.text.in(language))) +
                   "\n";
          },
          [&](const b::Paragraph& x) { return paragraph(x.text.in(language), 0); },
          [&](const b::Note& x) {
            return terminal.paint(
                Paint::cyan,
                paragraph(text::kNoteWord.in(language) + x.text.in(language), 4, "  ! "));
          },
          [&](const b::Claim& x) {
            return paragraph(
                x.text.in(language), 4,
                "  " + terminal.paint(x.holds ? Paint::green : Paint::red, x.holds ? "✓" : "✗") +
                    " ");
          },
          [&](const b::Question& x) {
            const auto& how = x.digits > 1    ? text::kToDecimals
                              : x.digits == 1 ? text::kToOneDecimal
                              : x.digits == 0 ? text::kWhole
                                              : text::kToTens;
            return paragraph(
                x.text.in(language) + fmt::format(fmt::runtime(how.in(language)), x.digits), 2,
                "? ");
          },
          [&](const b::Formula& x) { return indented(x.text, 4); },
          [&](const b::Code& x) { return terminal.paint(Paint::cyan, indented(x.text, 4)); },
          [&](const b::Written& x) { return indented(x.text, 4); },
          [&](const b::Figure& x) { return figure_text(x, language, terminal, above); },
          [&](const Table& x) { return table_text(x, language, terminal); }},
      block);
}

}  // namespace

int page_lines(const Terminal& terminal) {
  constexpr int kMost = 26, kBelow = 2;  // a blank line and the reader's
  return std::clamp(static_cast<int>(terminal.height()), 12, kMost) - kBelow;
}

std::string terminal_title(const FinishedLesson& lesson, Language language,
                           const Terminal& terminal) {
  const std::string title =
      fmt::format("{}  {}", lesson.entry->id, lesson.entry->title.in(language));
  std::string line;
  for (std::size_t i = 0; i < cells(title); ++i) line += terminal.utf8 ? "═" : "=";
  std::string page = terminal.paint(Paint::bold, title) + "\n" + line + "\n\n";
  const lessons::Counts counts = lesson.lesson.counts();
  if (counts.printed + counts.golden > 0)
    page += terminal.paint(Paint::dim, paragraph(text::kLegend.in(language), 0)) + "\n";
  return page;
}

std::string terminal_block(const lessons::Block& block, Language language, const Terminal& terminal,
                           int above) {
  if (terminal.utf8) return drawn(block, language, terminal, above);
  return ascii(drawn(spelled(block), language, terminal, above));
}

std::string terminal_end(const FinishedLesson& lesson, Language language,
                         const Terminal& terminal) {
  const auto& blocks = lesson.lesson.blocks();
  std::string end = fmt::format(fmt::runtime(text::kCountsAndTime.in(language)),
                                counts_text(lesson.lesson.counts(), language), lesson.seconds);
  if (std::any_of(blocks.begin(), blocks.end(), [](const lessons::Block& block) {
        return std::holds_alternative<b::Figure>(block);
      }))
    end += fmt::format(fmt::runtime(text::kFigureLine.in(language)), lesson.entry->name) + "\n";
  return terminal.paint(Paint::dim, end);
}

std::string counts_text(const lessons::Counts& c, Language language) {
  return fmt::format(fmt::runtime(text::kCounts.in(language)), c.printed_equal, c.printed,
                     c.golden_equal, c.golden, c.notes);
}

std::vector<std::string> differences(const lessons::Lesson& lesson, Language language) {
  std::vector<std::string> lines;
  for (const lessons::Check& check : lesson.checks())
    if (check.verdict == Verdict::differs)
      lines.push_back(fmt::format(fmt::runtime(text::kDiffers.in(language)), check.table,
                                  check.column, check.row.in(language), check.expected.text,
                                  check.computed));
  for (const lessons::Block& block : lesson.blocks())
    if (const auto* claim = std::get_if<lessons::block::Claim>(&block); claim && !claim->holds)
      lines.push_back(
          fmt::format(fmt::runtime(text::kDoesNotHold.in(language)), claim->text.in(language)));
  return lines;
}

}  // namespace percept::app
