// Benchmarks of single operations.
#include <benchmark/benchmark.h>
#include <percept/percept.h>

using namespace percept;

namespace {

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

/// A softmax over rows, then its gradient.
void BM_log_softmax(benchmark::State& state) {
  Tensor x = rand({state.range(0), 10}).requires_grad_();
  const Tensor dy = rand({state.range(0), 10});
  for (auto _ : state) {
    x.zero_grad();
    log_softmax(x, 1).backward(dy);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_log_softmax)->Arg(64)->Arg(4096)->UseRealTime();

void BM_row_view(benchmark::State& state) {
  const Tensor x = rand({1000, 10});
  std::int64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(x[i++ % 1000]);
}
BENCHMARK(BM_row_view);

}  // namespace
