// What autograd keeps beside a tensor.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "percept/autograd/node.h"

namespace percept {

struct Hooks {
  int next_id = 0;
  std::vector<std::pair<int, std::function<Tensor(const Tensor&)>>> list;
  std::weak_ptr<Tensor> retained;  // keeps what the hooks have left of the gradient
};

struct AutogradMeta {
  Ref<Node> node;              // what computed it; null for a leaf
  Tensor grad;                 // of a leaf
  bool requires_grad = false;  // of a leaf
  bool parameter = false;      // an nn::Parameter's
  bool visited = false;        // ... that some module's visit() has named or an optimiser was given
  bool noted = false;          // ... listed in autograd/unvisited.cpp
  std::shared_ptr<Hooks> hooks;      // of a leaf; a node keeps its own
  std::shared_ptr<Tensor> retained;  // the gradient of a non-leaf that asked to keep it

  static void* operator new(std::size_t bytes);
  static void operator delete(void* meta, std::size_t bytes) noexcept;
  /// The list of hooks that see this tensor's gradient, made when there is none.
  std::shared_ptr<Hooks>& hook_list() { return node ? node->hooks_ : hooks; }
};

AutogradMeta& meta_of(const Tensor& tensor);  // made when there is none

/// Runs the hooks on a gradient; a defined result replaces it.
void run_hooks(const std::shared_ptr<Hooks>& hooks, Tensor& gradient);

}  // namespace percept
