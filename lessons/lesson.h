// A lesson as an object: blocks in reading order, each number beside what it should be. Whoever
// shows it (terminal, JSON, Markdown, browser) reads this; nothing in a lesson prints.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lessons/text.h"
#include "percept/plot/figure.h"

namespace percept::lessons {

/// Where an expected number is from: the lecture prints it, or it was computed independently of
/// percept (NumPy, PyTorch, by hand).
enum class Source { printed, golden };

/// What a number should be, as text: its digits say how exact. "0.87" means 0.87 after rounding to
/// two decimals, "9.77e-4" three significant digits, a whole number means exactly that one, "nan"
/// and "inf" themselves, and "" that nothing is expected.
struct Expected {
  std::string text = {};
  Source source = Source::printed;
  Text note = {};  ///< where the lecture is in error: why the computed number may differ
};

/// What the lecture prints, letter by letter.
Expected printed(const char* text, const Text& error_of_the_lecture = {});
std::vector<Expected> printed(std::initializer_list<const char*> texts);
/// Numbers that percept did not compute.
Expected golden(const char* text);
std::vector<Expected> golden(std::initializer_list<const char*> texts);

enum class Verdict { equal, noted, differs };

/// A difference is `noted` where the lecture is in error. Throws ValueError for a text that is no
/// number.
Verdict judge(double computed, const Expected& expected);
/// Decimals after the point of a number as written: 2 for "0.87", 6 for "9.77e-4", 0 for "42".
int decimals(std::string_view number);

/// A named column, of numbers or of words.
struct Column {
  std::string name = {};  ///< its key in JSON, and its title unless there is one
  Text title = {};
  std::vector<double> values = {};
  std::vector<Text> words = {};         ///< instead of values
  std::optional<int> digits = {};       ///< shown after the point; by default what the cells need
  std::vector<Expected> expected = {};  ///< one a cell, or none
  std::vector<bool> wrong = {};         ///< cells shown in the colour and with the sign of errors

  std::size_t size() const { return words.empty() ? values.size() : words.size(); }
  /// A value as it is shown.
  std::string shown(std::size_t row) const;
};

/// Columns of one length. The first one names the rows.
struct Table {
  std::string name = {};
  Text title = {};
  std::vector<Column> columns = {};

  std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
};

/// One line of a panel of numbers.
struct Row {
  Text what;
  double value;
  Expected expected = {};
};

namespace block {
struct Heading {
  Text text;
};
struct Paragraph {
  Text text;
};
/// Where the lecture is in error or leaves something out.
struct Note {
  Text text;
};
/// Something that must be so, in words; `holds` says whether it is.
struct Claim {
  Text text;
  bool holds;
};
/// Asked before the number is shown: by --step, and in the documents.
struct Question {
  Text text;
  double answer;
  int digits;  ///< an answer counts as right when it rounds to the same; -1: to tens
};
struct Formula {
  std::string text;  ///< Unicode mathematics, one or more lines
};
struct Code {
  std::string text;  ///< C++
};
/// What a trained network wrote. Rounding decides on the characters: another processor's network
/// writes something else.
struct Written {
  std::string text;
};
struct Figure {
  std::string name;
  Text caption;
  std::function<plot::Figure(Language)> draw;
};
}  // namespace block

using Block =
    std::variant<block::Heading, block::Paragraph, block::Note, block::Claim, block::Question,
                 block::Formula, block::Code, block::Written, block::Figure, Table>;

/// A cell that was compared.
struct Check {
  std::string table, column;
  Text row;
  double computed;
  Expected expected;
  Verdict verdict;
};

/// How a lesson came out.
struct Counts {
  int printed = 0, printed_equal = 0;
  int golden = 0, golden_equal = 0;  ///< claims included
  int notes = 0;                     ///< errors and gaps of the lecture
  int differing = 0;                 ///< neither equal nor noted

  Counts& operator+=(const Counts& other);
};

class Lesson {
 public:
  template <class... Values>
  void heading(const Text& text, const Values&... values) {
    blocks_.push_back(block::Heading{fill(text, values...)});
  }
  template <class... Values>
  void text(const Text& text, const Values&... values) {
    blocks_.push_back(block::Paragraph{fill(text, values...)});
  }
  template <class... Values>
  void note(const Text& text, const Values&... values) {
    blocks_.push_back(block::Note{fill(text, values...)});
  }
  template <class... Values>
  void claim(bool holds, const Text& text, const Values&... values) {
    blocks_.push_back(block::Claim{fill(text, values...), holds});
  }
  void question(const Text& text, double answer, int digits) {
    blocks_.push_back(block::Question{text, answer, digits});
  }
  void formula(const std::string& text) { blocks_.push_back(block::Formula{text}); }
  void code(const std::string& text) { blocks_.push_back(block::Code{text}); }
  void written(const std::string& text) { blocks_.push_back(block::Written{text}); }
  /// `draw` makes the picture when it is wanted, in the reader's language.
  void figure(const std::string& name, const Text& caption,
              std::function<plot::Figure(Language)> draw);
  /// Throws ValueError for a name used twice or missing, columns that differ in length, and
  /// expectations or marks that do not go with the cells.
  void table(Table table);
  /// A table of numbers that each have a line of their own.
  void numbers(const std::string& name, const Text& title, const std::vector<Row>& rows);
  /// What a training went through, one row a step or epoch; not part of the page. Throws as table.
  void history(Table history);

  const std::vector<Block>& blocks() const { return blocks_; }
  const std::vector<Table>& histories() const { return histories_; }
  std::vector<Check> checks() const;
  Counts counts() const;

 private:
  std::vector<Block> blocks_;
  std::vector<Table> histories_;
};

/// What a reader has predicted of a lesson.
struct Answers {
  std::set<int> right = {};  ///< questions answered rightly, counted from 1
  int questions = 0;         ///< that the lesson has
};
/// By lesson name; without those of which nothing was predicted rightly.
using Progress = std::map<std::string, Answers>;

/// What a reader may ask a lesson for; an entry says which of them it heeds.
struct Options {
  std::optional<std::int64_t> epoch = {};  ///< --epoch: shown beside the lecture's stages
  std::string model = {};                  ///< --model: a model file of the reader's own
  std::int64_t sample = 0;                 ///< --sample: which sample is followed
  std::string csv = {};                    ///< --csv: a series of the reader's own
  std::string data_dir = {};               ///< --data-dir: where the datasets are
  std::int64_t seed = 0;                   ///< --seed: for what is drawn at random
  bool full = false;                       ///< --full: the whole training, however long
  Progress progress = {};                  ///< what the reader has predicted so far
};

/// A line of the table of contents.
struct Entry {
  const char* id;    ///< "L07", "G03"
  const char* name;  ///< "xor", "gallery/hopfield"
  Text title;
  Lesson (*make)(const Options& options);
  double seconds;                              ///< it ends within this time on 2 cores
  std::vector<std::string_view> options = {};  ///< heeded, by their flags: "epoch"
};

/// Every lesson in the lecture's order, then the gallery in the order of history.
const std::vector<Entry>& contents();
/// Whether it is one of the networks that made history, L01: its name begins with "gallery/".
bool in_gallery(const Entry& entry);
/// By id ("L07", "l07") or name; null when there is none.
const Entry* find(std::string_view id_or_name);

}  // namespace percept::lessons
