// percept lesson: the lecture, lesson by lesson.
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "dataset.h"
#include "figures.h"
#include "lesson_page.h"
#include "lesson_step.h"
#include "percept/base/file.h"
#include "run_folder.h"
#include "settings.h"

namespace percept::app {
namespace {

struct LessonFlags {
  std::string which = "list", language, out, docs;
  bool check = false, step = false;
  lessons::Options options;
};

Language language_of(const LessonFlags& flags) {
  if (flags.language.empty()) return language();
  if (flags.language == "zh") return Language::zh;
  if (flags.language == "en") return Language::en;
  throw UsageError(fmt::format("--lang: found '{}', allowed zh and en", flags.language));
}

std::vector<const lessons::Entry*> chosen(const std::string& which) {
  std::vector<const lessons::Entry*> entries;
  if (which == "all") {
    for (const lessons::Entry& entry : lessons::contents()) entries.push_back(&entry);
    return entries;
  }
  if (const lessons::Entry* entry = lessons::find(which)) return {entry};
  std::vector<std::string> known{"list", "gallery", "all"};
  for (const lessons::Entry& entry : lessons::contents()) {
    known.emplace_back(entry.name);
    known.emplace_back(entry.id);
  }
  throw UsageError(fmt::format(
      "LESSON: found '{}', allowed list, gallery, all, an id such as L07 or a name such "
      "as xor; the nearest is {}",
      which, nearest(which, known)));
}

/// A flag that the lesson would not heed is an error, not silence.
void check_options(const CLI::App& command, const std::vector<const lessons::Entry*>& entries) {
  if (entries.size() != 1) return;
  for (const std::string flag : {"epoch", "model", "sample", "csv", "data-dir", "seed", "full"}) {
    const auto& heeded = entries.front()->options;
    if (command.count("--" + flag) > 0 &&
        std::find(heeded.begin(), heeded.end(), flag) == heeded.end())
      throw UsageError(
          fmt::format("--{}: the lesson {} does not use it", flag, entries.front()->name));
  }
}

FinishedLesson finish(const lessons::Entry& entry, const lessons::Options& options) {
  const auto start = std::chrono::steady_clock::now();
  lessons::Lesson lesson = entry.make(options);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  return {&entry, std::move(lesson), spent.count()};
}

/// While a long lesson computes, a line says so; it goes away again.
FinishedLesson finish_before(const Terminal& reader, const lessons::Entry& entry,
                             const lessons::Options& options, Language language) {
  constexpr double kPatience = 2;  // seconds
  const bool told = reader.redraws && entry.seconds > kPatience;
  if (told)
    print(fmt::format(fmt::runtime(text::kComputing.in(language)), entry.id, entry.name,
                      entry.seconds));
  FinishedLesson finished = finish(entry, options);
  if (told) {
    print("\r\x1b[2K");
    ::tcflush(STDIN_FILENO, TCIFLUSH);  // what was typed meanwhile answers nothing
  }
  return finished;
}

/// A line an entry, the gallery under a heading; `which` is "list" or "gallery".
int list_now(const std::string& which, Language language, const OutputOptions& output) {
  std::string page;
  bool gallery = false;
  for (const lessons::Entry& entry : lessons::contents()) {
    if (which == "gallery" && !lessons::in_gallery(entry)) continue;
    if (!output.json && !gallery && lessons::in_gallery(entry)) {
      gallery = true;
      page += fmt::format("{}{}\n", page.empty() ? "" : "\n", text::kGallery.in(language));
    }
    if (output.json)
      page += line({{"schema", "percept.lesson.entry/1"},
                    {"id", entry.id},
                    {"name", entry.name},
                    {"title", entry.title.in(language)},
                    {"seconds", entry.seconds},
                    {"options", entry.options}});
    else
      page += fmt::format("{}  {}  {}  {}\n", entry.id, pad_right(entry.name, gallery ? 23 : 15),
                          pad_right(entry.title.in(language), gallery ? 36 : 44),
                          fmt::format(fmt::runtime(text::kWithin.in(language)), entry.seconds));
  }
  print(page);
  return 0;
}

/// One line a lesson, what differs below it, and the counts of all.
int check_now(const std::vector<FinishedLesson>& all, Language language,
              const OutputOptions& output) {
  lessons::Counts sum;
  std::string page;
  for (const FinishedLesson& one : all) {
    const lessons::Counts counts = one.lesson.counts();
    sum += counts;
    page += fmt::format("{} {}  {}  {:.2f} s\n", one.entry->id, pad_right(one.entry->name, 14),
                        counts_text(counts, language), one.seconds);
    for (const std::string& difference : differences(one.lesson, language))
      page += "  ✗ " + difference + "\n";
  }
  page += counts_text(sum, language) + "\n";
  if (output.json) {
    page.clear();
    for (const FinishedLesson& one : all) page += line(lesson_json(one, language));
  }
  print(page);
  if (sum.differing > 0)
    throw CheckFailed(fmt::format("{} of the lessons' numbers differ", sum.differing));
  return 0;
}

/// Files of a lesson in `folder`: JSON, Markdown, and each figure as SVG and PNG.
void write_files(const FinishedLesson& one, Language language, const std::string& folder) {
  std::filesystem::create_directories(folder);
  const std::string stem = folder + "/" + page_file(*one.entry);
  write_atomic(stem + ".json", line(lesson_json(one, language)));
  write_atomic(stem + ".md", lesson_markdown(*one.entry, one.lesson, language, ""));
  for (const lessons::Block& block : one.lesson.blocks())
    if (const auto* figure = std::get_if<lessons::block::Figure>(&block))
      save_both(figure->draw(language), folder, figure_file(*one.entry, *figure));
}

void show(const FinishedLesson& one, Language language, const Terminal& terminal) {
  std::string page = terminal_title(one, language, terminal);
  for (const lessons::Block& block : one.lesson.blocks())
    if (!std::holds_alternative<lessons::block::Question>(block))
      page += terminal_block(block, language, terminal) + "\n";
  print(page + terminal_end(one, language, terminal));
}

/// The CSV file that a run was trained on; empty when there is none.
std::string csv_of_run(const std::string& model) {
  if (!std::filesystem::exists(model + "/config.toml")) return {};
  const std::string data = read_config(RunFolder::open(model).config()).data;
  return is_csv(data) ? data : "";
}

int lesson_now(const LessonFlags& flags, const CLI::App& command, const OutputOptions& output) {
  const Language language = language_of(flags);
  if (flags.which == "list" || flags.which == "gallery")
    return list_now(flags.which, language, output);
  const auto entries = chosen(flags.which);
  if (!flags.docs.empty() && flags.which != "all")
    throw UsageError("--docs: the index lists every lesson; use lesson all --docs DIR");
  check_options(command, entries);
  lessons::Options options = flags.options;
  if (!options.model.empty()) {
    if (options.csv.empty()) options.csv = csv_of_run(options.model);
    options.model = model_path(options.model);
  }
  Terminal out = terminal(stdout, output.color);
  out.utf8 = out.utf8 || language == Language::zh;  // has no ASCII
  const bool step = flags.step && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  const bool pages = !flags.check && !output.quiet && flags.docs.empty() && !output.json;
  std::optional<LessonProgress> progress;
  if (flags.docs.empty()) options.progress = progress.emplace().now();
  std::vector<FinishedLesson> all;
  for (const lessons::Entry* entry : entries) {
    all.push_back(pages ? finish_before(out, *entry, options, language) : finish(*entry, options));
    const FinishedLesson& one = all.back();
    if (!flags.out.empty()) write_files(one, language, flags.out);
    if (output.json && !flags.check && !output.quiet && flags.docs.empty())
      print(line(lesson_json(one, language)));
    if (!pages) continue;
    if (all.size() > 1) print("\n");
    if (step)
      step_through(one, language, out, *progress);
    else
      show(one, language, out);
  }
  if (!flags.docs.empty()) write_docs(all, flags.docs);
  return flags.check ? check_now(all, language, output) : 0;
}

}  // namespace

void add_lesson(Program& program) {
  CLI::App* command =
      add_command(program.root, "lesson", text::kAboutLesson,
                  {"percept lesson list", "percept lesson xor --step",
                   "percept lesson L07 --lang zh --out pages", "percept lesson gallery/hopfield",
                   "percept lesson all --check"});
  auto flags = std::make_shared<LessonFlags>();
  lessons::Options& options = flags->options;
  command->add_option("LESSON", flags->which, text::kLessonArgument.str());
  command->add_option("--lang", flags->language, text::kLang.str())->type_name("zh|en");
  command->add_flag("--check", flags->check, text::kLessonCheck.str());
  command->add_flag("--step", flags->step, text::kStep.str());
  command->add_option("--out", flags->out, text::kLessonOut.str())->type_name("DIR");
  command->add_option("--docs", flags->docs, text::kLessonDocs.str())->type_name("DIR");
  command->add_option("--epoch", options.epoch, text::kLessonEpoch.str())
      ->type_name("N")
      ->check(CLI::Range(0, 100000));
  command->add_option("--model", options.model, text::kLessonModel.str())->type_name("RUN");
  command->add_option("--sample", options.sample, text::kLessonSample.str())
      ->type_name("I")
      ->check(CLI::Range(0, 1 << 30));
  command->add_option("--csv", options.csv, text::kLessonCsv.str())->type_name("FILE");
  command->add_option("--data-dir", options.data_dir, text::kDataDir.str())->type_name("DIR");
  command->add_option("--seed", options.seed, text::kLessonSeed.str())->type_name("N");
  command->add_flag("--full", options.full, text::kLessonFull.str());
  add_output_options(*command, program.output);
  command->callback([&program, command, flags] {
    program.action = [&program, command, flags] {
      return lesson_now(*flags, *command, program.output);
    };
  });
}

}  // namespace percept::app
