// The recorded graph as text and for Graphviz.
#include <fmt/format.h>

#include <unordered_map>
#include <vector>

#include "percept/autograd/autograd.h"
#include "percept/autograd/node.h"

namespace percept {
namespace {

struct Visit {
  const Node* node;        // null for a leaf
  const TensorImpl* leaf;  // null for a node
  Shape shape;
  int depth;
};

const void* key(const Visit& visit) {
  return visit.node ? static_cast<const void*>(visit.node) : visit.leaf;
}

std::string label(const Visit& visit) {
  return visit.node ? visit.node->name() : std::string("leaf");
}

/// Depth first from the output; `seen` tells whether the node has been told of before.
template <class F>
void walk(const Tensor& output, const F& tell) {
  std::unordered_map<const void*, int> number;
  std::vector<Visit> stack;
  if (const Node* node = output.grad_fn())
    stack.push_back({node, nullptr, node->shape(), 0});
  else if (output.requires_grad())
    stack.push_back({nullptr, &output.impl(), output.shape(), 0});
  while (!stack.empty()) {
    const Visit visit = stack.back();
    stack.pop_back();
    const auto [entry, fresh] = number.emplace(key(visit), static_cast<int>(number.size()));
    tell(visit, entry->second, fresh);
    if (!visit.node || !fresh) continue;
    for (int i = visit.node->inputs() - 1; i >= 0; --i) {
      const Edge& edge = visit.node->input(i);
      if (edge.wanted())
        stack.push_back({edge.node.get(), edge.leaf.get(), edge.shape, visit.depth + 1});
    }
  }
}

}  // namespace

std::string graph_text(const Tensor& output) {
  std::string text;
  walk(output, [&](const Visit& visit, int number, bool fresh) {
    text += fmt::format("{:{}}#{} {} {}{}\n", "", 2 * visit.depth, number, label(visit),
                        visit.shape.str(), fresh || visit.leaf ? "" : " (above)");
  });
  return text;
}

std::string graph_dot(const Tensor& output) {
  std::string text =
      "digraph percept {\n  rankdir=BT\n  node [shape=box, fontname=\"sans-serif\"]\n";
  std::unordered_map<const void*, int> numbers;
  std::vector<const Node*> nodes;
  walk(output, [&](const Visit& visit, int number, bool fresh) {
    if (!fresh) return;
    numbers[key(visit)] = number;
    text += fmt::format("  n{} [label=\"{}\\n{}\"{}]\n", number, label(visit), visit.shape.str(),
                        visit.leaf ? ", style=filled, fillcolor=\"#e8f0e8\"" : "");
    if (visit.node) nodes.push_back(visit.node);
  });
  for (const Node* node : nodes)
    for (int i = 0; i < node->inputs(); ++i) {
      const Edge& edge = node->input(i);
      const void* from = edge.node ? static_cast<const void*>(edge.node.get()) : edge.leaf.get();
      if (from) text += fmt::format("  n{} -> n{}\n", numbers[from], numbers[node]);
    }
  return text + "}\n";
}

}  // namespace percept
