// percept eval.
#include <fmt/format.h>

#include <filesystem>

#include "assessment.h"
#include "dataset.h"
#include "percept/base/parallel.h"
#include "run_folder.h"

namespace percept::app {
namespace {

struct EvalOptions {
  std::string model, part;
  double min_accuracy = -1, min_r2 = train::kNaN;
  SettingFlags flags;
};

std::string confusion_text(const Assessment& found, const models::ModelCard& card) {
  const train::ConfusionMatrix& confusion = *found.evaluation.confusion;
  std::string page = "\n" + text::kConfusionHeading.str() + "\n";
  const auto width = std::max<std::size_t>(6, std::to_string(confusion.total()).size() + 1);
  if (6 + width * static_cast<std::size_t>(confusion.classes()) > 80)
    return page + text::kTooManyClasses.str() + "\n";
  page += std::string(6, ' ');
  for (std::int64_t c = 0; c < confusion.classes(); ++c)
    page += pad_left(fmt::format("[{}]", c), width);
  page += "\n";
  for (std::int64_t truth = 0; truth < confusion.classes(); ++truth) {
    page += pad_right(fmt::format("[{}]", truth), 6);
    for (std::int64_t c = 0; c < confusion.classes(); ++c)
      page += pad_left(std::to_string(confusion.count(truth, c)), width);
    const auto at = static_cast<std::size_t>(truth);
    if (at < card.classes.size()) {
      const std::size_t used = 8 + width * static_cast<std::size_t>(confusion.classes());
      if (used < 80) page += "  " + cut(card.classes[at], 80 - used);
    }
    page += "\n";
  }
  return page;
}

/// What was asked for must hold. Throws CheckFailed.
void check(const EvalOptions& options, const train::Evaluation& e) {
  if (options.min_accuracy >= 0) {
    if (!e.confusion)
      throw UsageError(
          "--min-accuracy: found a regression model, allowed a classifier; hint: --min-r2");
    if (!(e.accuracy >= options.min_accuracy))
      throw CheckFailed(
          fmt::format("--min-accuracy: the accuracy is {:.4f}, at least {} was asked for",
                      e.accuracy, options.min_accuracy));
  }
  if (!std::isnan(options.min_r2)) {
    if (e.confusion)
      throw UsageError(
          "--min-r2: found a classifier, allowed a regression model; hint: --min-accuracy");
    if (!(e.r2 >= options.min_r2))
      throw CheckFailed(
          fmt::format("--min-r2: R² is {:.4f}, at least {} was asked for", e.r2, options.min_r2));
  }
}

int evaluate_now(const EvalOptions& options, const OutputOptions& output) {
  check_part(options.part);
  Settings settings = options.flags.load();
  if (settings.threads > 0) set_num_threads(static_cast<int>(settings.threads));
  const models::Model model = models::load_model(model_path(options.model));
  if (settings.data.empty() && std::filesystem::is_directory(options.model))
    settings.data = read_config(RunFolder::open(options.model).config()).data;
  const Part part = open_part(settings, model.card, options.part);
  const Assessment found = assess(*model.module, model.card, part.examples);
  if (output.json) {
    Json json{{"schema", "percept.eval.result/1"},
              {"model", options.model},
              {"data", settings.data},
              {"part", part.description}};
    add_metrics(json, "", found, model.card);
    add_classes(json, found, model.card);
    print(line(json));
  } else {
    if (!output.quiet) note(part.description);
    std::string page = report(found, model.card, terminal(stdout, output.color));
    if (found.evaluation.confusion) page += confusion_text(found, model.card);
    print(page);
  }
  check(options, found.evaluation);
  return 0;
}

}  // namespace

void add_eval(Program& program) {
  CLI::App* command =
      add_command(program.root, "eval", text::kAboutEval,
                  {"percept eval runs/fashion-mnist-1 --data fashion-mnist",
                   "percept eval model.safetensors --data new.csv --min-accuracy 0.9"});
  auto options = std::make_shared<EvalOptions>();
  command->add_option("MODEL", options->model, text::kModelArgument.str())->required();
  command->add_option("--data", options->flags.data, text::kDataOption.str())->type_name("DATA");
  command->add_option("--part", options->part, text::kPart.str())->type_name("NAME");
  command->add_option("--min-accuracy", options->min_accuracy, text::kMinAccuracy.str())
      ->type_name("X")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--min-r2", options->min_r2, text::kMinR2.str())
      ->type_name("X")
      ->check(CLI::Range(-1e300, 1.0));
  options->flags.add_to(*command, {"data_dir", "threads"});
  add_output_options(*command, program.output);
  command->callback([&program, options] {
    program.action = [&program, options] { return evaluate_now(*options, program.output); };
  });
}

}  // namespace percept::app
