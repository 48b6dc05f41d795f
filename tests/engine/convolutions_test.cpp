// How convolutions are computed: which primitives oneDNN chose, how many are made, when weights are
// laid out anew, and that images stay channels last on their way through a network.
#include <gtest/gtest.h>

#include <thread>

#include "engine/counters.h"
#include "engine/engine.h"
#include "percept/nn/conv.h"
#include "percept/percept.h"
#include "tensor/layout.h"

namespace percept {
namespace {

using engine::counters;

bool channels_last_only(const Tensor& x) { return !x.is_contiguous() && is_channels_last(x); }

bool has_avx512() {
  const std::string isa = build_info().onednn_isa;
  return isa.starts_with("AVX-512") || isa == "AMX";
}

/// The convolutions of LeNet-5 and of a wider network, with strides in place of pooling.
nn::Sequential lenet_like() {
  return {nn::Conv2d{1, 6, 5, {.padding = 2}},
          nn::ReLU{},
          nn::Conv2d{6, 16, 5, {.stride = 2}},
          nn::ReLU{},
          nn::Conv2d{16, 120, 5},
          nn::Flatten{}};
}
nn::Sequential wide() {
  return {nn::Conv2d{1, 32, 3}, nn::ReLU{}, nn::Conv2d{32, 64, 3, {.stride = 2}}, nn::ReLU{},
          nn::Flatten{}};
}

void train_step(nn::Sequential& net, optim::SGD& optimizer, const Tensor& x, Dtype type) {
  optimizer.zero_grad();
  Tensor loss;
  {
    const AutocastGuard guard(type);
    loss = square(net(x)).mean();
  }
  loss.backward();
  optimizer.step();
}

TEST(Convolutions, OfTheBenchmarksAreNotLeftToReferenceCode) {
  if (!has_avx512()) GTEST_SKIP() << "oneDNN may use " << build_info().onednn_isa;
  std::thread([] {  // which keeps no primitive yet
    for (nn::Sequential net : {lenet_like(), wide()}) {
      optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
      for (const Dtype type : {f32, bf16})
        for (const std::int64_t batch : {1, 64})
          train_step(net, optimizer, rand({batch, 1, 28, 28}), type);
    }
    conv_transpose2d(rand({8, 16, 7, 7}), rand({16, 8, 4, 4}), {}, {.stride = 2, .padding = 1});
    const auto kept = engine::onednn::kept_convolutions();
    EXPECT_GE(kept.size(), 50u);
    for (const auto& convolution : kept)
      EXPECT_FALSE(convolution.implementation.starts_with("ref"))
          << convolution.form << " " << convolution.implementation;
  })
      .join();
}

TEST(Convolutions, OfAWarmStepMakeNoPrimitive) {
  nn::Sequential net = lenet_like();
  optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
  for (const Dtype type : {f32, bf16}) {
    for (const std::int64_t batch : {16, 8})
      train_step(net, optimizer, rand({batch, 1, 28, 28}), type);
    const std::uint64_t before = counters().primitives;
    for (const std::int64_t batch : {16, 8, 16})
      train_step(net, optimizer, rand({batch, 1, 28, 28}), type);
    EXPECT_EQ(counters().primitives, before);
  }
}

TEST(Convolutions, LayWeightsOutAnewOnlyWhenTheyHaveChanged) {
  manual_seed(8);
  nn::Sequential net = wide();
  const Tensor x = rand({4, 1, 28, 28});
  const NoGradGuard no_grad;
  net(x);
  const std::uint64_t before = counters().kernels;
  const std::vector<float> first = net(x).to_vector<float>();
  net(rand({4, 1, 28, 28}));
  EXPECT_EQ(counters().kernels, before);
  auto& layer = static_cast<nn::Conv2d&>(net[2]);
  layer.weight.mul_(2);
  net(x);
  EXPECT_LE(counters().kernels, before + 1);
  layer.weight.mul_(0.5);
  EXPECT_EQ(net(x).to_vector<float>(), first);
  layer.weight.span<float>()[0] += 100;
  EXPECT_NE(net(x).to_vector<float>(), first);
}

TEST(Convolutions, ServeManyThreadsAtOnce) {
  manual_seed(9);
  nn::Sequential net = wide();
  const Tensor x = rand({4, 1, 28, 28});
  const auto run = [&] {
    const NoGradGuard no_grad;
    return net(x).to_vector<float>();
  };
  const std::vector<float> expected = run();
  std::vector<std::vector<float>> found(8);
  std::vector<std::thread> threads;
  for (auto& result : found)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) result = run();
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : found)
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(result[i], expected[i], 1e-5);
}

TEST(Layout, StaysChannelsLastThroughAConvolutionalNetwork) {
  const Tensor x = rand({4, 1, 28, 28});
  const Tensor y = conv2d(x, rand({8, 1, 3, 3}));
  EXPECT_TRUE(channels_last_only(y));
  EXPECT_TRUE(channels_last_only(relu(y)));
  EXPECT_TRUE(channels_last_only(y * 2 + rand({8, 1, 1})));
  EXPECT_TRUE(channels_last_only(rand(y.shape()) * y));
  EXPECT_TRUE(channels_last_only(le(y, 0)));
  EXPECT_TRUE(flatten(y, 1).is_contiguous());
  EXPECT_TRUE(y.contiguous().is_contiguous());
  EXPECT_TRUE(channels_last_only(conv1d(rand({2, 3, 9}), rand({5, 3, 3}))));
  const engine::ReferenceGuard reference;
  EXPECT_TRUE(conv2d(x, rand({8, 1, 3, 3})).is_contiguous());
}

TEST(Layout, OfElementsChangesNoNumber) {
  manual_seed(10);
  const Tensor x = randn({3, 5, 4, 6}), z = randn({3, 5, 4, 6});
  const Tensor last = permute(permute(x, {0, 2, 3, 1}).contiguous(), {0, 3, 1, 2});
  ASSERT_TRUE(channels_last_only(last));
  const auto same = [](const Tensor& a, const Tensor& b) {
    return a.to_vector<double>() == b.to_vector<double>();
  };
  const Tensor row = randn({6}), channel = randn({5, 1, 1});
  EXPECT_TRUE(same(exp(last), exp(x)));
  EXPECT_TRUE(same(last * z, x * z));
  EXPECT_TRUE(same(z - last, z - x));
  EXPECT_TRUE(same(last + row, x + row));
  EXPECT_TRUE(same(channel / last, channel / x));
  EXPECT_TRUE(same(where(gt(last, 0), last, z), where(gt(x, 0), x, z)));
  EXPECT_TRUE(same(last.to(f64), x.to(f64)));
  EXPECT_TRUE(same(2 - last, 2 - x));
  Tensor filled = make_channels_last({3, 5, 4, 6}, f32);
  filled.copy_(z);
  EXPECT_TRUE(same(filled, z));
  filled.add_(last);
  EXPECT_TRUE(same(filled, z + x));
}

}  // namespace
}  // namespace percept
