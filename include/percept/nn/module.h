// Module: a value with parameters and a forward function. Children are members; visit() is the one
// list of their names:
//
//   struct Net : nn::Module {
//     nn::Linear fc1{2, 8}, fc2{8, 1};
//     Tensor forward(const Tensor& x) override { return fc2(relu(fc1(x))); }
//     void visit(nn::Visitor& v) override { v("fc1", fc1); v("fc2", fc2); }
//   };
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "percept/nn/parameter.h"
#include "percept/tensor/named_tensors.h"

namespace percept::nn {

class Module;

/// Is shown everything a module is made of, by name.
class Visitor {
 public:
  void operator()(std::string_view name, Parameter& parameter) { on_parameter(name, parameter); }
  void operator()(std::string_view name, Buffer& buffer) { on_buffer(name, buffer); }
  void operator()(std::string_view name, Module& module) { on_module(name, module); }
  template <class T>
  void operator()(std::string_view name, std::optional<T>& maybe) {
    if (maybe) (*this)(name, *maybe);
  }
  template <class T>
  void operator()(std::string_view name, std::unique_ptr<T>& maybe) {
    if (maybe) (*this)(name, *maybe);
  }
  /// name.0, name.1, ...
  template <class T>
  void operator()(std::string_view name, std::vector<T>& list) {
    for (std::size_t i = 0; i < list.size(); ++i)
      (*this)(std::string(name) + "." + std::to_string(i), list[i]);
  }

 protected:
  ~Visitor() = default;

 private:
  virtual void on_parameter(std::string_view name, Parameter& parameter) = 0;
  virtual void on_buffer(std::string_view name, Buffer& buffer) = 0;
  virtual void on_module(std::string_view name, Module& module) = 0;
};

struct LoadOptions {
  bool strict = true;  ///< missing and unexpected names are errors
};
struct LoadResult {
  std::vector<std::string> missing, unexpected;
};

struct ForwardHooks;

/// Takes a module's hook off again.
class ModuleHook {
 public:
  ModuleHook() = default;
  ModuleHook(std::weak_ptr<ForwardHooks> hooks, int id) : hooks_(std::move(hooks)), id_(id) {}
  void remove();

 private:
  std::weak_ptr<ForwardHooks> hooks_;
  int id_ = 0;
};

class Module {
 public:
  Module() = default;
  Module(const Module& other);  // hooks stay with the original
  Module(Module&& other) noexcept;
  Module& operator=(const Module& other);
  Module& operator=(Module&& other) noexcept;
  virtual ~Module();

  /// Shows every parameter, buffer and child to the visitor. A member left out is not trained,
  /// saved or moved: audit() and the first optimiser step find that out.
  virtual void visit(Visitor& visitor) = 0;
  /// The result for x. A module of other arguments defines its own forward and overrides nothing.
  virtual Tensor forward(const Tensor& x);
  /// forward() with the hooks around it. An Error that passes is told where it comes from:
  /// "NeuralNetwork / linear_relu_stack.0 (Linear): linear: input has ...".
  Tensor operator()(const Tensor& x);
  /// What forward() multiplies and adds to turn `input` into `output`, modules below not counted.
  virtual std::int64_t multiply_adds(const Shape& input, const Shape& output) const;

  // -- what it is made of; names are dotted paths, as PyTorch writes them
  std::vector<Tensor> parameters() const;
  std::vector<std::pair<std::string, Tensor>> named_parameters() const;
  std::vector<std::pair<std::string, Tensor>> named_buffers() const;
  /// Itself (with the name "") and every module below it, outermost first.
  std::vector<std::pair<std::string, Module*>> named_modules();
  std::vector<std::pair<std::string, Module*>> named_children();
  /// Parameters and buffers by name; the tensors are the module's own.
  NamedTensors state_dict() const;
  /// Writes the numbers into the module's own tensors (converted to their type). Throws ValueError
  /// that lists all missing, unexpected and mis-shaped names; then nothing has been changed.
  LoadResult load_state_dict(const NamedTensors& state, const LoadOptions& options = {});

  // -- what is done to all of it
  Module& train(bool on = true);  ///< dropout and the like are active
  Module& eval() { return train(false); }
  bool is_training() const { return training_; }
  void zero_grad();
  Module& requires_grad_(bool on = true);  ///< false freezes it
  /// Converts real parameters and buffers; whoever holds one of them holds the converted one.
  Module& to(Dtype dtype);
  /// Calls f on every module below it and then on itself: `net.apply([](nn::Module& m) { ... })`.
  Module& apply(const std::function<void(Module&)>& f);

  using PreHook = std::function<std::optional<Tensor>(Module&, const Tensor& x)>;
  using Hook = std::function<std::optional<Tensor>(Module&, const Tensor& x, const Tensor& y)>;
  /// Called before forward; a result replaces x.
  ModuleHook register_forward_pre_hook(PreHook hook);
  /// Called after forward; a result replaces y.
  ModuleHook register_forward_hook(Hook hook);
  bool has_hooks() const;

  // -- how it is printed
  virtual std::string name() const;        ///< the class's name
  virtual std::string extra_repr() const;  ///< "in_features=2, ..."
  std::string str() const;                 ///< as PyTorch prints a module

 private:
  bool training_ = true;
  std::shared_ptr<ForwardHooks> hooks_;
};

std::ostream& operator<<(std::ostream& out, const Module& module);

/// A module as a value of any type: copies deeply.
class AnyModule {
 public:
  template <class M, class = std::enable_if_t<std::is_base_of_v<Module, std::decay_t<M>>>>
  AnyModule(M&& module)
      : module_(std::make_unique<std::decay_t<M>>(std::forward<M>(module))),
        copy_(copy<std::decay_t<M>>) {}
  AnyModule(const AnyModule& other) : copy_(other.copy_) { copy_(*other.module_, module_); }
  AnyModule(AnyModule&&) noexcept = default;
  /// Writes into the module it has when both are of one class, as assigning such modules does.
  AnyModule& operator=(const AnyModule& other) {
    if (this == &other) return *this;
    other.copy_(*other.module_, module_);
    copy_ = other.copy_;
    return *this;
  }
  AnyModule& operator=(AnyModule&&) noexcept = default;
  ~AnyModule() = default;
  Module& operator*() const { return *module_; }
  Module* operator->() const { return module_.get(); }

 private:
  template <class M>
  static void copy(const Module& from, std::unique_ptr<Module>& to) {
    const auto& source = static_cast<const M&>(from);
    if constexpr (std::is_copy_assignable_v<M>) {
      if (auto* same = dynamic_cast<M*>(to.get()); same && typeid(*same) == typeid(M)) {
        *same = source;
        return;
      }
    }
    to = std::make_unique<M>(source);
  }

  std::unique_ptr<Module> module_;
  void (*copy_)(const Module& from, std::unique_ptr<Module>& to);
};

namespace detail {
void check_audit(Module& copy, const Copies& made);
}

/// Throws ValueError when `module` holds a Parameter, Buffer or Module that its visit(), or a
/// child's, does not name. Every module's test calls it.
template <class M>
void audit(const M& module) {
  const detail::Copies before = detail::copies();
  M copy(module);
  detail::check_audit(copy, detail::copies() - before);
}

}  // namespace percept::nn
