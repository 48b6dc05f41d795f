// A model in one file: weights, and in the metadata what is needed to build it again and to use it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "percept/models/architecture.h"

namespace percept::models {

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
