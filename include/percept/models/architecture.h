// Models by name: what `percept train --model NAME` and a model file build.
#pragma once

#include <string>
#include <vector>

#include "percept/nn/module.h"

namespace percept::models {

/// What a model is, apart from its weights.
struct ModelCard {
  /// "mlp", "mlp:512,512", "mlp:8,8,tanh", "mlp:512,512,dropout=0.5", "linear", "lenet5", ...
  std::string architecture = "mlp";
  Shape input = {};                       ///< of one sample
  std::int64_t outputs = 0;               ///< classes, or target values
  std::string task = "classification";    ///< or "regression"
  Dtype dtype = f32;                      ///< that its products were computed in: f32 or bf16
  std::vector<std::string> classes = {};  ///< names, in order
  std::string table = {};                 ///< a CSV model's preprocessing, as JSON
  std::string data = {};                  ///< what it was trained on
  std::string training = {};              ///< how it was trained, as JSON
};

/// The model that card.architecture names, freshly initialised. Throws ValueError that lists what
/// there is.
nn::AnyModule make_model(const ModelCard& card);
/// Throws ValueError that lists what there is unless make_model knows the architecture.
void check_architecture(const std::string& architecture);
/// The architectures make_model knows, one line each.
std::vector<std::string> architectures();

}  // namespace percept::models
