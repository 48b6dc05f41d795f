// Benchmarks of single operations and of whole training steps, on data made up in memory.
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

void step(benchmark::State& state, nn::Sequential net, std::int64_t batch, std::int64_t inputs,
          std::int64_t classes, Dtype type = f32) {
  const Tensor x = rand({batch, inputs}), y = randint(0, classes, {batch});
  optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
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

/// 784-512-512-10.
void BM_step_mlp(benchmark::State& state) {
  step(state, mlp({784, 512, 512, 10}), state.range(0), 784, 10);
}
BENCHMARK(BM_step_mlp)->Arg(64)->Arg(256)->Arg(1024)->UseRealTime();

void BM_step_mlp_bf16(benchmark::State& state) {
  step(state, mlp({784, 512, 512, 10}), state.range(0), 784, 10, bf16);
}
BENCHMARK(BM_step_mlp_bf16)->Arg(64)->Arg(256)->Arg(1024)->UseRealTime();

/// The limit of a step: its eight products alone.
void products(benchmark::State& state, Dtype type) {
  const std::int64_t n = state.range(0);
  const NoGradGuard no_grad;
  const AutocastGuard guard(type);
  const Tensor x = rand({n, 784}), h = rand({n, 512}), y = rand({n, 10});
  const Tensor w1 = rand({512, 784}), w2 = rand({512, 512}), w3 = rand({10, 512});
  for (auto _ : state) {
    for (const auto& [in, w] : {std::pair(x, w1), std::pair(h, w2), std::pair(h, w3)})
      benchmark::DoNotOptimize(mm(in, w.t()));
    for (const auto& [dy, in] : {std::pair(y, h), std::pair(h, h), std::pair(h, x)})
      benchmark::DoNotOptimize(mm(dy.t(), in));
    for (const auto& [dy, w] : {std::pair(y, w3), std::pair(h, w2)})
      benchmark::DoNotOptimize(mm(dy, w));
  }
  state.SetItemsProcessed(state.iterations() * n);
}
void BM_products(benchmark::State& state) { products(state, f32); }
BENCHMARK(BM_products)->Arg(64)->Arg(256)->Arg(1024)->UseRealTime();
void BM_products_bf16(benchmark::State& state) { products(state, bf16); }
BENCHMARK(BM_products_bf16)->Arg(64)->Arg(256)->Arg(1024)->UseRealTime();

/// 2-8-8-2, 13 samples.
void BM_step_tiny(benchmark::State& state) { step(state, mlp({2, 8, 8, 2}), 13, 2, 2); }
BENCHMARK(BM_step_tiny)->UseRealTime();

void forward_one(benchmark::State& state, Dtype type) {
  nn::Sequential net = mlp({784, 512, 512, 10});
  net.eval();
  const Tensor x = rand({1, 784});
  const InferenceGuard inference;
  const AutocastGuard guard(type);
  for (auto _ : state) benchmark::DoNotOptimize(net(x));
}
void BM_forward_one(benchmark::State& state) { forward_one(state, f32); }
BENCHMARK(BM_forward_one)->UseRealTime();
void BM_forward_one_bf16(benchmark::State& state) { forward_one(state, bf16); }
BENCHMARK(BM_forward_one_bf16)->UseRealTime();

template <class F>
void pointwise(benchmark::State& state, const F& f) {
  const Tensor x = rand({state.range(0)});
  for (auto _ : state) benchmark::DoNotOptimize(f(x));
  state.SetBytesProcessed(state.iterations() * state.range(0) * 8);
}
void BM_add(benchmark::State& state) {
  pointwise(state, [](const Tensor& x) { return x + x; });
}
BENCHMARK(BM_add)->Range(16, 1 << 20)->UseRealTime();
void BM_exp(benchmark::State& state) {
  pointwise(state, [](const Tensor& x) { return exp(x); });
}
BENCHMARK(BM_exp)->Range(16, 1 << 20)->UseRealTime();
void BM_sum(benchmark::State& state) {
  pointwise(state, [](const Tensor& x) { return sum(x); });
}
BENCHMARK(BM_sum)->Range(16, 1 << 20)->UseRealTime();

void BM_matmul(benchmark::State& state) {
  const std::int64_t n = state.range(0);
  const Tensor a = rand({n, n}), b = rand({n, n});
  for (auto _ : state) benchmark::DoNotOptimize(matmul(a, b));
  state.counters["flop/s"] = benchmark::Counter(static_cast<double>(2 * n * n * n),
                                                benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(BM_matmul)->RangeMultiplier(4)->Range(4, 1024)->UseRealTime();

void BM_row_view(benchmark::State& state) {
  const Tensor x = rand({1000, 10});
  std::int64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(x[i++ % 1000]);
}
BENCHMARK(BM_row_view);

}  // namespace
