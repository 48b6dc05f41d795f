// One sample on its way through a network and back: every value, its gradient, and the slope that
// differences give for it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lessons/lesson.h"
#include "percept/nn/module.h"

namespace percept::lessons {

/// A tensor of the way; three of one shape, in f64.
struct Traced {
  std::string name;
  Tensor value;
  Tensor gradient;  ///< dL/dvalue, by back-propagation
  Tensor slope;     ///< (L(value + d) - L(value - d)) / 2d for each element, the rest unchanged
};

/// A module without children that the sample passed: Linear, ReLU, ...
struct TracedLayer {
  std::string name, type;
  std::string symbol;  ///< of its output: a before and h after an activation, z at the end
  Traced output;
  std::vector<Traced> parameters;
};

struct Trace {
  Traced input;
  std::vector<TracedLayer> layers;  ///< Flatten and Dropout left out
  double loss;
};

/// Sends x (1, features) through `net` and its loss back. `net` and x are f64; `loss` makes one
/// number of the output. Afterwards the parameters have their gradients.
Trace trace(nn::Module& net, const Tensor& x, const std::function<Tensor(const Tensor&)>& loss);

/// Largest |gradient - slope| of all elements, and how many there are.
double largest_gap(const Trace& trace);
std::int64_t count_elements(const Trace& trace);

/// Values and gradients on the graph of the computation; `loss` and `target` as they are written.
plot::Figure graph_of(const Trace& trace, const std::string& title, const std::string& loss,
                      const std::string& target, Language language);
/// The network with this sample's values; `inputs` and `outputs` name its ends.
plot::Figure network_of(const Trace& trace, const std::string& title,
                        const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs, Language language);

}  // namespace percept::lessons
