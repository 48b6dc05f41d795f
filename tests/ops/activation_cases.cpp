#include "ops/cases.h"

namespace percept::testing {

std::vector<Row> activation_rows() {
  const Draw any{-3, 3}, away{-3, 3, {0}};
  std::vector<Row> rows;
  const auto unary = [&](const char* op, const Draw& draw, const Args& args = Args::object()) {
    rows.push_back({op, {draw}, each_shape(args), large_shape(args)});
  };
  unary("sigmoid", any);
  unary("tanh", any);
  unary("relu", away);
  unary("leaky_relu", away);
  unary("leaky_relu", away, {{"negative_slope", -0.3}});
  unary("elu", away);
  unary("elu", away, {{"alpha", 0.7}});
  unary("gelu", any);
  unary("gelu", any, {{"approximate", "tanh"}});
  unary("silu", any);
  unary("softplus", any);
  unary("softplus", {-3, 3, {1}}, {{"beta", 2}, {"threshold", 2}});  // straight from 1 on
  unary("step", away);
  rows.push_back({"prelu",
                  {away, {0.1, 0.9}},
                  {{{{2, 3}, {3}}},
                   {{{2, 3, 2}, {3}}},
                   {{{2, 3}, {1}}},
                   {{{2, 3}, Shape{}}},
                   {{{4}, {1}}},
                   {{{1, 1}, {1}}},
                   {{{0, 3}, {3}}},
                   {{Shape{}, {1}}}},
                  {{{{300, 257}, {257}}}, {{{300, 257}, {1}}}}});

  // Softmax, its logarithm, dropout.
  for (const char* op : {"softmax", "log_softmax"})
    rows.push_back({op,
                    {any},
                    {{{{2, 3}}, {{"dim", 1}}},
                     {{{2, 3}}, {{"dim", 0}}},
                     {{{4}}, {{"dim", 0}}},
                     {{{2, 3, 2}}, {{"dim", 1}}},
                     {{{2, 1, 3}}, {{"dim", -1}}},
                     {{{1, 1}}, {{"dim", -1}}},
                     {{{0, 3}}, {{"dim", 1}}},
                     {{Shape{}}, {{"dim", 0}}}},
                    {{{{300, 257}}, {{"dim", 1}}},
                     {{{300, 257}}, {{"dim", 0}}},
                     {{{4096, 10}}, {{"dim", 1}}},
                     {{{7, 130, 90}}, {{"dim", 1}}}},
                    300});
  rows.push_back({"dropout",
                  {any},
                  each_shape({{"p", 0.4}, {"seed", 3}}) + each_shape({{"training", false}}) +
                      each_shape({{"p", 1.0}}),
                  large_shape({{"p", 0.4}, {"seed", 3}})});
  return rows;
}

}  // namespace percept::testing
