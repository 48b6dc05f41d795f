#include "ops/cases.h"

namespace percept::testing {

std::vector<Sample> each_shape(const Args& args) {
  return {{{{2, 3}}, args}, {{{4}}, args},    {{{2, 1, 3}}, args}, {{{1, 1}}, args},
          {{{1}}, args},    {{{0, 3}}, args}, {{Shape{}}, args}};
}

std::vector<Sample> each_pair(const Args& args) {
  return {{{{2, 3}, {2, 3}}, args},  {{{2, 3}, {3}}, args},     {{{2, 1}, {1, 3}}, args},
          {{{3}, {2, 2, 3}}, args},  {{{1}, {1, 1}}, args},     {{{0, 3}, {3}}, args},
          {{Shape{}, {2, 2}}, args}, {{Shape{}, Shape{}}, args}};
}

std::vector<Sample> large_shape(const Args& args) { return {{{{300, 257}}, args}}; }

std::vector<Sample> large_pair(const Args& args) {
  return {{{{300, 257}, {300, 257}}, args}, {{{300, 1}, {257}}, args}};
}

std::vector<Sample> operator+(std::vector<Sample> a, const std::vector<Sample>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<Row> pointwise_rows() {
  const std::vector<double> integers_near = {-3, -2, -1, 0, 1, 2, 3};
  const std::vector<double> halves_near = {-2.5, -1.5, -0.5, 0.5, 1.5, 2.5};
  const Draw any, nonzero{-3, 3, {0}, 0.4}, away{-3, 3, {0}};
  std::vector<Row> rows;

  const auto unary = [&](const char* op, const Draw& draw) {
    rows.push_back({op, {draw}, each_shape(), large_shape()});
  };
  unary("neg", any);
  unary("exp", any);
  unary("log", {0.2, 3});
  unary("log1p", {-0.7, 3});
  unary("expm1", any);
  unary("sqrt", {0.2, 3});
  unary("rsqrt", {0.3, 3});
  unary("square", any);
  unary("reciprocal", nonzero);
  unary("abs", away);
  unary("sign", away);
  unary("sin", {-3, 3});
  unary("cos", {-3, 3});
  unary("erf", any);
  unary("floor", {-2.9, 2.9, integers_near});
  unary("ceil", {-2.9, 2.9, integers_near});
  unary("round", {-2.9, 2.9, halves_near});
  for (const char* op : {"isnan", "isinf", "isfinite", "logical_not"}) unary(op, any);

  const auto binary = [&](const char* op, const std::vector<Draw>& draw, const Args& args) {
    rows.push_back({op, draw, each_pair(args), large_pair(args), 300});
  };
  const Args none = Args::object();
  binary("add", {any}, none);
  binary("add", {any}, {{"alpha", 2.5}});
  binary("sub", {any}, none);
  binary("sub", {any}, {{"alpha", 2.5}});
  binary("mul", {any}, none);
  binary("div", {{-1, 1}, {-3, 3, {0}, 1}}, none);
  binary("remainder", {{2.75, 2.95}, {1.1, 1.3}}, none);
  binary("remainder", {{-2.95, -2.75}, {1.1, 1.3}}, none);
  binary("pow", {{0.3, 2}, {-2, 2}}, none);
  binary("minimum", {distinct(-2, 2)}, none);
  binary("maximum", {distinct(-2, 2)}, none);
  binary("floor_divide", {{2.75, 2.95}, {1.1, 1.3}}, none);
  for (const char* op : {"eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or"})
    binary(op, {distinct(-2, 2)}, none);
  rows.push_back({"equal", {any}, each_pair()});
  rows.push_back({"allclose", {any}, each_pair({{"rtol", 1e-3}})});

  const auto number = [&](const char* op, const Draw& draw, const Args& args) {
    rows.push_back({op, {draw}, each_shape(args), large_shape(args)});
  };
  number("add", any, {{"other", 1.5}});
  number("sub", any, {{"other", 1.5}});
  number("sub", any, {{"self", 1.5}});
  number("mul", any, {{"other", -1.5}});
  number("div", any, {{"other", -1.5}});
  number("div", nonzero, {{"self", -1.5}});
  for (const double exponent : {0.0, 1.0, 2.0, 3.0}) number("pow", any, {{"other", exponent}});
  for (const double exponent : {0.5, -1.0, -1.5}) number("pow", {0.3, 2}, {{"other", exponent}});
  number("pow", any, {{"self", 2.5}});
  number("clamp", {-2, 2, {-0.5, 1}}, {{"min", -0.5}, {"max", 1.0}});
  number("clamp", {-2, 2, {-0.5}}, {{"min", -0.5}});
  number("clamp", {-2, 2, {1}}, {{"max", 1}});
  for (const char* op : {"eq", "ne", "lt", "le", "gt", "ge"}) number(op, any, {{"other", 0.5}});
  return rows;
}

const std::map<std::string, std::string>& not_differentiable() {
  static const std::map<std::string, std::string> table = {
      {"floor_divide", "flat between jumps, and detached as in PyTorch"},
      {"eq", "gives booleans"},
      {"ne", "gives booleans"},
      {"lt", "gives booleans"},
      {"le", "gives booleans"},
      {"gt", "gives booleans"},
      {"ge", "gives booleans"},
      {"logical_not", "gives booleans"},
      {"logical_and", "gives booleans"},
      {"logical_or", "gives booleans"},
      {"isnan", "gives booleans"},
      {"isinf", "gives booleans"},
      {"isfinite", "gives booleans"},
      {"equal", "gives a bool"},
      {"allclose", "gives a bool"},
      {"any", "gives booleans"},
      {"all", "gives booleans"},
      {"argmax", "gives places"},
      {"argmin", "gives places"},
      {"argsort", "gives places"},
      {"nonzero", "gives places"},
      {"one_hot", "takes integers"},
  };
  return table;
}

const std::vector<Row>& all_rows() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> all;
    for (const auto& family :
         {pointwise_rows(), activation_rows(), reduce_rows(), view_rows(), indexing_rows(),
          matmul_rows(), loss_rows(), conv_rows(), pool_rows(), batch_norm_rows(), pad_rows(),
          attention_rows(), recurrent_rows()})
      all.insert(all.end(), family.begin(), family.end());
    return all;
  }();
  return rows;
}

}  // namespace percept::testing
