#include "percept/models/architecture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <functional>
#include <optional>

#include "base/text.h"
#include "percept/base/error.h"
#include "percept/models/mlp.h"

namespace percept::models {
namespace {

constexpr std::int64_t kMostUnits = std::int64_t{1}
                                    << 24;  // that a layer read from a file may have

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
    if (sizes && read_number(part, units) && units >= 1 && units <= kMostUnits) {
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
          in_quotes(whole), in_quotes(part), kMostUnits, fmt::join(activations(), ", ")));
    }
  }
  return options;
}

using Make = std::function<nn::AnyModule(const ModelCard& card)>;

/// What stands before the first ':' of an architecture, and what becomes of the rest.
struct Architecture {
  std::string name;
  std::vector<std::string> about;  ///< lines of help
  /// The arguments are those after the ':', if there is one. Throws ValueError.
  std::function<Make(const std::string& whole, const std::optional<std::string>& arguments)> read;
};

Architecture without_arguments(const std::string& name, const std::string& about,
                               const Make& make) {
  return {
      name,
      {fmt::format("{:<19} {}", name, about)},
      [make](const std::string& whole, const std::optional<std::string>& arguments) {
        if (arguments)
          throw ValueError(fmt::format("model {} takes nothing behind the ':'", in_quotes(whole)));
        return make;
      }};
}

Make read_mlp(const std::string& whole, const std::optional<std::string>& arguments) {
  const MlpOptions options = arguments ? parse_mlp(*arguments, whole) : MlpOptions{};
  return [options](const ModelCard& card) -> nn::AnyModule {
    return Mlp(card.input.numel(), card.outputs, options);
  };
}

const std::vector<Architecture>& known() {
  static const std::vector<Architecture> all{
      {"mlp",
       {"mlp                 flatten, 512 and 512 hidden units, ReLU",
        "mlp:A,B,...         hidden layers of A, B, ... units, ReLU",
        "mlp:A,B,...,NAME    the same with another activation: tanh, sigmoid, ...",
        "mlp:...,dropout=P   with dropout after each hidden layer"},
       read_mlp},
      without_arguments("linear", "no hidden layer: softmax or linear regression",
                        [](const ModelCard& card) -> nn::AnyModule {
                          return Mlp(card.input.numel(), card.outputs, {.hidden = {}});
                        }),
  };
  return all;
}

Make read(const std::string& whole) {
  const std::size_t colon = whole.find(':');
  const std::string name = whole.substr(0, colon);
  std::optional<std::string> arguments;
  if (colon != std::string::npos) arguments = whole.substr(colon + 1);
  std::vector<std::string> names;
  for (const Architecture& one : known()) {
    if (one.name == name) return one.read(whole, arguments);
    names.push_back(one.name);
  }
  throw ValueError(
      fmt::format("model {} is unknown; there are {}, and mlp:512,512 with any sizes, then perhaps "
                  "an activation "
                  "and dropout",
                  in_quotes(whole), fmt::join(names, ", ")));
}

}  // namespace

void check_architecture(const std::string& name) { read(name); }

std::vector<std::string> architectures() {
  std::vector<std::string> lines;
  for (const Architecture& one : known())
    lines.insert(lines.end(), one.about.begin(), one.about.end());
  return lines;
}

nn::AnyModule make_model(const ModelCard& card) { return read(card.architecture)(card); }

}  // namespace percept::models
