// Every public operation by its name, callable with tensors and JSON arguments, so that cases can
// be rows of a table or lines of a file.
//
// Arguments have PyTorch's names: {"dim": 1, "keepdim": true}, {"other": 2.5}, {"alpha": 3}.
// Numbers JSON cannot write are strings: "inf", "-inf", "nan". Where an operation has several
// forms, the number of inputs and the arguments choose: add with two inputs, or one and "other"; a
// number in front is "self" (sub, div, pow, where). Of several results "output" names one: "values"
// (the default) or "indices", or a place for split, chunk and unbind. Optional tensors are named by
// their place among the inputs: {"weight": 2, "pos_weight": 3}; linear's bias is simply a third
// input.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "percept/tensor/tensor.h"

namespace percept::testing {

using Inputs = std::vector<Tensor>;
using Args = nlohmann::json;

struct OpEntry {
  std::string name;
  std::function<Tensor(const Inputs& inputs, const Args& args)> call;
};

/// All functions of include/percept/ops/*.h, and the members of Tensor that have no free form (as
/// "Tensor.clone").
const std::map<std::string, OpEntry>& op_table();

/// op_table()[name](inputs, args); throws std::out_of_range for an unknown name.
Tensor call_op(const std::string& name, const Inputs& inputs, const Args& args = Args::object());

/// The operation's name as part of a test's: letters, digits and _ only.
std::string identifier(const std::string& op);

}  // namespace percept::testing
