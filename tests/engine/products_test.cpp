// How products are computed: which primitives oneDNN chose, how many are made and kept, and weights
// packed for inference.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "engine/counters.h"
#include "engine/engine.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/build_info.h"
#include "percept/base/parallel.h"
#include "percept/base/random.h"
#include "percept/nn/activation.h"
#include "percept/nn/linear.h"
#include "percept/nn/sequential.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/loss.h"
#include "percept/ops/matmul.h"
#include "percept/optim/sgd.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

using engine::counters;

nn::Sequential lecture_classifier() {
  return {nn::Linear{784, 512}, nn::ReLU{}, nn::Linear{512, 512}, nn::ReLU{}, nn::Linear{512, 10}};
}

void learn_batch(nn::Sequential& net, optim::SGD& optimizer, std::int64_t batch, Dtype type) {
  const Tensor x = rand({batch, 784}), y = randint(0, 10, {batch});
  optimizer.zero_grad();
  Tensor loss;
  {
    const AutocastGuard guard(type);
    loss = cross_entropy(net(x), y);
  }
  loss.backward();
  optimizer.step();
}

/// Runs f on a thread of its own, which keeps no primitive yet.
template <class F>
void alone(F f) {
  std::thread(f).join();
}

bool has_avx2() {
  const std::string isa = build_info().onednn_isa;
  return isa.starts_with("AVX2") || isa.starts_with("AVX-512") || isa == "AMX";
}

TEST(Products, OfTheBenchmarksAreNotLeftToReferenceCode) {
  if (!has_avx2()) GTEST_SKIP() << "oneDNN may use " << build_info().onednn_isa;
  alone([] {
    nn::Sequential net = lecture_classifier();
    optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
    for (const Dtype type : {f32, bf16})
      for (const std::int64_t batch : {64, 256, 1024}) learn_batch(net, optimizer, batch, type);
    net.eval();
    {
      const InferenceGuard inference;
      for (const Dtype type : {f32, bf16}) {
        const AutocastGuard guard(type);
        for (int i = 0; i < 2; ++i) net(rand({1, 784}));
      }
    }
    // Attention over 16 patches: 4 heads of 16 features, 64 samples.
    const Tensor q = rand({256, 16, 16}), k = rand({256, 16, 16});
    for (const Dtype type : {f32, bf16}) {
      const AutocastGuard guard(type);
      bmm(bmm(q, k), k);
    }
    const auto kept = engine::onednn::kept_products();
    EXPECT_GE(kept.size(), 25u);
    const bool half = build_info().onednn_isa.starts_with("AVX-512") ||
                      build_info().onednn_isa == std::string("AMX");
    for (const auto& product : kept) {
      EXPECT_FALSE(product.implementation.starts_with("ref"))
          << product.batch << " x " << product.m << " x " << product.n << " x " << product.k;
      EXPECT_TRUE(!product.implementation.empty() || (product.rounded && !half));
    }
  });
}

TEST(Products, OfAWarmStepMakeNoPrimitive) {
  nn::Sequential net = lecture_classifier();
  optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
  for (const Dtype type : {f32, bf16}) {
    for (const std::int64_t batch : {64, 32}) learn_batch(net, optimizer, batch, type);
    const std::uint64_t before = counters().primitives;
    for (const std::int64_t batch : {64, 32, 64}) learn_batch(net, optimizer, batch, type);
    EXPECT_EQ(counters().primitives, before);
  }
}

TEST(Products, OfEverNewShapesKeepABoundedNumber) {
  alone([] {
    const Tensor w = rand({64, 64});
    for (std::int64_t m = 1; m <= 300; ++m) mm(ones({m, 64}), w);
    EXPECT_LE(engine::onednn::kept_products().size(), 128u);
  });
}

/// What packing must not change: compared with products under NoGradGuard, which pack nothing.
std::vector<float> unpacked(nn::Sequential& net, const Tensor& x) {
  const NoGradGuard no_grad;
  return net(x).to_vector<float>();
}

void expect_close(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-5) << i;
}

/// Whether oneDNN has a layout of its own for this machine.
bool packs(Dtype type) {
  const std::string isa = build_info().onednn_isa;
  return isa == "AMX" || isa == "AVX-512 with bfloat16" ||
         (type == f32 && isa.starts_with("AVX-512"));
}

TEST(Packing, HappensOnceAndGivesTheSameNumbers) {
  manual_seed(5);
  nn::Sequential net = lecture_classifier();
  net.eval();
  for (const Dtype type : {f32, bf16}) {
    nn::Sequential model = net;
    const AutocastGuard guard(type);
    const std::uint64_t before = counters().packed;
    for (const std::int64_t m : {1, 1, 1, 3, 64, 1}) {
      const Tensor x = rand({m, 784});
      const auto expected = unpacked(model, x);
      const InferenceGuard inference;
      expect_close(model(x).to_vector<float>(), expected);
    }
    EXPECT_EQ(counters().packed - before, packs(type) ? 3u : 0u);
  }
}

TEST(Packing, IsDoneAgainWhenAWeightChanges) {
  manual_seed(6);
  nn::Sequential net = lecture_classifier();
  net.eval();
  auto& last = static_cast<nn::Linear&>(net[4]);
  const Tensor x = rand({2, 784});
  const auto check = [&] {
    const auto expected = unpacked(net, x);
    const InferenceGuard inference;
    for (int i = 0; i < 3; ++i) expect_close(net(x).to_vector<float>(), expected);
  };
  check();
  {
    const NoGradGuard no_grad;
    last.weight.mul_(3);
  }
  check();
  last.weight.span<float>()[7] += 5;
  check();
  net.load_state_dict(lecture_classifier().state_dict());
  check();
  {
    optim::SGD optimizer{net.parameters(), {.lr = 1}};
    net(x).sum().backward();
    optimizer.step();
  }
  check();
}

TEST(Packing, ServesManyThreadsAtOnce) {
  manual_seed(7);
  nn::Sequential net = lecture_classifier();
  net.eval();
  const Tensor x = rand({4, 784});
  const auto expected = unpacked(net, x);
  std::vector<std::vector<float>> found(8);
  std::vector<std::thread> threads;
  for (auto& result : found)
    threads.emplace_back([&] {
      const InferenceGuard inference;
      for (int i = 0; i < 20; ++i) result = net(x).to_vector<float>();
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : found) expect_close(result, expected);
}

TEST(Packing, IsForInferenceOnly) {
  nn::Sequential net = lecture_classifier();
  const std::uint64_t before = counters().packed;
  for (int i = 0; i < 3; ++i) unpacked(net, rand({1, 784}));
  const Tensor w = rand({512, 784});  // nobody's parameter
  const InferenceGuard inference;
  for (int i = 0; i < 3; ++i) linear(rand({1, 784}), w);
  EXPECT_EQ(counters().packed, before);
}

}  // namespace
}  // namespace percept
