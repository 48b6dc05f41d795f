#include "ops/cases.h"

namespace percept::testing {

std::vector<Row> conv_rows() {
  std::vector<Row> rows;
  const auto convolution = [&](const char* op, const std::vector<Sample>& samples,
                               const std::vector<Sample>& large) {
    rows.push_back({op, {Draw{}}, samples});
    // A gradient of a weight is a sum over all places; oneDNN shares it out among the threads.
    Row many{op, {{-0.5, 0.5}}, {}, large, 3200};
    many.bits = false;
    rows.push_back(many);
  };
  convolution("conv1d",
              {{{{2, 2, 5}, {3, 2, 2}, {3}}},
               {{{2, 6}, {2, 2, 3}}, {{"stride", 2}, {"padding", 1}}},
               {{{1, 4, 6}, {2, 2, 2}, {2}}, {{"groups", 2}, {"dilation", 3}}},
               {{{2, 1, 4}, {2, 1, 4}}, {{"padding", "same"}}},
               {{{1, 1, 1}, {1, 1, 1}, {1}}},
               {{{0, 2, 4}, {3, 2, 3}, {3}}}},
              {{{{16, 5, 90}, {12, 5, 7}, {12}}, {{"padding", "same"}}}});
  for (const char* op : {"conv2d", "detail::conv2d_relu"})
    convolution(
        op,
        {{{{2, 2, 4, 5}, {3, 2, 3, 2}, {3}}},
         {{{1, 1, 3, 3}, {1, 1, 1, 1}}},
         {{{2, 4, 5}, {2, 2, 2, 3}, {2}}, {{"stride", 2}, {"padding", {1, 0}}}},
         {{{1, 4, 5, 4}, {4, 2, 2, 2}, {4}},
          {{"groups", 2}, {"stride", {2, 1}}, {"dilation", {1, 2}}}},
         {{{1, 3, 4, 4}, {3, 1, 3, 3}}, {{"groups", 3}, {"padding", "same"}}},
         // few sums: one at 0.0026 was within reach of gradcheck's steps, and of ReLU's kink
         {{{1, 1, 3, 4}, {2, 1, 2, 4}, {2}}, {{"padding", "same"}, {"dilation", {2, 1}}}},
         {{{1, 1, 7, 7}, {1, 1, 3, 3}}, {{"stride", {3, 2}}, {"dilation", 2}, {"padding", 1}}},
         {{{2, 1, 6, 3}, {2, 1, 3, 1}, {2}}, {{"stride", 3}, {"padding", 2}}},
         {{{1, 2, 3, 3}, {2, 2, 3, 3}}, {{"padding", "valid"}}},
         {{{0, 2, 4, 4}, {3, 2, 3, 3}, {3}}}},
        {{{{8, 3, 20, 20}, {16, 3, 5, 5}, {16}}, {{"padding", 2}}},
         {{{4, 12, 17, 9}, {20, 3, 3, 3}, {20}}, {{"groups", 4}, {"stride", {2, 1}}}},
         {{{2, 16, 13, 13}, {16, 1, 3, 3}}, {{"groups", 16}, {"padding", "same"}}}});
  convolution("conv_transpose2d",
              {{{{2, 2, 2, 3}, {2, 3, 3, 2}, {3}}},
               {{{1, 1, 2, 2}, {1, 1, 1, 1}}},
               {{{2, 2, 3}, {2, 2, 2, 3}, {2}}, {{"stride", 2}, {"padding", {1, 0}}}},
               {{{1, 4, 2, 2}, {4, 1, 2, 2}, {2}},
                {{"groups", 2}, {"stride", {3, 1}}, {"dilation", {1, 2}}}},
               {{{1, 2, 2, 3}, {2, 1, 3, 3}, {1}},
                {{"stride", {3, 2}}, {"output_padding", {2, 1}}, {"padding", 1}}},
               {{{1, 1, 3, 3}, {1, 2, 2, 2}}, {{"dilation", 2}, {"output_padding", 1}}},
               {{{0, 2, 3, 3}, {2, 3, 3, 3}, {3}}}},
              {{{{8, 16, 10, 10}, {16, 6, 4, 4}, {6}}, {{"stride", 2}, {"padding", 1}}},
               {{{2, 8, 7, 7}, {8, 3, 3, 3}}, {{"groups", 2}}}});

  rows.push_back(
      {"unfold",
       {Draw{}},
       {{{{2, 2, 4, 5}}, {{"kernel_size", {3, 2}}}},
        {{{2, 4, 4}}, {{"kernel_size", 2}, {"stride", 2}}},
        {{{1, 1, 5, 6}}, {{"kernel_size", {2, 3}}, {"padding", {1, 2}}, {"stride", {3, 2}}}},
        {{{1, 2, 5, 5}}, {{"kernel_size", 2}, {"dilation", {3, 2}}}},
        {{{0, 2, 3, 3}}, {{"kernel_size", 2}}}},
       {{{{8, 6, 30, 31}}, {{"kernel_size", 5}, {"padding", 2}}}}});
  rows.push_back(
      {"fold",
       {Draw{}},
       {{{{2, 12, 6}}, {{"output_size", 4}, {"kernel_size", {3, 2}}}},
        {{{8, 4}}, {{"output_size", {4, 4}}, {"kernel_size", 2}, {"stride", 2}}},
        {{{1, 6, 8}},
         {{"output_size", {5, 6}},
          {"kernel_size", {2, 3}},
          {"padding", {1, 2}},
          {"stride", {3, 2}}}},
        {{{1, 8, 6}}, {{"output_size", 5}, {"kernel_size", 2}, {"dilation", {3, 2}}}},
        {{{0, 4, 4}}, {{"output_size", 3}, {"kernel_size", 2}}}},
       {{{{8, 150, 930}}, {{"output_size", {30, 31}}, {"kernel_size", 5}, {"padding", 2}}}}});
  return rows;
}

}  // namespace percept::testing
