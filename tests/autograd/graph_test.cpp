// The recorded graph as text and for Graphviz.
#include <gtest/gtest.h>

#include "percept/autograd/autograd.h"
#include "percept/autograd/node.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

Tensor parameter_of(const Shape& shape) { return ones(shape, {.requires_grad = true}); }

/// relu(x wᵀ + b) h summed, h used a second time.
Tensor example() {
  const Tensor h = relu(linear(ones({4, 3}), parameter_of({2, 3}), parameter_of({2})));
  return (h * h).sum();
}

TEST(Graph, AsText) {
  EXPECT_EQ(graph_text(example()),
            "#0 SumBackward0 []\n"
            "  #1 MulBackward0 [4, 2]\n"
            "    #2 ReluBackward0 [4, 2]\n"
            "      #3 AddmmBackward0 [4, 2]\n"
            "        #4 leaf [2, 3]\n"
            "        #5 leaf [2]\n"
            "    #2 ReluBackward0 [4, 2] (above)\n");
}

TEST(Graph, ForGraphviz) {
  EXPECT_EQ(graph_dot(example()),
            "digraph percept {\n"
            "  rankdir=BT\n"
            "  node [shape=box, fontname=\"sans-serif\"]\n"
            "  n0 [label=\"SumBackward0\\n[]\"]\n"
            "  n1 [label=\"MulBackward0\\n[4, 2]\"]\n"
            "  n2 [label=\"ReluBackward0\\n[4, 2]\"]\n"
            "  n3 [label=\"AddmmBackward0\\n[4, 2]\"]\n"
            "  n4 [label=\"leaf\\n[2, 3]\", style=filled, fillcolor=\"#e8f0e8\"]\n"
            "  n5 [label=\"leaf\\n[2]\", style=filled, fillcolor=\"#e8f0e8\"]\n"
            "  n1 -> n0\n"
            "  n2 -> n1\n"
            "  n2 -> n1\n"
            "  n3 -> n2\n"
            "  n4 -> n3\n"
            "  n5 -> n3\n"
            "}\n");
}

TEST(Graph, OfALeafAndOfNothing) {
  EXPECT_EQ(graph_text(parameter_of({3})), "#0 leaf [3]\n");
  EXPECT_EQ(graph_text(ones({3})), "");
  EXPECT_EQ(graph_dot(ones({3})),
            "digraph percept {\n  rankdir=BT\n  node [shape=box, fontname=\"sans-serif\"]\n}\n");
}

TEST(Graph, NodesBearPyTorchsNames) {
  const Tensor x = parameter_of({2, 2});
  EXPECT_EQ((x + x).grad_fn()->name(), "AddBackward0");
  EXPECT_EQ((x - 1).grad_fn()->name(), "SubBackward0");
  EXPECT_EQ((x / x).grad_fn()->name(), "DivBackward0");
  EXPECT_EQ(x.mean().grad_fn()->name(), "MeanBackward0");
  EXPECT_EQ(matmul(x, x).grad_fn()->name(), "MmBackward0");
  EXPECT_EQ(x.t().grad_fn()->name(), "TransposeBackward0");
  EXPECT_EQ(x.grad_fn(), nullptr);
}

}  // namespace
}  // namespace percept
