#include "ops/bad_calls.h"

namespace percept::testing {

std::vector<BadCall> bad_conv_calls() {
  const Tensor undefined;
  std::vector<BadCall> calls{
      {"conv1d",
       {of({2, 3, 4, 5}), of({4, 3, 3})},
       Args::object(),
       "ShapeError: conv1d: expects an input (N, C, L) or (C, L), found shape [2, 3, 4, 5]"},
      {"conv1d",
       {of({2, 3, 8}), of({4, 3, 3, 3})},
       Args::object(),
       "ShapeError: conv1d: weight must be (out, in / groups, k), found shape [4, 3, 3, 3]"},
      {"conv1d",
       {of({2, 3, 8}), of({4, 3, 3})},
       {{"stride", {2, 1}}},
       "ValueError: conv1d: stride takes one number, found [2, 1]"},
      {"conv1d",
       {of({2, 3, 8}), of({4, 3, 3})},
       {{"padding", "full"}},
       "ValueError: padding: 'full' is not known; it is a number, one a dimension, 'same' or "
       "'valid'"},
      {"conv1d",
       {of({2, 3, 8}), undefined},
       Args::object(),
       "ValueError: conv1d: input 1 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"conv_transpose2d",
       {of({2, 3, 8, 8}), of({4, 3, 3, 3})},
       Args::object(),
       "ShapeError: conv_transpose2d: input has 3 channels (shape [2, 3, 8, 8]) but weight "
       "[4, 3, 3, 3] takes 4"},
      {"conv_transpose2d",
       {of({2, 4, 8, 8}), of({4, 3, 3, 3}), of({4})},
       Args::object(),
       "ShapeError: conv_transpose2d: bias has shape [4] but weight [4, 3, 3, 3] gives 3 channels"},
      {"conv_transpose2d",
       {of({2, 4, 8, 8}), of({4, 3, 3, 3})},
       {{"stride", 2}, {"output_padding", 2}},
       "ValueError: conv_transpose2d: output_padding must be below stride or dilation, found "
       "[2, 2] for stride [2, 2] and dilation [1, 1]"},
      {"conv_transpose2d",
       {of({2, 4, 1, 1}), of({4, 3, 3, 3})},
       {{"padding", 2}},
       "ShapeError: conv_transpose2d: an input of shape [2, 4, 1, 1] and a kernel of [3, 3] with "
       "padding [2, 2] give no place of a result"},
      {"conv_transpose2d",
       {of({2, 4, 8, 8}), of({4, 3, 3})},
       Args::object(),
       "ShapeError: conv_transpose2d: weight must be (in, out / groups, kH, kW), found shape "
       "[4, 3, 3]"},
      {"unfold",
       {of({3, 4})},
       {{"kernel_size", 2}},
       "ShapeError: unfold: expects an input (N, C, H, W) or (C, H, W), found shape [3, 4]"},
      {"unfold",
       {of({1, 3, 4, 4}, i64)},
       {{"kernel_size", 2}},
       "DtypeError: unfold: elements of type i64 are not taken; hint: .to(f32)"},
      {"unfold",
       {of({1, 3, 4, 4})},
       {{"kernel_size", 5}},
       "ShapeError: unfold: a kernel of [5, 5] with dilation [1, 1] does not fit into an input of "
       "shape [1, 3, 4, 4] with padding [0, 0]"},
      {"unfold",
       {of({1, 3, 4, 4})},
       {{"kernel_size", 2}, {"padding", -1}},
       "ValueError: unfold: padding must be at least 0, found [-1]"},
      {"fold",
       {of({2, 5, 4})},
       {{"output_size", 3}, {"kernel_size", 2}},
       "ShapeError: fold: expects patches (N, C kH kW, L) or (C kH kW, L) of a kernel of [2, 2], "
       "found shape [2, 5, 4]"},
      {"fold",
       {of({2, 8, 5})},
       {{"output_size", 3}, {"kernel_size", 2}},
       "ShapeError: fold: an image of [3, 3] has 4 patches, the input 5 (shape [2, 8, 5])"},
      {"fold",
       {of({2, 8, 4}, bf16)},
       {{"output_size", 3}, {"kernel_size", 2}},
       "DtypeError: fold: elements of type bf16 are not taken; hint: .to(f32)"},
      {"fold",
       {of({2, 8, 4})},
       {{"output_size", {3, 3, 3}}, {"kernel_size", 2}},
       "ValueError: fold: output_size takes one number or 2, found [3, 3, 3]"},
  };
  for (const char* op : {"conv2d", "detail::conv2d_relu"}) {
    const std::vector<BadCall> both{
        {op,
         {of({64, 784}), of({6, 1, 5, 5})},
         Args::object(),
         "ShapeError: conv2d: expects an input (N, C, H, W) or (C, H, W), found shape [64, 784]"},
        {op,
         {of({2, 3, 8, 8}), of({4, 1, 3, 3})},
         Args::object(),
         "ShapeError: conv2d: input has 3 channels (shape [2, 3, 8, 8]) but weight [4, 1, 3, 3] "
         "takes 1"},
        {op,
         {of({2, 3, 8, 8}), of({4, 3, 3})},
         Args::object(),
         "ShapeError: conv2d: weight must be (out, in / groups, kH, kW), found shape [4, 3, 3]"},
        {op,
         {of({2, 3, 8, 8}), of({4, 3, 3, 3}), of({3})},
         Args::object(),
         "ShapeError: conv2d: bias has shape [3] but weight [4, 3, 3, 3] gives 4 channels"},
        {op,
         {of({2, 3, 8, 8}), of({4, 3, 3, 3}, f64)},
         Args::object(),
         "DtypeError: conv2d: expects tensors of f32 or of f64, found [2, 3, 8, 8] f32 and "
         "[4, 3, 3, 3] f64; hint: .to(f32)"},
        {op,
         {of({2, 3, 8, 8}, i64), of({4, 3, 3, 3}, i64)},
         Args::object(),
         "DtypeError: conv2d: expects tensors of f32 or of f64, found [2, 3, 8, 8] i64 and "
         "[4, 3, 3, 3] i64; hint: .to(f32)"},
        {op,
         {of({2, 4, 8, 8}), of({4, 2, 3, 3})},
         {{"groups", 3}},
         "ValueError: conv2d: weight [4, 2, 3, 3] cannot be parted into 3 groups"},
        {op,
         {of({2, 3, 4, 8}), of({4, 3, 5, 5})},
         Args::object(),
         "ShapeError: conv2d: a kernel of [5, 5] with dilation [1, 1] does not fit into an input "
         "of shape [2, 3, 4, 8] with padding [0, 0]"},
        {op,
         {of({2, 3, 8, 8}), of({4, 3, 3, 3})},
         {{"padding", "same"}, {"stride", 2}},
         "ValueError: conv2d: padding 'same' asks for stride 1, found [2, 2]"},
        {op,
         {of({2, 3, 8, 8}), of({4, 3, 3, 3})},
         {{"stride", {1, 0}}},
         "ValueError: conv2d: stride must be at least 1, found [1, 0]"},
        {op,
         {undefined, of({4, 3, 3, 3})},
         Args::object(),
         "ValueError: conv2d: input 0 is an undefined tensor; a default-constructed Tensor holds "
         "nothing"},
    };
    calls.insert(calls.end(), both.begin(), both.end());
  }
  return calls;
}

}  // namespace percept::testing
