#include "percept/models/model_file.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "percept/base/error.h"
#include "percept/io/safetensors.h"
#include "percept/models/mlp.h"

namespace percept::models {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "percept.model/1";
constexpr std::int64_t kLargest = std::int64_t{1} << 24;  // units a layer read from a file may have

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (std::size_t end; (end = text.find(separator, start)) != std::string::npos; start = end + 1)
    parts.push_back(text.substr(start, end - start));
  parts.push_back(text.substr(start));
  return parts;
}

template <class T>
bool read_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// "512,512,tanh,dropout=0.5": sizes, then perhaps an activation, then perhaps dropout.
MlpOptions parse_mlp(const std::string& text, const std::string& whole) {
  static constexpr std::string_view kDropout = "dropout=";
  MlpOptions options{.hidden = {}};
  bool sizes = true;  // no activation or dropout has come yet
  for (const std::string& part : split(text, ',')) {
    std::int64_t units = 0;
    double p = 0;
    if (sizes && read_number(part, units) && units >= 1 && units <= kLargest) {
      options.hidden.push_back(units);
    } else if (part.starts_with(kDropout) &&
               read_number(std::string_view(part).substr(kDropout.size()), p) && p >= 0 && p < 1) {
      options.dropout = p;
      sizes = false;
    } else if (sizes && is_activation(part)) {
      options.activation = part;
      sizes = false;
    } else {
      throw ValueError(fmt::format(
          "model {}: found {}, allowed are numbers of units (1 to {}), then perhaps an activation "
          "({}), then perhaps dropout=P; example: mlp:512,512,tanh,dropout=0.5",
          in_quotes(whole), in_quotes(part), kLargest, fmt::join(activations(), ", ")));
    }
  }
  return options;
}

constexpr std::string_view kMlp = "mlp:";
constexpr const char* kCheckpointFormat = "percept.checkpoint/1";
constexpr std::string_view kCheckpointPrefix = "model.";

}  // namespace

void check_architecture(const std::string& name) {
  if (name.starts_with(kMlp))
    parse_mlp(name.substr(kMlp.size()), name);
  else if (name != "mlp" && name != "linear")
    throw ValueError(
        fmt::format("model {} is unknown; there are mlp, mlp:512,512 (any sizes, then "
                    "perhaps an activation and dropout) and linear",
                    in_quotes(name)));
}

std::vector<std::string> architectures() {
  return {"mlp                 flatten, 512 and 512 hidden units, ReLU",
          "mlp:A,B,...         hidden layers of A, B, ... units, ReLU",
          "mlp:A,B,...,NAME    the same with another activation: tanh, sigmoid, ...",
          "mlp:...,dropout=P   with dropout after each hidden layer",
          "linear              no hidden layer: softmax or linear regression"};
}

nn::AnyModule make_model(const ModelCard& card) {
  const std::string& name = card.architecture;
  check_architecture(name);
  const std::int64_t inputs = card.input.numel();
  if (name == "linear") return Mlp(inputs, card.outputs, {.hidden = {}});
  if (name == "mlp") return Mlp(inputs, card.outputs);
  return Mlp(inputs, card.outputs, parse_mlp(name.substr(kMlp.size()), name));
}

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
