// The walk from outputs to leaves. Nodes are taken latest first: a node is younger than everything
// it was computed from, so when it comes up its gradient is complete. No recursion.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <unordered_map>

#include "autograd/meta.h"
#include "autograd/unvisited.h"
#include "base/allocator.h"
#include "engine/pointwise.h"
#include "percept/autograd/autograd.h"
#include "percept/base/error.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"
#include "tensor/structure.h"

namespace percept {

/// One run of the walk.
class Backward {
 public:
  Backward(const GradOptions& options, const std::vector<Tensor>* inputs)
      : options_(options), inputs_(inputs) {
    options_.retain_graph |= options_.create_graph;
    if (inputs_) captured_.resize(inputs_->size());
  }
  ~Backward() {  // after an exception
    for (Node* node : heap_) node->queued_ = false, node->pending_ = Tensor();
  }
  Backward(const Backward&) = delete;
  Backward& operator=(const Backward&) = delete;

  void start(const Tensor& output, Tensor gradient) {
    if (inputs_) find_needed(output.impl().autograd->node.get());
    Edge edge = edge_to(output);
    send(edge, std::move(gradient));
  }

  void run() {
    detail::GradModeGuard restore;
    detail::grad_mode.enabled = options_.create_graph;
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), earlier);
      const Ref<Node> node(heap_.back());
      heap_.pop_back();
      node->queued_ = false;
      Tensor dy = std::move(node->pending_);
      node->pending_ = Tensor();
      run_hooks(node->hooks_, dy);
      if (inputs_) capture(node.get(), dy);
      if (!inputs_ || needed_[node.get()]) visit(*node, dy);
    }
    finish_leaves();
  }

  std::vector<Tensor> take_captured() { return std::move(captured_); }

 private:
  static bool earlier(const Node* a, const Node* b) { return a->sequence_ < b->sequence_; }

  static Edge edge_to(const Tensor& output) {
    Edge edge;
    const AutogradMeta& meta = *output.impl().autograd;
    if (meta.node)
      edge.node = meta.node;
    else
      edge.leaf = &output.mutable_impl();
    edge.shape = output.shape();
    edge.dtype = output.dtype();
    return edge;
  }

  void visit(Node& node, const Tensor& dy) {
    Gradients dx(node);
    {
      const detail::GradModeGuard restore;
      detail::grad_mode.anomaly = false;  // check_finite() names this node, not what it is made of
      node.backward(dy, dx);
    }
    for (int i = 0; i < node.inputs(); ++i) {
      Edge& edge = node.input(i);
      if (!edge.wanted() || !dx[i].defined()) continue;
      if (detail::grad_mode.anomaly) check_finite(node, i, dy, dx[i]);
      send(edge, std::move(dx[i]));
    }
    if (!options_.retain_graph)
      for (Saved* saved = node.saved_; saved; saved = saved->next_) saved->release();
  }

  /// Adds a gradient to what the edge leads to.
  void send(Edge& edge, Tensor gradient) {
    gradient = fit(std::move(gradient), edge);
    if (edge.node) {
      Node* node = edge.node.get();
      if (inputs_ && !needed_[node] && !is_input(node)) return;
      add(node->pending_, std::move(gradient));
      if (!node->queued_) {
        node->queued_ = true;
        heap_.push_back(node);
        std::push_heap(heap_.begin(), heap_.end(), earlier);
      }
      return;
    }
    if (inputs_) {
      for (std::size_t i = 0; i < inputs_->size(); ++i)
        if (&(*inputs_)[i].impl() == edge.leaf.get()) add(captured_[i], gradient);
      return;
    }
    AutogradMeta& meta = *edge.leaf->autograd;
    if (meta.parameter && !meta.visited) note_unvisited(*edge.leaf);
    if (meta.hooks)
      add(pending_of(edge.leaf), std::move(gradient));
    else
      add_to_leaf(meta.grad, std::move(gradient));
  }

  /// What has come in for a leaf with hooks: they see the whole of it, at the end of the walk.
  Tensor& pending_of(const Ref<TensorImpl>& leaf) {
    for (auto& [known, gradient] : hooked_)
      if (known == leaf) return gradient;
    return hooked_.emplace_back(leaf, Tensor()).second;
  }

  void finish_leaves() {
    for (auto& [leaf, gradient] : hooked_) {
      run_hooks(leaf->autograd->hooks, gradient);
      add_to_leaf(leaf->autograd->grad, std::move(gradient));
    }
    for (std::size_t i = 0; i < captured_.size(); ++i) {
      const Tensor& input = (*inputs_)[i];
      if (captured_[i].defined() && input.is_leaf())
        run_hooks(input.impl().autograd->hooks, captured_[i]);
    }
  }

  /// The gradient in its input's shape (broadcast dimensions summed) and type.
  static Tensor fit(Tensor gradient, const Edge& edge) {
    if (gradient.shape() != edge.shape) {
      const int extra = gradient.dim() - edge.shape.dim();
      Shape leading, ones;
      for (int d = 0; d < gradient.dim(); ++d) {
        if (d < extra)
          leading.push_back(d);
        else if (edge.shape[d - extra] == 1 && gradient.shape()[d] != 1)
          ones.push_back(d - extra);
      }
      if (leading.dim() > 0) gradient = gradient.sum(leading);
      if (ones.dim() > 0) gradient = gradient.sum(ones, true);
      if (gradient.shape() != edge.shape) gradient = gradient.expand(edge.shape);
    }
    return gradient.dtype() == edge.dtype ? gradient : gradient.to(edge.dtype);
  }

  static bool sole_owner(const Tensor& x) {
    return x.impl().use_count() == 1 && x.impl().storage->use_count() == 1 && x.is_contiguous();
  }

  /// sum += gradient; in place only where nobody else can see the memory.
  void add(Tensor& sum, Tensor gradient) const {
    if (!sum.defined()) {
      sum = std::move(gradient);
    } else if (options_.create_graph || !sole_owner(sum) || sum.requires_grad()) {
      sum = sum.add(gradient);
    } else {
      engine::apply(engine::add, "accumulate", sum, {&sum, &gradient});
      bump_version(sum);
    }
  }

  /// The same for a leaf's grad(), whose memory must be its own from the start and stay the same
  /// tensor, because the user may hold it.
  void add_to_leaf(Tensor& sum, Tensor gradient) const {
    if (!sum.defined())
      sum = options_.create_graph || sole_owner(gradient) ? std::move(gradient) : gradient.clone();
    else if (options_.create_graph || sum.requires_grad())
      sum = sum.add(gradient);
    else {
      engine::apply(engine::add, "accumulate", sum, {&sum, &gradient});
      bump_version(sum);
    }
  }

  bool is_input(const Node* node) const {
    return std::any_of(inputs_->begin(), inputs_->end(), [&](const Tensor& input) {
      const AutogradMeta* meta = input.impl().autograd;
      return meta && meta->node.get() == node;
    });
  }

  void capture(const Node* node, const Tensor& dy) {
    for (std::size_t i = 0; i < inputs_->size(); ++i) {
      const AutogradMeta* meta = (*inputs_)[i].impl().autograd;
      if (meta && meta->node.get() == node) add(captured_[i], dy);
    }
  }

  /// needed_[n]: some input lies below n.
  void find_needed(Node* root) {
    if (!root) return;
    std::vector<std::pair<Node*, bool>> stack{{root, false}};
    while (!stack.empty()) {
      auto [node, done] = stack.back();
      stack.pop_back();
      if (!done) {
        if (!needed_.emplace(node, false).second) continue;
        stack.emplace_back(node, true);
        for (int i = 0; i < node->inputs(); ++i)
          if (Node* below = node->input(i).node.get()) stack.emplace_back(below, false);
        continue;
      }
      for (int i = 0; i < node->inputs(); ++i) {
        const Edge& edge = node->input(i);
        bool leads = edge.node && (needed_[edge.node.get()] || is_input(edge.node.get()));
        if (edge.leaf)
          leads |= std::any_of(inputs_->begin(), inputs_->end(), [&](const Tensor& input) {
            return &input.impl() == edge.leaf.get();
          });
        if (leads) needed_[node] = true;
      }
    }
  }

  static void check_finite(const Node& node, int i, const Tensor& dy, const Tensor& dx) {
    const auto finite = [](const Tensor& x) {
      for (double v : x.detach().to_vector<double>())
        if (!std::isfinite(v)) return false;
      return true;
    };
    if (!finite(dx) && finite(dy))
      throw DivergedError(fmt::format(
          "anomaly: {} made NaN or Inf in its gradient of input {}, shape {}, from a finite one",
          node.name(), i, dx.shape().str()));
  }

  GradOptions options_;
  const std::vector<Tensor>* inputs_;  // null: into the leaves' grad()
  std::vector<Tensor> captured_;
  std::unordered_map<const Node*, bool> needed_;
  std::vector<std::pair<Ref<TensorImpl>, Tensor>> hooked_;  // gradients of leaves with hooks
  std::vector<Node*, Cached<Node*>>
      heap_;  // kept alive by the graph above them, which the outputs hold
};

namespace {

Tensor first_gradient(const Tensor& output, const Tensor& given) {
  if (!output.requires_grad())
    throw AutogradError(
        fmt::format("backward: the output of shape {} does not depend on anything "
                    "that needs a gradient; hint: requires_grad_() on a leaf, and "
                    "no NoGradGuard",
                    output.shape().str()));
  if (given.defined()) {
    if (given.shape() != output.shape())
      throw ShapeError(fmt::format("backward: the gradient has shape {}, the output {}",
                                   given.shape().str(), output.shape().str()));
    return given;
  }
  if (output.numel() != 1)
    throw AutogradError(
        fmt::format("backward: an output of shape {} needs a gradient argument; "
                    "only one of a single element may go without",
                    output.shape().str()));
  return ones(output.shape(), {.dtype = output.dtype()});
}

void start_all(Backward& walk, std::span<const Tensor> outputs, std::span<const Tensor> gradients) {
  if (!gradients.empty() && gradients.size() != outputs.size())
    throw ValueError(
        fmt::format("backward: {} outputs but {} gradients", outputs.size(), gradients.size()));
  for (std::size_t i = 0; i < outputs.size(); ++i)
    walk.start(outputs[i], first_gradient(outputs[i], gradients.empty() ? Tensor() : gradients[i]));
}

}  // namespace

void backward(const std::vector<Tensor>& outputs, const std::vector<Tensor>& gradients,
              const GradOptions& options) {
  Backward walk(options, nullptr);
  start_all(walk, outputs, gradients);
  walk.run();
}

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const std::vector<Tensor>& gradients, const GradOptions& options) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].requires_grad())
      throw AutogradError(
          fmt::format("grad: input {} of shape {} does not need a gradient; hint: "
                      "requires_grad_()",
                      i, inputs[i].shape().str()));
  Backward walk(options, &inputs);
  start_all(walk, outputs, gradients);
  walk.run();
  std::vector<Tensor> result = walk.take_captured();
  for (std::size_t i = 0; i < result.size(); ++i)
    if (!result[i].defined() && !options.allow_unused)
      throw AutogradError(
          fmt::format("grad: input {} of shape {} was not used to compute the "
                      "outputs; hint: allow_unused = true gives an undefined tensor",
                      i, inputs[i].shape().str()));
  return result;
}

// -- Tensor's members
bool Tensor::requires_grad() const {
  const AutogradMeta* meta = impl().autograd;
  return meta && (meta->requires_grad || meta->node);
}

Tensor& Tensor::requires_grad_(bool on) {
  if (on && !is_floating(dtype()))
    throw AutogradError(fmt::format("requires_grad_: only real tensors have gradients, this is {}",
                                    name_of(dtype())));
  if (!on && !is_leaf())
    throw AutogradError("requires_grad_: only a leaf's flag can be cleared; hint: .detach()");
  if (on && impl().inference)
    throw AutogradError(
        "requires_grad_: the tensor was made under InferenceGuard; hint: .clone() "
        "it outside the guard");
  structure_changed();
  if (on || impl().autograd) meta_of(*this).requires_grad = on;
  return *this;
}

bool Tensor::is_leaf() const {
  const AutogradMeta* meta = impl().autograd;
  return !meta || !meta->node;
}

Tensor Tensor::grad() const {
  const AutogradMeta* meta = impl().autograd;
  if (!meta) return {};
  return meta->retained ? *meta->retained : meta->grad;
}

void Tensor::set_grad(const Tensor& grad) {
  if (grad.defined() && (grad.shape() != shape() || grad.dtype() != dtype()))
    throw ShapeError(
        fmt::format("set_grad: a gradient of shape {} and type {} for a tensor of {} "
                    "and {}",
                    grad.shape().str(), name_of(grad.dtype()), shape().str(), name_of(dtype())));
  meta_of(*this).grad = grad;
}

void Tensor::zero_grad() {
  if (impl().autograd) impl().autograd->grad = Tensor();
}

void Tensor::retain_grad() {
  if (is_leaf()) return;
  AutogradMeta& meta = meta_of(*this);
  if (meta.retained) return;
  meta.retained = std::make_shared<Tensor>();
  std::shared_ptr<Hooks>& hooks = meta.hook_list();
  if (!hooks) hooks = std::make_shared<Hooks>();
  hooks->retained = meta.retained;
}

void Tensor::backward(const Tensor& gradient, bool retain_graph, bool create_graph) const {
  Backward walk({.retain_graph = retain_graph, .create_graph = create_graph}, nullptr);
  start_all(walk, {this, 1}, {&gradient, 1});
  walk.run();
}

HookHandle Tensor::register_hook(std::function<Tensor(const Tensor&)> hook) const {
  if (!requires_grad()) throw AutogradError("register_hook: the tensor does not need a gradient");
  structure_changed();
  std::shared_ptr<Hooks>& hooks = meta_of(*this).hook_list();
  if (!hooks) hooks = std::make_shared<Hooks>();
  hooks->list.emplace_back(hooks->next_id, std::move(hook));
  return {hooks, hooks->next_id++};
}

const Node* Tensor::grad_fn() const {
  const AutogradMeta* meta = impl().autograd;
  return meta ? meta->node.get() : nullptr;
}

}  // namespace percept
