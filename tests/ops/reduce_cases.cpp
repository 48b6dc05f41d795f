#include "ops/cases.h"

namespace percept::testing {
namespace {

std::vector<Sample> all_elements(const Args& args = Args::object()) { return each_shape(args); }

/// Over chosen dimensions, with and without keepdim; `more` is added to every sample's arguments.
std::vector<Sample> over_dims(const Args& more = Args::object()) {
  std::vector<Sample> samples = {
      {{{2, 3}}, {{"dim", 1}}},         {{{2, 3}}, {{"dim", 0}, {"keepdim", true}}},
      {{{2, 3, 4}}, {{"dim", {0, 2}}}}, {{{2, 3, 2}}, {{"dim", {1, -1}}, {"keepdim", true}}},
      {{{2, 1, 3}}, {{"dim", 1}}},      {{{1, 1}}, {{"dim", 0}}},
      {{{0, 3}}, {{"dim", 1}}},         {{Shape{}}, {{"dim", 0}}}};
  for (Sample& sample : samples) sample.args.update(more);
  return samples;
}

/// Along one dimension.
std::vector<Sample> along_dim(const Args& more = Args::object()) {
  std::vector<Sample> samples = {{{{2, 3}}, {{"dim", 1}}},    {{{2, 3}}, {{"dim", 0}}},
                                 {{{4}}, {{"dim", -1}}},      {{{2, 3, 2}}, {{"dim", 1}}},
                                 {{{2, 1, 3}}, {{"dim", 1}}}, {{{1, 1}}, {{"dim", 0}}},
                                 {{{0, 3}}, {{"dim", 1}}},    {{Shape{}}, {{"dim", 0}}}};
  for (Sample& sample : samples) sample.args.update(more);
  return samples;
}

std::vector<Sample> large_rows(const Args& more = Args::object()) {
  std::vector<Sample> samples = {
      {{{300, 257}}, {{"dim", 1}}}, {{{300, 1001}}, {{"dim", 0}}}, {{{2, 40000}}, {{"dim", 1}}}};
  for (Sample& sample : samples) sample.args.update(more);
  return samples;
}

const std::vector<Sample> kNotEmpty = {{{{2, 3}}}, {{{4}}}, {{{2, 1, 3}}},
                                       {{{1, 1}}}, {{{1}}}, {{Shape{}}}};

}  // namespace

std::vector<Row> reduce_rows() {
  const Draw any;
  const std::int64_t k = 70000;
  std::vector<Row> rows;
  for (const char* op : {"sum", "mean"}) {
    rows.push_back({op, {any}, all_elements(), large_shape(), k});
    rows.push_back({op, {any}, over_dims(), large_rows(), k});
    rows.push_back({op, {any}, {{{{0, 3}}, {{"dim", 0}}}}});
  }

  rows.push_back({"var", {any}, {{{{2, 3}}}, {{{4}}}, {{{2, 1, 3}}}}, large_shape(), k});
  rows.push_back({"var", {any}, over_dims({{"correction", 0}}), large_rows(), k});
  rows.push_back({"var", {any}, each_shape({{"correction", 0}})});
  // The square root has no derivative at 0: what is reduced must not all be equal.
  const std::vector<Sample> last = {{{{2, 3}}, {{"dim", 1}}},
                                    {{{2, 3}}, {{"dim", 1}, {"keepdim", true}}},
                                    {{{2, 3}}, {{"dim", -1}, {"correction", 0}}},
                                    {{{2, 2, 3}}, {{"dim", {1, 2}}}},
                                    {{{2, 1, 3}}, {{"dim", {1, 2}}}},
                                    {{{0, 3}}, {{"dim", 1}}}};
  rows.push_back({"std", {any}, last, large_rows(), k});
  rows.push_back({"std", {any}, {{{{2, 3}}}, {{{2, 1, 3}}}, {{{3, 2}}, {{"dim", 0}}}}, {}, k, 1});

  const Draw apart = distinct(-2, 2);
  for (const char* op : {"max", "min"}) {
    rows.push_back({op, {apart}, kNotEmpty, large_shape()});
    rows.push_back({op, {apart}, along_dim() + along_dim({{"keepdim", true}}), large_rows()});
    rows.push_back({op, {apart}, along_dim({{"output", "indices"}})});
  }
  for (const char* op : {"argmax", "argmin"}) {
    rows.push_back({op, {apart}, kNotEmpty, large_shape()});
    rows.push_back({op, {apart}, along_dim({{"keepdim", true}}), large_rows()});
  }
  rows.push_back({"logsumexp", {any}, over_dims(), large_rows(), k});
  rows.push_back({"logsumexp", {any}, {{{{0, 3}}, {{"dim", 0}}}}});

  const auto norm = [&](const Args& p, const Draw& draw) {
    rows.push_back({"norm", {draw}, all_elements(p) + over_dims(p), large_rows(p), k});
  };
  const Draw away{-2, 2, {0}, 0.2};
  norm(Args::object(), any);
  norm({{"p", 1}}, away);
  norm({{"p", 3}}, away);
  norm({{"p", 1.5}}, away);
  norm({{"p", "inf"}}, distinct(0.2, 3));

  for (const char* op : {"any", "all"}) {
    rows.push_back({op, {booleans()}, all_elements(), large_shape()});
    rows.push_back({op, {booleans()}, along_dim({{"keepdim", true}}), large_rows()});
    rows.push_back({op, {any}, all_elements(), large_shape()});
  }

  rows.push_back({"cumsum", {any}, along_dim() + each_shape({{"dim", 0}}), large_rows(), k});
  for (const bool descending : {false, true}) {
    const Args order = {{"descending", descending}};
    rows.push_back({"sort", {apart}, along_dim(order) + each_shape(order), large_rows(order)});
    rows.push_back({"sort", {apart}, along_dim({{"output", "indices"}})});
    rows.push_back({"argsort", {apart}, along_dim(order), large_rows(order)});
  }
  for (const bool largest : {true, false}) {
    const Args one = {{"k", 1}, {"largest", largest}}, two = {{"k", 2}, {"largest", largest}};
    rows.push_back({"topk",
                    {apart},
                    along_dim(one) + std::vector<Sample>{{{{4}}, two}, {{{2, 3}}, two}},
                    large_rows({{"k", 5}, {"largest", largest}})});
  }
  return rows;
}

}  // namespace percept::testing
