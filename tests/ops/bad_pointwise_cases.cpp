#include "ops/bad_calls.h"

namespace percept::testing {

std::vector<BadCall> bad_pointwise_calls() {
  const Tensor undefined;
  std::vector<BadCall> calls = {
      {"neg",
       {of({2, 3}, boolean)},
       Args::object(),
       "DtypeError: neg: elements of type bool are not taken; hint: .to(f32)"},
      {"abs",
       {of({2, 3}, boolean)},
       Args::object(),
       "DtypeError: abs: elements of type bool are not taken; hint: .to(f32)"},
      {"sign",
       {of({2, 3}, boolean)},
       Args::object(),
       "DtypeError: sign: elements of type bool are not taken; hint: .to(f32)"},
      {"relu",
       {of({2, 3}, boolean)},
       Args::object(),
       "DtypeError: relu: elements of type bool are not taken; hint: .to(f32)"},
      {"step",
       {of({2, 3}, boolean)},
       Args::object(),
       "DtypeError: step: elements of type bool are not taken; hint: .to(f32)"},
      {"leaky_relu",
       {of({4}, i64)},
       Args::object(),
       "DtypeError: leaky_relu: elements of type i64 are not taken; hint: .to(f32)"},
      {"elu",
       {of({4}, i64)},
       Args::object(),
       "DtypeError: elu: elements of type i64 are not taken; hint: .to(f32)"},
      {"gelu",
       {of({4}, i64)},
       Args::object(),
       "DtypeError: gelu: elements of type i64 are not taken; hint: .to(f32)"},
      {"silu",
       {of({4}, i64)},
       Args::object(),
       "DtypeError: silu: elements of type i64 are not taken; hint: .to(f32)"},
      {"softplus",
       {of({4}, i64)},
       Args::object(),
       "DtypeError: softplus: elements of type i64 are not taken; hint: .to(f32)"},
      {"softplus", {of({2})}, {{"beta", 0}}, "ValueError: softplus: beta must not be 0"},
      {"add",
       {undefined},
       {{"other", 2}},
       "ValueError: add: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"sub",
       {undefined},
       {{"other", 2}},
       "ValueError: sub: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"mul",
       {undefined},
       {{"other", 2}},
       "ValueError: mul: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"div",
       {undefined},
       {{"other", 2}},
       "ValueError: div: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"pow",
       {undefined},
       {{"other", 2}},
       "ValueError: pow: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"eq",
       {undefined},
       {{"other", 2}},
       "ValueError: eq: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"sub",
       {of({2}, boolean), of({2}, boolean)},
       Args::object(),
       "DtypeError: sub: elements of type bool are not taken; hint: .to(f32)"},
      {"floor_divide",
       {of({2}, i64), of({2}, i64, 0)},
       Args::object(),
       "ValueError: floor_divide: an integer divisor is 0"},
      {"remainder",
       {of({2}, i64), of({2}, i64, 0)},
       Args::object(),
       "ValueError: remainder: an integer divisor is 0"},
      {"pow",
       {of({2}, i64)},
       {{"other", -1}},
       "ValueError: pow: an integer cannot be raised to a negative integer power; hint: .to(f32)"},
      {"clamp",
       {of({2})},
       Args::object(),
       "ValueError: clamp: at least one of min and max must be given"},
      {"clamp",
       {of({2}, bf16)},
       {{"min", 0}},
       "DtypeError: clamp: elements of type bf16 are not taken; hint: .to(f32)"},
      {"clamp",
       {undefined},
       {{"min", 0}},
       "ValueError: clamp: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"equal",
       {undefined, of({2})},
       Args::object(),
       "ValueError: equal: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"equal",
       {of({2}), undefined},
       Args::object(),
       "ValueError: equal: input 1 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"equal",
       {of({2}, bf16), of({2}, bf16)},
       Args::object(),
       "DtypeError: equal: elements of type bf16 are not taken; hint: .to(f32)"},
      {"allclose",
       {undefined, of({2})},
       Args::object(),
       "ValueError: allclose: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"allclose",
       {of({2}), undefined},
       Args::object(),
       "ValueError: allclose: input 1 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"allclose",
       {of({2, 3}), of({4})},
       Args::object(),
       "ShapeError: allclose: shapes [2, 3] and [4] do not broadcast: sizes 3 and 4 at dimension 1 "
       "must be equal, or one of them 1"},
      {"prelu",
       {of({2, 3}), of({2})},
       Args::object(),
       "ShapeError: prelu: weight has shape [2], but must have 1 element or 3 (the channels, "
       "dimension 1, of an input of shape [2, 3])"},
      {"prelu",
       {of({2, 3}), of({1, 1})},
       Args::object(),
       "ShapeError: prelu: weight has shape [1, 1], but must have 1 element or 3 (the channels, "
       "dimension 1, of an input of shape [2, 3])"},
      {"prelu",
       {of({2, 3}), undefined},
       Args::object(),
       "ValueError: prelu: input 1 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"prelu",
       {of({2, 3}, bf16), of({1}, bf16)},
       Args::object(),
       "DtypeError: prelu: elements of type bf16 are not taken; hint: .to(f32)"},
      {"prelu",
       {of({2, 3}, i64), of({1})},
       Args::object(),
       "DtypeError: prelu: elements of type i64 are not taken; hint: .to(f32)"},
      {"softmax",
       {of({2, 3})},
       {{"dim", 2}},
       "IndexError: softmax: dimension 2 is out of range for a tensor of 2 dimensions; allowed are "
       "-2 to 1"},
      {"softmax",
       {of({2, 3}, i64)},
       {{"dim", 1}},
       "DtypeError: softmax: expects f32 or f64, found i64 (shape [2, 3]); hint: .to(f32)"},
      {"softmax",
       {undefined},
       {{"dim", 0}},
       "ValueError: softmax: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"log_softmax",
       {of({2, 3})},
       {{"dim", 2}},
       "IndexError: log_softmax: dimension 2 is out of range for a tensor of 2 dimensions; allowed "
       "are -2 to 1"},
      {"log_softmax",
       {of({2, 3}, i64)},
       {{"dim", 1}},
       "DtypeError: log_softmax: expects f32 or f64, found i64 (shape [2, 3]); hint: .to(f32)"},
      {"log_softmax",
       {undefined},
       {{"dim", 0}},
       "ValueError: log_softmax: input 0 is an undefined tensor; a default-constructed Tensor "
       "holds nothing"},
      {"dropout",
       {of({2})},
       {{"p", 1.5}},
       "ValueError: dropout: p must lie between 0 and 1, found 1.5"},
      {"dropout",
       {of({2})},
       {{"p", "nan"}},
       "ValueError: dropout: p must lie between 0 and 1, found nan"},
      {"dropout",
       {of({2}, bf16)},
       {{"p", 0.5}},
       "DtypeError: dropout: elements of type bf16 are not taken; hint: .to(f32)"},
      {"dropout",
       {undefined},
       {{"p", 0.5}},
       "ValueError: dropout: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
  };
  const auto bf16_refused = [](const std::string& op) {
    return "DtypeError: " + op + ": elements of type bf16 are not taken; hint: .to(f32)";
  };
  const auto is_undefined = [](const std::string& op, const char* input) {
    return "ValueError: " + op + ": input " + input +
           " is an undefined tensor; a default-constructed Tensor holds nothing";
  };
  for (const char* op : {"exp",         "log",        "log1p",  "expm1", "sqrt",  "rsqrt",
                         "reciprocal",  "sin",        "cos",    "erf",   "floor", "ceil",
                         "round",       "sigmoid",    "tanh",   "neg",   "abs",   "sign",
                         "relu",        "step",       "square", "isnan", "isinf", "isfinite",
                         "logical_not", "leaky_relu", "elu",    "gelu",  "silu",  "softplus"}) {
    calls.push_back({op, {of({2, 3}, bf16)}, Args::object(), bf16_refused(op)});
    calls.push_back({op, {undefined}, Args::object(), is_undefined(op, "0")});
  }
  for (const char* op :
       {"add", "sub", "mul", "div", "floor_divide", "remainder", "pow", "minimum", "maximum", "eq",
        "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or"}) {
    calls.push_back({op, {of({2}, bf16), of({2}, bf16)}, Args::object(), bf16_refused(op)});
    calls.push_back({op, {of({2}), undefined}, Args::object(), is_undefined(op, "1")});
    calls.push_back({op,
                     {of({2, 3}), of({4})},
                     Args::object(),
                     std::string("ShapeError: ") + op +
                         ": shapes [2, 3] and [4] do not broadcast: sizes 3 and 4 at dimension 1 "
                         "must be equal, or one of them 1"});
  }
  return calls;
}

}  // namespace percept::testing
