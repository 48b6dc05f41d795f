// Derives from the rows of cases.h what is to be proved of every operation. A failure prints the
// command that replays it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <set>
#include <sstream>

#include "engine/engine.h"
#include "ops/cases.h"
#include "percept/autograd/autograd.h"
#include "percept/autograd/gradcheck.h"
#include "percept/base/parallel.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "support/places.h"
#include "tensor/tape.h"

namespace percept::testing {
namespace {

/// How an input lies in memory; its shape and what the operation sees of it are the same.
enum class Layout : unsigned char { dense, transposed, strided, expanded };
constexpr Layout kLayouts[] = {Layout::dense, Layout::transposed, Layout::strided,
                               Layout::expanded};
const char* name_of(Layout layout) {
  constexpr const char* names[] = {"dense", "transposed", "strided", "expanded"};
  return names[static_cast<std::size_t>(layout)];
}

unsigned base_seed() {
  const char* text = std::getenv("PERCEPT_TEST_SEED");
  return text ? static_cast<unsigned>(std::atol(text)) : 1u;
}

bool differentiable(Kind kind) { return kind == Kind::real || kind == Kind::distinct; }

// -- drawing
using Random = std::mt19937_64;
double uniform(Random& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

double draw_real(const Draw& draw, Random& random) {
  for (;;) {
    const double x = draw.low + (draw.high - draw.low) * uniform(random);
    const bool close = std::any_of(draw.kinks.begin(), draw.kinks.end(),
                                   [&](double kink) { return std::abs(x - kink) < draw.apart; });
    if (!close) return x;
  }
}

/// Elements low + (i + part) (high - low) / n in random order; `part` differs between inputs.
Tensor draw_distinct(const Draw& draw, const Shape& shape, double part, Random& random) {
  const Tensor x = empty(shape, {.dtype = f64});
  const auto values = x.span<double>();
  const double gap =
      (draw.high - draw.low) / std::max<double>(1, static_cast<double>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = draw.low + (static_cast<double>(i) + part) * gap;
  std::shuffle(values.begin(), values.end(), random);
  return x;
}

/// Along dim every lane counts up from a random start, modulo the range.
Tensor draw_unique(const Draw& draw, const Shape& shape, int dim, Random& random) {
  const auto low = static_cast<std::int64_t>(draw.low),
             range = static_cast<std::int64_t>(draw.high) - low;
  const Tensor x = empty(shape, {.dtype = i64});
  if (shape.dim() == 0) {
    x.span<std::int64_t>()[0] = low;
    return x;
  }
  std::int64_t inner = 1;
  for (int d = dim + 1; d < shape.dim(); ++d) inner *= shape[d];
  const std::uint64_t start = random() % 1000;
  std::int64_t i = 0;
  for (std::int64_t& value : x.span<std::int64_t>()) {
    const std::int64_t place = i / inner % shape[dim], lane = i / (inner * shape[dim]) + i % inner;
    value = low + (place + lane * 2 + static_cast<std::int64_t>(start)) % range;
    ++i;
  }
  return x;
}

Tensor draw_input(const Draw& draw, const Shape& shape, double part, const Args& args,
                  Random& random) {
  switch (draw.kind) {
    case Kind::distinct:
      return draw_distinct(draw, shape, part, random);
    case Kind::unique:
      return draw_unique(draw, shape,
                         wrap_dim(args.value("dim", std::int64_t{0}), shape.dim(), "draw"), random);
    case Kind::integer: {
      const Tensor x = empty(shape, {.dtype = i64});
      for (std::int64_t& value : x.span<std::int64_t>())
        value = static_cast<std::int64_t>(
            std::floor(draw.low + (draw.high - draw.low) * uniform(random)));
      return x;
    }
    case Kind::boolean: {
      const Tensor x = empty(shape, {.dtype = boolean});
      for (bool& value : x.span<bool>()) value = uniform(random) < 0.5;
      return x;
    }
    case Kind::real:
      break;
  }
  const Tensor x = empty(shape, {.dtype = f64});
  for (double& value : x.span<double>()) value = draw_real(draw, random);
  return x;
}

// -- layouts
/// x's elements in memory that is laid out otherwise; its own shape.
Tensor lay_out(const Tensor& x, Layout layout) {
  if (layout == Layout::transposed) return x.T().contiguous().T().detach();
  if (layout == Layout::strided && x.dim() > 0) {
    Shape wide = x.shape();
    wide[x.dim() - 1] *= 2;
    Tensor every_other = slice(zeros(wide, {.dtype = x.dtype()}), -1, 0, wide.back(), 2).detach();
    every_other.copy_(x);
    return every_other;
  }
  return x;
}

/// The dimension that the expanded layout repeats: row.expand, else the first that can be.
std::optional<int> repeated_dim(const Shape& shape, int first) {
  for (int i = 0; i < shape.dim(); ++i)
    if (const int d = (first + i) % shape.dim(); shape[d] > 1) return d;
  return {};
}

/// One call: leaves, and how the operation's inputs are made of them.
struct TableCall {
  const Row* row = nullptr;
  const Sample* sample = nullptr;
  Layout layout = Layout::dense;
  std::string text;  // for messages
  Inputs leaves;
  std::vector<Shape> shapes;

  /// As the operation gets them: an expanded input is made of a leaf with size 1.
  Inputs inputs(const Inputs& from) const {
    Inputs in;
    for (std::size_t i = 0; i < from.size(); ++i)
      in.push_back(from[i].shape() == shapes[i] ? from[i] : expand(from[i], shapes[i]));
    return in;
  }
  Tensor operator()(const Inputs& from) const {
    return call_op(row->op, inputs(from), sample->args);
  }
};

TableCall make_call(const Row& row, const Sample& sample, Layout layout, int number) {
  TableCall call{&row, &sample, layout, {}, {}, sample.shapes};
  std::seed_seq seed{base_seed(), static_cast<unsigned>(std::hash<std::string>{}(row.op)),
                     static_cast<unsigned>(number)};
  Random random(seed);
  std::string shapes;
  for (std::size_t i = 0; i < sample.shapes.size(); ++i) {
    const Draw& draw = row.draw[std::min(i, row.draw.size() - 1)];
    Shape shape = sample.shapes[i];
    shapes += (i ? " " : "") + shape.str();
    if (layout == Layout::expanded && differentiable(draw.kind))
      if (const auto d = repeated_dim(shape, row.expand)) shape[*d] = 1;
    const double part = 0.31 + 0.2377 * static_cast<double>(i);  // no common grid
    Tensor leaf = lay_out(draw_input(draw, shape, part, sample.args, random), layout);
    if (differentiable(draw.kind) && !not_differentiable().contains(row.op)) leaf.requires_grad_();
    call.leaves.push_back(leaf);
  }
  call.text = fmt::format("{}({}) {} {}", row.op, shapes, sample.args.dump(), name_of(layout));
  return call;
}

std::string replay_hint(const char* property, const std::string& op) {
  return fmt::format("\n  replay: PERCEPT_TEST_SEED={} percept_tests --gtest_filter='Ops/{}/{}'",
                     base_seed(), property, identifier(op));
}

template <class F>
void for_each_call(const std::string& op, bool large, const F& f) {
  int number = 0;
  for (const Row& row : all_rows()) {
    if (row.op != op) continue;
    for (const auto* samples : {&row.samples, &row.large}) {
      if (samples == &row.large && !large) continue;
      for (const Sample& sample : *samples)
        for (const Layout layout : kLayouts)
          if (samples == &row.samples || layout == Layout::dense || layout == Layout::transposed)
            f(make_call(row, sample, layout, number++));
    }
  }
}

std::vector<std::string> ops_with_rows(bool with_gradient) {
  std::set<std::string> ops;
  for (const Row& row : all_rows())
    if (!with_gradient || !not_differentiable().contains(row.op)) ops.insert(row.op);
  return {ops.begin(), ops.end()};
}

std::vector<std::string> ops_with_second() {
  std::vector<std::string> ops = ops_with_rows(true);
  std::erase_if(ops, [](const std::string& op) {
    return std::none_of(all_rows().begin(), all_rows().end(),
                        [&](const Row& row) { return row.op == op && row.second; });
  });
  return ops;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  return identifier(info.param);
}

// -- gradients
class Gradient : public ::testing::TestWithParam<std::string> {};
class SecondGradient : public ::testing::TestWithParam<std::string> {};
class Forward : public ::testing::TestWithParam<std::string> {};

TEST_P(Gradient, EqualsDifferences) {
  int checked = 0;
  std::set<std::string> seen;
  for_each_call(GetParam(), false, [&](const TableCall& call) {
    const Tensor y = call(call.leaves);
    if (!is_floating(y.dtype())) return;
    EXPECT_TRUE(y.requires_grad())
        << call.text << replay_hint("Gradient.EqualsDifferences", GetParam());
    const GradcheckResult result = gradcheck(call, call.leaves);
    EXPECT_TRUE(result) << call.text << "\n  " << result.message
                        << replay_hint("Gradient.EqualsDifferences", GetParam());
    ++checked;
    seen.insert(name_of(call.layout));
    for (const Shape& shape : call.shapes) {
      if (shape.dim() == 0) seen.insert("0-dim");
      for (const std::int64_t size : shape)
        seen.insert(size == 0 ? "0-size" : size == 1 ? "size-1" : "");
    }
  });
  EXPECT_GE(checked, 8);
  const std::set<std::string> no_scalar = {// which take no 0-dim tensor
                                           "adaptive_avg_pool1d",
                                           "adaptive_avg_pool2d",
                                           "adaptive_max_pool1d",
                                           "adaptive_max_pool1d_with_indices",
                                           "adaptive_max_pool2d",
                                           "adaptive_max_pool2d_with_indices",
                                           "avg_pool1d",
                                           "avg_pool2d",
                                           "batch_norm",
                                           "bmm",
                                           "cat",
                                           "chunk",
                                           "conv1d",
                                           "conv2d",
                                           "conv_transpose2d",
                                           "detail::attention_weights",
                                           "detail::conv2d_relu",
                                           "detail::linear_relu",
                                           "detail::self_attention",
                                           "diagonal",
                                           "dropout2d",
                                           "fold",
                                           "group_norm",
                                           "gru",
                                           "gru_cell",
                                           "index_select",
                                           "instance_norm",
                                           "interpolate",
                                           "layer_norm",
                                           "linear",
                                           "lstm",
                                           "lstm_cell",
                                           "matmul",
                                           "max_pool1d",
                                           "max_pool1d_with_indices",
                                           "max_pool2d",
                                           "max_pool2d_with_indices",
                                           "mm",
                                           "narrow",
                                           "rms_norm",
                                           "rnn",
                                           "rnn_cell",
                                           "scaled_dot_product_attention",
                                           "select",
                                           "slice",
                                           "split",
                                           "std",
                                           "unbind",
                                           "unflatten",
                                           "unfold"};
  for (const char* kind : {"dense", "transposed", "strided", "expanded", "size-1", "0-size"})
    EXPECT_TRUE(seen.contains(kind) ||
                (GetParam() == "max" || GetParam() == "min" || GetParam() == "topk"))
        << "no " << kind << " sample";
  EXPECT_NE(seen.contains("0-dim"), no_scalar.contains(GetParam()));
}

TEST_P(SecondGradient, EqualsDifferences) {
  int checked = 0;
  for_each_call(GetParam(), false, [&](const TableCall& call) {
    if (!call.row->second || !is_floating(call(call.leaves).dtype())) return;
    const GradcheckResult result = gradgradcheck(call, call.leaves);
    EXPECT_TRUE(result) << call.text << "\n  " << result.message
                        << replay_hint("SecondGradient.EqualsDifferences", GetParam());
    ++checked;
  });
  EXPECT_GE(checked, 8);
}

// -- values
Inputs in_f32(const Inputs& leaves) {
  Inputs converted;
  for (const Tensor& x : leaves) {
    if (x.dtype() != f64) {
      converted.push_back(x);
      continue;
    }
    Tensor y = empty(x.shape(), {.dtype = f32});  // keep the layout
    if (!x.is_contiguous()) {
      if (x.T().is_contiguous()) {
        y = x.detach().T().to(f32).T().detach();
      } else {
        y = lay_out(x.detach().to(f32), Layout::strided);
      }
    } else {
      y.copy_(x.detach());
    }
    converted.push_back(y.requires_grad_(x.requires_grad()));
  }
  return converted;
}

/// The result and the gradient of every leaf.
struct CallOutcome {
  std::vector<Tensor> tensors;
};

CallOutcome run(const TableCall& call, const Inputs& leaves) {
  const Tensor y = call(leaves);
  CallOutcome outcome{{y.detach().contiguous()}};
  if (!y.requires_grad()) return outcome;
  // Weights that differ and that f32 holds exactly.
  const Tensor weights = empty(y.shape(), {.dtype = f64});
  std::int64_t i = 0;
  for (double& w : weights.span<double>()) w = 0.5 + static_cast<double>(i++ * 37 % 64) / 64;
  Inputs wanted;
  for (const Tensor& leaf : leaves)
    if (leaf.requires_grad()) wanted.push_back(leaf);
  for (const Tensor& dx : grad({y}, wanted, {weights.to(y.dtype())}, {.allow_unused = true}))
    outcome.tensors.push_back(dx.defined() ? dx.contiguous() : Tensor());
  return outcome;
}

/// The same, with the same numbers, computed in f64.
CallOutcome in_f64(const TableCall& call, const Inputs& leaves) {
  Inputs wide;
  for (const Tensor& leaf : leaves)
    wide.push_back(leaf.dtype() == f32 ? leaf.detach().to(f64).requires_grad_(leaf.requires_grad())
                                       : leaf);
  return run(call, wide);
}

std::string bytes_of(const Tensor& x) {
  const Tensor dense = x.detach().contiguous();
  return {static_cast<const char*>(dense.impl().data),
          static_cast<std::size_t>(dense.numel()) * size_of(dense.dtype())};
}

std::string first_difference(const Tensor& a, const Tensor& b, double rtol, double atol) {
  if (a.defined() != b.defined()) return "one of them is undefined";
  if (!a.defined()) return {};
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return "shape or type differ";
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
    if (!(std::abs(x[i] - y[i]) <= atol + rtol * std::abs(y[i])))
      return fmt::format("element {} of {}: {} and {}", i, a.shape().str(), x[i], y[i]);
  }
  return {};
}

struct ThreadsGuard {
  int before = num_threads();
  ~ThreadsGuard() { set_num_threads(before); }
};

/// Fast and reference engine agree in f32, values and gradients; 1 and 2 threads give the same bits
/// on both (products by oneDNN excepted); inputs stay as they were. Where terms cancel, a sum of K
/// of them in f32 is off by more than the tolerance of its result: each of K partial sums, which
/// grow as sqrt(K), is rounded, the fast engine's in f32, the loops' in f64. There the fast engine
/// is held to the same numbers in f64, and `atol` grows as sqrt(K), as `rtol` does.
TEST_P(Forward, EnginesAndThreadsAgree) {
  const std::string where = replay_hint("Forward.EnginesAndThreadsAgree", GetParam());
  const ThreadsGuard restore;
  for_each_call(GetParam(), true, [&](const TableCall& call) {
    const Inputs leaves = in_f32(call.leaves);
    std::vector<std::string> before;
    for (const Tensor& leaf : leaves) before.push_back(bytes_of(leaf));

    const auto on_threads = [&](int threads) {
      set_num_threads(threads);
      return run(call, leaves);
    };
    const CallOutcome fast = on_threads(2), fast_alone = on_threads(1);
    std::optional<CallOutcome> reference, reference_alone, truth;
    {
      const engine::ReferenceGuard guard;
      reference = on_threads(2), reference_alone = on_threads(1);
    }
    for (std::size_t i = 0; i < leaves.size(); ++i)
      EXPECT_EQ(before[i], bytes_of(leaves[i]))
          << "input " << i << " changed: " << call.text << where;

    const bool large = call.sample >= call.row->large.data() &&
                       call.sample < call.row->large.data() + call.row->large.size();
    const double terms = large ? static_cast<double>(call.row->k) : 1;
    const double growth = std::max(1.0, std::sqrt(terms / 64)), rtol = 1.3e-6 * growth, atol = 1e-5;
    ASSERT_EQ(fast.tensors.size(), reference->tensors.size()) << call.text << where;
    for (std::size_t i = 0; i < fast.tensors.size(); ++i) {
      const std::string what = i == 0 ? "result" : fmt::format("gradient {}", i - 1);
      const auto agrees = [&](const Tensor& x) {
        const std::string difference = first_difference(x, reference->tensors[i], rtol, atol);
        if (difference.empty()) return;
        if (!truth) truth = in_f64(call, leaves);
        EXPECT_EQ(first_difference(x, truth->tensors[i].to(f32), rtol, atol * growth), "")
            << what << " of the two engines: " << difference << ": " << call.text << where;
      };
      agrees(fast.tensors[i]);
      if (!fast.tensors[i].defined()) continue;
      if (call.row->bits)
        EXPECT_TRUE(bytes_of(fast.tensors[i]) == bytes_of(fast_alone.tensors[i]))
            << what << " with 1 and 2 threads, fast: " << call.text << where;
      else
        agrees(fast_alone.tensors[i]);
      EXPECT_TRUE(bytes_of(reference->tensors[i]) == bytes_of(reference_alone->tensors[i]))
          << what << " with 1 and 2 threads, reference: " << call.text << where;
    }
  });
}

// -- tapes
class Replay : public ::testing::TestWithParam<std::string> {};

/// Operations some of whose calls a tape cannot follow: the shape of the result hangs on the
/// numbers, or they draw from a generator of their own.
bool cannot_be_taped(const std::string& op) {
  static const std::set<std::string> ops{
      "Tensor.index", "detail::self_attention", "dropout", "dropout2d",
      "index_put",    "masked_select",          "nonzero", "scaled_dot_product_attention"};
  return ops.contains(op);
}

/// What the call and its gradients give, their graph gone.
std::vector<Tensor> results_of(const TableCall& call, const Inputs& leaves, const Inputs& wanted,
                               const Tensor& weights) {
  const Tensor y = call(leaves);
  std::vector<Tensor> results{y.detach()};
  if (y.requires_grad())
    for (const Tensor& dx : grad({y}, wanted, {weights}, {.allow_unused = true}))
      results.push_back(dx.detach());
  return results;
}

/// A call that was written down, replayed on other numbers, gives the bits that calling gives.
TEST_P(Replay, GivesTheSameBits) {
  const std::string where = replay_hint("Replay.GivesTheSameBits", GetParam());
  int number = 1000, refused = 0, replayed = 0;
  for_each_call(GetParam(), false, [&](const TableCall& call) {
    const Inputs leaves = in_f32(call.leaves);
    const Inputs others = in_f32(make_call(*call.row, *call.sample, call.layout, number++).leaves);
    Inputs first, wanted;
    for (const Tensor& leaf : leaves) {
      first.push_back(leaf.detach().clone());
      if (leaf.requires_grad()) wanted.push_back(leaf);
    }
    const auto become = [&](const Inputs& numbers) {
      const NoGradGuard no_grad;
      for (std::size_t i = 0; i < leaves.size(); ++i) Tensor(leaves[i]).copy_(numbers[i].detach());
    };
    const auto bytes = [](const std::vector<Tensor>& results) {
      std::vector<std::string> all;
      for (const Tensor& x : results) all.push_back(x.defined() ? bytes_of(x) : "undefined");
      return all;
    };
    const Tensor y = call(leaves);
    const Tensor weights =
        is_floating(y.dtype()) ? rand(y.shape(), {.dtype = y.dtype()}) : Tensor();

    Tape tape;
    std::vector<Tensor> results;
    {
      const Tape::Recording on(tape);
      results = results_of(call, leaves, wanted, weights);
    }
    tape.finish(results);
    if (!tape.refused().empty()) {
      ++refused;
      return;
    }
    become(others);
    if (tape.replay()) {
      const auto replays = bytes(results);
      EXPECT_EQ(replays, bytes(results_of(call, leaves, wanted, weights))) << call.text << where;
      ++replayed;
    }
    become(first);
    const auto again = bytes(results_of(call, leaves, wanted, weights));
    EXPECT_TRUE(tape.replay()) << call.text << where;
    EXPECT_EQ(bytes(results), again) << call.text << where;
  });
  if (cannot_be_taped(GetParam()))
    EXPECT_GT(refused, 0);
  else
    EXPECT_EQ(refused, 0) << where;
  EXPECT_GT(replayed + refused, 0) << where;
}

INSTANTIATE_TEST_SUITE_P(Ops, Gradient, ::testing::ValuesIn(ops_with_rows(true)), test_name);
INSTANTIATE_TEST_SUITE_P(Ops, SecondGradient, ::testing::ValuesIn(ops_with_second()), test_name);
INSTANTIATE_TEST_SUITE_P(Ops, Forward, ::testing::ValuesIn(ops_with_rows(false)), test_name);
INSTANTIATE_TEST_SUITE_P(Ops, Replay, ::testing::ValuesIn(ops_with_rows(false)), test_name);

// -- no operation is left out
/// The functions that the public headers declare, "detail::" in front of those in namespace detail.
std::set<std::string> public_functions() {
  std::set<std::string> names;
  const std::filesystem::path folder = project_path("include/percept/ops");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    std::string space;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("namespace detail")) space = "detail::";
      if (line.starts_with("}  // namespace detail")) space.clear();
      // "Tensor name(...": a declaration starts its line; operators have a test of their own.
      const auto bracket = line.find('('), blank = line.substr(0, bracket).rfind(' ');
      if (line.empty() || !std::isalpha(static_cast<unsigned char>(line[0])) ||
          bracket == std::string::npos || blank == std::string::npos)
        continue;
      const std::string name = line.substr(blank + 1, bracket - blank - 1);
      if (!name.starts_with("operator")) names.insert(space + name);
    }
  }
  return names;
}

TEST(Coverage, EveryPublicOperationIsInTheTable) {
  std::set<std::string> table;
  for (const auto& [name, entry] : op_table()) {
    EXPECT_EQ(name, entry.name);
    if (!name.starts_with("Tensor.")) table.insert(name);
  }
  EXPECT_EQ(public_functions(), table);
}

TEST(Coverage, EveryOperationHasRows) {
  std::set<std::string> table;
  for (const auto& [name, entry] : op_table()) table.insert(name);
  const std::vector<std::string> rows = ops_with_rows(false);
  EXPECT_EQ(table, std::set<std::string>(rows.begin(), rows.end()));
}

TEST(Coverage, EveryOperationHasItsGradientCheckedOrAReasonNotTo) {
  std::set<std::string> proved;
  for (const std::string& op : ops_with_rows(true)) proved.insert(op);
  for (const auto& [op, reason] : not_differentiable()) {
    EXPECT_FALSE(proved.contains(op)) << op;
    EXPECT_FALSE(reason.empty()) << op;
    proved.insert(op);
  }
  std::set<std::string> expected = public_functions();
  for (const auto& [name, entry] : op_table())
    if (name.starts_with("Tensor.")) expected.insert(name);
  EXPECT_EQ(expected, proved);
}

}  // namespace
}  // namespace percept::testing
