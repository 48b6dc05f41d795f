// Benchmarks of whole training steps, on data made up in memory.
#include <benchmark/benchmark.h>
#include <percept/percept.h>

using namespace percept;

namespace {

nn::Sequential mlp(std::initializer_list<std::int64_t> sizes) {
  nn::Sequential net;
  const std::vector<std::int64_t> s(sizes);
  for (std::size_t i = 0; i + 1 < s.size(); ++i) {
    net.push_back(nn::Linear{s[i], s[i + 1]});
    if (i + 2 < s.size()) net.push_back(nn::ReLU{});
  }
  return net;
}

/// Steps on one batch of `net`'s inputs and classes.
void steps(benchmark::State& state, nn::Sequential& net, optim::Optimizer& optimizer,
           std::int64_t batch, std::int64_t inputs, std::int64_t classes, Dtype type = f32) {
  const Tensor x = rand({batch, inputs}), y = randint(0, classes, {batch});
  for (auto _ : state) {
    optimizer.zero_grad();
    Tensor loss;
    {
      const AutocastGuard guard(type);
      loss = cross_entropy(net(x), y);
    }
    loss.backward();
    optimizer.step();
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

void BM_step_mlp(benchmark::State& state) {
  nn::Sequential net = mlp({784, 512, 512, 10});
  optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
  steps(state, net, optimizer, state.range(0), 784, 10);
}
BENCHMARK(BM_step_mlp)->Arg(64)->Arg(256)->Arg(1024)->UseRealTime();

void BM_step_mlp_bf16(benchmark::State& state) {
  nn::Sequential net = mlp({784, 512, 512, 10});
  optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
  steps(state, net, optimizer, state.range(0), 784, 10, bf16);
}
BENCHMARK(BM_step_mlp_bf16)->Arg(64)->Arg(256)->Arg(1024)->UseRealTime();

void BM_step_mlp_adam(benchmark::State& state) {
  nn::Sequential net = mlp({784, 512, 512, 10});
  optim::Adam optimizer{net.parameters(), {.lr = 0.001}};
  steps(state, net, optimizer, state.range(0), 784, 10);
}
BENCHMARK(BM_step_mlp_adam)->Arg(64)->UseRealTime();

/// 2-8-8-2, 13 samples.
void BM_step_tiny(benchmark::State& state) {
  nn::Sequential net = mlp({2, 8, 8, 2});
  optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
  steps(state, net, optimizer, 13, 2, 2);
}
BENCHMARK(BM_step_tiny)->UseRealTime();

/// The same, compiled.
void BM_step_tiny_compiled(benchmark::State& state) {
  nn::Sequential net = mlp({2, 8, 8, 2});
  const Tensor x = rand({13, 2}), y = randint(0, 2, {13});
  optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
  train::CompiledStep step = train::compile(
      net, [](const Tensor& output, const Tensor& target) { return cross_entropy(output, target); },
      optimizer);
  for (auto _ : state) benchmark::DoNotOptimize(step(x, y));
  state.SetItemsProcessed(state.iterations() * 13);
}
BENCHMARK(BM_step_tiny_compiled)->UseRealTime();

/// An epoch of 4,096 shuffled pictures in batches of 64.
void BM_loader(benchmark::State& state) {
  const Tensor x = rand({4096, 1, 28, 28}), y = randint(0, 10, {4096});
  data::DataLoader loader{data::TensorDataset{x, y}, {.batch_size = 64, .shuffle = true}};
  for (auto _ : state)
    for (auto& batch : loader) benchmark::DoNotOptimize(batch.x);
  state.SetItemsProcessed(state.iterations() * 4096);
}
BENCHMARK(BM_loader)->UseRealTime();

}  // namespace
