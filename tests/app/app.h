// What the tests of the program share: a folder to work in, data, and calls of the program.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>

#include "support/files.h"
#include "support/places.h"
#include "support/process.h"

namespace percept {

namespace fs = std::filesystem;
using testing::ProcessOptions;
using testing::ProcessResult;
using testing::TempFolder;
using Json = nlohmann::json;
using Words = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

/// Three kinds of flowers, well apart: whatever is right classifies them.
inline std::string flowers(int rows) {
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 0.2);
  std::string text = "sepal,petal,colour,species\n";
  const char* names[] = {"setosa", "versicolor", "virginica"};
  for (int i = 0; i < rows; ++i) {
    const int c = i % 3;
    text += std::to_string(5 + c + noise(random)) + "," +
            std::to_string(1.5 + 2 * c + noise(random)) + (i % 2 ? ",red," : ",blue,") + names[c] +
            "\n";
  }
  return text;
}

class App : public ::testing::Test {
 protected:
  ProcessResult run(const Words& words, ProcessOptions options = {}) {
    options.folder = folder_.path("");
    options.environment.emplace("PERCEPT_THREADS", "1");
    return testing::run_process(testing::program_path(), words, options);
  }
  ProcessResult run_in(const Words& words, const Environment& environment) {
    return run(words, {.environment = environment});
  }
  std::string file(const std::string& name, const std::string& text) {
    return folder_.file(name, text);
  }
  std::string path(const std::string& name) const { return folder_.path(name); }
  std::string text(const std::string& name) const { return testing::file_text(path(name)); }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path("")))
      names.insert(entry.path().string());
    return names;
  }
  void train_flowers(const std::string& out = "run") {
    file("iris.csv", flowers(150));
    const ProcessResult result = run({"train", "iris.csv", "--target", "species", "--epochs", "30",
                                      "--lr", "0.01", "--out", out});
    ASSERT_EQ(result.code, 0) << result.err;
  }

  TempFolder folder_;
};

/// Cells of a line the program prints: everything beyond U+2E80 that it uses is two wide.
inline std::size_t cells(const std::string& line) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < line.size();) {
    const auto c = static_cast<unsigned char>(line[i]);
    const std::size_t bytes = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    n +=
        bytes >= 3 && c >= 0xe2 + (static_cast<unsigned char>(line[i + 1]) >= 0xba ? 0 : 1) ? 2 : 1;
    i += bytes;
  }
  return n;
}

inline std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

inline std::size_t count(const std::string& text, char c) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
}

}  // namespace percept
