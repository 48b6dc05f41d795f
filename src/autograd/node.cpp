#include "percept/autograd/node.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <atomic>
#include <cmath>

#include "autograd/meta.h"
#include "autograd/unvisited.h"
#include "base/allocator.h"
#include "engine/pointwise.h"
#include "percept/autograd/autograd.h"
#include "percept/base/error.h"
#include "tensor/make.h"

namespace percept {

thread_local detail::GradMode detail::grad_mode;

AutocastGuard::AutocastGuard(Dtype type) {
  if (type != bf16 && type != f32)
    throw DtypeError(fmt::format("AutocastGuard: expects bf16 or f32, found {}", name_of(type)));
  detail::grad_mode.products = type;
}

namespace {

std::atomic<std::uint64_t> next_sequence{1};

std::string node_name(const std::type_info& type) {
  int status = 0;
  char* demangled = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? demangled : type.name();
  std::free(demangled);
  if (const auto colon = name.rfind("::"); colon != std::string::npos) name.erase(0, colon + 2);
  return name + "0";
}

bool all_finite(const Tensor& x) {
  if (x.dtype() != f32 && x.dtype() != f64) return true;
  const Tensor dense = x.detach().contiguous();
  const auto finite = [](auto values) {
    for (auto v : values)
      if (!std::isfinite(v)) return false;
    return true;
  };
  return x.dtype() == f32 ? finite(dense.span<float>()) : finite(dense.span<double>());
}

}  // namespace

// -- Node
Node::Node() : sequence_(next_sequence.fetch_add(1, std::memory_order_relaxed)) {}

Node::~Node() {
  for (int i = 0; i < count_; ++i) edges_[i].~Edge();
  if (edges_) deallocate(edges_, sizeof(Edge) * static_cast<std::size_t>(count_));
}

std::string Node::name() const { return node_name(typeid(*this)); }

void* Node::operator new(std::size_t bytes) { return allocate(bytes); }
void Node::operator delete(void* node, std::size_t bytes) noexcept { deallocate(node, bytes); }

// A graph may be a chain of a million nodes: its end must not be a recursion of that depth.
void Node::destroy(Node* node) noexcept {
  thread_local Node* waiting = nullptr;
  thread_local bool busy = false;
  node->pending_ = Tensor();
  node->next_dead_ = waiting;
  waiting = node;
  if (busy) return;
  busy = true;
  while (waiting) {
    Node* last = waiting;
    waiting = last->next_dead_;
    delete last;
  }
  busy = false;
}

// -- AutogradMeta
void* AutogradMeta::operator new(std::size_t bytes) { return allocate(bytes); }
void AutogradMeta::operator delete(void* meta, std::size_t bytes) noexcept {
  deallocate(meta, bytes);
}
void destroy_autograd_meta(AutogradMeta* meta) noexcept {
  if (meta->noted) forget_unvisited(meta);
  delete meta;
}

AutogradMeta& meta_of(const Tensor& tensor) {
  TensorImpl& impl = tensor.mutable_impl();
  if (!impl.autograd) impl.autograd = new AutogradMeta;
  return *impl.autograd;
}

void run_hooks(const std::shared_ptr<Hooks>& hooks, Tensor& gradient) {
  if (!hooks) return;
  for (const auto& [id, hook] : std::vector(hooks->list))
    if (Tensor changed = hook(gradient); changed.defined()) gradient = std::move(changed);
  if (const auto kept = hooks->retained.lock())
    *kept = kept->defined() ? kept->add(gradient) : gradient.clone();
}

void HookHandle::remove() {
  if (const auto hooks = hooks_.lock())
    std::erase_if(hooks->list, [&](const auto& entry) { return entry.first == id_; });
}

// -- Saved
Saved::Saved(Node* owner) : owner_(owner), next_(owner->saved_) { owner->saved_ = this; }

Saved& Saved::operator=(const Tensor& tensor) {
  const TensorImpl& impl = tensor.impl();
  if (impl.inference)
    throw AutogradError(
        fmt::format("{}: a tensor made under InferenceGuard cannot be kept for "
                    "backward; hint: .clone() it outside the guard",
                    owner_->name()));
  own_result_ = impl.autograd && impl.autograd->node.get() == owner_;
  tensor_ = own_result_ ? alias(tensor) : tensor;
  version_ = impl.storage->version;
  released_ = false;
  return *this;
}

Tensor Saved::get() const {
  if (released_)
    throw AutogradError(fmt::format(
        "{}: backward a second time through a graph that was freed after the first; hint: pass "
        "retain_graph = true the first time",
        owner_->name()));
  if (!tensor_.defined()) return tensor_;
  if (const auto now = tensor_.impl().storage->version; now != version_)
    throw AutogradError(fmt::format(
        "{}: a tensor of shape {} needed for the gradient was modified in place (version {}, "
        "expected {}); hint: use the form without '_', or .clone() it first",
        owner_->name(), tensor_.shape().str(), now, version_));
  if (!own_result_ || !grad_enabled()) return tensor_;
  Tensor result = alias(tensor_);
  meta_of(result).node = owner_;
  return result;
}

void Saved::release() {
  tensor_ = Tensor();
  released_ = true;
}

// -- recording
bool should_record(const std::type_info& node, const Tensor& result, const Tensor* const* inputs,
                   std::size_t count) {
  const detail::GradMode& mode = detail::grad_mode;
  if (mode.anomaly && !all_finite(result)) {
    bool inputs_finite = true;
    for (std::size_t i = 0; i < count; ++i) inputs_finite &= all_finite(*inputs[i]);
    if (inputs_finite)
      throw DivergedError(
          fmt::format("anomaly: {} made NaN or Inf in its forward result of shape "
                      "{} from finite inputs",
                      node_name(node), result.shape().str()));
  }
  if (mode.inference) result.mutable_impl().inference = true;
  if (!mode.enabled || !is_floating(result.dtype())) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const TensorImpl& impl = inputs[i]->impl();
    const AutogradMeta* meta = impl.autograd;
    if (meta && (meta->requires_grad || meta->node)) return true;
  }
  return false;
}

Tensor& attach(Tensor& result, Node* raw, const Tensor* const* inputs, std::size_t count) {
  const Ref<Node> node(raw);
  node->edges_ = static_cast<Edge*>(allocate(sizeof(Edge) * count));
  for (std::size_t i = 0; i < count; ++i) {
    const TensorImpl& impl = inputs[i]->impl();
    if (impl.view && impl.autograd && impl.autograd->node &&
        impl.rewritten != impl.storage->rewritten)
      throw AutogradError(fmt::format(
          "{}: input {} is a view whose base was modified in place after the view was made; its "
          "gradient would be wrong. Hint: make the view again",
          node->name(), i));
    Edge& edge = *new (node->edges_ + i) Edge;
    node->count_ = static_cast<int>(i + 1);
    edge.shape = impl.shape;
    edge.dtype = impl.dtype;
    if (const AutogradMeta* meta = impl.autograd) {
      if (meta->node)
        edge.node = meta->node;
      else if (meta->requires_grad)
        edge.leaf = &inputs[i]->mutable_impl();
    }
  }
  node->shape_ = result.shape();
  node->dtype_ = result.dtype();
  meta_of(result).node = node;
  return result;
}

Tensor& assign_in_place(Tensor& target, const Tensor& result, const char* op) {
  TensorImpl& impl = target.mutable_impl();
  const bool recorded = result.grad_fn() != nullptr;
  if (grad_enabled() && target.is_leaf() && target.requires_grad())
    throw AutogradError(
        fmt::format("{}: a leaf that needs a gradient cannot be changed in place; "
                    "hint: do it under NoGradGuard",
                    op));
  if (recorded && impl.view)
    throw AutogradError(
        fmt::format("{}: a view cannot be changed in place while the change is "
                    "recorded; hint: use index_put_ on the whole tensor",
                    op));
  if (result.shape() != target.shape())
    throw ShapeError(
        fmt::format("{}: the result has shape {}, which does not fit into the tensor's "
                    "own shape {}",
                    op, result.shape().str(), target.shape().str()));
  if (is_floating(result.dtype()) && !is_floating(target.dtype()))
    throw DtypeError(fmt::format("{}: a result of type {} cannot be stored in a tensor of {}", op,
                                 name_of(result.dtype()), name_of(target.dtype())));
  engine::copy(result, target);
  bump_version(target);
  if (recorded) {
    ++impl.storage->rewritten;
    meta_of(target).node = result.impl().autograd->node;
  }
  return target;
}

}  // namespace percept
