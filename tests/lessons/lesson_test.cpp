// The lesson framework itself: how numbers are compared and counted, and the table of contents.
#include "lessons/lesson.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "percept/base/error.h"
#include "support/throws.h"

namespace percept::lessons {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(Lesson, ComparesANumberAsItIsWritten) {
  struct Case {
    double computed;
    const char* text;
    bool equal;
  };
  const Case cases[] = {{0.8699, "0.87", true},
                        {0.8650, "0.87", true},
                        {0.8649, "0.87", false},
                        {0.8751, "0.87", false},
                        {0.125, "0.12", true},  // a half may be rounded either way
                        {0.125, "0.13", true},
                        {-0.004, "0.00", true},
                        {1.0, "1.0", true},
                        {42, "42", true},
                        {42.4, "42", false},  // a whole number is exact
                        {-2, "-2", true},
                        {0.0009765625, "9.77e-4", true},
                        {0.000978, "9.77e-4", false},
                        {1.7976931348623157e308, "1.79769e308", true},
                        {1e308, "1.79769e308", false},
                        {kNaN, "nan", true},
                        {0, "nan", false},
                        {kNaN, "0.5", false},
                        {kInf, "inf", true},
                        {-kInf, "inf", false},
                        {kInf, "3.5", false}};
  for (const Case& c : cases)
    EXPECT_EQ(judge(c.computed, golden(c.text)) == Verdict::equal, c.equal)
        << c.computed << " as " << c.text;
  EXPECT_EQ(judge(10, printed("9", both("an error"))), Verdict::noted);
  EXPECT_EQ(judge(9, printed("9", both("an error"))), Verdict::equal);
  EXPECT_EQ(thrown<ValueError>([] { (void)judge(1, printed("one")); }),
            "lesson: found 'one' as an expected number");
}

TEST(Lesson, ShowsANumberWithTheDigitsItNeeds) {
  struct Case {
    Column column;
    const char* shown;
  };
  const Case cases[] = {
      {{.values = {3}}, "3"},
      {{.values = {0.5}}, "0.5000"},
      {{.values = {0.5}, .digits = 2}, "0.50"},
      {{.values = {-0.001}, .digits = 2}, "0.00"},
      {{.values = {0.731058578}, .expected = {golden("0.731059")}}, "0.73105858"},
      {{.values = {0.87}, .expected = {printed("0.87")}}, "0.8700"},
      {{.values = {0.87}, .expected = {{}}}, "0.8700"},
      {{.values = {9.5367e-7}}, "9.5367e-07"},
      {{.values = {kNaN}}, "nan"},
      {{.values = {-kInf}}, "-inf"},
  };
  for (const Case& c : cases) EXPECT_EQ(c.column.shown(0), c.shown);
}

TEST(Lesson, CountsWhatIsEqualNotedAndDifferent) {
  Lesson lesson;
  lesson.table(
      {.name = "t",
       .columns = {{.name = "row", .words = {both("a"), both("b"), both("c")}},
                   {.name = "x",
                    .values = {1, 2, 3},
                    .expected = {printed("1"), printed("5", both("wrong")), {}}},
                   {.name = "y", .values = {1, 2, 3}, .expected = golden({"1", "2", "4"})}}});
  lesson.claim(true, both("so"));
  lesson.claim(false, both("not so"));
  lesson.note(both("a gap"));
  const Counts counts = lesson.counts();
  EXPECT_EQ(counts.printed, 2);
  EXPECT_EQ(counts.printed_equal, 1);
  EXPECT_EQ(counts.golden, 5);
  EXPECT_EQ(counts.golden_equal, 3);
  EXPECT_EQ(counts.notes, 2);
  EXPECT_EQ(counts.differing, 2);
  ASSERT_EQ(lesson.checks().size(), 5u);
  EXPECT_EQ(lesson.checks()[4].row.en, "c");
  EXPECT_EQ(lesson.checks()[4].verdict, Verdict::differs);
}

TEST(Lesson, RefusesATableThatDoesNotFitTogether) {
  const auto refused = [](const Table& table) {
    Lesson lesson;
    return thrown<ValueError>([&] { lesson.table(table); });
  };
  EXPECT_EQ(refused({.columns = {{.name = "x", .values = {1}}}}),
            "lesson: found a table without a name");
  EXPECT_EQ(refused({.name = "t", .columns = {{.name = "x", .values = {1}}, {.name = "y"}}}),
            "lesson: table 't', column 'y': found 0 cells, allowed 1");
  EXPECT_EQ(refused({.name = "t",
                     .columns = {{.name = "x", .values = {1}, .expected = printed({"1", "2"})}}}),
            "lesson: table 't', column 'x': found 2 expected numbers, allowed 1");
  EXPECT_EQ(
      refused({.name = "t", .columns = {{.name = "x", .values = {1}, .wrong = {true, false}}}}),
      "lesson: table 't', column 'x': found 2 marks, allowed 1");
  EXPECT_EQ(thrown<ValueError>([] {
              Lesson lesson;
              lesson.table({.name = "t"});
              lesson.table({.name = "t"});
            }),
            "lesson: found two tables named 't'");
}

TEST(Lesson, ContentsAreInTheLecturesOrder) {
  // L01 is the gallery.
  const std::vector<std::pair<std::string, std::string>> order{
      {"L02", "neuron"},        {"L03", "activations"},
      {"L04", "logistic"},      {"L05", "one-neuron"},
      {"L06", "perceptron"},    {"L07", "xor"},
      {"L08", "mlp"},           {"L09", "universal"},
      {"L10", "backprop"},      {"L11", "mse"},
      {"L12", "regression"},    {"L13", "softmax"},
      {"L14", "cross-entropy"}, {"L15", "ce-options"},
      {"L16", "deep-features"}, {"L17", "floating-point"},
      {"L18", "nonlinear"},     {"L19", "overfitting"},
      {"L20", "fashion-mnist"}, {"L21", "basics"},
      {"L22", "summary"}};
  auto next = order.begin();
  for (const Entry& entry : contents()) {
    EXPECT_EQ(find(entry.id), &entry);
    EXPECT_EQ(find(entry.name), &entry);
    EXPECT_LE(entry.seconds, 20) << entry.id;
    EXPECT_EQ(in_gallery(entry), entry.id[0] == 'G') << entry.id;
    if (in_gallery(entry)) continue;
    next = std::find(next, order.end(), std::pair<std::string, std::string>(entry.id, entry.name));
    ASSERT_NE(next, order.end()) << entry.id << " " << entry.name;
  }
  EXPECT_EQ(find("g01"), find("gallery/mcculloch-pitts"));
  EXPECT_TRUE(
      std::is_sorted(contents().begin(), contents().end(), [](const auto& a, const auto& b) {
        return std::pair(in_gallery(a), std::string(a.id)) <
               std::pair(in_gallery(b), std::string(b.id));
      }));
  EXPECT_EQ(find("l07"), find("xor"));
  EXPECT_EQ(find("L01"), nullptr);
  EXPECT_EQ(find(""), nullptr);
}

}  // namespace
}  // namespace percept::lessons
