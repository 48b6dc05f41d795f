#include "ops/bad_calls.h"

#include <gtest/gtest.h>

#include <set>

#include "percept/base/error.h"
#include "percept/tensor/factory.h"

namespace percept::testing {

Tensor of(const Shape& shape, Dtype dtype, double value) {
  return full(shape, value, {.dtype = f64}).to(dtype);
}

namespace {

const std::vector<BadCall>& all_bad_calls() {
  static const std::vector<BadCall> calls = [] {
    std::vector<BadCall> all;
    for (const auto& family :
         {bad_pointwise_calls(), bad_reduce_calls(), bad_view_calls(), bad_indexing_calls(),
          bad_matmul_calls(), bad_loss_calls(), bad_conv_calls(), bad_pool_calls(),
          bad_batch_norm_calls(), bad_pad_calls(), bad_attention_calls(), bad_recurrent_calls()})
      all.insert(all.end(), family.begin(), family.end());
    return all;
  }();
  return calls;
}

std::string error_of(const BadCall& bad) {
  try {
    call_op(bad.op, bad.inputs, bad.args);
  } catch (const ShapeError& error) {
    return std::string("ShapeError: ") + error.what();
  } catch (const DtypeError& error) {
    return std::string("DtypeError: ") + error.what();
  } catch (const IndexError& error) {
    return std::string("IndexError: ") + error.what();
  } catch (const ValueError& error) {
    return std::string("ValueError: ") + error.what();
  } catch (const std::exception& error) {
    return std::string("another exception: ") + error.what();
  }
  return "none";
}

std::vector<std::string> ops() {
  std::set<std::string> names;
  for (const auto& [name, entry] : op_table()) names.insert(name);
  return {names.begin(), names.end()};
}

class BadCalls : public ::testing::TestWithParam<std::string> {};

TEST_P(BadCalls, SayWhatIsWrong) {
  // A function of one tensor and no argument can be called wrongly in few ways: with nothing, or
  // with a type that it does not take; copies and views of a tensor take every type.
  const std::set<std::string> one_tensor = {
      "exp",   "log",   "log1p",    "expm1",       "sqrt",    "rsqrt",   "reciprocal", "sin",
      "cos",   "erf",   "floor",    "ceil",        "round",   "square",  "sigmoid",    "tanh",
      "isnan", "isinf", "isfinite", "logical_not", "nonzero", "Tensor.t"};
  const std::set<std::string> any_tensor = {"Tensor.clone", "Tensor.contiguous", "Tensor.T",
                                            "Tensor.to"};
  int calls = 0;
  for (const BadCall& bad : all_bad_calls()) {
    if (bad.op != GetParam()) continue;
    EXPECT_EQ(error_of(bad), bad.error) << bad.args;
    ++calls;
  }
  EXPECT_GE(calls, any_tensor.contains(GetParam()) ? 1 : one_tensor.contains(GetParam()) ? 2 : 3);
}

INSTANTIATE_TEST_SUITE_P(Ops, BadCalls, ::testing::ValuesIn(ops()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return identifier(info.param);
                         });

TEST(BadCalls, EachRowNamesAnOperation) {
  for (const BadCall& bad : all_bad_calls()) EXPECT_TRUE(op_table().contains(bad.op)) << bad.op;
}

}  // namespace
}  // namespace percept::testing
