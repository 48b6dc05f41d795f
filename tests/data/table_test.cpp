#include "percept/data/table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "percept/base/error.h"
#include "support/files.h"

namespace percept::data {
namespace {

std::vector<std::int64_t> all_rows(const Table& table) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(table.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

FittedTable fit(const Table& table, const std::string& target, FitTableOptions options = {}) {
  options.target = target;
  return fit_table(table, all_rows(table), options);
}

constexpr const char* kSmall =
    "size,colour,sold\n"
    "1,red,yes\n"
    "3,blue,no\n"
    ",green,no\n"
    "5,red,yes\n";

TEST(Table, EncodesNumbersAndCategories) {
  const Table table = parse_csv(kSmall, "t.csv");
  const FittedTable fitted = fit(table, "sold");
  const TableSchema& schema = fitted.schema;
  EXPECT_EQ(schema.task, TableTask::classification);
  EXPECT_EQ(schema.class_names, (std::vector<std::string>{"no", "yes"}));
  EXPECT_EQ(schema.feature_names(),
            (std::vector<std::string>{"size", "colour=blue", "colour=green", "colour=red"}));
  EXPECT_EQ(schema.features(), 4);
  EXPECT_EQ(schema.outputs(), 2);
  // 1, 3, 5: mean 3, population standard deviation sqrt(8/3).
  EXPECT_EQ(schema.columns[0].mean, 3);
  EXPECT_DOUBLE_EQ(schema.columns[0].std, std::sqrt(8.0 / 3));
  const float z = static_cast<float>(2 / std::sqrt(8.0 / 3));
  const EncodedTable encoded = schema.encode(table);
  EXPECT_EQ(encoded.x.to_vector<float>(), (std::vector<float>{-z, 0, 0, 1,  //
                                                              0, 1, 0, 0,   //
                                                              0, 0, 1, 0,   //
                                                              z, 0, 0, 1}));
  EXPECT_EQ(encoded.y.to_vector<std::int64_t>(), (std::vector<std::int64_t>{1, 0, 0, 1}));
  EXPECT_EQ(fitted.notes,
            (std::vector<std::string>{
                "column 1 ('size'): 1 of 4 training values are missing; the mean 3 of "
                "the others stands for them"}));
  EXPECT_EQ(
      encoded.warnings,
      (std::vector<std::string>{"t.csv: row 4, column 1 ('size'): missing, taken as the mean 3"}));
}

TEST(Table, LearnsFromTheTrainingRowsAlone) {
  const Table table = parse_csv("x,c,y\n1,a,0\n3,b,1\n100,z,0\n200,a,1\n", "t.csv");
  const std::vector<std::int64_t> first{0, 1};
  const TableSchema schema = fit_table(table, first, {.target = "y"}).schema;
  EXPECT_EQ(schema.columns[0].mean, 2);
  EXPECT_EQ(schema.columns[0].std, 1);
  EXPECT_EQ(schema.columns[1].categories, (std::vector<std::string>{"a", "b"}));
  const EncodedTable encoded = schema.encode(table);
  EXPECT_EQ(encoded.x.at<float>(2, 0), 98);
  EXPECT_EQ(encoded.warnings, (std::vector<std::string>{
                                  "t.csv: row 4, column 2 ('c'): unknown category 'z', taken as "
                                  "none of the categories"}));
}

TEST(Table, KnowsNumbersWhateverTheLocale) {
  struct Row {
    const char* text;
    bool number;
  };
  for (const Row& row : std::vector<Row>{{"1.5", true},
                                         {"-2e3", true},
                                         {"+7", true},
                                         {" 8 ", true},
                                         {".5", true},
                                         {"1e-5", true},
                                         {"1,5", false},
                                         {"0x10", false},
                                         {"+-1", false},
                                         {"1 000", false},
                                         {"--1", false},
                                         {"1e", false},
                                         {"N/A", false}}) {
    const Table table =
        parse_csv("x;y\n1;a\n" + std::string(row.text) + ";b\n2;a\n", "t.csv", {.delimiter = ';'});
    EXPECT_EQ(fit(table, "y").schema.columns[0].kind == ColumnKind::number, row.number) << row.text;
  }
}

TEST(Table, KnowsWhatIsMissing) {
  for (const char* text : {"", "NA", "NaN", "nan", "?", " ", " ? "}) {
    const Table table = parse_csv(
        "x,y\n1,"
        "a\n" +
            std::string(text) + ",b\n3,a\n",
        "t.csv");
    const FittedTable fitted = fit(table, "y");
    EXPECT_EQ(fitted.schema.columns[0].mean, 2) << text;
    EXPECT_EQ(fitted.notes.size(), 1u) << text;
    EXPECT_EQ(fitted.schema.encode(table).x.at<float>(1, 0), 0) << text;
  }
}

TEST(Table, DecidesTheTask) {
  struct Row {
    const char* what;
    std::vector<std::string> targets;
    TableTask task;
    std::vector<std::string> classes;
  };
  std::vector<std::string> many, twice;
  for (int i = 0; i < 42; ++i) many.push_back(std::to_string(i % 21));
  for (int i = 0; i < 40; ++i) twice.push_back(std::to_string(i % 20));
  for (const Row& row : std::vector<Row>{
           {"text", {"b", "a", "b"}, TableTask::classification, {"a", "b"}},
           {"few whole numbers", {"10", "9", "10", "9"}, TableTask::classification, {"9", "10"}},
           {"signs", {"-1", "+1", "1", "-1"}, TableTask::classification, {"-1", "1"}},
           {"1.0 is 1", {"1.0", "0", "1", "0.0"}, TableTask::classification, {"0", "1"}},
           {"a number among texts", {"1", "a", "1"}, TableTask::classification, {"1", "a"}},
           {"fractions", {"0.5", "0.5", "1", "1"}, TableTask::regression, {}},
           {"each once", {"1", "2", "3"}, TableTask::regression, {}},
           {"21 numbers", many, TableTask::regression, {}}}) {
    std::string text = "x,y\n";
    for (std::size_t i = 0; i < row.targets.size(); ++i)
      text += std::to_string(i) + "," + row.targets[i] + "\n";
    const TableSchema schema = fit(parse_csv(text, "t.csv"), "y").schema;
    EXPECT_EQ(schema.task, row.task) << row.what;
    EXPECT_EQ(schema.class_names, row.classes) << row.what;
  }
}

TEST(Table, RegressionTargetsAreStandardised) {
  const Table table = parse_csv("x,y\n1,10.5\n2,20.5\n3,30.5\n", "t.csv");
  const TableSchema schema = fit(table, "y").schema;
  EXPECT_EQ(schema.target_mean, 20.5);
  EXPECT_EQ(schema.outputs(), 1);
  const Tensor y = schema.encode(table).y;
  EXPECT_EQ(y.shape(), Shape({3, 1}));
  EXPECT_FLOAT_EQ(y.at<float>(0, 0), -std::sqrt(1.5f));
  EXPECT_NEAR(schema.target_value(y.at<float>(2, 0)), 30.5, 1e-6);
}

TEST(Table, IgnoresColumnsThatTeachNothingAndSaysSo) {
  std::string text = "name,one,empty,same,x,y\n";
  for (int i = 0; i < 30; ++i)
    text += "n" + std::to_string(i) + ",0.1,,k," + std::to_string(i) + "," + std::to_string(i % 2) +
            "\n";
  const FittedTable fitted = fit(parse_csv(text, "t.csv"), "y");
  EXPECT_EQ(fitted.schema.feature_names(), (std::vector<std::string>{"x"}));
  EXPECT_EQ(
      fitted.notes,
      (std::vector<std::string>{
          "column 1 ('name'): ignored, 30 different texts in 30 rows name rows, not categories",
          "column 2 ('one'): ignored, it is 0.1 in every training row",
          "column 3 ('empty'): ignored, it has no value in the training rows",
          "column 4 ('same'): ignored, it has one value in the training rows"}));
}

TEST(Table, NumbersCanBeCategories) {
  const Table table = parse_csv("zone,y\n10,a\n2,b\n10,a\n", "t.csv");
  const TableSchema schema = fit(table, "y", {.categories = {"zone"}}).schema;
  EXPECT_EQ(schema.feature_names(), (std::vector<std::string>{"zone=10", "zone=2"}));
}

TEST(Table, FindsColumnsByNameOrByPlace) {
  const TableSchema named = fit(parse_csv("a,y,b\n1,p,10\n3,q,30\n", "t.csv"), "y").schema;
  const TableSchema placed = fit(parse_csv("1,p,10\n3,q,30\n", "t.csv"), "2").schema;
  EXPECT_TRUE(placed.column_names().empty());
  EXPECT_EQ(named.column_names(), (std::vector<std::string>{"a", "y", "b"}));
  struct Row {
    const TableSchema& schema;
    const char* text;
    bool target;
  };
  for (const Row& row : std::vector<Row>{{named, "b,extra,a\n30,?,1\n", false},
                                         {named, "b,y,a\n30,q,1\n", true},
                                         {named, "1,30\n", false},
                                         {named, "1,q,30\n", true},
                                         {named, "1,q,30\n", false},
                                         {placed, "1,30\n", false},
                                         {placed, "1,q,30\n", true},
                                         {placed, "u,v\n1,30\n", false}}) {
    const EncodedTable encoded =
        row.schema.encode(parse_csv(row.text, "new.csv"), {.target = row.target});
    EXPECT_EQ(encoded.x.to_vector<float>(), (std::vector<float>{-1, 1})) << row.text;
    EXPECT_EQ(encoded.y.defined(), row.target) << row.text;
    if (row.target) {
      EXPECT_EQ(encoded.y.item<std::int64_t>(), 1) << row.text;
    }
  }
}

TEST(Table, CountsWarningsByColumn) {
  const TableSchema schema = fit(parse_csv(kSmall, "t.csv"), "sold").schema;
  const EncodedTable encoded = schema.encode(
      parse_csv("size,colour\n1,pink\n2,\n3,\x1b[31mgrey\n", "new.csv"), {.target = false});
  EXPECT_EQ(
      encoded.warnings,
      (std::vector<std::string>{
          "new.csv: row 3, column 2 ('colour'): missing, taken as none of the categories",
          "new.csv: row 2, column 2 ('colour'): unknown category 'pink', taken as none of the "
          "categories (and 1 more in this column)"}));
}

TEST(Table, NewRowsThatDoNotFitAreRefused) {
  const TableSchema schema = fit(parse_csv(kSmall, "t.csv"), "sold").schema;
  const TableSchema line = fit(parse_csv("x,y\n1,0.5\n2,1.5\n", "t.csv"), "y").schema;
  struct Row {
    const TableSchema& schema;
    std::string text;
    bool target;
    const char* message;
  };
  for (const Row& row : std::vector<Row>{
           {schema, "colour,sold\nred,yes\n", true,
            "row 1, column 1: missing column: found colour, sold, allowed tables with a column "
            "'size'"},
           {schema, "size,colour\n1,red\n", true,
            "row 1, column 1: missing column: found size, colour, allowed tables with a column "
            "'sold'"},
           {schema, "size,colour\n1,red\nbig,red\n", false,
            "row 3, column 1: number: found 'big', allowed numbers in column 'size'"},
           {schema, "size,colour\ninf,red\n", false,
            "row 2, column 1: number: found 'inf', allowed finite numbers of a usual size"},
           {schema, "size,colour\n1e300,red\n", false,
            "row 2, column 1: number: found '1e300', allowed finite numbers of a usual size"},
           {schema, "size,colour,sold\n1,red,maybe\n", true,
            "row 2, column 3: class: found 'maybe', allowed no, yes"},
           {schema, "1,red,yes,2\n", true,
            "row 1, column 3: columns: found 4, allowed 3, the target among them"},
           {schema, "1\n", false,
            "row 1, column 1: columns: found 1, allowed 2, or 3 with the target"},
           {line, "x,y\n1,\n", true,
            "row 2, column 2: target: found a missing value, allowed a value in every row"},
           {line, "x,y\n1,a\n", true,
            "row 2, column 2: number: found 'a', allowed numbers in column 'y'"}}) {
    const Table table = parse_csv(row.text, "new.csv");
    EXPECT_EQ(
        testing::error_text<FormatError>([&] { row.schema.encode(table, {.target = row.target}); }),
        std::string("new.csv: ") + row.message);
  }
}

TEST(Table, TablesThatCannotBeLearnedAreRefused) {
  struct Row {
    std::string text;
    FitTableOptions options;
    const char* message;
  };
  for (const Row& row : std::vector<Row>{
           {"x,y\n1,a\n2,a\n",
            {.target = "y"},
            "row 2, column 2: target: found the one class 'a' in every row, allowed two classes or "
            "more"},
           {"x,y\n1,a\n2,\n",
            {.target = "y"},
            "row 3, column 2: target: found a missing value, allowed a value in every row"},
           {"x,y\n1,a\n2,b\n",
            {.target = "y", .task = TableTask::regression},
            "row 2, column 2: target: found 'a', allowed finite numbers, for a regression"},
           {"x,y\ninf,a\n2,b\n",
            {.target = "y"},
            "row 2, column 1: number: found 'inf', allowed finite numbers"},
           {"x,y\n1e999,a\n2,b\n",
            {.target = "y"},
            "row 2, column 1: number: found '1e999', allowed finite numbers"},
           {"x,y\n1e300,a\n-1e300,b\n",
            {.target = "y"},
            "row 2, column 1: numbers: found values too large to square, allowed a column whose "
            "standard deviation is a double"},
           {"y\na\nb\n",
            {.target = "y"},
            "row 2, column 1: columns: found none but 'y' to learn from, allowed at least one "
            "column "
            "that varies"},
           {"x,y\n1,a\n1,b\n",
            {.target = "y"},
            "row 2, column 1: columns: found none but 'y' to learn from (column 1 ('x'): ignored, "
            "it "
            "is 1 in every training row), allowed at least one column that varies"}}) {
    const Table table = parse_csv(row.text, "t.csv");
    EXPECT_EQ(
        testing::error_text<FormatError>([&] { fit_table(table, all_rows(table), row.options); }),
        std::string("t.csv: ") + row.message);
  }
  const Table table = parse_csv(kSmall, "t.csv");
  EXPECT_EQ(testing::error_text<ValueError>([&] { fit(table, "price"); }),
            "t.csv: there is no column 'price'; the columns are 'size', 'colour', 'sold' (or a "
            "number, 1 to 3)");
  EXPECT_THROW(fit_table(table, {}, {.target = "sold"}), ValueError);
  EXPECT_THROW(fit_table(table, std::vector<std::int64_t>{4}, {.target = "sold"}), IndexError);
}

TEST(Table, SchemaSurvivesJson) {
  const TableSchema schemas[] = {
      fit(parse_csv(kSmall, "t.csv"), "sold").schema,
      fit(parse_csv("\"na\"\"me\",k,y\n0.1,z,1.7\n0.3,\"\xc3\xa9\n\",2.9\n", "t.csv"), "y").schema,
      fit(parse_csv("1,0.1\n2,0.7\n", "t.csv"), "1", {.task = TableTask::regression}).schema};
  for (const TableSchema& schema : schemas)
    EXPECT_EQ(TableSchema::from_json(schema.to_json()), schema) << schema.to_json();
}

TEST(Table, BrokenSchemasAreRefused) {
  const std::string good = fit(parse_csv(kSmall, "t.csv"), "sold").schema.to_json();
  const auto with = [&](const std::string& old, const std::string& now) {
    const auto at = good.find(old);
    EXPECT_NE(at, std::string::npos) << old << " in " << good;
    return good.substr(0, at) + now + good.substr(at + old.size());
  };
  struct Row {
    std::string json;
    const char* message;
  };
  for (const Row& row : std::vector<Row>{
           {"{", "m: JSON: found a text that is none, allowed a schema in JSON"},
           {"[]", "m: format: found [], allowed a member of an object"},
           {with("percept.table/1", "percept.table/9"),
            "m: format: found 'percept.table/9', allowed percept.table/1"},
           {with("\"task\":\"classification\"", "\"task\":1"), "m: task: found 1, allowed a text"},
           {with("\"classification\"", "\"sorting\""),
            "m: task: found 'sorting', allowed classification, regression"},
           {with("\"header\":true,", ""), "m: header: found nothing, allowed a schema that has it"},
           {with("\"position\":2", "\"position\":3"), "m: position: found 3, allowed 0 to 2"},
           {with("\"std\":1.", "\"std\":-1."),
            "m: std: found -1.632993161855452, allowed a positive number"},
           {with("[\"no\",\"yes\"]", "[\"no\",\"no\"]"),
            "m: classes: found 2 texts, allowed two different texts or more"},
           {with("[\"blue\",\"green\"", "[\"green\",\"blue\""),
            "m: categories: found another order, allowed alphabetical order"},
           {with("\"kind\":\"number\"", "\"kind\":\"word\""),
            "m: kind: found 'word', allowed number, category, ignored"},
           {with("\"name\":\"size\"", "\"name\":\"sold\""),
            "m: columns: found 'sold' twice, allowed different names"}})
    EXPECT_EQ(testing::error_text<FormatError>([&] { TableSchema::from_json(row.json, "m"); }),
              row.message);
}

TEST(Table, SplitDividesEachClassAlike) {
  std::vector<std::int64_t> labels;
  for (int i = 0; i < 100; ++i) labels.push_back(i < 60 ? 0 : i < 90 ? 1 : i < 99 ? 2 : 3);
  const RowSplit split = split_rows(labels, {.test_fraction = 0.2, .seed = 7});
  EXPECT_EQ(split.test.size(), 20u);
  std::vector<int> counts(4);
  for (const std::int64_t r : split.test)
    ++counts[static_cast<std::size_t>(labels[static_cast<std::size_t>(r)])];
  EXPECT_EQ(counts[0], 12);
  EXPECT_EQ(counts[1], 6);
  EXPECT_EQ(counts[2], 2);
  EXPECT_EQ(counts[3], 0);  // its only row is for training
  std::set<std::int64_t> both(split.train.begin(), split.train.end());
  both.insert(split.test.begin(), split.test.end());
  EXPECT_EQ(both.size(), 100u);
  EXPECT_EQ(split_rows(labels, {.test_fraction = 0.2, .seed = 7}).test, split.test);
  EXPECT_NE(split_rows(labels, {.test_fraction = 0.2, .seed = 8}).test, split.test);
  EXPECT_EQ(split_rows(10, {.test_fraction = 0.25}).test.size(), 3u);
  EXPECT_TRUE(split_rows(10, {.test_fraction = 0}).test.empty());
  for (const double bad : {1.0, -0.1, std::nan("")})
    EXPECT_THROW(split_rows(10, {.test_fraction = bad}), ValueError);
}

TEST(Table, LoadsAFileReadyToTrainOn) {
  std::string text = "x,c,y\n";
  for (int i = 0; i < 50; ++i)
    text += std::to_string(i) + (i % 3 ? ",u," : ",v,") + (i % 5 ? "a\n" : "b\n");
  const testing::TempFolder folder;
  const std::string path = folder.file("t.csv", text);
  const TableData data = load_table(path, {.target = "y", .split = {.seed = 3}});
  EXPECT_EQ(data.train.size(), 40);
  EXPECT_EQ(data.test.size(), 10);
  EXPECT_EQ(data.train.x().shape(), Shape({40, 3}));
  EXPECT_EQ(data.test.y().sum().item<std::int64_t>(), 2);  // a fifth is class b
  EXPECT_NEAR(data.train.x().narrow(1, 0, 1).mean().item(), 0, 1e-6);
  double squares = 0;
  for (const float x : data.train.x().narrow(1, 0, 1).to_vector<float>()) squares += x * x;
  EXPECT_NEAR(squares / 40, 1, 1e-5);
  // A row of the test part is encoded as the file's row by the schema kept with the model.
  const Table table = read_csv(path);
  const Tensor all = TableSchema::from_json(data.schema.to_json()).encode(table).x;
  EXPECT_EQ(data.test.get(4).x.to_vector<float>(), all[data.rows.test[4]].to_vector<float>());
  EXPECT_EQ(testing::error_text<FormatError>(
                [&] { load_table(folder.file("few.csv", "x,y\n1,a\n2,b\n"), {.target = "y"}); }),
            folder.path("few.csv") +
                ": row 2, column 1: rows: found 2 rows of 2 classes, allowed enough for a training "
                "and a test "
                "part");
}

}  // namespace
}  // namespace percept::data
