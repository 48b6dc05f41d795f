#include "percept/optim/optimizer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unordered_set>
#include <utility>

#include "autograd/meta.h"
#include "autograd/unvisited.h"
#include "engine/optim.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"
#include "tensor/structure.h"

namespace percept::optim {
namespace {

std::string names_of(const Options& options) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : options) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string key(const char* kind, std::size_t i, std::string_view name) {
  return fmt::format("{}.{}.{}", kind, i, name);
}

}  // namespace

double Options::at(std::string_view name) const {
  const auto found = find(name);
  if (found == end())
    throw ValueError(fmt::format("option '{}' is missing; there are {}", name, names_of(*this)));
  return found->second;
}

Optimizer::Optimizer(std::vector<ParamGroup> groups, Rules rules) : rules_(std::move(rules)) {
  if (groups.empty()) throw ValueError(type() + ": an empty list of parameter groups");
  for (ParamGroup& group : groups) add_param_group(std::move(group));
}

void Optimizer::add_param_group(ParamGroup group) {
  const auto fail = [this](const std::string& what) { throw ValueError(type() + ": " + what); };
  if (group.params.empty())
    fail("an empty list of parameters; hint: does the module's visit() name its members?");
  std::unordered_set<const TensorImpl*> known;
  for (const ParamGroup& other : groups_)
    for (const Tensor& param : other.params) known.insert(&param.impl());
  for (std::size_t i = 0; i < group.params.size(); ++i) {
    const Tensor& param = group.params[i];
    const auto what = [&] {
      return fmt::format("parameter {} of shape {}", i, param.shape().str());
    };
    if (param.dtype() != f32 && param.dtype() != f64)
      throw DtypeError(
          fmt::format("{}: {} is {}, expected f32 or f64", type(), what(), name_of(param.dtype())));
    if (!param.is_leaf())
      fail(what() + " is the result of an operation, expected a leaf; hint: .detach()");
    if (!param.requires_grad()) fail(what() + " needs no gradient; hint: requires_grad_()");
    if (!known.insert(&param.impl()).second) fail(what() + " is given twice");
  }
  for (const Setting& s : rules_.settings) {
    const double value = group.options.try_emplace(s.name, s.value).first->second;
    if (!(value >= s.min && value < s.below))
      fail(fmt::format(
          "{} is {}, expected {} <= {}{}", s.name, value, s.min, s.name,
          s.below < std::numeric_limits<double>::infinity() ? fmt::format(" < {}", s.below) : ""));
  }
  if (group.options.size() > rules_.settings.size()) {
    Options known_options;
    for (const Setting& s : rules_.settings) known_options[s.name] = s.value;
    for (const auto& [name, value] : group.options)
      if (!known_options.contains(name))
        fail(fmt::format("unknown option '{}'; there are {}", name, names_of(known_options)));
  }
  if (rules_.check) rules_.check(group.options);
  structure_changed();
  for (const Tensor& param : group.params) meta_of(param).visited = true;
  slots_.emplace_back(group.params.size());
  groups_.push_back(std::move(group));
}

Tensor& Optimizer::zeros_once(Tensor& buffer, const Tensor& param) {
  if (!buffer.defined()) buffer = zeros_like(param);
  return buffer;
}

void Optimizer::step() {
  if (Tape* tape = Tape::current()) tape->refuse("an optimiser steps inside the step");
  check_unvisited(type().c_str());
  const NoGradGuard no_grad;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    ParamGroup& group = groups_[g];
    if (group.params.size() != slots_[g].size())
      throw ValueError(
          fmt::format("{}: group {} has {} parameters, expected {}; hint: "
                      "add_param_group",
                      type(), g, group.params.size(), slots_[g].size()));
    const engine::OnePass pass;
    use(group.options);
    for (std::size_t i = 0; i < group.params.size(); ++i) {
      Tensor& param = group.params[i];
      const AutogradMeta* meta = param.impl().autograd;
      if (!meta || !meta->grad.defined()) continue;
      Slot& slot = slots_[g][i];
      ++slot.step;
      for (Tensor& buffer : slot.buffers)  // the module was converted since
        if (buffer.defined() && buffer.dtype() != param.dtype()) buffer = buffer.to(param.dtype());
      if (param.is_contiguous() && meta->grad.is_contiguous()) {
        update(param, meta->grad, slot);
      } else {
        Tensor dense = param.is_contiguous() ? param : param.detach().contiguous();
        const Tensor grad = meta->grad.contiguous();
        {
          const engine::OnePass alone;
          update(dense, grad, slot);
        }
        if (!dense.is_same(param)) param.copy_(dense);
      }
    }
  }
}

Tensor Optimizer::step(const std::function<Tensor()>& closure) {
  Tensor loss;
  {
    const EnableGradGuard record;
    loss = closure();
  }
  step();
  return loss;
}

void Optimizer::zero_grad() {
  for (ParamGroup& group : groups_)
    for (Tensor& param : group.params) param.zero_grad();
}

State Optimizer::state_dict() const {
  State state{.type = type()};
  std::size_t number = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (const auto& [name, value] : groups_[g].options)
      state.numbers[key("param_groups", g, name)] = value;
    state.numbers[key("param_groups", g, "params")] = static_cast<double>(groups_[g].params.size());
    for (const Slot& slot : slots_[g]) {
      if (slot.step > 0)
        state.numbers[key("state", number, "step")] = static_cast<double>(slot.step);
      for (std::size_t b = 0; b < rules_.buffers.size(); ++b)
        if (slot.buffers[b].defined())
          state.tensors.add(key("state", number, rules_.buffers[b]), slot.buffers[b]);
      ++number;
    }
  }
  return state;
}

void Optimizer::load_state_dict(const State& state) {
  const auto fail = [this](const std::string& what) {
    throw ValueError(fmt::format("{}: load_state_dict: {}", type(), what));
  };
  const NoGradGuard no_grad;
  std::vector<Options> options(groups_.size());
  std::vector<std::vector<Slot>> slots(groups_.size());
  std::size_t numbers = 0, tensors = 0, number = 0;
  const auto find = [&](const std::string& name) {
    const auto found = state.numbers.find(name);
    numbers += found != state.numbers.end();
    return found != state.numbers.end() ? &found->second : nullptr;
  };
  if (state.type != type()) fail(fmt::format("the state is of '{}'", state.type));
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto& params = groups_[g].params;
    const double* count = find(key("param_groups", g, "params"));
    if (!count || *count != static_cast<double>(params.size()))
      fail(fmt::format("group {} has {} parameters, in the state {}", g, params.size(),
                       count ? *count : 0));
    const std::string prefix = key("param_groups", g, "");
    for (auto it = state.numbers.lower_bound(prefix);
         it != state.numbers.end() && it->first.starts_with(prefix); ++it)
      if (it->first != prefix + "params")
        ++numbers, options[g][it->first.substr(prefix.size())] = it->second;
    for (const Setting& s : rules_.settings)
      if (!options[g].contains(s.name))
        fail(fmt::format("option '{}' of group {} is missing", s.name, g));
    for (const Tensor& param : params) {
      Slot& slot = slots[g].emplace_back();
      if (const double* step = find(key("state", number, "step")))
        slot.step = static_cast<std::int64_t>(*step);
      for (std::size_t b = 0; b < rules_.buffers.size(); ++b) {
        const std::string name = key("state", number, rules_.buffers[b]);
        const Tensor* buffer = state.tensors.find(name);
        if (!buffer) continue;
        ++tensors;
        if (buffer->shape() != param.shape())
          fail(fmt::format("{} has shape {}, the parameter {}", name, buffer->shape().str(),
                           param.shape().str()));
        slot.buffers[b] = empty_like(param).copy_(*buffer);
      }
      ++number;
    }
  }
  if (numbers != state.numbers.size() || tensors != state.tensors.size())
    fail("the state holds more than this optimiser's groups and parameters");
  for (std::size_t g = 0; g < groups_.size(); ++g) groups_[g].options = std::move(options[g]);
  slots_ = std::move(slots);
}

}  // namespace percept::optim
