// The pictures of a run.
#pragma once

#include <string>
#include <vector>

#include "assessment.h"
#include "dataset.h"
#include "percept/plot/figure.h"
#include "percept/train/trainer.h"

namespace percept::app {

plot::Figure curves_figure(const std::vector<train::EpochResult>& history, train::Task task,
                           bool validation_is_test);
/// Classification only.
plot::Figure confusion_figure(const Assessment& found, const models::ModelCard& card);
/// Whether there is a mistake to show: pictures, and one of them classified wrongly.
bool has_mistakes(const Assessment& found, const models::ModelCard& card);
/// The mistakes the model was surest of.
plot::Figure mistakes_figure(const Assessment& found, const models::ModelCard& card,
                             const data::AnyDataset& examples);
/// True against predicted values, in the target's own units; regression only.
plot::Figure values_figure(const Assessment& found, const models::ModelCard& card);

/// Writes NAME.svg and NAME.png into `folder`.
void save_both(const plot::Figure& figure, const std::string& folder, const std::string& name);

}  // namespace percept::app
