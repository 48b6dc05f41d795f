#include "percept/nn/module.h"

#include <cxxabi.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ostream>
#include <unordered_set>

#include "autograd/meta.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"

namespace percept::nn {

struct ForwardHooks {
  int next_id = 0;
  std::vector<std::pair<int, Module::PreHook>> before;
  std::vector<std::pair<int, Module::Hook>> after;
};

namespace {

std::string join(std::string_view prefix, std::string_view name) {
  return prefix.empty() ? std::string(name) : fmt::format("{}.{}", prefix, name);
}

/// Walks a module and everything below it, with dotted names.
class Walk final : public Visitor {
 public:
  std::function<void(const std::string&, Parameter&)> parameter;
  std::function<void(const std::string&, Buffer&)> buffer;
  std::function<void(const std::string&, Module&)> enter, leave;
  bool deep = true;

  void run(Module& module, const std::string& name = "") {
    if (enter) enter(name, module);
    const std::string outer = std::exchange(prefix_, name);
    module.visit(*this);
    prefix_ = outer;
    if (leave) leave(name, module);
  }

 private:
  void on_parameter(std::string_view name, Parameter& p) override {
    if (!p.defined()) return;
    meta_of(p).visited = true;
    if (parameter) parameter(join(prefix_, name), p);
  }
  void on_buffer(std::string_view name, Buffer& b) override {
    if (b.defined() && buffer) buffer(join(prefix_, name), b);
  }
  void on_module(std::string_view name, Module& module) override {
    if (deep)
      run(module, join(prefix_, name));
    else if (enter)
      enter(std::string(name), module);
  }

  std::string prefix_;
};

/// Reading a module walks it as changing it does; nothing is changed.
Module& readable(const Module& module) { return const_cast<Module&>(module); }

std::string class_name(const std::type_info& type) {
  int status = 0;
  char* demangled = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? demangled : type.name();
  std::free(demangled);
  // Only what stands outside of template arguments and function signatures counts as a scope.
  std::size_t start = 0;
  int depth = 0;
  for (std::size_t i = 0; i + 1 < name.size(); ++i) {
    if (name[i] == '<' || name[i] == '(') ++depth;
    if (name[i] == '>' || name[i] == ')') --depth;
    if (depth == 0 && name[i] == ':' && name[i + 1] == ':') start = i + 2;
  }
  return name.substr(start);
}

std::string indent(const std::string& text) {
  std::string out;
  for (char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

}  // namespace

Tensor Module::forward(const Tensor&) {
  throw ValueError(
      fmt::format("{}: has no forward(const Tensor&); hint: call its own forward with "
                  "the arguments it takes",
                  name()));
}

Tensor Module::operator()(const Tensor& x) {
  if (!hooks_) return forward(x);
  Tensor input = x;
  for (const auto& [id, hook] : std::vector(hooks_->before))
    if (auto changed = hook(*this, input)) input = *changed;
  Tensor y = forward(input);
  for (const auto& [id, hook] : std::vector(hooks_->after))
    if (auto changed = hook(*this, input, y)) y = *changed;
  return y;
}

std::vector<std::pair<std::string, Tensor>> Module::named_parameters() const {
  std::vector<std::pair<std::string, Tensor>> found;
  std::unordered_set<const TensorImpl*> seen;  // a shared parameter is listed once
  Walk walk;
  walk.parameter = [&](const std::string& name, Parameter& p) {
    if (seen.insert(&p.impl()).second) found.emplace_back(name, p);
  };
  walk.run(readable(*this));
  return found;
}

std::vector<Tensor> Module::parameters() const {
  std::vector<Tensor> found;
  for (auto& [name, parameter] : named_parameters()) found.push_back(std::move(parameter));
  return found;
}

std::vector<std::pair<std::string, Tensor>> Module::named_buffers() const {
  std::vector<std::pair<std::string, Tensor>> found;
  Walk walk;
  walk.buffer = [&](const std::string& name, Buffer& b) { found.emplace_back(name, b); };
  walk.run(readable(*this));
  return found;
}

std::vector<std::pair<std::string, Module*>> Module::named_modules() {
  std::vector<std::pair<std::string, Module*>> found;
  Walk walk;
  walk.enter = [&](const std::string& name, Module& module) { found.emplace_back(name, &module); };
  walk.run(*this);
  return found;
}

std::vector<std::pair<std::string, Module*>> Module::named_children() {
  std::vector<std::pair<std::string, Module*>> found;
  Walk walk;
  walk.deep = false;
  walk.enter = [&](const std::string& name, Module& module) { found.emplace_back(name, &module); };
  visit(walk);
  return found;
}

NamedTensors Module::state_dict() const {
  NamedTensors state;
  Walk walk;
  walk.parameter = [&](const std::string& name, Parameter& p) { state.add(name, p.detach()); };
  walk.buffer = [&](const std::string& name, Buffer& b) { state.add(name, b.detach()); };
  walk.run(readable(*this));
  return state;
}

LoadResult Module::load_state_dict(const NamedTensors& state, const LoadOptions& options) {
  LoadResult result;
  std::vector<std::string> misshaped;
  const NamedTensors own = state_dict();
  for (const auto& [name, tensor] : own) {
    const Tensor* given = state.find(name);
    if (!given)
      result.missing.push_back(name);
    else if (given->shape() != tensor.shape())
      misshaped.push_back(
          fmt::format("{} is {}, expected {}", name, given->shape().str(), tensor.shape().str()));
  }
  for (const auto& [name, tensor] : state)
    if (!own.contains(name)) result.unexpected.push_back(name);
  const bool bad_names = options.strict && (!result.missing.empty() || !result.unexpected.empty());
  if (bad_names || !misshaped.empty()) {
    std::string text = fmt::format("load_state_dict: the names or shapes do not fit {}:", name());
    const auto list = [&text](const char* what, const std::vector<std::string>& items) {
      if (!items.empty()) text += fmt::format(" {}: {};", what, fmt::join(items, ", "));
    };
    if (options.strict) list("missing", result.missing), list("unexpected", result.unexpected);
    list("wrong shape", misshaped);
    text.pop_back();
    throw ValueError(text);
  }
  const NoGradGuard no_grad;
  for (const auto& [name, tensor] : own)
    if (const Tensor* given = state.find(name)) Tensor(tensor).copy_(*given);
  return result;
}

Module& Module::train(bool on) {
  Walk walk;
  walk.enter = [on](const std::string&, Module& module) { module.training_ = on; };
  walk.run(*this);
  return *this;
}

void Module::zero_grad() {
  for (Tensor& parameter : parameters()) parameter.zero_grad();
}

Module& Module::requires_grad_(bool on) {
  for (Tensor& parameter : parameters()) parameter.requires_grad_(on);
  return *this;
}

Module& Module::to(Dtype dtype) {
  Walk walk;
  walk.parameter = [dtype](const std::string&, Parameter& p) {
    if (p.dtype() == dtype) return;
    const bool trained = p.requires_grad();
    p = Parameter(p.detach().to(dtype));
    p.requires_grad_(trained);
  };
  walk.buffer = [dtype](const std::string&, Buffer& b) {
    if (is_floating(b.dtype()) && b.dtype() != dtype) b = Buffer(b.to(dtype));
  };
  walk.run(*this);
  return *this;
}

Module& Module::apply(const std::function<void(Module&)>& f) {
  Walk walk;
  walk.leave = [&](const std::string&, Module& module) { f(module); };
  walk.run(*this);
  return *this;
}

void ModuleHook::remove() {
  const auto hooks = hooks_.lock();
  if (!hooks) return;
  const auto same = [this](const auto& entry) { return entry.first == id_; };
  std::erase_if(hooks->before, same);
  std::erase_if(hooks->after, same);
}

ModuleHook Module::register_forward_pre_hook(PreHook hook) {
  if (!hooks_) hooks_ = std::make_shared<ForwardHooks>();
  hooks_->before.emplace_back(hooks_->next_id, std::move(hook));
  return {hooks_, hooks_->next_id++};
}

ModuleHook Module::register_forward_hook(Hook hook) {
  if (!hooks_) hooks_ = std::make_shared<ForwardHooks>();
  hooks_->after.emplace_back(hooks_->next_id, std::move(hook));
  return {hooks_, hooks_->next_id++};
}

bool Module::has_hooks() const {
  return hooks_ && !(hooks_->before.empty() && hooks_->after.empty());
}

std::string Module::name() const { return class_name(typeid(*this)); }
std::string Module::extra_repr() const { return ""; }

std::string Module::str() const {
  std::string children;
  for (const auto& [child_name, module] : readable(*this).named_children())
    children += fmt::format("\n  ({}): {}", child_name, indent(module->str()));
  const std::string extra = extra_repr();
  if (children.empty()) return fmt::format("{}({})", name(), extra);
  return fmt::format("{}({}{}\n)", name(), extra.empty() ? "" : "\n  " + extra, children);
}

std::ostream& operator<<(std::ostream& out, const Module& module) { return out << module.str(); }

void detail::check_audit(const Module& module, std::int64_t copies) {
  std::int64_t visited = 0;
  Walk walk;
  walk.parameter = [&](const std::string&, Parameter&) { ++visited; };
  walk.run(readable(module));
  if (visited != copies)
    throw ValueError(
        fmt::format("{}: holds {} parameters but visit() names {}; hint: add the "
                    "missing member to visit()",
                    module.name(), copies, visited));
}

}  // namespace percept::nn
