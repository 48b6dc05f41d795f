// Gradients of whatever was computed: torch.autograd.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "percept/autograd/grad_mode.h"
#include "percept/tensor/tensor.h"

namespace percept {

struct Hooks;

/// Takes a hook off again; dropping the handle leaves the hook in place.
class HookHandle {
 public:
  HookHandle() = default;
  HookHandle(std::weak_ptr<Hooks> hooks, int id) : hooks_(std::move(hooks)), id_(id) {}
  void remove();

 private:
  std::weak_ptr<Hooks> hooks_;
  int id_ = 0;
};

struct GradOptions {
  bool retain_graph = false;  ///< keep what backward needs, to run it once more
  bool create_graph = false;  ///< record the gradient's own computation; implies retain_graph
  bool allow_unused =
      false;  ///< an input that the outputs do not depend on gives an undefined tensor
};

/// Adds d(sum of outputs · gradients)/d(leaf) to every leaf's grad(). A gradient may be undefined
/// for an output of one element. Throws AutogradError.
void backward(const std::vector<Tensor>& outputs, const std::vector<Tensor>& gradients = {},
              const GradOptions& options = {});

/// d(sum of outputs · gradients)/d(inputs), without touching any grad(). Throws AutogradError for
/// an input that is not part of the graph, unless allow_unused.
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const std::vector<Tensor>& gradients = {},
                         const GradOptions& options = {});

/// The graph behind `output`, one line a node: operation, shape of its result, inputs indented.
std::string graph_text(const Tensor& output);
/// The same for Graphviz.
std::string graph_dot(const Tensor& output);

}  // namespace percept
