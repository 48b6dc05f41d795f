#include "ops/cases.h"

namespace percept::testing {

std::vector<Row> view_rows() {
  const Draw any;
  std::vector<Row> rows;
  const auto view = [&](const char* op, const std::vector<Sample>& samples, const Sample& large) {
    rows.push_back({op, {any}, samples, {large}});
  };
  view("reshape",
       {{{{2, 3}}, {{"shape", {3, 2}}}},
        {{{2, 3}}, {{"shape", {-1}}}},
        {{{2, 1, 3}}, {{"shape", {1, 6}}}},
        {{{1, 1}}, {{"shape", Args::array()}}},
        {{{0, 3}}, {{"shape", {3, 0}}}},
        {{Shape{}}, {{"shape", {1, 1}}}}},
       {{{300, 257}}, {{"shape", {257, 300}}}});
  view("flatten",
       {{{{2, 3}}},
        {{{2, 3, 2}}, {{"start_dim", 1}}},
        {{{2, 3, 2}}, {{"end_dim", 1}}},
        {{{1, 1}}},
        {{{0, 3}}},
        {{Shape{}}}},
       {{{7, 130, 90}}, {{"start_dim", 1}}});
  view("unflatten",
       {{{{6}}, {{"dim", 0}, {"sizes", {2, 3}}}},
        {{{2, 6}}, {{"dim", 1}, {"sizes", {-1, 2}}}},
        {{{2, 4, 2}}, {{"dim", -2}, {"sizes", {2, 2}}}},
        {{{1, 1}}, {{"dim", 0}, {"sizes", {1, 1}}}},
        {{{0, 4}}, {{"dim", 1}, {"sizes", {2, 2}}}}},
       {{{700, 100}}, {{"dim", 1}, {"sizes", {10, 10}}}});
  view("transpose",
       {{{{2, 3}}, {{"dim0", 0}, {"dim1", 1}}},
        {{{2, 3, 4}}, {{"dim0", -1}, {"dim1", 0}}},
        {{{2, 1, 3}}, {{"dim0", 1}, {"dim1", 1}}},
        {{{1, 1}}, {{"dim0", 0}, {"dim1", 1}}},
        {{{0, 3}}, {{"dim0", 0}, {"dim1", 1}}},
        {{Shape{}}, {{"dim0", 0}, {"dim1", 0}}}},
       {{{300, 257}}, {{"dim0", 0}, {"dim1", 1}}});
  view("permute",
       {{{{2, 3}}, {{"dims", {1, 0}}}},
        {{{2, 3, 4}}, {{"dims", {2, 0, 1}}}},
        {{{2, 1, 3}}, {{"dims", {-1, 0, 1}}}},
        {{{1, 1}}, {{"dims", {0, 1}}}},
        {{{0, 3}}, {{"dims", {1, 0}}}},
        {{Shape{}}, {{"dims", Args::array()}}}},
       {{{7, 130, 90}}, {{"dims", {2, 0, 1}}}});
  view("squeeze",
       {{{{2, 1, 3}}},
        {{{2, 1, 3}}, {{"dim", 1}}},
        {{{2, 3}}, {{"dim", 0}}},
        {{{1, 1}}},
        {{{0, 1}}},
        {{Shape{}}}},
       {{{300, 1, 257}}, {{"dim", 1}}});
  view("unsqueeze",
       {{{{2, 3}}, {{"dim", 0}}},
        {{{2, 3}}, {{"dim", -1}}},
        {{{2, 1, 3}}, {{"dim", 1}}},
        {{{1, 1}}, {{"dim", 2}}},
        {{{0, 3}}, {{"dim", 1}}},
        {{Shape{}}, {{"dim", 0}}}},
       {{{300, 257}}, {{"dim", 1}}});
  view("expand",
       {{{{2, 1}}, {{"shape", {2, 3}}}},
        {{{3}}, {{"shape", {2, -1}}}},
        {{{2, 1, 3}}, {{"shape", {2, 2, 2, 3}}}},
        {{{1, 1}}, {{"shape", {0, 4}}}},
        {{{0, 3}}, {{"shape", {2, 0, 3}}}},
        {{Shape{}}, {{"shape", {2, 2}}}}},
       {{{300, 1}}, {{"shape", {300, 257}}}});
  view("narrow",
       {{{{2, 3}}, {{"dim", 1}, {"start", 1}, {"length", 2}}},
        {{{4}}, {{"dim", 0}, {"start", -2}, {"length", 1}}},
        {{{2, 1, 3}}, {{"dim", 2}, {"start", 0}, {"length", 0}}},
        {{{1, 1}}, {{"dim", 0}, {"start", 0}, {"length", 1}}},
        {{{0, 3}}, {{"dim", 1}, {"start", 1}, {"length", 1}}}},
       {{{300, 257}}, {{"dim", 1}, {"start", 3}, {"length", 200}}});
  view("select",
       {{{{2, 3}}, {{"dim", 1}, {"index", 1}}},
        {{{4}}, {{"dim", 0}, {"index", -1}}},
        {{{2, 1, 3}}, {{"dim", 1}, {"index", 0}}},
        {{{1, 1}}, {{"dim", -1}, {"index", 0}}},
        {{{0, 3}}, {{"dim", 1}, {"index", 2}}}},
       {{{7, 130, 90}}, {{"dim", 0}, {"index", 3}}});
  view("slice",
       {{{{2, 3}}, {{"dim", 1}, {"start", 0}, {"stop", 3}, {"step", 2}}},
        {{{5}}, {{"dim", 0}, {"start", -4}, {"stop", 100}, {"step", 3}}},
        {{{2, 1, 3}}, {{"dim", 2}, {"start", 2}, {"stop", 1}}},
        {{{1, 1}}, {{"dim", 0}, {"start", 0}, {"stop", 1}}},
        {{{0, 3}}, {{"dim", 1}, {"start", 1}, {"stop", -1}}}},
       {{{300, 257}}, {{"dim", 1}, {"start", 3}, {"stop", 250}, {"step", 2}}});
  view("diagonal", {{{{2, 3}}}, {{{3, 3}}}, {{{3, 2}}}, {{{1, 1}}}, {{{0, 3}}}}, {{{300, 257}}});

  // Members without a free form.
  const auto member = [&](const char* op, const Args& args = Args::object()) {
    rows.push_back({op, {any}, each_shape(args), large_shape(args)});
  };
  member("Tensor.clone");
  member("Tensor.contiguous");
  member("Tensor.T");
  member("Tensor.to", {{"dtype", "f64"}});
  view("Tensor.t", {{{{2, 3}}}, {{{4}}}, {{{1, 1}}}, {{{0, 3}}}, {{Shape{}}}}, {{{300, 257}}});
  view("Tensor.view",  // of shapes that every layout can show
       {{{{2, 3}}, {{"shape", {2, 1, 3}}}},
        {{{4}}, {{"shape", {-1, 1}}}},
        {{{2, 1, 3}}, {{"shape", {2, 3}}}},
        {{{1, 1}}, {{"shape", Args::array()}}},
        {{{0, 3}}, {{"shape", {0}}}},
        {{Shape{}}, {{"shape", {1}}}}},
       {{{300, 257}}, {{"shape", {1, 300, 257}}}});

  // Joining and splitting.
  rows.push_back({"cat",
                  {any},
                  {{{{2, 3}, {1, 3}}, {{"dim", 0}}},
                   {{{2, 3}, {2, 1}, {2, 2}}, {{"dim", 1}}},
                   {{{2, 1, 3}, {2, 2, 3}}, {{"dim", -2}}},
                   {{{4}}},
                   {{{1, 1}, {1, 1}}},
                   {{{0, 3}, {2, 3}}}},
                  {{{{300, 257}, {200, 257}}}, {{{300, 257}, {300, 100}}, {{"dim", 1}}}}});
  rows.push_back({"stack",
                  {any},
                  {{{{2, 3}, {2, 3}}, {{"dim", 0}}},
                   {{{2, 3}, {2, 3}, {2, 3}}, {{"dim", 1}}},
                   {{{2, 1, 3}, {2, 1, 3}}, {{"dim", -1}}},
                   {{{1, 1}, {1, 1}}, {{"dim", 2}}},
                   {{{0, 3}, {0, 3}}},
                   {{Shape{}, Shape{}}}},
                  {{{{300, 257}, {300, 257}}}, {{{300, 257}, {300, 257}}, {{"dim", 2}}}}});
  view("split",
       {{{{3, 2}}, {{"split_size", 2}, {"output", 1}}},
        {{{2, 3}}, {{"split_size", {1, 2}}, {"dim", 1}, {"output", 1}}},
        {{{2, 1, 3}}, {{"split_size", 2}, {"dim", -1}}},
        {{{1, 1}}, {{"split_size", 1}}},
        {{{0, 3}}, {{"split_size", {2, 1}}, {"dim", 1}}}},
       {{{300, 257}}, {{"split_size", 100}, {"dim", 1}, {"output", 1}}});
  view("chunk",
       {{{{3, 2}}, {{"chunks", 2}, {"output", 1}}},
        {{{2, 3}}, {{"chunks", 3}, {"dim", 1}, {"output", 2}}},
        {{{2, 1, 3}}, {{"chunks", 2}, {"dim", -1}}},
        {{{1, 1}}, {{"chunks", 5}}},
        {{{0, 3}}, {{"chunks", 2}, {"dim", 1}}}},
       {{{300, 257}}, {{"chunks", 2}, {"output", 1}}});
  view("unbind",
       {{{{3, 2}}, {{"output", 1}}},
        {{{2, 3}}, {{"dim", 1}, {"output", 2}}},
        {{{2, 1, 3}}, {{"dim", -1}}},
        {{{1, 1}}, {{"dim", 0}}},
        {{{0, 3}}, {{"dim", 1}}}},
       {{{3, 300, 257}}, {{"output", 1}}});
  return rows;
}

}  // namespace percept::testing
