// A model in one file: weights, and in the metadata what is needed to build it again and to use it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "percept/nn/module.h"

namespace percept::models {

/// What a model is, apart from its weights.
struct ModelCard {
  /// "mlp", "mlp:512,512", "mlp:8,8,tanh", "mlp:512,512,dropout=0.5", "linear"
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

/// The card as safetensors metadata, and back. Throws FormatError (beginning with `where`) for a
/// card that is missing or makes no sense.
std::map<std::string, std::string> to_metadata(const ModelCard& card);
ModelCard card_from_metadata(const std::map<std::string, std::string>& metadata,
                             const std::string& where);

struct Model {
  ModelCard card;
  nn::AnyModule module;
};

/// Writes weights and card as safetensors, atomically; PyTorch reads the weights by their names.
void save_model(const std::string& path, const nn::Module& module, const ModelCard& card);
/// Builds the model of a model file, or of a training checkpoint with a card, and loads its
/// weights. It is in evaluation mode. Throws FormatError, IoError, LimitError.
Model load_model(const std::string& path);

}  // namespace percept::models
