#include "percept/nn/module.h"

#include <cxxabi.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ostream>
#include <unordered_set>

#include "autograd/meta.h"
#include "nn/place.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "tensor/structure.h"
#include "tensor/tape.h"

namespace percept::nn {

struct ForwardHooks {
  int next_id = 0;
  std::vector<std::pair<int, Module::PreHook>> before;
  std::vector<std::pair<int, Module::Hook>> after;
};

namespace {

std::string join(std::string_view prefix, std::string_view name) {
  if (prefix.empty() || name.empty()) return std::string(prefix.empty() ? name : prefix);
  return fmt::format("{}.{}", prefix, name);
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

using Named = std::vector<std::pair<std::string, Module*>>;

/// One line a child, "(name): text"; list.0, list.1, ... are printed as PyTorch's ModuleList, in
/// which neighbours of equal text share a line.
std::string children_text(const Named& children, bool in_list) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (std::size_t i = 0; i < children.size(); ++i) {
    const auto& [name, module] = children[i];
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) {
      lines.emplace_back(name, module->str());
      continue;
    }
    const std::string head = name.substr(0, dot + 1);
    Named items;
    for (; i < children.size() && children[i].first.starts_with(head); ++i)
      items.emplace_back(children[i].first.substr(dot + 1), children[i].second);
    --i;
    lines.emplace_back(name.substr(0, dot), "ModuleList(" + children_text(items, true) + "\n)");
  }
  std::string text;
  for (std::size_t i = 0, next; i < lines.size(); i = next) {
    const auto& [name, line] = lines[i];
    for (next = i + 1; in_list && next < lines.size() && lines[next].second == line;) ++next;
    text += next - i == 1 ? fmt::format("\n  ({}): {}", name, indent(line))
                          : fmt::format("\n  ({}-{}): {} x {}", name, lines[next - 1].first,
                                        next - i, indent(line));
  }
  return text;
}

/// The same tensor object with elements of another type.
void convert(Tensor& tensor, Dtype dtype) {
  if (tensor.dtype() == dtype) return;
  structure_changed();
  const Tensor converted = tensor.detach().to(dtype), gradient = tensor.grad();
  const TensorImpl& from = converted.impl();
  TensorImpl& to = tensor.mutable_impl();
  to.storage = from.storage;
  to.data = from.data;
  to.strides = from.strides;
  to.dtype = from.dtype;
  to.contiguous = from.contiguous;
  to.rewritten = from.rewritten;
  if (gradient.defined()) tensor.set_grad(gradient.detach().to(dtype));
}

}  // namespace

Tensor Module::forward(const Tensor&) {
  throw ValueError(
      fmt::format("{}: has no forward(const Tensor&); hint: call its own forward with "
                  "the arguments it takes",
                  name()));
}

Module::Module(const Module& other) : training_(other.training_) {
  structure_changed();
  ++detail::copies().modules;
}

Module::Module(Module&& other) noexcept
    : training_(other.training_), hooks_(std::move(other.hooks_)) {
  structure_changed();
}

Module& Module::operator=(const Module& other) {
  structure_changed();
  training_ = other.training_;
  return *this;
}

Module& Module::operator=(Module&& other) noexcept {
  structure_changed();
  training_ = other.training_;
  hooks_ = std::move(other.hooks_);
  return *this;
}

Module::~Module() { structure_changed(); }

std::int64_t Module::multiply_adds(const Shape&, const Shape&) const { return 0; }

void note_place(Error& error, Module& module) {
  Error::Way& way = error.way;
  if (!way.last) way.type = module.name();
  for (const auto& [name, below] : module.named_modules())
    if (below == way.last && below != &module) {
      way.path = join(name, way.path);
      break;
    }
  way.last = &module;
  if (!way.path.empty())
    error.set_place(fmt::format("{} / {} ({})", module.name(), way.path, way.type));
}

Tensor Module::operator()(const Tensor& x) try {
  if (!hooks_) return forward(x);
  if (Tape* tape = Tape::current(); tape && has_hooks()) tape->refuse("a module has hooks");
  Tensor input = x;
  for (const auto& [id, hook] : std::vector(hooks_->before))
    if (auto changed = hook(*this, input)) input = *changed;
  Tensor y = forward(input);
  for (const auto& [id, hook] : std::vector(hooks_->after))
    if (auto changed = hook(*this, input, y)) y = *changed;
  return y;
} catch (Error& error) {
  note_place(error, *this);
  throw;
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
  structure_changed();
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
  walk.parameter = [dtype](const std::string&, Parameter& p) { convert(p, dtype); };
  walk.buffer = [dtype](const std::string&, Buffer& b) {
    if (is_floating(b.dtype())) convert(b, dtype);
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
  structure_changed();
  const auto same = [this](const auto& entry) { return entry.first == id_; };
  std::erase_if(hooks->before, same);
  std::erase_if(hooks->after, same);
}

ModuleHook Module::register_forward_pre_hook(PreHook hook) {
  structure_changed();
  if (!hooks_) hooks_ = std::make_shared<ForwardHooks>();
  hooks_->before.emplace_back(hooks_->next_id, std::move(hook));
  return {hooks_, hooks_->next_id++};
}

ModuleHook Module::register_forward_hook(Hook hook) {
  structure_changed();
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
  const std::string children = children_text(readable(*this).named_children(), false);
  const std::string extra = extra_repr();
  if (children.empty()) return fmt::format("{}({})", name(), extra);
  return fmt::format("{}({}{}\n)", name(), extra.empty() ? "" : "\n  " + extra, children);
}

std::ostream& operator<<(std::ostream& out, const Module& module) { return out << module.str(); }

void detail::check_audit(Module& copy, const Copies& made) {
  std::unordered_set<const void*> modules, parameters, buffers;  // shared ones count once
  Walk walk;
  walk.enter = [&](const std::string&, Module& m) { modules.insert(&m); };
  walk.parameter = [&](const std::string&, Parameter& p) { parameters.insert(&p.impl()); };
  walk.buffer = [&](const std::string&, Buffer& b) { buffers.insert(&b.impl()); };
  walk.run(copy);
  const auto check = [&](const char* what, std::int64_t held, std::size_t visited) {
    if (held != static_cast<std::int64_t>(visited))
      throw ValueError(
          fmt::format("{}: holds {} {} but visit() names {}; hint: add the missing "
                      "member to visit()",
                      copy.name(), held, what, visited));
  };
  check("parameters", made.parameters, parameters.size());
  check("buffers", made.buffers, buffers.size());
  check("modules (itself included)", made.modules, modules.size());
}

}  // namespace percept::nn
