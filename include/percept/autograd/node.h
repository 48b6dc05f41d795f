// The graph: one Node per recorded operation. To add an operation, derive a node that says how the
// gradient of the result becomes gradients of the inputs, and record() it:
//
//   // y = a b;  da = dy b,  db = dy a
//   struct MulBackward final : Node {
//     Saved a{this}, b{this};
//     void backward(const Tensor& dy, Gradients& dx) override {
//       if (dx.wanted(0)) dx[0] = mul(dy, b);
//       if (dx.wanted(1)) dx[1] = mul(dy, a);
//     }
//   };
//   Tensor mul(const Tensor& a, const Tensor& b) {
//     Tensor y = ...;
//     if (auto* node = record<MulBackward>(y, a, b)) node->a = a, node->b = b;
//     return y;
//   }
//
// A gradient may have any shape that broadcasting gives: it is summed back to its input's shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <typeinfo>
#include <vector>

#include "percept/autograd/grad_mode.h"
#include "percept/tensor/tensor.h"

namespace percept {

struct Hooks;
class Gradients;
class Saved;

/// Where the gradient of one input goes: to the node that computed it, or into a leaf.
struct Edge {
  Ref<Node> node;
  Ref<TensorImpl> leaf;
  Shape shape;
  Dtype dtype = f32;
  bool wanted() const { return node || leaf; }
};

struct Node : RefCounted {
  Node();
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Sets dx[i] to the gradient of input i, for each wanted i; one left undefined counts as zero.
  virtual void backward(const Tensor& dy, Gradients& dx) = 0;
  /// The class's name as PyTorch writes it: "MulBackward0".
  std::string name() const;

  int inputs() const { return count_; }
  Edge& input(int i) const { return edges_[i]; }
  const Shape& shape() const { return shape_; }  ///< of the result

  static void destroy(Node*) noexcept;
  static void* operator new(std::size_t bytes);
  static void operator delete(void* node, std::size_t bytes) noexcept;

 private:
  friend class Saved;
  friend class Backward;
  friend Tensor& attach(Tensor&, Node*, const Tensor* const*, std::size_t);
  friend struct AutogradMeta;

  std::uint64_t sequence_;  // later than every node it depends on
  Edge* edges_ = nullptr;
  int count_ = 0;
  bool queued_ = false;
  Node* next_dead_ = nullptr;  // list of nodes waiting to be deleted
  Saved* saved_ = nullptr;     // list of the node's saved tensors
  Tensor pending_;             // gradient of the result, while backward gathers it
  Shape shape_;
  Dtype dtype_ = f32;
  std::shared_ptr<Hooks> hooks_;  // run on pending_ when it is complete
};

/// A tensor kept for backward(): converts to the Tensor, after checking that it was not overwritten
/// since and that the graph still holds it. The node's own result is kept without a cycle.
class Saved {
 public:
  explicit Saved(Node* owner);
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;
  Saved& operator=(const Tensor& tensor);
  operator Tensor() const { return get(); }
  /// Throws AutogradError when the data changed since or the graph was freed.
  Tensor get() const;
  void release();

 private:
  friend class Backward;
  Node* owner_;
  Saved* next_;
  Tensor tensor_;
  std::uint32_t version_ = 0;
  bool own_result_ = false, released_ = false;
};

/// What a node's backward() fills in.
class Gradients {
 public:
  explicit Gradients(const Node& node) : node_(node), more_(extra(node)) {}
  bool wanted(int i) const { return node_.input(i).wanted(); }
  Tensor& operator[](int i) {
    return i < kInline ? few_[i] : more_[static_cast<std::size_t>(i - kInline)];
  }

 private:
  static constexpr int kInline = 4;
  static std::size_t extra(const Node& node) {
    return node.inputs() > kInline ? static_cast<std::size_t>(node.inputs() - kInline) : 0;
  }
  const Node& node_;
  Tensor few_[kInline];
  std::vector<Tensor> more_;
};

/// Whether an operation on these inputs has to be recorded; in anomaly mode also checks its result.
bool should_record(const std::type_info& node, const Tensor& result, const Tensor* const* inputs,
                   std::size_t count);
/// Makes `node` the one that computed `result`.
Tensor& attach(Tensor& result, Node* node, const Tensor* const* inputs, std::size_t count);

/// Records that `result`, freshly made, was computed from `inputs` by an operation whose gradient
/// is N. Returns the node to save tensors in, or null when nothing needs a gradient.
template <class N>
N* record(Tensor& result, const Tensor* const* inputs, std::size_t count) {
  if (!should_record(typeid(N), result, inputs, count)) return nullptr;
  N* node = new N;
  attach(result, node, inputs, count);
  return node;
}
template <class N, class... Inputs>
N* record(Tensor& result, const Inputs&... inputs) {
  const Tensor* const list[] = {&inputs...};
  return record<N>(result, list, sizeof...(inputs));
}

/// For the in-place forms: copies `result` into `target` and makes target's history result's.
/// Throws AutogradError for a leaf that needs a gradient and for views of recorded tensors.
Tensor& assign_in_place(Tensor& target, const Tensor& result, const char* op);

}  // namespace percept
