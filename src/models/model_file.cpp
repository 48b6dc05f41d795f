#include "percept/models/model_file.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

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

/// "512,512,tanh": sizes, then perhaps an activation.
MlpOptions parse_mlp(const std::string& text, const std::string& whole) {
  MlpOptions options{.hidden = {}};
  const std::vector<std::string> parts = split(text, ',');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    std::int64_t units = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), units);
    if (error == std::errc() && end == part.data() + part.size() && units >= 1 && units <= kLargest)
      options.hidden.push_back(units);
    else if (i + 1 == parts.size() && !part.empty() && part[0] >= 'a' && part[0] <= 'z')
      options.activation = part;
    else
      throw ValueError(fmt::format("model '{}': '{}' is neither a number of units (1 to {}) nor, at "
                                   "the end, an activation; example: mlp:512,512,tanh",
                                   whole, part, kLargest));
  }
  return options;
}

}  // namespace

std::vector<std::string> architectures() {
  return {"mlp                 flatten, 512 and 512 hidden units, ReLU",
          "mlp:A,B,...         hidden layers of A, B, ... units, ReLU",
          "mlp:A,B,...,tanh    the same with another activation: relu, tanh, sigmoid,",
          "                    leaky_relu, elu, gelu, silu",
          "linear              no hidden layer: softmax or linear regression"};
}

nn::AnyModule make_model(const ModelCard& card) {
  const std::string& name = card.architecture;
  const std::int64_t inputs = card.input.numel();
  if (name == "linear") return Mlp(inputs, card.outputs, {.hidden = {}});
  if (name == "mlp") return Mlp(inputs, card.outputs);
  if (name.starts_with("mlp:")) return Mlp(inputs, card.outputs, parse_mlp(name.substr(4), name));
  throw ValueError(fmt::format("model '{}' is unknown; there are mlp, mlp:512,512 (any sizes, then "
                               "perhaps an activation) and linear",
                               name));
}

std::map<std::string, std::string> to_metadata(const ModelCard& card) {
  Json json = {{"architecture", card.architecture},
               {"input", std::vector<std::int64_t>(card.input.begin(), card.input.end())},
               {"outputs", card.outputs},
               {"task", card.task},
               {"classes", card.classes},
               {"data", card.data}};
  std::map<std::string, std::string> metadata{{"percept.format", kFormat},
                                              {"percept.model", json.dump(-1, ' ', false, Json::error_handler_t::replace)}};
  if (!card.table.empty()) metadata["percept.table"] = card.table;
  return metadata;
}

ModelCard card_from_metadata(const std::map<std::string, std::string>& metadata,
                             const std::string& where) {
  const auto format = metadata.find("percept.format"), model = metadata.find("percept.model");
  if (format == metadata.end() || format->second != kFormat || model == metadata.end())
    throw FormatError(fmt::format("{}: the file carries no architecture of percept (metadata "
                                  "\"percept.format\": \"{}\" is expected)",
                                  where, kFormat));
  try {
    const Json json = Json::parse(model->second);
    ModelCard card;
    card.architecture = json.at("architecture");
    card.input = Shape(json.at("input").get<std::vector<std::int64_t>>());
    card.outputs = json.at("outputs");
    card.task = json.at("task");
    card.classes = json.at("classes").get<std::vector<std::string>>();
    card.data = json.at("data");
    if (const auto table = metadata.find("percept.table"); table != metadata.end())
      card.table = table->second;
    std::int64_t inputs = 1;
    for (std::int64_t size : card.input)
      if (size < 1 || size > kLargest || (inputs *= size) > kLargest)
        throw FormatError(fmt::format("{}: an input of shape {} is not sensible", where,
                                      card.input.str()));
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
  const ModelCard card = card_from_metadata(file.metadata, path);
  try {
    Model model{card, make_model(card)};
    model.module->load_state_dict(file.tensors);
    model.module->eval();
    return model;
  } catch (const ValueError& error) {
    throw FormatError(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace percept::models
