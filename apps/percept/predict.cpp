// percept predict.
#include <fmt/format.h>

#include <algorithm>

#include "assessment.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/file.h"
#include "percept/data/csv.h"
#include "percept/data/table.h"
#include "percept/data/transform.h"
#include "percept/io/idx.h"
#include "percept/io/png.h"
#include "percept/ops/join.h"
#include "percept/ops/softmax.h"
#include "percept/ops/sort.h"
#include "percept/tensor/factory.h"
#include "run_folder.h"

namespace percept::app {
namespace {

struct PredictOptions {
  std::string model;
  std::vector<std::string> inputs;
  std::int64_t top_k = 3;
};

/// What is to be predicted: x (N, ...), a name for each, and warnings.
struct Inputs {
  Tensor x;
  std::vector<std::string> names;
  std::vector<std::string> warnings = {};
};

Inputs read_rows(const models::ModelCard& card, const std::string& path) {
  const auto schema = data::TableSchema::from_json(card.table, "the model's table schema");
  const data::Table table = data::read_csv(path, {.known_names = schema.column_names()});
  data::EncodedTable encoded = schema.encode(table, {.target = false});
  Inputs inputs{.x = encoded.x, .names = {}, .warnings = std::move(encoded.warnings)};
  for (std::int64_t row = 0; row < table.rows(); ++row)
    inputs.names.push_back(fmt::format("{}:{}", table.file(), table.row_number(row)));
  return inputs;
}

/// A PNG or an IDX file of pictures u8 [N, H, W] as x (N, C, H, W) in 0..1.
Inputs read_pictures(const models::ModelCard& card, const std::string& path) {
  static constexpr std::string_view kPng = "\x89PNG";
  const Shape& want = card.input;
  if (want.dim() != 3)
    throw FormatError(
        fmt::format("{}: found a picture, allowed what the model was trained on ({}), "
                    "of shape {}",
                    path, card.data, want.str()));
  const auto check = [&](const Shape& found) {
    if (found != want)
      throw FormatError(
          fmt::format("{}: found a picture of shape {}, allowed {}; hint: scale it "
                      "first, as the pictures of {} are",
                      path, found.str(), want.str(), card.data));
  };
  const std::string source = path == "-" ? "/dev/stdin" : path;
  // A pipe can be read only once, so only PNG can come from there.
  const std::string bytes = read_file(source, {.max_bytes = std::uint64_t{1} << 30});
  if (std::string_view(bytes).starts_with(kPng) || path == "-") {
    const Tensor image = io::decode_png(bytes, path, {.channels = want[0] == 3 ? 3 : 1});
    check(image.shape());
    Tensor x = image.to(f32).unsqueeze(0);
    x.div_(255.0);
    return {.x = x, .names = {path}};
  }
  const Tensor images = io::load_idx(path);
  if (images.dim() != 3 || images.dtype() != u8)
    throw FormatError(
        fmt::format("{}: found an IDX array of shape {}, allowed pictures [N, H, W] of "
                    "bytes",
                    path, images.shape().str()));
  check({1, images.size(1), images.size(2)});
  Tensor x = images.to(f32).unsqueeze(1);
  x.div_(255.0);
  Inputs inputs{.x = x, .names = {}};
  for (std::int64_t i = 0; i < images.size(0); ++i)
    inputs.names.push_back(fmt::format("{}:{}", path, i));
  return inputs;
}

struct Guess {
  std::string name;
  double probability;
};

std::vector<Guess> best_guesses(const Tensor& probabilities, std::int64_t row, std::int64_t k,
                                const models::ModelCard& card) {
  const auto best = topk(probabilities[row], k);
  const auto classes = best.indices.to_vector<std::int64_t>();
  const auto values = best.values.to_vector<double>();
  std::vector<Guess> guesses;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto c = static_cast<std::size_t>(classes[i]);
    guesses.push_back({c < card.classes.size() ? card.classes[c] : std::to_string(c), values[i]});
  }
  return guesses;
}

int predict_now(PredictOptions options, const OutputOptions& output) {
  const models::Model model = models::load_model(model_path(options.model));
  const models::ModelCard& card = model.card;
  if (options.inputs.empty()) options.inputs = {"-"};
  const Terminal out = terminal(stdout, output.color);
  const NoGradGuard no_grad;
  std::string page;  // printed when everything has been read
  std::vector<std::string> warnings;
  for (const std::string& path : options.inputs) {
    const Inputs inputs = card.table.empty() ? read_pictures(card, path) : read_rows(card, path);
    warnings.insert(warnings.end(), inputs.warnings.begin(), inputs.warnings.end());
    if (inputs.names.empty()) continue;
    const Tensor outputs = predict_all(*model.module, card, data::TensorDataset(inputs.x));
    const bool classes = task_of(card) == train::Task::classification;
    const Tensor probabilities = classes ? softmax(outputs.to(f64), 1) : Tensor();
    const std::int64_t k = std::min(options.top_k, card.outputs);
    std::optional<data::TableSchema> schema;
    if (!card.table.empty()) schema = data::TableSchema::from_json(card.table);
    for (std::size_t i = 0; i < inputs.names.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      Json json{{"schema", "percept.predict.result/1"}, {"input", inputs.names[i]}};
      if (classes) {
        Json names = Json::array(), values = Json::array();
        std::string shown = inputs.names[i] + " ";
        for (const Guess& guess : best_guesses(probabilities, row, k, card)) {
          names.push_back(guess.name);
          values.push_back(guess.probability);
          shown += fmt::format(" {} {:.3f} ",
                               names.size() == 1 ? out.paint(Paint::bold, guess.name) : guess.name,
                               guess.probability);
        }
        shown.pop_back();
        json["classes"] = names;
        json["probabilities"] = values;
        if (!output.json) page += shown + "\n";
      } else {
        double value = outputs[row].to(f64).flatten(0)[0].item();
        if (schema) value = schema->target_value(value);
        json["value"] = value;
        if (!output.json) page += fmt::format("{}  {:.6g}\n", inputs.names[i], value);
      }
      if (output.json) page += line(json);
    }
  }
  if (!output.quiet)
    for (const std::string& warning : warnings) note(warning);
  print(page);
  return 0;
}

}  // namespace

void add_predict(Program& program) {
  CLI::App* command = add_command(program.root, "predict", text::kAboutPredict,
                                  {"percept predict runs/fashion-mnist-1 shoe.png",
                                   "percept predict runs/iris-1 flowers.csv --json",
                                   "percept predict runs/iris-1 - < flowers.csv"});
  auto options = std::make_shared<PredictOptions>();
  command->add_option("MODEL", options->model, text::kModelArgument.str())->required();
  command->add_option("INPUT", options->inputs, text::kInputArgument.str());
  command->add_option("--top-k", options->top_k, text::kTopK.str())
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 24));
  add_output_options(*command, program.output);
  command->callback([&program, options] {
    program.action = [&program, options] { return predict_now(*options, program.output); };
  });
}

}  // namespace percept::app
