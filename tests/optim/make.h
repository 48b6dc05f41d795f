// Optimisers by name, and the recorded numbers (scripts/parity/optim.py),
// those in tests/optim or in the file that PERCEPT_PARITY_OPTIM names.
#pragma once

#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "percept/base/error.h"
#include "percept/optim/adagrad.h"
#include "percept/optim/adam.h"
#include "percept/optim/rmsprop.h"
#include "percept/optim/sgd.h"
#include "percept/tensor/factory.h"
#include "support/places.h"

namespace percept::optim {

inline const nlohmann::json& recorded() {
  static const nlohmann::json all = [] {
    const char* given = std::getenv("PERCEPT_PARITY_OPTIM");
    return nlohmann::json::parse(
        std::ifstream(given ? given : testing::project_path("tests/optim/recorded.json")));
  }();
  return all;
}

inline std::unique_ptr<Optimizer> make_optimizer(const std::string& name,
                                                 std::vector<ParamGroup> groups) {
  if (name == "SGD") return std::make_unique<SGD>(std::move(groups));
  if (name == "Adam") return std::make_unique<Adam>(std::move(groups));
  if (name == "AdamW") return std::make_unique<AdamW>(std::move(groups));
  if (name == "RMSprop") return std::make_unique<RMSprop>(std::move(groups));
  if (name == "Adagrad") return std::make_unique<Adagrad>(std::move(groups));
  throw ValueError("no optimiser " + name);
}

inline Options options_of(const nlohmann::json& json) {
  Options options;
  for (const auto& [name, value] : json.items()) options[name] = value.get<double>();
  return options;
}

inline Shape shape_of(const nlohmann::json& json) {
  return Shape(std::span<const std::int64_t>(json.get<std::vector<std::int64_t>>()));
}

/// The recorded numbers in that shape.
inline Tensor recorded_tensor(const nlohmann::json& numbers, std::size_t which, Dtype dtype) {
  return from_vector(numbers.at(which).get<std::vector<double>>(),
                     shape_of(recorded().at("shapes").at(which)))
      .to(dtype);
}

/// One recorded training: the parameters and the optimiser, fed gradients from outside.
struct Replay {
  std::vector<Tensor> params;
  std::unique_ptr<Optimizer> optimizer;

  Replay(const nlohmann::json& one, Dtype dtype) {
    for (std::size_t i = 0; i < 2; ++i)
      params.push_back(recorded_tensor(recorded().at("start"), i, dtype).clone().requires_grad_());
    const Options options = options_of(one.at("options"));
    std::vector<ParamGroup> groups{{{params[0]}, options}, {{params[1]}, options}};
    groups[1].options["lr"] /= 2;
    optimizer = make_optimizer(one.at("optimiser"), std::move(groups));
  }

  void run(std::size_t from, std::size_t to) {
    for (std::size_t step = from; step < to; ++step) {
      for (std::size_t i = 0; i < 2; ++i) {
        const bool skipped = i == 1 && step == recorded().at("skipped");
        params[i].set_grad(
            skipped ? Tensor()
                    : recorded_tensor(recorded().at("gradients").at(step), i, params[i].dtype()));
      }
      optimizer->step();
    }
  }
};

}  // namespace percept::optim
