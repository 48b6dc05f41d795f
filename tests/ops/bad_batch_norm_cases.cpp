#include "ops/bad_calls.h"

namespace percept::testing {

std::vector<BadCall> bad_batch_norm_calls() {
  const Args training{{"training", true}}, weight{{"training", true}, {"weight", 1}};
  const std::string undefined =
      ": input 0 is an undefined tensor; a default-constructed Tensor holds nothing";
  return {
      {"batch_norm",
       {of({3})},
       training,
       "ShapeError: batch_norm: expects input (N, C, ...), found shape [3]"},
      {"batch_norm",
       {of({4, 3}, i64)},
       training,
       "DtypeError: batch_norm: expects f32 or f64, found i64 (shape [4, 3]); hint: .to(f32)"},
      {"batch_norm",
       {of({4, 3}), of({4})},
       weight,
       "ShapeError: batch_norm: weight must have one number for each of the 3 channels of input "
       "[4, 3], found shape [4]"},
      {"batch_norm",
       {of({4, 3}), of({3}, f64)},
       weight,
       "DtypeError: batch_norm: weight must have the input's type f32, found f64"},
      {"batch_norm",
       {of({4, 3})},
       Args::object(),
       "ValueError: batch_norm: without statistics of the input, running_mean and running_var must "
       "be given"},
      {"batch_norm",
       {of({1, 3})},
       training,
       "ValueError: batch_norm: training takes more than 1 value a channel, found shape [1, 3]"},
      {"batch_norm", {Tensor()}, training, "ValueError: batch_norm" + undefined},
      {"instance_norm",
       {of({4, 3})},
       Args::object(),
       "ShapeError: instance_norm: expects input (N, C, L, ...), found shape [4, 3]"},
      {"instance_norm",
       {of({4, 3, 2}, u8)},
       Args::object(),
       "DtypeError: instance_norm: expects f32 or f64, found u8 (shape [4, 3, 2]); hint: .to(f32)"},
      {"instance_norm",
       {of({4, 3, 2}), of({3, 1})},
       {{"bias", 1}},
       "ShapeError: instance_norm: bias must have one number for each of the 3 channels of input "
       "[4, 3, 2], found shape [3, 1]"},
      {"instance_norm",
       {of({4, 3, 1})},
       Args::object(),
       "ValueError: instance_norm: takes more than 1 value a channel and sample, found shape "
       "[4, 3, 1]"},
      {"instance_norm",
       {of({4, 3, 2})},
       {{"use_input_stats", false}},
       "ValueError: instance_norm: without statistics of the input, running_mean and running_var "
       "must be given"},
      {"instance_norm", {Tensor()}, Args::object(), "ValueError: instance_norm" + undefined},
      {"group_norm",
       {of({4})},
       {{"num_groups", 2}},
       "ShapeError: group_norm: expects input (N, C, ...), found shape [4]"},
      {"group_norm",
       {of({2, 4, 3})},
       {{"num_groups", 3}},
       "ValueError: group_norm: num_groups must divide the 4 channels of input [2, 4, 3], found 3"},
      {"group_norm",
       {of({2, 4, 3})},
       {{"num_groups", 0}},
       "ValueError: group_norm: num_groups must divide the 4 channels of input [2, 4, 3], found 0"},
      {"group_norm",
       {of({2, 4})},
       {{"num_groups", 4}},
       "ValueError: group_norm: takes more than 1 value a group, found shape [2, 4] for 4 groups"},
      {"group_norm",
       {of({2, 4, 3}), of({3})},
       {{"num_groups", 2}, {"weight", 1}},
       "ShapeError: group_norm: weight must have one number for each of the 4 channels of input "
       "[2, 4, 3], found shape [3]"},
      {"group_norm",
       {of({2, 4, 3}, boolean)},
       {{"num_groups", 2}},
       "DtypeError: group_norm: expects f32 or f64, found bool (shape [2, 4, 3]); hint: .to(f32)"},
      {"dropout2d",
       {of({2, 3, 4})},
       {{"p", 1.5}},
       "ValueError: dropout2d: p must lie between 0 and 1, found 1.5"},
      {"dropout2d",
       {of({2, 3})},
       Args::object(),
       "ShapeError: dropout2d: expects input (N, C, ...), found shape [2, 3]; hint: dropout"},
      {"dropout2d", {Tensor()}, Args::object(), "ValueError: dropout2d" + undefined},
  };
}

}  // namespace percept::testing
