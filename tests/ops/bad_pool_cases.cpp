#include "ops/bad_calls.h"

namespace percept::testing {
namespace {

/// What every pooling refuses, whatever its windows; `args` are right.
void refuse_inputs(std::vector<BadCall>& calls, const std::string& op, int axes, const Args& args) {
  const std::string full = axes == 1 ? "(N, C, L) or (C, L)" : "(N, C, H, W) or (C, H, W)";
  const Shape one = axes == 1 ? Shape{5} : Shape{5, 5},
              good = axes == 1 ? Shape{2, 5} : Shape{2, 5, 5};
  const Shape empty = axes == 1 ? Shape{2, 0} : Shape{2, 0, 5};
  calls.push_back({op,
                   {of(one)},
                   args,
                   "ShapeError: " + op + ": expects input " + full + ", found shape " + one.str()});
  calls.push_back(
      {op,
       {of(empty)},
       args,
       "ShapeError: " + op + ": only the batch may be empty, found shape " + empty.str()});
  calls.push_back({op,
                   {of(good, i64)},
                   args,
                   "DtypeError: " + op + ": expects f32 or f64, found i64 (shape " + good.str() +
                       "); hint: .to(f32)"});
  calls.push_back({op,
                   {Tensor()},
                   args,
                   "ValueError: " + op +
                       ": input 0 is an undefined tensor; a default-constructed Tensor holds "
                       "nothing"});
}

}  // namespace

std::vector<BadCall> bad_pool_calls() {
  std::vector<BadCall> calls;
  for (const std::string op : {"max_pool1d", "max_pool1d_with_indices", "avg_pool1d"}) {
    refuse_inputs(calls, op, 1, {{"kernel_size", 2}});
    calls.push_back({op,
                     {of({2, 5})},
                     {{"kernel_size", {2, 2}}},
                     "ValueError: " + op + ": kernel_size takes one number, found [2, 2]"});
    calls.push_back({op,
                     {of({2, 5})},
                     {{"kernel_size", 6}},
                     "ShapeError: " + op +
                         ": a window of 6 does not fit into size 5 with padding 0 (shape [2, 5])"});
  }
  for (const std::string op : {"max_pool2d", "max_pool2d_with_indices", "avg_pool2d"}) {
    refuse_inputs(calls, op, 2, {{"kernel_size", 2}});
    calls.push_back({op,
                     {of({2, 5, 5})},
                     {{"kernel_size", 0}},
                     "ValueError: " + op + ": kernel_size must be at least 1, found [0]"});
    calls.push_back({op,
                     {of({2, 5, 5})},
                     {{"kernel_size", 2}, {"stride", {1, 0}}},
                     "ValueError: " + op + ": stride must be at least 1, found [1, 0]"});
    calls.push_back(
        {op,
         {of({2, 5, 5})},
         {{"kernel_size", {2, 3}}, {"padding", {1, 2}}},
         "ValueError: " + op + ": padding [1, 2] is more than half of kernel_size [2, 3]"});
  }
  calls.push_back({"max_pool2d",
                   {of({2, 5, 5})},
                   {{"kernel_size", 2}, {"dilation", 0}},
                   "ValueError: max_pool2d: dilation must be at least 1, found [0]"});
  calls.push_back({"max_pool2d",
                   {of({2, 5, 4})},
                   {{"kernel_size", 3}, {"dilation", 2}},
                   "ShapeError: max_pool2d: a window of 5 does not fit into size 4 with padding 0 "
                   "(shape [2, 5, 4])"});
  calls.push_back({"avg_pool1d",
                   {of({2, 5})},
                   {{"kernel_size", 2}, {"divisor_override", 3}},
                   "ValueError: avg_pool1d: takes no divisor_override"});
  calls.push_back({"avg_pool2d",
                   {of({2, 5, 5})},
                   {{"kernel_size", 2}, {"divisor_override", 0}},
                   "ValueError: avg_pool2d: divisor_override must not be 0"});
  for (const std::string op :
       {"adaptive_avg_pool1d", "adaptive_max_pool1d", "adaptive_max_pool1d_with_indices"}) {
    refuse_inputs(calls, op, 1, {{"output_size", 2}});
    calls.push_back({op,
                     {of({2, 5})},
                     {{"output_size", 0}},
                     "ValueError: " + op + ": output_size must be at least 1, found 0"});
  }
  for (const std::string op :
       {"adaptive_avg_pool2d", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices"}) {
    refuse_inputs(calls, op, 2, {{"output_size", 2}});
    calls.push_back({op,
                     {of({2, 5, 5})},
                     {{"output_size", {nullptr, -1}}},
                     "ValueError: " + op + ": output_size must be at least 1, found -1"});
  }
  return calls;
}

}  // namespace percept::testing
