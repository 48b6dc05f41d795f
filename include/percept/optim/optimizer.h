// What every optimiser shares: groups of parameters, each with its own settings, and a state that can
// be saved.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "percept/nn/module.h"
#include "percept/tensor/named_tensors.h"

namespace percept::optim {

/// Parameters that share their settings. An optimiser's constructor fills in what is not given.
struct ParamGroup {
  std::vector<Tensor> params;
  std::map<std::string, double> options = {};  ///< "lr", "momentum", ...: PyTorch's names
};

/// The buffers and counters of an optimiser (or scheduler), to be saved and loaded.
struct State {
  NamedTensors tensors;
  std::map<std::string, double> numbers;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Changes every parameter that has a gradient. Throws AutogradError when a Parameter that no
  /// module's visit() names, and so no optimiser knows, received a gradient.
  void step();
  /// Forgets the gradients.
  void zero_grad();
  std::vector<ParamGroup>& param_groups() { return groups_; }
  const std::vector<ParamGroup>& param_groups() const { return groups_; }
  /// Throws ValueError for a parameter that is in a group already.
  void add_param_group(ParamGroup group);

  State state_dict() const;
  /// Throws ValueError when the state is another optimiser's or other parameters'.
  void load_state_dict(const State& state);

 protected:
  /// Throws ValueError for an empty list, a tensor that needs no gradient, or one named twice.
  Optimizer(std::vector<ParamGroup> groups, std::map<std::string, double> defaults);

  /// One step of a group's parameters that have a gradient; they are slots first_slot,
  /// first_slot + 1, ... over all groups.
  virtual void step_group(const ParamGroup& group, std::size_t first_slot) = 0;
  /// A buffer of the parameter in `slot`, zeros of its shape when new: "momentum_buffer", "exp_avg".
  Tensor& buffer(const std::string& name, std::size_t slot, const Tensor& like);
  bool has_buffer(const std::string& name, std::size_t slot) const;
  void set_buffer(const std::string& name, std::size_t slot, const Tensor& value);
  /// How many steps the parameter in `slot` has made, this one included.
  std::int64_t steps(std::size_t slot) const { return steps_[slot]; }

 private:
  std::vector<ParamGroup> groups_;
  std::map<std::string, double> defaults_;
  std::map<std::string, std::vector<Tensor>> buffers_;  // by name, then slot
  std::vector<std::int64_t> steps_;
};

}  // namespace percept::optim
