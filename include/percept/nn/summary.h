// What a model consists of, layer by layer.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "percept/nn/module.h"

namespace percept::nn {

/// A module without children, or one with parameters of its own.
struct SummaryRow {
  std::string name, type;          ///< dotted name, class
  Shape input = {}, output = {};   ///< of its first call, batch included
  std::int64_t calls = 0;          ///< 0: not run through operator(), so without shapes
  std::int64_t parameters = 0;     ///< elements it owns itself
  std::int64_t multiply_adds = 0;  ///< of all calls
};

struct Summary {
  std::string type;  ///< the model's class
  Shape input = {}, output = {};
  std::vector<SummaryRow> rows = {};  ///< in the order of visit()
  std::int64_t parameters = 0;        ///< elements; shared ones count once, here and below
  std::int64_t trainable = 0;         ///< of them, those that need a gradient
  std::int64_t multiply_adds = 0;
  std::int64_t parameter_bytes = 0;   ///< parameters and buffers
  std::int64_t activation_bytes = 0;  ///< outputs of all rows, views not counted
  std::string str() const;            ///< a table, at most 80 columns
};

/// Runs the model once, without gradients and as in eval(), on zeros of `input_shape` (batch
/// included) and of its first parameter's type. The model, its hooks and the default generator are
/// afterwards as they were. Throws what its forward throws for that shape.
Summary summary(Module& module, const Shape& input_shape);

std::ostream& operator<<(std::ostream& out, const Summary& summary);

}  // namespace percept::nn
