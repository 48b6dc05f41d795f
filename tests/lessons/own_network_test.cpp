// L10 for a network of the reader's own: what it shows, and what it refuses.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lessons/lesson.h"
#include "percept/percept.h"
#include "support/files.h"
#include "support/throws.h"

namespace percept::lessons {
namespace {

std::string flowers() {
  std::string csv = "length,width,kind\n";
  for (int i = 0; i < 30; ++i)
    csv += fmt::format("{},{},{}\n", 5 + i % 3 + 0.1 * (i % 7), 3 - 0.05 * (i % 11), "abc"[i % 3]);
  return csv;
}

class OwnNetwork : public ::testing::Test {
 protected:
  /// An untrained network for the flowers, and what a reader asks for.
  Options save(const std::string& architecture, const std::string& target) const {
    const std::string csv = folder_.file("flowers.csv", flowers());
    const data::TableData data = data::load_table(csv, {.target = target});
    const bool classes = data.schema.task == data::TableTask::classification;
    const models::ModelCard card{.architecture = architecture,
                                 .input = {data.schema.features()},
                                 .outputs = data.schema.outputs(),
                                 .task = classes ? "classification" : "regression",
                                 .classes = data.schema.class_names,
                                 .table = data.schema.to_json(),
                                 .data = "flowers.csv"};
    manual_seed(1);
    const std::string model = folder_.path("model.safetensors");
    models::save_model(model, *models::make_model(card), card);
    return {.model = model, .sample = 4, .csv = csv};
  }
  static Lesson run(const Options& options) { return find("backprop")->make(options); }

 private:
  testing::TempFolder folder_;
};

TEST_F(OwnNetwork, ShowsEveryNumberWithAGradientThatDifferencesConfirm) {
  struct Case {
    const char *architecture, *target;
    std::int64_t numbers;  // inputs, outputs of layers, weights and biases
  };
  // mlp:4: 2 inputs, 4 a, 4 h, 3 z, 8 + 4 and 12 + 3 parameters.
  for (const Case& c : {Case{"mlp:4", "kind", 2 + 4 + 4 + 3 + 12 + 15},
                        Case{"mlp:3,2,tanh", "kind", 2 + 6 + 4 + 3 + 9 + 8 + 9},
                        Case{"linear", "width", 4 + 1 + 5}}) {
    SCOPED_TRACE(c.architecture);
    const Lesson lesson = run(save(c.architecture, c.target));
    std::int64_t numbers = 0;
    for (const Block& block : lesson.blocks()) {
      const auto* table = std::get_if<Table>(&block);
      if (!table || table->columns.size() != 4) continue;
      for (std::size_t i = 0; i < table->rows(); ++i, ++numbers)
        EXPECT_NEAR(table->columns[2].values[i], table->columns[3].values[i], 1e-7)
            << table->columns[0].words[i].en;
    }
    EXPECT_EQ(numbers, c.numbers);
    for (const Block& block : lesson.blocks()) {
      const auto* figure = std::get_if<block::Figure>(&block);
      EXPECT_TRUE(!figure || !figure->draw(Language::zh).elements().empty());
    }
  }
}

TEST_F(OwnNetwork, SaysWhatItCannotShow) {
  Options options = save("mlp:4", "kind");
  const auto call = [&] { run(options); };
  const auto expect = [](const std::string& found, const char* text) {
    EXPECT_NE(found.find(text), std::string::npos) << found;
  };
  options.sample = 30;
  expect(thrown<IndexError>(call), "has the rows 0 to 29");
  options.csv.clear();
  expect(thrown<ValueError>(call), "--csv FILE");
  options = save("mlp:200,8", "kind");
  expect(thrown<ValueError>(call), "2235 parameters, allowed up to 1000");
  options.model.clear();
  expect(thrown<ValueError>(call), "go with --model");
}

}  // namespace
}  // namespace percept::lessons
