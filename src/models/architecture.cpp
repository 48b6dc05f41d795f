#include "percept/models/architecture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <functional>
#include <optional>

#include "base/text.h"
#include "percept/base/error.h"
#include "percept/models/cnn.h"
#include "percept/models/lenet.h"
#include "percept/models/mlp.h"
#include "percept/models/sequence.h"

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

/// One that takes images (C, H, W) with H and W multiples of `cell`, C = 1 unless any number will
/// do.
Architecture of_images(const std::string& name, const std::string& about, std::int64_t cell,
                       bool any_channels, const Make& make) {
  return without_arguments(name, about, [=](const ModelCard& card) {
    const Shape& image = card.input;
    if (image.dim() != 3 || (!any_channels && image[0] != 1) || image[1] % cell != 0 ||
        image[2] % cell != 0)
      throw ValueError(
          fmt::format("model {} takes images ({}, H, W), H and W multiples of {}, found {}", name,
                      any_channels ? "C" : "1", cell, image.str()));
    return make(card);
  });
}

/// An image's rows as a sequence, 128 units.
template <class Recurrent>
Architecture row_reader(const std::string& name, const std::string& about) {
  return of_images(name, about, 1, false, [](const ModelCard& card) -> nn::AnyModule {
    return RowReader<Recurrent>(card.input[2], 128, card.outputs);
  });
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
      of_images("lenet5", "LeNet-5 with ReLU and maxima, for 1x28x28", 28, false,
                [](const ModelCard& card) -> nn::AnyModule { return LeNet5(card.outputs); }),
      of_images("lenet5-sparse", "LeNet-5 as published in 1998", 28, false,
                [](const ModelCard& card) -> nn::AnyModule { return LeNet5Sparse(card.outputs); }),
      of_images(
          "cnn", "3x3 convolutions of 32 and 64 maps, batch norm, dropout", 4, true,
          [](const ModelCard& card) -> nn::AnyModule { return Cnn(card.input, card.outputs); }),
      row_reader<nn::RNN>("rnn", "reads an image row by row, 128 units"),
      row_reader<nn::LSTM>("lstm", "the same with long short-term memory"),
      row_reader<nn::GRU>("gru", "the same with gated units"),
      of_images("transformer", "a Transformer's encoder over patches of 7x7", 7, false,
                [](const ModelCard& card) -> nn::AnyModule {
                  return PatchTransformer(card.input, card.outputs);
                }),
      of_images(
          "mixer", "MLP-Mixer over patches of 4x4", 4, false,
          [](const ModelCard& card) -> nn::AnyModule { return Mixer(card.input, card.outputs); }),
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
  throw ValueError(fmt::format(
      "model {} is unknown; there are {}, and mlp:512,512 with any sizes, then perhaps an "
      "activation and dropout",
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
