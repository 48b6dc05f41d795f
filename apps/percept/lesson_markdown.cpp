// A lesson as a page of Markdown.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "lesson_page.h"
#include "percept/base/file.h"

namespace percept::app {
namespace {

namespace b = lessons::block;

std::string in_cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\\|");
  return text;
}

std::string row_of(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

struct BlockMarkdown {
  const lessons::Entry& entry;
  Language language;
  const std::string& figures;

  std::string operator()(const b::Heading& x) const {
    return fmt::format("## {}\n", x.text.in(language));
  }
  std::string operator()(const b::Paragraph& x) const { return x.text.in(language) + "\n"; }
  std::string operator()(const b::Note& x) const {
    std::string word = text::kNoteWord.in(language);
    if (word.ends_with(' ')) word.pop_back();  // or Markdown would not make it bold
    return fmt::format("> **{}** {}\n", word, x.text.in(language));
  }
  std::string operator()(const b::Claim& x) const {
    return fmt::format("- {} {}\n", x.holds ? "✓" : "✗", x.text.in(language));
  }
  std::string operator()(const b::Question& x) const {
    return fmt::format("<details><summary>{}</summary>{:.{}f}</details>\n", html(x.text), x.answer,
                       std::max(x.digits, 0));
  }
  std::string operator()(const b::Formula& x) const { return "```text\n" + x.text + "\n```\n"; }
  std::string operator()(const b::Code& x) const { return "```cpp\n" + x.text + "\n```\n"; }
  std::string operator()(const b::Written& x) const { return "```written\n" + x.text + "\n```\n"; }
  std::string operator()(const b::Figure& x) const {
    std::string caption = x.caption.in(language);
    return fmt::format("![{}]({}{}.svg)\n\n*{}*\n", caption, figures, figure_file(entry, x),
                       caption);
  }
  std::string operator()(const lessons::Table& table) const;

  /// Inline code as HTML, where Markdown is not read.
  std::string html(const lessons::Text& text) const {
    std::string out;
    bool open = false;
    for (const char c : text.in(language)) {
      if (c == '`') {
        out += open ? "</code>" : "<code>";
        open = !open;
      } else if (c == '<') {
        out += "&lt;";
      } else {
        out += c;
      }
    }
    return out;
  }
};

std::string BlockMarkdown::operator()(const lessons::Table& table) const {
  std::vector<std::string> headings, rules;
  std::vector<std::vector<std::string>> rows(table.rows());
  std::vector<std::string> notes;
  for (const lessons::Column& column : table.columns) {
    const std::string title =
        in_cell(column.title.empty() ? column.name : column.title.in(language));
    const bool words = !column.words.empty();
    bool golden = false;
    for (const lessons::Expected& expected : column.expected) {
      golden = golden || expected.source == lessons::Source::golden;
      const std::string& note = expected.note.in(language);
      if (!note.empty() && std::find(notes.begin(), notes.end(), note) == notes.end())
        notes.push_back(note);
    }
    if (column.expected.empty()) {
      headings.push_back(title);
    } else {
      headings.push_back(
          fmt::format("{} · {}", title, (golden ? text::kGolden : text::kPrinted).in(language)));
      headings.push_back(text::kComputed.in(language));
      rules.emplace_back("---:");
    }
    rules.emplace_back(words ? "---" : "---:");
    for (std::size_t i = 0; i < column.size(); ++i) {
      std::string cell = words ? in_cell(column.words[i].in(language)) : column.shown(i);
      if (!column.wrong.empty() && column.wrong[i]) cell = fmt::format("**{} ✗**", cell);
      if (!column.expected.empty()) {
        const lessons::Expected& expected = column.expected[i];
        rows[i].push_back(expected.text);
        if (!expected.text.empty())
          cell = fmt::format(
              "{} {}",
              lessons::judge(column.values[i], expected) == lessons::Verdict::equal ? "=" : "≠",
              cell);
      }
      rows[i].push_back(cell);
    }
  }
  std::string page;
  if (!table.title.empty()) page += fmt::format("**{}**\n\n", table.title.in(language));
  page += row_of(headings) + row_of(rules);
  for (const std::vector<std::string>& row : rows) page += row_of(row);
  for (const std::string& note : notes) page += fmt::format("\n> {}\n", note);
  return page;
}

}  // namespace

std::string page_file(const lessons::Entry& entry) {
  const std::string_view name = entry.name;
  return fmt::format("{}-{}", entry.id, name.substr(name.find('/') + 1));  // without "gallery/"
}

std::string figure_file(const lessons::Entry& entry, const b::Figure& figure) {
  return fmt::format("{}-{}", entry.id, figure.name);
}

std::string lesson_markdown(const lessons::Entry& entry, const lessons::Lesson& lesson,
                            Language language, const std::string& figures) {
  std::string page = fmt::format("# {} {}\n", entry.id, entry.title.in(language));
  for (const lessons::Block& block : lesson.blocks())
    page += "\n" + std::visit(BlockMarkdown{entry, language, figures}, block);
  page += fmt::format("\n---\n{}\n", counts_text(lesson.counts(), language));
  return page;
}

void write_docs(const std::vector<FinishedLesson>& all, const std::string& folder) {
  for (const Language language : {Language::zh, Language::en}) {
    const bool zh = language == Language::zh;
    const std::string pages = fmt::format("{}/{}/", folder, zh ? "zh" : "en");
    const char* other = zh ? "en" : "zh";
    std::filesystem::create_directories(pages + "figures");
    std::string index =
        fmt::format("# {}\n\n{}\n\n", text::kLecture.in(language), text::kAboutIndex.in(language));
    index += fmt::format("[{}](../{}/README.md)\n\n", text::kOtherLanguage.in(language), other);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const lessons::Entry& entry = *all[i].entry;
      const std::string title = fmt::format("{} {}", entry.id, entry.title.in(language));
      if (lessons::in_gallery(entry) && (i == 0 || !lessons::in_gallery(*all[i - 1].entry)))
        index += fmt::format("\n## {}\n\n", text::kGallery.in(language));
      index +=
          fmt::format("- [{}]({}.md): `percept lesson {}`\n", title, page_file(entry), entry.name);
      std::string links = fmt::format("[{}](README.md)", text::kAllLessons.in(language));
      const auto add_link = [&](const char* arrow, const lessons::Entry& to) {
        links +=
            fmt::format(" · {} [{} {}]({}.md)", arrow, to.id, to.title.in(language), page_file(to));
      };
      if (i > 0) add_link("←", *all[i - 1].entry);
      if (i + 1 < all.size()) add_link("→", *all[i + 1].entry);
      links += fmt::format(" · [{}](../{}/{}.md)", text::kOtherLanguage.in(language), other,
                           page_file(entry));
      write_atomic(
          pages + page_file(entry) + ".md",
          lesson_markdown(entry, all[i].lesson, language, "figures/") + "\n" + links + "\n");
      for (const lessons::Block& block : all[i].lesson.blocks())
        if (const auto* figure = std::get_if<b::Figure>(&block))
          figure->draw(language).save(pages + "figures/" + figure_file(entry, *figure) + ".svg");
    }
    write_atomic(pages + "README.md", index);
  }
}

}  // namespace percept::app
