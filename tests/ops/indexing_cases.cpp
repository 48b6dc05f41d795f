#include "ops/cases.h"

namespace percept::testing {
namespace {

Args slice(const Args& start, const Args& stop, int step) {
  return {{"slice", {start, stop, step}}};
}
const Args kAll = slice(nullptr, nullptr, 1);
Args input(int place) { return {{"input", place}}; }

Args indices(std::initializer_list<Args> entries) {
  Args list = Args::array();
  for (const Args& entry : entries) list.push_back(entry);
  return {{"indices", list}};
}

}  // namespace

std::vector<Row> indexing_rows() {
  const Draw any;
  std::vector<Row> rows;
  rows.push_back({"where",
                  {booleans(), any},
                  {{{{2, 3}, {2, 3}, {2, 3}}},
                   {{{2, 3}, {3}, {2, 1}}},
                   {{{3}, {2, 3}, Shape{}}},
                   {{{2, 1, 3}, {2, 3}, {1}}},
                   {{{1, 1}, {1}, {1, 1}}},
                   {{{0, 3}, {3}, {1}}},
                   {{Shape{}, Shape{}, Shape{}}}},
                  {{{{300, 257}, {300, 257}, {257}}}}});
  rows.push_back(
      {"where", {booleans(), any}, each_pair({{"self", 0.5}}), large_pair({{"self", 0.5}})});
  rows.push_back(
      {"where", {booleans(), any}, each_pair({{"other", 0.5}}), large_pair({{"other", 0.5}})});
  rows.push_back({"masked_fill",
                  {any, booleans()},
                  {{{{2, 3}, {2, 3}}, {{"value", 0.5}}},
                   {{{2, 3}, {3}}, {{"value", -1}}},
                   {{{2, 1, 3}, {2, 1, 1}}, {{"value", 0.5}}},
                   {{{1, 1}, {1}}, {{"value", 0.5}}},
                   {{{0, 3}, {3}}, {{"value", 0.5}}},
                   {{Shape{}, Shape{}}, {{"value", 0.5}}}},
                  large_pair({{"value", 0.5}})});
  rows.push_back({"masked_select",
                  {any, booleans()},
                  {{{{2, 3}, {2, 3}}},
                   {{{2, 3}, {3}}},
                   {{{2, 1, 3}, {2, 1, 3}}},
                   {{{1, 1}, {1, 1}}},
                   {{{0, 3}, {0, 3}}},
                   {{Shape{}, Shape{}}}},
                  {{{{300, 257}, {300, 257}}}}});
  rows.push_back({"nonzero", {booleans()}, each_shape(), large_shape()});
  rows.push_back({"nonzero", {any}, each_shape(), large_shape()});
  rows.push_back({"gather",
                  {any, integers(0, 3)},
                  {{{{3, 2}, {4, 2}}, {{"dim", 0}}},
                   {{{2, 3}, {2, 5}}, {{"dim", 1}}},
                   {{{2, 3, 2}, {1, 3, 2}}, {{"dim", 1}}},
                   {{{3, 1}, {1, 1}}, {{"dim", 0}}},
                   {{{0, 3}, {0, 2}}, {{"dim", 1}}},
                   {{{3}, {0}}, {{"dim", 0}}}},
                  {{{{300, 257}, {300, 257}}, {{"dim", 0}}}}});
  rows.push_back({"gather", {any, integers(0, 1)}, {{{Shape{}, Shape{}}, {{"dim", 0}}}}});
  const std::vector<Sample> places = {{{{3, 2}, {2, 2}, {2, 2}}, {{"dim", 0}}},
                                      {{{2, 3}, {2, 3}, {2, 3}}, {{"dim", 1}}},
                                      {{{2, 3, 2}, {1, 2, 2}, {2, 2, 2}}, {{"dim", 1}}},
                                      {{{3, 1}, {1, 1}, {1, 1}}, {{"dim", 0}}},
                                      {{{0, 3}, {0, 2}, {0, 2}}, {{"dim", 1}}}};
  rows.push_back({"scatter", {any, unique(0, 3), any}, places});
  rows.push_back({"scatter",
                  {any, unique(0, 300), any},
                  {},
                  {{{{300, 257}, {200, 257}, {200, 257}}, {{"dim", 0}}}}});
  rows.push_back({"scatter",
                  {any, unique(0, 3)},
                  {{{{3, 2}, {2, 2}}, {{"dim", 0}, {"value", 0.5}}},
                   {{{2, 3}, {2, 1}}, {{"dim", 1}, {"value", 2}}}}});
  rows.push_back(
      {"scatter", {any, unique(0, 1), any}, {{{Shape{}, Shape{}, Shape{}}, {{"dim", 0}}}}});
  rows.push_back({"scatter_add",
                  {any, integers(0, 3), any},
                  places + std::vector<Sample>{{{{3, 2}, {5, 2}, {5, 2}}, {{"dim", 0}}}},
                  {{{{300, 257}, {300, 257}, {300, 257}}, {{"dim", 0}}}},
                  300});
  rows.push_back(
      {"scatter_add", {any, integers(0, 1), any}, {{{Shape{}, Shape{}, Shape{}}, {{"dim", 0}}}}});
  rows.push_back({"index_select",
                  {any, integers(0, 3)},
                  {{{{3, 2}, {4}}, {{"dim", 0}}},
                   {{{2, 3}, {2}}, {{"dim", 1}}},
                   {{{2, 3, 2}, {5}}, {{"dim", -2}}},
                   {{{3, 1}, {1}}, {{"dim", 0}}},
                   {{{0, 3}, {2}}, {{"dim", 1}}},
                   {{{3, 2}, {0}}, {{"dim", 0}}}},
                  {{{{300, 257}, {500}}, {{"dim", 0}}}}});

  rows.push_back({"Tensor.index",
                  {any},
                  {{{{2, 3}}, indices({1})},
                   {{{4, 3}}, indices({slice(1, nullptr, 2), -1})},
                   {{{2, 3, 2}}, indices({"...", 0})},
                   {{{2, 3}}, indices({nullptr, kAll, slice(0, 2, 1)})},
                   {{{1, 1}}, indices({0, 0})},
                   {{{0, 3}}, indices({kAll, slice(1, 3, 1)})},
                   {{Shape{}}, indices({"..."})}},
                  {{{{300, 257}}, indices({slice(10, 250, 3), slice(1, nullptr, 2)})}}});
  rows.push_back({"Tensor.index",
                  {any, integers(-3, 3)},
                  {{{{3, 2}, {4}}, indices({input(1)})},
                   {{{2, 3}, {2, 2}}, indices({kAll, input(1)})},
                   {{{3, 3}, {4}, {4}}, indices({input(1), input(2)})},
                   {{{3, 2, 3}, {2, 1}, {3}}, indices({input(1), kAll, input(2)})},
                   {{{2, 3, 2}, {1}}, indices({1, input(1)})},
                   {{{3, 2}, Shape{}}, indices({input(1)})},
                   {{{3, 2}, {0}}, indices({input(1)})}},
                  {{{{300, 257}, {500}}, indices({input(1)})}}});
  rows.push_back({"Tensor.index",
                  {any, booleans()},
                  {{{{2, 3}, {2, 3}}, indices({input(1)})},
                   {{{3, 2}, {3}}, indices({input(1)})},
                   {{{2, 3}, {3}}, indices({kAll, input(1)})}}});

  // Inputs: x, values, indices; a place put twice has no derivative.
  rows.push_back({"index_put",
                  {any},
                  {{{{2, 3}, {3}}, indices({1})},
                   {{{4, 3}, {2, 2}}, indices({slice(1, nullptr, 2), slice(0, 2, 1)})},
                   {{{2, 3, 2}, Shape{}}, indices({"...", 0})},
                   {{{1, 1}, {1}}, indices({0})},
                   {{{0, 3}, {3}}, indices({kAll})},
                   {{Shape{}, Shape{}}, indices({"..."})}},
                  {{{{300, 257}, {257}}, indices({slice(10, 250, 3)})}}});
  rows.push_back({"index_put",
                  {any, any, unique(0, 3)},
                  {{{{3, 2}, {2, 2}, {2}}, indices({input(2)})},
                   {{{2, 3}, {2, 1}, {2}}, indices({kAll, input(2)})},
                   {{{3, 3}, {2}, {2}, {2}}, indices({input(2), input(3)})}}});
  rows.push_back({"index_put",
                  {any, any, booleans()},
                  {{{{2, 3}, Shape{}, {2, 3}}, indices({input(2)})},
                   {{{3, 2}, {2}, {3}}, indices({input(2)})}}});
  rows.push_back({"one_hot",
                  {integers(0, 4)},
                  each_shape({{"num_classes", 4}}) + std::vector<Sample>{{{{2, 3}}}},
                  {{{{3000}}, {{"num_classes", 4}}}}});
  return rows;
}

}  // namespace percept::testing
