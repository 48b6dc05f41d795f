#include "percept/train/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "autograd/meta.h"
#include "engine/engine.h"
#include "engine/pointwise.h"
#include "tensor/make.h"
#include "tensor/structure.h"
#include "tensor/tape.h"

namespace percept::train {
namespace recording {  // a name, as CompiledStep::State is made of these

constexpr std::size_t kMostRecorded = 8;  // shapes of batches
constexpr int kMostMisses = 3;            // replays in a row that did not go through
constexpr int kMostAttempts = 2;          // a forward() may keep what it made at the first

/// What decides which engine calls an operation makes, besides its inputs.
struct Mode {
  detail::GradMode grad = detail::grad_mode;
  bool fast = engine::fast(f32), fusion = engine::fusion();
  friend bool operator==(const Mode&, const Mode&) = default;
};

/// Everything of a model that a step may depend on, with what it means when it is not the same.
struct Trait {
  std::uintptr_t value;
  const char* change;
};

class Traits {
 public:
  Traits(nn::Module& model, const optim::Optimizer& optimizer) {
    for (const auto& [name, module] : model.named_modules()) {
      add(module, "a module was replaced");
      add(&typeid(*module), "a module was replaced");
      add(module->is_training(), "a module was switched between training and evaluation");
      add(module->has_hooks(), "a module's hooks changed");
    }
    for (const auto& [name, parameter] : model.named_parameters()) add(parameter);
    for (const auto& [name, buffer] : model.named_buffers()) add(buffer);
    for (const optim::ParamGroup& group : optimizer.param_groups())
      for (const Tensor& parameter : group.params) add(parameter);
  }

  /// The first change since `before`, or null.
  const char* change_since(const Traits& before) const {
    if (list_.size() != before.list_.size()) return "the model has other members";
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (list_[i].value != before.list_[i].value) return list_[i].change;
    return nullptr;
  }

 private:
  template <class T>
  void add(const T& value, const char* change) {
    if constexpr (std::is_pointer_v<T>)
      list_.push_back({reinterpret_cast<std::uintptr_t>(value), change});
    else
      list_.push_back({static_cast<std::uintptr_t>(value), change});
  }
  void add(const Tensor& x) {
    const AutogradMeta* meta = x.impl().autograd;
    add(&x.impl(), "a parameter or buffer was replaced");
    add(x.impl().data, "a parameter or buffer was moved to other memory");
    add(x.dtype(), "a parameter or buffer was converted");
    add(meta && meta->requires_grad, "a parameter was frozen or unfrozen");
    add(meta && meta->hooks && !meta->hooks->list.empty(), "a parameter's hooks changed");
  }

  std::vector<Trait> list_;
};

Tensor copy_of(const Tensor& x) {
  Tensor y = make(x.shape(), x.dtype());
  engine::copy(x, y);
  return y;
}

/// to = from, of the same shape and type; `to` contiguous.
void refill(const Tensor& to, const Tensor& from) {
  if (from.is_contiguous())
    std::memcpy(to.impl().data, from.impl().data, to.impl().storage->bytes);
  else
    engine::copy(from, to);
  bump_version(to);
}

/// The step for one shape and type of batch.
struct Recorded {
  Recorded(const Tensor& input, const Tensor& wanted) : x(input), target(wanted) {}
  bool fits(const Tensor& input, const Tensor& wanted) const {
    return x.shape() == input.shape() && x.dtype() == input.dtype() &&
           target.shape() == wanted.shape() && target.dtype() == wanted.dtype();
  }

  Tensor x, target;                                  // its own, which the batches are copied to
  Tensor output, loss;                               // its results
  std::vector<std::pair<Tensor, Tensor>> gradients;  // of the optimiser's parameters, or undefined
  std::unique_ptr<Tape> tape;                        // null: not to be replayed
  std::string refused;                               // ... and why
  std::optional<Traits> traits;                      // none: not written down yet
  std::uint64_t structure = 0;
  Mode mode;
  int attempts = 0, misses = 0;
};

}  // namespace recording

using namespace recording;

struct CompiledStep::State {
  nn::Module& model;
  LossFunction loss_function;
  optim::Optimizer& optimizer;
  std::vector<std::unique_ptr<Recorded>> recorded;  // used last in front
  Tensor output;
  std::string reason;
  std::int64_t replays = 0;

  Tensor gradients(const Tensor& x, const Tensor& target) {
    if (const char* why = obstacle(x, target)) return eager(x, target, why);
    Recorded& r = recorded_for(x, target);
    if (const char* change = change_since(r)) {
      r.attempts = 0;
      return record(r, x, target, change);
    }
    if (!r.tape) {
      if (r.attempts < kMostAttempts) return record(r, x, target, r.refused);
      return eager(x, target, r.refused);
    }
    if (replay(r, x, target)) {
      reason.clear();
      ++replays;
      r.misses = 0;
      output = r.output;
      return copy_of(r.loss);
    }
    reason = "a number that the step looks at is not what it was";
    if (++r.misses == kMostMisses) {
      r.tape = nullptr;
      r.refused = reason;
      r.attempts = kMostAttempts;
    }
    return eager(x, target, reason);
  }

  static const char* obstacle(const Tensor& x, const Tensor& target) {
    if (!x.defined() || !target.defined()) return "an undefined input";
    if (x.requires_grad() || target.requires_grad()) return "an input needs a gradient";
    if (!grad_enabled()) return "nothing is recorded for backward";
    if (detail::grad_mode.anomaly) return "anomaly mode looks at every result";
    return nullptr;
  }

  /// The one for this kind of batch; a new one takes the place of the one not used for longest.
  Recorded& recorded_for(const Tensor& x, const Tensor& target) {
    auto found = std::find_if(recorded.begin(), recorded.end(),
                              [&](const auto& r) { return r->fits(x, target); });
    if (found == recorded.end()) {
      if (recorded.size() == kMostRecorded) recorded.pop_back();
      found = recorded.insert(recorded.end(), std::make_unique<Recorded>(copy_of(x.detach()),
                                                                         copy_of(target.detach())));
    }
    std::rotate(recorded.begin(), found, found + 1);
    return *recorded.front();
  }

  /// Why the recording, or the decision against one, no longer holds; or null.
  const char* change_since(Recorded& r) const {
    if (!r.traits) return "the first step with a batch of this shape and type";
    if (r.mode != Mode()) return "a guard changed what operations do";
    if (const std::uint64_t now = structure_version(); r.structure != now) {
      const Traits traits(model, optimizer);
      if (const char* change = traits.change_since(*r.traits)) return change;
      r.structure = now;
    }
    return r.tape && r.tape->outlived() ? "a tensor that the step reads was replaced" : nullptr;
  }

  Tensor eager(const Tensor& x, const Tensor& target, std::string why) {
    reason = std::move(why);
    optimizer.zero_grad();
    const Tensor y = model(x), loss = loss_function(y, target);
    loss.backward();
    output = y.detach();
    return loss.detach();
  }

  Tensor record(Recorded& r, const Tensor& x, const Tensor& target, std::string why) {
    reason = std::move(why);
    optimizer.zero_grad();
    r.traits.reset();
    r.tape = nullptr;
    refill(r.x, x), refill(r.target, target);
    auto tape = std::make_unique<Tape>();
    {
      const Tape::Recording on(*tape);
      const Tensor y = model(r.x), loss = loss_function(y, r.target);
      loss.backward();
      r.output = y.detach();
      r.loss = loss.detach();
    }
    r.gradients.clear();
    std::vector<Tensor> results{r.output, r.loss};
    for (const optim::ParamGroup& group : optimizer.param_groups())
      for (const Tensor& parameter : group.params) {
        r.gradients.emplace_back(parameter, parameter.grad());
        results.push_back(parameter.grad());
      }
    tape->finish(results);
    r.refused = tape->refused();
    if (r.refused.empty()) r.tape = std::move(tape);
    r.traits.emplace(model, optimizer);
    r.structure = structure_version();
    r.mode = Mode();
    ++r.attempts;
    r.misses = 0;
    if (!r.refused.empty()) reason = r.refused;
    output = r.output;
    return copy_of(r.loss);
  }

  static bool replay(Recorded& r, const Tensor& x, const Tensor& target) {
    refill(r.x, x), refill(r.target, target);
    for (auto& [parameter, gradient] : r.gradients)
      if (AutogradMeta& meta = *parameter.impl().autograd; !meta.grad.is_same(gradient))
        meta.grad = gradient;
    return r.tape->replay();
  }
};

CompiledStep::CompiledStep(nn::Module& model, LossFunction loss, optim::Optimizer& optimizer)
    : state_(new State{model, std::move(loss), optimizer, {}, {}, {}}) {}
CompiledStep::CompiledStep(CompiledStep&&) noexcept = default;
CompiledStep& CompiledStep::operator=(CompiledStep&&) noexcept = default;
CompiledStep::~CompiledStep() = default;

Tensor CompiledStep::operator()(const Tensor& x, const Tensor& target) {
  Tensor loss = state_->gradients(x, target);
  state_->optimizer.step();
  return loss;
}

Tensor CompiledStep::gradients(const Tensor& x, const Tensor& target) {
  return state_->gradients(x, target);
}

const Tensor& CompiledStep::output() const { return state_->output; }
const std::string& CompiledStep::reason() const { return state_->reason; }
std::int64_t CompiledStep::replays() const { return state_->replays; }

CompiledStep compile(nn::Module& model, LossFunction loss, optim::Optimizer& optimizer) {
  return {model, std::move(loss), optimizer};
}

}  // namespace percept::train
