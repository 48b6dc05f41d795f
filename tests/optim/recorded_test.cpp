// Every optimiser with every combination of its options against 20 steps of PyTorch's, and gradient
// clipping.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/engine.h"
#include "optim/make.h"
#include "percept/optim/clip_grad.h"

namespace percept::optim {
namespace {

std::string name_of_case(const nlohmann::json& one) {
  return one.at("optimiser").get<std::string>() + " " + one.at("options").dump();
}

void expect_close(const Tensor& found, const nlohmann::json& expected, double rtol, double atol) {
  const std::vector<double> a = found.detach().to_vector<double>();
  const auto b = expected.get<std::vector<double>>();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_LE(std::abs(a[i] - b[i]), rtol * std::abs(b[i]) + atol)
        << "element " << i << " is " << a[i] << ", recorded " << b[i];
}

void replay(Dtype dtype, double rtol, double atol) {
  const auto& cases = recorded().at("optimisers");
  ASSERT_EQ(cases.size(), 180u);
  for (const auto& one : cases) {
    SCOPED_TRACE(name_of_case(one));
    Replay run(one, dtype);
    run.run(0, 20);
    for (std::size_t i = 0; i < 2; ++i)
      expect_close(run.params[i], one.at(dtype == f64 ? "f64" : "f32").at(i), rtol, atol);
  }
}

TEST(RecordedOptimizers, DoublePrecision) { replay(f64, 1e-12, 1e-14); }
TEST(RecordedOptimizers, FastEngine) { replay(f32, 1e-6, 1e-6); }
TEST(RecordedOptimizers, ReferenceEngine) {
  const engine::ReferenceGuard reference;
  replay(f32, 1e-6, 1e-6);
}

TEST(RecordedOptimizers, LoadedStateContinuesToTheSameBits) {
  for (const auto& one : recorded().at("optimisers")) {
    SCOPED_TRACE(name_of_case(one));
    Replay whole(one, f32), first(one, f32), second(one, f32);
    whole.run(0, 20);
    first.run(0, 10);
    for (std::size_t i = 0; i < 2; ++i) second.params[i].detach().copy_(first.params[i].detach());
    for (ParamGroup& group : second.optimizer->param_groups()) group.options["lr"] = 100;
    second.optimizer->load_state_dict(first.optimizer->state_dict());
    first.run(10, 11);  // must not reach into what was loaded
    second.run(10, 20);
    for (std::size_t i = 0; i < 2; ++i)
      EXPECT_EQ(second.params[i].to_vector<float>(), whole.params[i].to_vector<float>());
  }
}

TEST(RecordedClipping, Norms) {
  for (const auto& one : recorded().at("clip"))
    for (const Dtype dtype : {f64, f32}) {
      SCOPED_TRACE(one.at("norm_type").get<std::string>());
      std::vector<Tensor> params;
      for (std::size_t i = 0; i < 2; ++i) {
        params.push_back(zeros(shape_of(recorded().at("shapes").at(i)), {.dtype = dtype}));
        params[i].set_grad(recorded_tensor(recorded().at("gradients").at(0), i, dtype));
      }
      params.push_back(zeros({4}));  // without a gradient
      const double rtol = dtype == f64 ? 1e-12 : 1e-6;
      const double norm =
          clip_grad_norm_(params, one.at("max_norm"),
                          {.norm_type = std::stod(one.at("norm_type").get<std::string>())});
      EXPECT_NEAR(norm, one.at("norm").get<double>(), rtol * norm);
      for (std::size_t i = 0; i < 2; ++i)
        expect_close(params[i].grad(), one.at("grads").at(i), rtol, 0);
    }
}

}  // namespace
}  // namespace percept::optim
