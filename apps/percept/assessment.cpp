#include "assessment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/data/data_loader.h"
#include "percept/data/table.h"
#include "percept/nn/loss.h"
#include "percept/ops/join.h"

namespace percept::app {
namespace {

constexpr std::int64_t kBatch = 512;
constexpr std::size_t kNameWidth = 28;  // of a class in the table

struct Outputs {
  Tensor outputs, targets;
};

Outputs run(nn::Module& module, const models::ModelCard& card, const data::AnyDataset& examples) {
  const bool training = module.is_training();
  module.eval();
  std::vector<Tensor> outputs, targets;
  {
    const NoGradGuard no_grad;
    const AutocastGuard type(card.dtype);
    data::DataLoader loader(examples, {.batch_size = kBatch});
    for (const data::Batch& batch : loader) {
      outputs.push_back(module(batch.x));
      if (batch.y.defined()) targets.push_back(batch.y);
    }
  }
  module.train(training);
  if (outputs.empty()) throw FormatError("the data: found no example, allowed at least one");
  return {cat(outputs), targets.empty() ? Tensor() : cat(targets)};
}

std::string share(double x) { return std::isfinite(x) ? fmt::format("{:.3f}", x) : "-"; }

}  // namespace

train::Task task_of(const models::ModelCard& card) {
  return card.task == "classification" ? train::Task::classification : train::Task::regression;
}

train::LossFunction loss_of(const models::ModelCard& card) {
  if (task_of(card) == train::Task::classification)
    return [](const Tensor& output, const Tensor& target) { return cross_entropy(output, target); };
  return [](const Tensor& output, const Tensor& target) { return mse_loss(output, target); };
}

Tensor predict_all(nn::Module& module, const models::ModelCard& card,
                   const data::AnyDataset& examples) {
  return run(module, card, examples).outputs;
}

Assessment assess(nn::Module& module, const models::ModelCard& card,
                  const data::AnyDataset& examples) {
  const Outputs all = run(module, card, examples);
  if (!all.targets.defined())
    throw FormatError("the data: found no target, allowed one an example");
  Assessment found{.evaluation = {}, .outputs = all.outputs, .targets = all.targets};
  train::Evaluation& e = found.evaluation;
  const NoGradGuard no_grad;
  e.samples = all.outputs.size(0);
  e.loss = loss_of(card)(all.outputs, all.targets).item();
  if (task_of(card) == train::Task::classification) {
    e.confusion.emplace(std::max<std::int64_t>(2, card.outputs));
    e.confusion->add(all.outputs, all.targets);
    e.accuracy = e.confusion->accuracy();
  } else {
    e.r2 = train::r2_score(all.outputs, all.targets);
    e.mean_absolute_error = train::mean_absolute_error(all.outputs, all.targets);
  }
  return found;
}

double error_in_units(const Assessment& found, const models::ModelCard& card) {
  const double error = found.evaluation.mean_absolute_error;
  if (card.table.empty()) return error;
  return error * data::TableSchema::from_json(card.table).target_std;
}

std::string report(const Assessment& found, const models::ModelCard& card,
                   const Terminal& terminal) {
  const train::Evaluation& e = found.evaluation;
  const auto row = [&](const Words& name, const std::string& value) {
    return pad_right(name.str(), 22) + value + "\n";
  };
  std::string page;
  if (!e.confusion) {
    const auto schema = data::TableSchema::from_json(card.table);
    page += row(text::kR2, terminal.paint(Paint::bold, fmt::format("{:.4f}", e.r2)));
    page += row(text::kMae, fmt::format("{:.6g} ({})", error_in_units(found, card), schema.target));
    page += row(text::kLoss, fmt::format("{:.4f}", e.loss));
    page += row(text::kSamples, fmt::format("{}", e.samples));
    return page;
  }
  page += row(text::kAccuracy, terminal.paint(Paint::bold, fmt::format("{:.4f}", e.accuracy)));
  page += row(text::kLoss, fmt::format("{:.4f}", e.loss));
  page += row(text::kSamples, fmt::format("{}", e.samples));
  const std::vector<train::ClassScores> scores = e.confusion->per_class(card.classes);
  std::size_t wide = cells(text::kClass.str());
  for (const auto& s : scores) wide = std::max(wide, std::min(kNameWidth, cells(s.name)));
  page += "\n" +
          terminal.paint(Paint::dim, pad_right(text::kClass.str(), wide) +
                                         pad_left(text::kCount.str(), 10) +
                                         pad_left(text::kPrecision.str(), 11) +
                                         pad_left(text::kRecall.str(), 10) + pad_left("F1", 8)) +
          "\n";
  for (const auto& s : scores)
    page += pad_right(cut(s.name, wide), wide) + pad_left(std::to_string(s.samples), 10) +
            pad_left(share(s.precision), 11) + pad_left(share(s.recall), 10) +
            pad_left(share(s.f1), 8) + "\n";
  return page;
}

void add_metrics(Json& json, const std::string& prefix, const Assessment& found,
                 const models::ModelCard& card) {
  const train::Evaluation& e = found.evaluation;
  json[prefix + "samples"] = e.samples;
  json[prefix + "loss"] = e.loss;
  json[prefix + "accuracy"] = e.accuracy;
  json[prefix + "r2"] = e.r2;
  json[prefix + "mae"] = error_in_units(found, card);
}

void add_classes(Json& json, const Assessment& found, const models::ModelCard& card) {
  const auto& confusion = found.evaluation.confusion;
  if (!confusion) return;
  Json classes = Json::array(), matrix = Json::array();
  for (const train::ClassScores& s : confusion->per_class(card.classes))
    classes.push_back({{"name", s.name},
                       {"samples", s.samples},
                       {"precision", s.precision},
                       {"recall", s.recall},
                       {"f1", s.f1}});
  for (std::int64_t truth = 0; truth < confusion->classes(); ++truth) {
    Json counts = Json::array();
    for (std::int64_t c = 0; c < confusion->classes(); ++c)
      counts.push_back(confusion->count(truth, c));
    matrix.push_back(counts);
  }
  json["classes"] = classes;
  json["confusion"] = matrix;
}

}  // namespace percept::app
