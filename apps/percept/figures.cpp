#include "figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "percept/autograd/grad_mode.h"
#include "percept/base/file.h"
#include "percept/data/table.h"
#include "percept/nn/linear.h"
#include "percept/ops/softmax.h"
#include "percept/plot/plot.h"
#include "percept/tensor/factory.h"
#include "run_folder.h"

namespace percept::app {
namespace {

constexpr std::size_t kWorst = 40;  // mistakes on the sheet

std::vector<double> column(const std::vector<train::EpochResult>& history,
                           double train::EpochResult::*field) {
  std::vector<double> values;
  for (const train::EpochResult& epoch : history) values.push_back(epoch.*field);
  return values;
}

bool any_finite(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

plot::Image image_of(const Tensor& x) {  // f32 (C, H, W)
  const auto height = static_cast<int>(x.size(1)), width = static_cast<int>(x.size(2));
  const Tensor pixels = x.contiguous();
  const std::span<const float> values = pixels.span<float>();
  return x.size(0) == 3
             ? plot::rgb_image(values, width, height)
             : plot::gray_image(
                   values.first(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)),
                   width, height);
}

std::string class_name(const models::ModelCard& card, std::int64_t c) {
  const auto at = static_cast<std::size_t>(c);
  return at < card.classes.size() ? card.classes[at] : std::to_string(c);
}

/// The first Linear's weights as pictures where the input is one, else as a heat map.
plot::Figure weights_figure(const models::Model& model) {
  for (const auto& [name, module] : model.module->named_modules()) {
    const auto* linear = dynamic_cast<const nn::Linear*>(module);
    if (!linear) continue;
    const Tensor weight = linear->weight.contiguous();
    const Shape& input = model.card.input;
    const std::string title = fmt::format("{}.weight", name);
    const auto units = static_cast<int>(weight.size(0));
    const std::span<const float> values = weight.span<float>();
    if (input.dim() == 3 && input[0] == 1)
      return plot::weight_tiles(values, units, static_cast<int>(input[1]),
                                static_cast<int>(input[2]), {.title = title});
    std::vector<std::string> names;
    if (!model.card.table.empty())
      names = data::TableSchema::from_json(model.card.table).feature_names();
    const std::vector<double> numbers(values.begin(), values.end());
    return plot::heat_map(numbers, units, static_cast<int>(weight.size(1)),
                          {.title = title,
                           .row_label = text::kUnit.str(),
                           .column_label = text::kInput.str(),
                           .column_names = names,
                           .map = plot::ColorMap::Diverging});
  }
  throw FormatError("the model has no linear layer whose weights could be drawn");
}

/// What a classifier of two numbers thinks of the plane, with the data on it.
plot::Figure surface_figure(const models::Model& model, const data::AnyDataset& examples) {
  const models::ModelCard& card = model.card;
  if (card.input.numel() != 2 || card.table.empty() || task_of(card) != train::Task::classification)
    throw FormatError(
        fmt::format("--what surface: found a model of input {} for {}, allowed a "
                    "classifier of a table with two columns of numbers",
                    card.input.str(), card.task));
  const auto schema = data::TableSchema::from_json(card.table);
  std::vector<data::TableColumn> axes;
  for (const data::TableColumn& c : schema.columns)
    if (c.kind == data::ColumnKind::number) axes.push_back(c);
  if (axes.size() != 2)
    throw FormatError("--what surface: found categories, allowed two columns of numbers");
  const Assessment found = assess(*model.module, card, examples);
  std::vector<double> x, y;
  std::vector<int> labels, predicted;
  for (std::int64_t i = 0; i < examples->size(); ++i) {
    const data::Example e = examples->get(i);
    x.push_back(e.x.at<float>(0) * axes[0].std + axes[0].mean);
    y.push_back(e.x.at<float>(1) * axes[1].std + axes[1].mean);
    labels.push_back(static_cast<int>(e.y.item<std::int64_t>()));
    predicted.push_back(static_cast<int>(found.outputs[i].argmax().item<std::int64_t>()));
  }
  const auto range = [](const std::vector<double>& v) {
    const auto [low, high] = std::minmax_element(v.begin(), v.end());
    const double margin = std::max(0.05 * (*high - *low), 1e-9);
    return plot::Range{*low - margin, *high + margin};
  };
  const plot::Range rx = range(x), ry = range(y);
  constexpr int kGrid = 96;
  Tensor grid = empty({kGrid * kGrid, 2});
  for (int row = 0; row < kGrid; ++row)
    for (int col = 0; col < kGrid; ++col) {
      const double at_x = rx.low + (rx.high - rx.low) * col / (kGrid - 1);
      const double at_y = ry.low + (ry.high - ry.low) * row / (kGrid - 1);
      grid.at<float>(row * kGrid + col, 0) =
          static_cast<float>((at_x - axes[0].mean) / axes[0].std);
      grid.at<float>(row * kGrid + col, 1) =
          static_cast<float>((at_y - axes[1].mean) / axes[1].std);
    }
  const NoGradGuard no_grad;
  const std::vector<double> values = softmax((*model.module)(grid).to(f64), 1).to_vector<double>();
  return plot::decision_surface({.values = values,
                                 .rows = kGrid,
                                 .columns = kGrid,
                                 .classes = static_cast<int>(card.outputs),
                                 .x = rx,
                                 .y = ry},
                                {.x = x, .y = y, .label = labels, .predicted = predicted},
                                {.title = card.data,
                                 .x_label = axes[0].name,
                                 .y_label = axes[1].name,
                                 .class_names = card.classes});
}

double number_at(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_number() ? at->get<double>() : train::kNaN;
}

std::vector<train::EpochResult> history_of(const RunFolder& run) {
  std::vector<train::EpochResult> history;
  const std::string text = read_file(run.events(), {.max_bytes = 1 << 28});
  std::size_t start = 0, number = 0;
  for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    ++number;
    const Json json = Json::parse(text.substr(start, end - start), nullptr, false);
    if (!json.is_object())
      throw FormatError(fmt::format("{}: line {}: found no JSON object, allowed one a line",
                                    run.events(), number));
    if (json.value("schema", "") != "percept.train.epoch/1") continue;
    train::EpochResult r;
    r.epoch = static_cast<std::int64_t>(number_at(json, "epoch"));
    r.loss = number_at(json, "loss");
    r.accuracy = number_at(json, "accuracy");
    r.val_loss = number_at(json, "val_loss");
    r.val_accuracy = number_at(json, "val_accuracy");
    r.val_r2 = number_at(json, "val_r2");
    history.push_back(r);
  }
  if (history.empty())
    throw FormatError(fmt::format("{}: found no epoch, allowed at least one", run.events()));
  return history;
}

struct PlotOptions {
  std::string model, what, output, part;
  SettingFlags flags;
};

plot::Figure draw(const PlotOptions& options) {
  if (options.what == "curves") {
    const RunFolder run = RunFolder::open(options.model);
    const Settings settings = read_config(run.config());
    const auto history = history_of(run);
    const bool classes = any_finite(column(history, &train::EpochResult::accuracy));
    return curves_figure(history, classes ? train::Task::classification : train::Task::regression,
                         settings.val_split == 0);
  }
  const models::Model model = models::load_model(model_path(options.model));
  if (options.what == "weights") return weights_figure(model);
  Settings settings = options.flags.load();
  if (settings.data.empty() && std::filesystem::is_directory(options.model))
    settings = read_config(RunFolder::open(options.model).config());
  const bool surface = options.what == "surface";
  const Part part = open_part(settings, model.card, surface ? "all" : options.part);
  if (surface) return surface_figure(model, part.examples);
  const Assessment found = assess(*model.module, model.card, part.examples);
  if (task_of(model.card) == train::Task::regression) {
    if (options.what != "values")
      throw FormatError(
          fmt::format("--what {}: found a regression model, allowed a classifier; "
                      "hint: --what values",
                      options.what));
    return values_figure(found, model.card);
  }
  if (options.what == "confusion") return confusion_figure(found, model.card);
  if (options.what == "values")
    throw FormatError("--what values: found a classifier, allowed a regression model");
  if (!has_mistakes(found, model.card))
    throw FormatError(
        fmt::format("--what mistakes: found none to show in {}, allowed pictures of "
                    "which at least one is classified wrongly",
                    part.description));
  return mistakes_figure(found, model.card, part.examples);
}

}  // namespace

plot::Figure curves_figure(const std::vector<train::EpochResult>& history, train::Task task,
                           bool validation_is_test) {
  using E = train::EpochResult;
  const std::string held_out = (validation_is_test ? text::kTestSeries : text::kValSeries).str();
  const auto panel = [&](const Words& title, double E::*learning, double E::*validation) {
    plot::Panel result{.title = title.str(), .x_label = text::kEpochAxis.str(), .whole_x = true};
    if (learning)
      result.series.push_back({.name = text::kTrainSeries.str(), .y = column(history, learning)});
    if (any_finite(column(history, validation)))
      result.series.push_back({.name = held_out, .y = column(history, validation)});
    return result;
  };
  std::vector<plot::Panel> panels{panel(text::kLossAxis, &E::loss, &E::val_loss)};
  if (task == train::Task::classification)
    panels.push_back(panel(text::kAccuracyAxis, &E::accuracy, &E::val_accuracy));
  else if (any_finite(column(history, &E::val_r2)))
    panels.push_back(panel(text::kR2, nullptr, &E::val_r2));
  return plot::curves(panels);
}

plot::Figure confusion_figure(const Assessment& found, const models::ModelCard& card) {
  const train::ConfusionMatrix& confusion = *found.evaluation.confusion;
  std::vector<std::int64_t> counts;
  std::vector<std::string> names;
  for (std::int64_t truth = 0; truth < confusion.classes(); ++truth) {
    names.push_back(class_name(card, truth));
    for (std::int64_t c = 0; c < confusion.classes(); ++c)
      counts.push_back(confusion.count(truth, c));
  }
  return plot::confusion_matrix(counts, names,
                                {.title = fmt::format(fmt::runtime(text::kConfusionTitle.str()),
                                                      card.data, found.evaluation.accuracy),
                                 .row_label = text::kTrueClass.str(),
                                 .column_label = text::kPredictedClass.str(),
                                 .color_label = text::kShareOfClass.str()});
}

bool has_mistakes(const Assessment& found, const models::ModelCard& card) {
  return card.input.dim() == 3 && (card.input[0] == 1 || card.input[0] == 3) &&
         found.evaluation.confusion && found.evaluation.accuracy < 1;
}

plot::Figure mistakes_figure(const Assessment& found, const models::ModelCard& card,
                             const data::AnyDataset& examples) {
  const NoGradGuard no_grad;
  const Tensor probabilities = softmax(found.outputs, 1).contiguous();
  const auto targets = found.targets.to_vector<std::int64_t>();
  const auto predicted = found.outputs.argmax(1).to_vector<std::int64_t>();
  struct Mistake {
    std::int64_t index;
    float sure, right;  // probability of the wrong class taken, and of the true one
  };
  std::vector<Mistake> mistakes;
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (predicted[i] != targets[i]) {
      const auto row = static_cast<std::int64_t>(i);
      mistakes.push_back({row, probabilities.at<float>(row, predicted[i]),
                          probabilities.at<float>(row, targets[i])});
    }
  // The largest losses first.
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.right < b.right; });
  const std::size_t all = mistakes.size();
  mistakes.resize(std::min(all, kWorst));
  std::vector<plot::Sample> samples;
  for (const Mistake& m : mistakes) {
    const auto at = static_cast<std::size_t>(m.index);
    samples.push_back({.image = image_of(examples->get(m.index).x),
                       .caption = fmt::format("{} → {} {:.2f}", class_name(card, targets[at]),
                                              class_name(card, predicted[at]), m.sure),
                       .wrong = true});
  }
  return plot::contact_sheet(
      samples, {.title = fmt::format(fmt::runtime(text::kMistakesTitle.str()), samples.size(), all,
                                     targets.size())});
}

plot::Figure values_figure(const Assessment& found, const models::ModelCard& card) {
  const auto schema = data::TableSchema::from_json(card.table);
  std::vector<double> truth = found.targets.to_vector<double>(),
                      predicted = found.outputs.to_vector<double>();
  for (double& value : truth) value = schema.target_value(value);
  for (double& value : predicted) value = schema.target_value(value);
  return plot::scatter(
      {.x = truth, .y = predicted},
      {.title = fmt::format("{}: R² {:.3f}", card.data, found.evaluation.r2),
       .x_label = fmt::format(fmt::runtime(text::kTrueValue.str()), schema.target),
       .y_label = fmt::format(fmt::runtime(text::kPredictedValue.str()), schema.target)});
}

void save_both(const plot::Figure& figure, const std::string& folder, const std::string& name) {
  figure.save(folder + "/" + name + ".svg");
  figure.save(folder + "/" + name + ".png", {.scale = 2});
}

void add_plot(Program& program) {
  CLI::App* command =
      add_command(program.root, "plot", text::kAboutPlot,
                  {"percept plot runs/fashion-mnist-1 --what curves -o curves.svg",
                   "percept plot runs/fashion-mnist-1 --what weights -o weights.png"});
  auto options = std::make_shared<PlotOptions>();
  command->add_option("MODEL", options->model, text::kModelArgument.str())->required();
  command->add_option("--what", options->what, text::kWhat.str())->type_name("NAME")->required();
  command->add_option("-o,--output", options->output, text::kFigureOutput.str())
      ->type_name("FILE")
      ->required();
  command->add_option("--data", options->flags.data, text::kDataOption.str())->type_name("DATA");
  command->add_option("--part", options->part, text::kPart.str())->type_name("NAME");
  options->flags.add_to(*command, {"data_dir", "threads"});
  add_output_options(*command, program.output, false);
  command->callback([&program, options] {
    program.action = [&program, options] {
      static const std::vector<std::string> kinds{"curves",  "confusion", "mistakes",
                                                  "weights", "surface",   "values"};
      if (std::find(kinds.begin(), kinds.end(), options->what) == kinds.end())
        throw UsageError(fmt::format("--what: found '{}', allowed {}; the nearest is {}",
                                     options->what, fmt::join(kinds, ", "),
                                     nearest(options->what, kinds)));
      check_part(options->part);
      if (!options->output.ends_with(".svg") && !options->output.ends_with(".png"))
        throw UsageError(fmt::format("-o: found '{}', allowed a name that ends in .svg or .png",
                                     options->output));
      const plot::Figure figure = draw(*options);
      figure.save(options->output, {.scale = 2});
      if (!program.output.quiet)
        note(fmt::format(fmt::runtime(text::kWrote.str()), options->output));
      return 0;
    };
  });
}

}  // namespace percept::app
