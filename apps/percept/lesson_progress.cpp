#include "lesson_progress.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "app.h"
#include "lesson_text.h"
#include "percept/base/file.h"

namespace percept::app {
namespace {

constexpr const char* kSchema = "percept.lesson.progress/1";

/// Where a user's state belongs (XDG Base Directory Specification 0.8); empty without a home.
std::string state_file() {
  for (const auto& [variable, below] :
       {std::pair{"XDG_STATE_HOME", ""}, std::pair{"HOME", "/.local/state"}})
    if (const char* folder = std::getenv(variable); folder && *folder == '/')
      return std::string(folder) + below + "/percept/lessons.json";
  return {};
}

lessons::Progress progress_of(const Json& file) {
  lessons::Progress progress;
  for (const auto& [lesson, answers] : file.at("lessons").items())
    progress[lesson] = {.right = answers.at("right").get<std::set<int>>(),
                        .questions = answers.at("questions").get<int>()};
  return progress;
}

}  // namespace

LessonProgress::LessonProgress() : path_(state_file()) { read(); }

void LessonProgress::read() {
  std::error_code none;
  if (path_.empty() || !std::filesystem::exists(path_, none)) return;
  const std::string not_ours = fmt::format("{}: is not a file of {}", path_, kSchema);
  try {
    const Json file = Json::parse(read_file(path_, {.max_bytes = 1 << 20}));
    if (file.at("schema") == kSchema)
      progress_ = progress_of(file);
    else
      give_up(not_ours);
  } catch (const Error& error) {
    give_up(error.what());
  } catch (const Json::exception&) {
    give_up(not_ours);
  }
}

void LessonProgress::add(const std::string& lesson, int number, int questions) {
  read();  // another terminal may have written meanwhile
  lessons::Answers& answers = progress_[lesson];
  if (answers.questions != questions) answers = {.right = {}, .questions = questions};
  answers.right.insert(number);
  write();
  if (trouble_.empty()) return;
  note(fmt::format(fmt::runtime(text::kNotKept.str()), trouble_));
  trouble_.clear();
}

void LessonProgress::write() {
  if (path_.empty()) return;
  Json all = Json::object();
  for (const auto& [name, answers] : progress_)
    all[name] = {{"questions", answers.questions}, {"right", answers.right}};
  try {
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path());
    write_atomic(path_, line({{"schema", kSchema}, {"lessons", all}}));
  } catch (const std::filesystem::filesystem_error& error) {
    give_up(fmt::format("{}: {}", path_, error.code().message()));
  } catch (const Error& error) {
    give_up(error.what());
  }
}

void LessonProgress::give_up(const std::string& trouble) {
  path_.clear();
  trouble_ = trouble;
}

}  // namespace percept::app
