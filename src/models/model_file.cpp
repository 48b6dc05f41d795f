#include "percept/models/model_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "percept/base/error.h"
#include "percept/io/safetensors.h"

namespace percept::models {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "percept.model/1";
constexpr std::int64_t kLargest = std::int64_t{1} << 24;  // units a layer read from a file may have

constexpr const char* kCheckpointFormat = "percept.checkpoint/1";
constexpr std::string_view kCheckpointPrefix = "model.";

}  // namespace

std::map<std::string, std::string> to_metadata(const ModelCard& card) {
  Json json = {{"architecture", card.architecture},
               {"input", std::vector<std::int64_t>(card.input.begin(), card.input.end())},
               {"outputs", card.outputs},
               {"task", card.task},
               {"dtype", name_of(card.dtype)},
               {"classes", card.classes},
               {"data", card.data}};
  std::map<std::string, std::string> metadata{
      {"percept.format", kFormat},
      {"percept.model", json.dump(-1, ' ', false, Json::error_handler_t::replace)}};
  if (!card.table.empty()) metadata["percept.table"] = card.table;
  if (!card.training.empty()) metadata["percept.training"] = card.training;
  return metadata;
}

ModelCard card_from_metadata(const std::map<std::string, std::string>& metadata,
                             const std::string& where) {
  const auto format = metadata.find("percept.format"), model = metadata.find("percept.model");
  if (format == metadata.end() || format->second != kFormat || model == metadata.end())
    throw FormatError(
        fmt::format("{}: the file carries no architecture of percept (metadata "
                    "\"percept.format\": \"{}\" is expected)",
                    where, kFormat));
  try {
    const Json json = Json::parse(model->second);
    ModelCard card;
    card.architecture = json.at("architecture");
    card.input = Shape(json.at("input").get<std::vector<std::int64_t>>());
    card.outputs = json.at("outputs");
    card.task = json.at("task");
    const std::string dtype = json.value("dtype", "f32");
    card.dtype = dtype == "bf16" ? bf16 : f32;
    card.classes = json.at("classes").get<std::vector<std::string>>();
    card.data = json.at("data");
    if (const auto table = metadata.find("percept.table"); table != metadata.end())
      card.table = table->second;
    if (const auto training = metadata.find("percept.training"); training != metadata.end())
      card.training = training->second;
    std::int64_t inputs = 1;
    for (std::int64_t size : card.input)
      if (size < 1 || size > kLargest || (inputs *= size) > kLargest)
        throw FormatError(
            fmt::format("{}: an input of shape {} is not sensible", where, card.input.str()));
    if (dtype != name_of(card.dtype))
      throw FormatError(fmt::format("{}: a dtype of {} is not sensible, allowed f32 and bf16",
                                    where, in_quotes(dtype)));
    if (card.outputs < 1 || card.outputs > kLargest ||
        (card.task != "classification" && card.task != "regression"))
      throw FormatError(fmt::format("{}: {} outputs and task '{}' are not sensible", where,
                                    card.outputs, card.task));
    return card;
  } catch (const Json::exception& error) {
    throw FormatError(fmt::format("{}: the architecture in the metadata cannot be read: {}", where,
                                  error.what()));
  }
}

void save_model(const std::string& path, const nn::Module& module, const ModelCard& card) {
  io::save_safetensors(path, module.state_dict(), to_metadata(card));
}

Model load_model(const std::string& path) {
  const io::Safetensors file = io::load_safetensors(path);
  ModelCard card = card_from_metadata(file.metadata, path);
  const auto format = file.metadata.find("format");
  NamedTensors weights;
  if (format != file.metadata.end() && format->second == kCheckpointFormat) {
    for (const auto& [name, tensor] : file.tensors)
      if (name.starts_with(kCheckpointPrefix))
        weights.add(name.substr(kCheckpointPrefix.size()), tensor);
  } else {
    weights = file.tensors;
  }
  try {
    Model model{card, make_model(card)};
    model.module->load_state_dict(weights);
    model.module->eval();
    return model;
  } catch (const ValueError& error) {
    throw FormatError(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace percept::models
