// A lesson as one JSON object: numbers unrounded, tables as named columns.
#include "lesson_page.h"

namespace percept::app {
namespace {

namespace b = lessons::block;

const char* name_of(lessons::Verdict verdict) {
  switch (verdict) {
    case lessons::Verdict::equal:
      return "equal";
    case lessons::Verdict::noted:
      return "noted";
    default:
      return "differs";
  }
}

Json columns_of(const lessons::Table& table, Language language) {
  Json columns = Json::object();
  for (const lessons::Column& column : table.columns) {
    Json cells = Json::array();
    for (const lessons::Text& word : column.words) cells.push_back(word.in(language));
    for (const double value : column.values) cells.push_back(value);
    columns[column.name] = std::move(cells);
  }
  return columns;
}

struct BlockJson {
  Language language;

  Json operator()(const b::Heading& x) const { return text("heading", x.text); }
  Json operator()(const b::Paragraph& x) const { return text("text", x.text); }
  Json operator()(const b::Note& x) const { return text("note", x.text); }
  Json operator()(const b::Claim& x) const {
    Json json = text("claim", x.text);
    json["holds"] = x.holds;
    return json;
  }
  Json operator()(const b::Question& x) const {
    Json json = text("question", x.text);
    json["answer"] = x.answer;
    json["digits"] = x.digits;
    return json;
  }
  Json operator()(const b::Formula& x) const { return {{"type", "formula"}, {"text", x.text}}; }
  Json operator()(const b::Code& x) const { return {{"type", "code"}, {"text", x.text}}; }
  Json operator()(const b::Written& x) const { return {{"type", "written"}, {"text", x.text}}; }
  Json operator()(const b::Figure& x) const {
    return {{"type", "figure"}, {"name", x.name}, {"caption", x.caption.in(language)}};
  }
  Json operator()(const lessons::Table& x) const {
    return {{"type", "table"}, {"name", x.name}, {"title", x.title.in(language)}};
  }

  Json text(const char* type, const lessons::Text& text) const {
    return {{"type", type}, {"text", text.in(language)}};
  }
};

}  // namespace

Json lesson_json(const FinishedLesson& finished, Language language) {
  const lessons::Lesson& lesson = finished.lesson;
  Json blocks = Json::array(), tables = Json::object(), rows = Json::array(),
       history = Json::object();
  for (const lessons::Block& block : lesson.blocks()) {
    blocks.push_back(std::visit(BlockJson{language}, block));
    if (const auto* table = std::get_if<lessons::Table>(&block))
      tables[table->name] = columns_of(*table, language);
  }
  for (const lessons::Check& check : lesson.checks()) {
    Json row{{"table", check.table}, {"column", check.column}, {"row", check.row.in(language)}};
    row[check.expected.source == lessons::Source::printed ? "printed" : "golden"] =
        check.expected.text;
    row["computed"] = check.computed;
    row["verdict"] = name_of(check.verdict);
    if (!check.expected.note.empty()) row["note"] = check.expected.note.in(language);
    rows.push_back(std::move(row));
  }
  for (const lessons::Table& table : lesson.histories())
    history[table.name] = columns_of(table, language);
  const lessons::Counts counts = lesson.counts();
  return {{"schema", "percept.lesson.result/1"},
          {"id", finished.entry->id},
          {"name", finished.entry->name},
          {"language", language == Language::zh ? "zh" : "en"},
          {"title", finished.entry->title.in(language)},
          {"blocks", blocks},
          {"tables", tables},
          {"rows", rows},
          {"history", history},
          {"printed", counts.printed},
          {"printed_equal", counts.printed_equal},
          {"golden", counts.golden},
          {"golden_equal", counts.golden_equal},
          {"notes", counts.notes},
          {"differing", counts.differing},
          {"seconds", finished.seconds}};
}

}  // namespace percept::app
