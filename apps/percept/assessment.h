// What a model makes of data: outputs, loss, metrics, and how they are shown.
#pragma once

#include <string>
#include <vector>

#include "app.h"
#include "percept/data/dataset.h"
#include "percept/models/model_file.h"
#include "percept/nn/module.h"
#include "percept/train/trainer.h"

namespace percept::app {

struct Assessment {
  train::Evaluation evaluation;
  Tensor outputs, targets;  ///< (N, outputs); i64 (N) or f32 (N, 1), all samples in order
};

/// The model's loss: cross entropy, or squared error.
train::LossFunction loss_of(const models::ModelCard& card);
train::Task task_of(const models::ModelCard& card);

/// Outputs of the model in evaluation mode, in the card's dtype, for every example, in order.
Tensor predict_all(nn::Module& module, const models::ModelCard& card,
                   const data::AnyDataset& examples);
/// Throws FormatError when there is no example.
Assessment assess(nn::Module& module, const models::ModelCard& card,
                  const data::AnyDataset& examples);

/// The mean absolute error in the target's own units.
double error_in_units(const Assessment& found, const models::ModelCard& card);

/// The report on stdout: accuracy and the table of classes, or R² and the mean error.
std::string report(const Assessment& found, const models::ModelCard& card,
                   const Terminal& terminal);
/// The same as JSON fields: prefix "test_" gives test_loss, test_accuracy, ...
void add_metrics(Json& json, const std::string& prefix, const Assessment& found,
                 const models::ModelCard& card);
void add_classes(Json& json, const Assessment& found, const models::ModelCard& card);

}  // namespace percept::app
