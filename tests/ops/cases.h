// The rows that prove the operations. A row says how an operation's inputs are drawn and with which
// shapes and arguments it is called; cases_test.cpp derives gradient checks, second derivatives,
// the comparison of engines, of thread counts, and that inputs stay as they were.
#pragma once

#include <string>
#include <vector>

#include "ops/op_table.h"

namespace percept::testing {

/// What an input is made of.
enum class Kind : unsigned char {
  real,      ///< f64 or f32 in [low, high]; its gradient is checked
  distinct,  ///< the same, no two elements close to each other (of one input or of two)
  integer,   ///< i64 in [low, high)
  unique,    ///< i64 in [low, high), different along the dimension "dim" (0 without one)
  boolean,
};

struct Draw {
  double low = -2, high = 2;
  std::vector<double> kinks = {};  ///< no element comes closer to one than `apart`
  double apart = 0.05;
  Kind kind = Kind::real;
};

inline Draw distinct(double low, double high) { return {low, high, {}, 0, Kind::distinct}; }
inline Draw integers(double low, double high) { return {low, high, {}, 0, Kind::integer}; }
inline Draw unique(double low, double high) { return {low, high, {}, 0, Kind::unique}; }
inline Draw booleans() { return {0, 1, {}, 0, Kind::boolean}; }

struct Sample {
  std::vector<Shape> shapes;  ///< of the inputs
  Args args = Args::object();
};

struct Row {
  std::string op;
  std::vector<Draw> draw;  ///< of each input; the last one also for all further inputs
  std::vector<Sample> samples;
  std::vector<Sample> large = {};  ///< for engines and threads only: several threads' worth of work
  std::int64_t k = 1;              ///< terms summed into one result of the large samples
  int expand = 0;                  ///< the dimension that the expanded layout repeats
  bool second = true;              ///< a second derivative is offered
  bool bits = true;  ///< the fast engine gives the same bits for any number of threads
};

/// The usual shapes of a function of one tensor, with the same arguments each.
std::vector<Sample> each_shape(const Args& args = Args::object());
/// The usual pairs of shapes that broadcast.
std::vector<Sample> each_pair(const Args& args = Args::object());
/// Shapes of enough work for several threads.
std::vector<Sample> large_shape(const Args& args = Args::object());
std::vector<Sample> large_pair(const Args& args = Args::object());
std::vector<Sample> operator+(std::vector<Sample> a, const std::vector<Sample>& b);

std::vector<Row> pointwise_rows();
std::vector<Row> activation_rows();
std::vector<Row> reduce_rows();
std::vector<Row> view_rows();
std::vector<Row> indexing_rows();
std::vector<Row> matmul_rows();
std::vector<Row> loss_rows();
std::vector<Row> conv_rows();
std::vector<Row> pool_rows();
std::vector<Row> batch_norm_rows();
std::vector<Row> pad_rows();
std::vector<Row> attention_rows();
std::vector<Row> recurrent_rows();

/// All of them.
const std::vector<Row>& all_rows();

/// Operations without a gradient, and why.
const std::map<std::string, std::string>& not_differentiable();

}  // namespace percept::testing
