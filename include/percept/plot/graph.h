// A computation as boxes from left to right, with its values and the gradients that come back.
#pragma once

#include <string>
#include <vector>

#include "percept/plot/figure.h"

namespace percept::plot {

enum class GraphRole { Data, Parameter, Operation };

/// A box. Texts may have several lines, separated by \n: the rows of a matrix.
struct GraphNode {
  std::string label;
  GraphRole role = GraphRole::Operation;
  std::string value = {};     ///< below the label
  std::string gradient = {};  ///< below the value
};

/// An arrow between two nodes, by their places in the list.
struct GraphEdge {
  int from = 0, to = 0;
  std::string label =
      {};  ///< on the arrow, such as the derivative that the gradient is multiplied by
};

struct GraphOptions {
  std::string title = {};
  std::string data_label = "data";
  std::string parameter_label = "parameter";
  std::string operation_label = "operation";
  std::string gradient_label = "gradient of the last node";
};

/// Nodes in columns so that every arrow points to the right. Throws ValueError (no node, arrows
/// that form a circle), IndexError (an arrow to a node that is not there).
Figure computation_graph(const std::vector<GraphNode>& nodes, const std::vector<GraphEdge>& edges,
                         const GraphOptions& options = {});

}  // namespace percept::plot
