// The pages in docs/zh and docs/en are those that the lessons write now: the same words, and
// numbers that agree as far as another processor's rounding lets them. ./dev docs writes them anew.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>

#include "support/files.h"
#include "support/places.h"
#include "support/process.h"

namespace percept {
namespace {

namespace fs = std::filesystem;

/// Files below `folder` by their path in it.
std::map<std::string, std::string> pages(const std::string& folder) {
  std::map<std::string, std::string> all;
  for (const char* language : {"zh", "en"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(folder) / language))
      if (entry.is_regular_file())
        all[fs::relative(entry.path(), folder).string()] =
            testing::file_text(entry.path().string());
  return all;
}

/// What is read on a page: of a figure its texts, not where they stand; not what a network wrote,
/// whose every character hangs on rounding.
std::string words_of(const std::string& path, const std::string& page) {
  if (!path.ends_with(".svg"))
    return std::regex_replace(page, std::regex("```written\n[^`]*\n```"), "");
  const std::regex text("<text[^>]*>([^<]*)</text>");
  std::string words;
  for (std::sregex_iterator it(page.begin(), page.end(), text), end; it != end; ++it)
    words += (*it)[1].str() + "\n";
  return words;
}

const std::regex kNumber("[0-9]+(\\.[0-9]+)?(e[-+][0-9]+)?");

/// Whether a page tells of a training whose path hangs on rounding, and so on the processor and the
/// number of threads; what has to hold of it are the lesson's claims.
bool tells_of_long_training(const std::string& path) {
  static const std::regex page(".*/(L16|G04|G05|G09|G1[0-9])-.*");
  return std::regex_match(path, page);
}

void expect_alike(const std::string& path, const std::string& kept, const std::string& now) {
  const bool loose = tells_of_long_training(path);
  if (loose && path.ends_with(".svg")) return;  // axes, and what a generator happens to draw
  EXPECT_EQ(std::regex_replace(kept, kNumber, "#"), std::regex_replace(now, kNumber, "#")) << path;
  std::sregex_iterator a(kept.begin(), kept.end(), kNumber), b(now.begin(), now.end(), kNumber),
      end;
  for (; a != end && b != end; ++a, ++b) {
    if (a->str() == b->str()) continue;  // among them what a double cannot hold once rounded
    const double x = std::strtod(a->str().c_str(), nullptr),
                 y = std::strtod(b->str().c_str(), nullptr);
    EXPECT_LE(std::abs(x - y), loose ? 0.05 + 0.25 * std::abs(x) : 1e-3 + 0.02 * std::abs(x))
        << path << ": " << a->str() << ", now " << b->str();
  }
}

TEST(Lessons, AllAgreeAndAreDocumented) {
  const testing::TempFolder folder;
  const testing::ProcessResult done = testing::run_process(
      testing::program_path(), {"lesson", "all", "--check", "--docs", folder.path("")},
      {.environment = {{"PERCEPT_THREADS", "1"}}});
  ASSERT_EQ(done.code, 0) << done.out << done.err;
  const std::regex ending(
      "\nprinted numbers equal ([0-9]+) of \\1, golden numbers equal ([0-9]+) of \\2, notes "
      "[0-9]+\n$");
  EXPECT_TRUE(std::regex_search(done.out, ending)) << done.out;
  const auto now = pages(folder.path("")), kept = pages(testing::project_path("docs"));
  ASSERT_GT(now.size(), 10u);
  for (const auto& [path, page] : now) {
    const auto old = kept.find(path);
    ASSERT_NE(old, kept.end()) << path << " is not in docs/: run ./dev docs";
    expect_alike(path, words_of(path, old->second), words_of(path, page));
  }
  for (const auto& [path, page] : kept)
    EXPECT_TRUE(now.contains(path)) << path << " is no lesson's: run ./dev docs";
}

TEST(Docs, LinksLeadSomewhere) {
  const std::string docs = testing::project_path("docs");
  const std::regex link("\\[[^\\]]+\\]\\(([^)#:]+)\\)");
  for (const auto& [path, page] : pages(docs)) {
    if (!path.ends_with(".md")) continue;
    for (std::sregex_iterator it(page.begin(), page.end(), link), end; it != end; ++it)
      EXPECT_TRUE(fs::exists((fs::path(docs) / path).parent_path() / (*it)[1].str()))
          << path << ": " << (*it)[1];
  }
}

}  // namespace
}  // namespace percept
