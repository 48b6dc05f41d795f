// The epidemic's table, and series from a reader's files.
#include "lessons/series.h"

#include <gtest/gtest.h>

#include "percept/percept.h"
#include "support/files.h"

namespace percept::lessons {
namespace {

// https://github.com/CSSEGISandData/COVID-19: 557 cases on 2020-01-22, 209303369 on 2021-08-18.
TEST(Series, IsOfEverySeventhDayAndNeverFalls) {
  const Series series = read_series("");
  ASSERT_EQ(series.x.shape(), (Shape{83, 1}));
  ASSERT_EQ(series.y.shape(), (Shape{83, 1}));
  for (int row = 0; row < 83; ++row) EXPECT_EQ(series.x.at<double>(row, 0), 7 * row);
  for (int row = 1; row < 83; ++row)
    EXPECT_GT(series.y.at<double>(row, 0), series.y.at<double>(row - 1, 0)) << row;
  EXPECT_EQ(series.y.at<double>(0, 0), 557);
  EXPECT_EQ(series.y.at<double>(82, 0), 209303369);
  EXPECT_EQ(series.range(), 209303369 - 557);
}

TEST(Series, TakesTheLastColumnOverTheFirst) {
  const testing::TempFolder folder;
  const Series series = read_series(folder.file(
      "s.csv",
      "hour,place,degrees\n0,a,1\n1,a,-2.5\n2,b,3\n4,b,4\n5,a,5\n6,a,6\n7,a,7\n8,c,1e2\n"));
  EXPECT_EQ(series.x_name, "hour");
  EXPECT_EQ(series.y_name, "degrees");
  EXPECT_EQ(series.x.to_vector<double>(), (std::vector<double>{0, 1, 2, 4, 5, 6, 7, 8}));
  EXPECT_EQ(series.y.to_vector<double>(), (std::vector<double>{1, -2.5, 3, 4, 5, 6, 7, 100}));
  EXPECT_FALSE(series.ours);
}

TEST(Series, SaysWhatIsWrongInAFile) {
  const std::string start = "x,y\n1,1\n2,2\n3,3\n4,4\n5,5\n6,6\n7,7\n";
  struct Case {
    std::string text, error;
  };
  const Case cases[] = {
      {start + "8,eight\n", "row 9, column 2: number: found 'eight', allowed a finite number"},
      {start + "8,inf\n", "row 9, column 2: number: found 'inf', allowed a finite number"},
      {start + "7,8\n", "row 9, column 1: order: found 7 after 7, allowed rising numbers"},
      {start, "size: found 2 columns and 7 rows, allowed 2 and 8 or more"},
      {"x,y\n1,5\n2,5\n3,5\n4,5\n5,5\n6,5\n7,5\n8,5\n",
       "column 2: range: found one value in all rows, allowed several"}};
  const testing::TempFolder folder;
  for (const Case& c : cases) {
    const std::string path = folder.file("t.csv", c.text);
    EXPECT_EQ(testing::error_text<FormatError>([&] { read_series(path); }), path + ": " + c.error);
  }
}

}  // namespace
}  // namespace percept::lessons
