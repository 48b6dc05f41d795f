// What every optimiser shares: groups of parameters, each with its own options, and a state that
// can be saved. One of your own says in two functions what it does:
//
//   struct SignSGD : optim::Optimizer {
//     SignSGD(std::vector<Tensor> params, double lr)
//         : Optimizer({{.params = std::move(params)}}, {.type = "SignSGD", .settings = {{"lr",
//         lr}}}) {}
//     double lr = 0;
//     void use(const optim::Options& options) override { lr = options.at("lr"); }
//     void update(Tensor& param, const Tensor& grad, Slot&) override { param.sub_(sign(grad), lr);
//     }
//   };
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "percept/tensor/named_tensors.h"

namespace percept::optim {

/// Numbers by PyTorch's names ("lr", "momentum"); false is 0 and true 1.
class Options : public std::map<std::string, double, std::less<>> {
 public:
  using map::map;
  /// Throws ValueError naming what there is.
  double at(std::string_view name) const;
};

/// Parameters that share their options. The optimiser fills in the options that are not given.
struct ParamGroup {
  std::vector<Tensor> params;  ///< later ones come with add_param_group
  Options options = {};
};

/// The buffers and numbers of an optimiser or a scheduler, to be saved and loaded.
struct State {
  std::string type = {};  ///< the class: "SGD"
  NamedTensors tensors = {};
  std::map<std::string, double> numbers = {};
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Changes every parameter that has a gradient. Throws AutogradError when a Parameter that no
  /// module's visit() names, and so no optimiser was given, received a gradient.
  void step();
  /// Computes the loss and its gradients with `closure`, then steps. Returns the loss.
  Tensor step(const std::function<Tensor()>& closure);
  /// Forgets the gradients.
  void zero_grad();

  /// The options may be changed at any time.
  std::vector<ParamGroup>& param_groups() { return groups_; }
  const std::vector<ParamGroup>& param_groups() const { return groups_; }
  /// Throws ValueError for an empty list, a parameter that is in a group already or needs no
  /// gradient, an unknown option or one outside its domain; DtypeError unless f32 or f64.
  void add_param_group(ParamGroup group);

  /// Options, step counts and buffers; the tensors are the optimiser's own. Parameters are numbered
  /// over all groups: "state.0.exp_avg", "state.0.step", "param_groups.0.lr".
  State state_dict() const;
  /// Throws ValueError when the state is another optimiser's or other parameters'; then nothing has
  /// been changed.
  void load_state_dict(const State& state);
  const std::string& type() const { return rules_.type; }

 protected:
  /// An option, its default, and its domain [min, below).
  struct Setting {
    const char* name;
    double value;
    double min = 0;
    double below = std::numeric_limits<double>::infinity();
  };
  static constexpr std::size_t kMaxBuffers = 3;
  struct Rules {
    std::string type;
    std::vector<Setting> settings;
    std::vector<const char*> buffers = {};  ///< names of Slot::buffers
    void (*check)(const Options& options) =
        nullptr;  ///< throws for options that exclude each other
  };
  /// What is kept for one parameter. A buffer is undefined until update() makes it.
  struct Slot {
    std::int64_t step = 0;  ///< steps made
    std::array<Tensor, kMaxBuffers> buffers;
  };

  /// Throws as add_param_group does.
  Optimizer(std::vector<ParamGroup> groups, Rules rules);

  /// Takes over a group's options; the updates of its parameters follow.
  virtual void use(const Options& options) = 0;
  /// One step of one parameter; slot.step counts it already. All tensors are contiguous, nothing is
  /// recorded.
  virtual void update(Tensor& param, const Tensor& grad, Slot& slot) = 0;
  /// The buffer, zeros like `param` when it is new.
  static Tensor& zeros_once(Tensor& buffer, const Tensor& param);

 private:
  Rules rules_;
  std::vector<ParamGroup> groups_;
  std::vector<std::vector<Slot>> slots_;  // [group][parameter]
};

}  // namespace percept::optim
